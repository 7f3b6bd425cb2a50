import type { Access, AccessNeed, AccessTokens } from '../model/access-tokens.ts';
import type { ConnectionStore } from '../model/connection-store.ts';
import { KippuError, type ErrorCode } from '../model/errors.ts';
import type { ConnectionId } from '../model/ids.ts';
import type { WaitingReason } from '../model/post.ts';
import type { Networks } from './networks/all.ts';
import type { Network } from './networks/network.ts';

export interface RoutePorts {
  readonly connections: Pick<ConnectionStore, 'find'>;
  readonly tokens: AccessTokens;
  readonly networks: Networks;
}

/** What a request to a network needs, or what stands in its way. */
export type Route =
  | { readonly kind: 'open'; readonly access: Access; readonly network: Network; readonly handle: string | undefined }
  | {
      readonly kind: 'held';
      readonly reason: WaitingReason;
      readonly detail: string;
      readonly retryAfterMs: number | undefined;
    }
  | { readonly kind: 'given_up'; readonly reason: 'no_connection'; readonly detail: string };

/** The errors of {@link AccessTokens.get} that time, or a person, can put right. */
const HOLDS: ReadonlyMap<ErrorCode, WaitingReason> = new Map([
  ['reauth_required', 'reauth_required'],
  ['revoked', 'revoked'],
  ['refused', 'refused'],
  ['misconfigured', 'misconfigured'],
  ['unavailable', 'unavailable'],
  ['rate_limited', 'unavailable'],
  ['uncertain', 'uncertain'],
  ['store_copied', 'unavailable'],
]);

/** Throws only what has nothing to do with this connection, such as a store that cannot be read. */
export async function findRoute(
  id: ConnectionId,
  need: AccessNeed,
  { connections, tokens, networks }: RoutePorts,
): Promise<Route> {
  try {
    const connection = await connections.find(id);
    const access = await tokens.get(id, need);
    const network = networks.get(access.provider);
    if (network === undefined) {
      return {
        kind: 'given_up',
        reason: 'no_connection',
        detail: `nothing can be posted or measured at ${access.provider}`,
      };
    }
    return { kind: 'open', access, network, handle: connection?.handle };
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    if (error.code === 'not_found') return { kind: 'given_up', reason: 'no_connection', detail: error.message };
    const reason = HOLDS.get(error.code);
    if (reason === undefined) throw error;
    return { kind: 'held', reason, detail: error.message, retryAfterMs: error.retryAfterMs };
  }
}
