import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { REPLY_SETTINGS, type PostContent, type ReplySettings } from '../model/post.ts';
import type { DraftCheck } from './compose.ts';
import { invalid } from './invalid.ts';
import type { Network } from './networks/network.ts';
import type { RoutePorts } from './route.ts';

/** Where a post goes. */
export interface Target {
  readonly connection: Connection;
  readonly network: Network;
}

/** Throws `not_found`, and `invalid` for a connection to a provider that posts cannot go to. */
export async function findTarget(
  idOrName: string,
  { connections, networks }: Pick<RoutePorts, 'connections' | 'networks'>,
): Promise<Target> {
  const connection = await connections.find(idOrName);
  if (connection === undefined) {
    const message = `There is no connection ${idOrName}. See "kippu connections" for those there are.`;
    throw new KippuError('not_found', message, { where: '/connection' });
  }
  const network = networks.get(connection.provider);
  if (network === undefined) {
    const { name, provider } = connection;
    throw invalid(`Posts cannot go to ${provider}: ${name} is connected for its tokens alone.`, '/connection');
  }
  return { connection, network };
}

/** A post's content as it is asked for. */
export interface ContentRequest {
  readonly text: string;
  readonly replyTo?: string | undefined;
  readonly replySettings?: string | undefined;
  readonly madeWithAi?: boolean | undefined;
}

export function contentOf(request: ContentRequest): PostContent {
  return {
    text: request.text,
    replyTo: request.replyTo,
    replySettings: request.replySettings === undefined ? undefined : parseReplySettings(request.replySettings),
    madeWithAi: request.madeWithAi ?? false,
  };
}

function parseReplySettings(text: string): ReplySettings {
  const settings = REPLY_SETTINGS.find((known) => known === text);
  if (settings !== undefined) return settings;
  const choices = REPLY_SETTINGS.join(', ');
  const message = `"${text}" is not a choice of who may reply. Choose ${choices}, or leave it out for everyone.`;
  throw invalid(message, '/reply_settings');
}

/** What would be refused when it is due is refused now. */
export function refuseInvalid(check: DraftCheck, connection: Connection, network: Network): void {
  const error = check.problems.find((problem) => problem.severity === 'error');
  if (error !== undefined) throw invalid(error.message, error.where);
  refuseUnfit(connection, network);
}

/** A connection that cannot publish at all. Throws `revoked`, `invalid`. */
export function refuseUnfit(connection: Connection, network: Network): void {
  refuseRevoked(connection);
  const { name, scopes } = connection;
  // An imported connection may not know its scopes.
  const missing = network.scopesNeeded.filter((scope) => scopes.length > 0 && !scopes.includes(scope));
  if (missing.length === 0) return;
  throw invalid(`${name} was connected without ${missing.join(', ')}. Consent again with that scope.`, '/connection');
}

/** Throws `revoked`. */
export function refuseRevoked({ name, state }: Connection): void {
  if (state !== 'revoked') return;
  throw new KippuError('revoked', `${name} was revoked. Connect the account anew.`, { where: '/connection' });
}
