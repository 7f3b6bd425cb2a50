import { assertNever } from '../model/assert-never.ts';
import type { Connection, Foundation } from '../model/connection.ts';
import type { Attached, Attachment } from '../model/connection-store.ts';
import { KippuError } from '../model/errors.ts';
import { newId, type ConnectionId, type ConsentId } from '../model/ids.ts';
import { randomText } from '../model/random.ts';
import type { TokenSet } from '../model/token-set.ts';
import { sealTokens } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { ConnectPorts } from './ports.ts';

export interface NewTokens {
  readonly app: ProviderApp;
  readonly tokens: TokenSet;
  readonly owner: string;
  readonly name: string | undefined;
  /** The connection that is consented to again. */
  readonly connectionId: ConnectionId | undefined;
  readonly consentId: ConsentId | undefined;
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  readonly askedScopes: readonly string[];
  readonly grantedAtMs: number;
  readonly imported: boolean;
  /** Absent: a user's consent. */
  readonly restsOn?: Foundation | undefined;
}

export type AttachedTokens =
  | { readonly kind: 'attached'; readonly connection: Connection }
  | Extract<Attached, { kind: 'name_taken' | 'token_known' }>;

const TRIES_MAX = 50;

/**
 * Makes the connection, or renews the one that is there: the same user of ours with the same account and the same app
 * is the same connection, so that two grants never kill each other.
 */
export async function attachTokens(fresh: NewTokens, ports: ConnectPorts): Promise<AttachedTokens> {
  let connectionId = fresh.connectionId;
  let nameNumber = 1;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const attached = await ports.connections.attach(await attachmentFor(fresh, { connectionId, nameNumber }, ports));
    switch (attached.kind) {
      case 'attached':
      case 'token_known':
        return attached;
      case 'moved':
        break;
      case 'subject_known':
        connectionId = attached.connectionId;
        break;
      case 'name_taken':
        if (fresh.name !== undefined) return attached;
        nameNumber += 1;
        break;
      default:
        return assertNever(attached);
    }
  }
  throw new KippuError(
    'store_unavailable',
    'The connection moved too often while it was being attached. Connect again.',
  );
}

interface Target {
  readonly connectionId: ConnectionId | undefined;
  readonly nameNumber: number;
}

async function attachmentFor(fresh: NewTokens, target: Target, ports: ConnectPorts): Promise<Attachment> {
  const { app, tokens, restsOn = 'consent' } = fresh;
  const existing = target.connectionId === undefined ? undefined : await ports.credentials.read(target.connectionId);
  const connectionId = existing?.connectionId ?? newId('con', ports.random);
  const nowMs = ports.clock.nowMs();
  const owner = existing?.owner ?? fresh.owner;
  // Due at once: the worker looks, and sets the next moment by the policy.
  const home = {
    connectionId,
    owner,
    app,
    restsOn,
    keptRefreshToken: undefined,
    grantedAtMs: fresh.grantedAtMs,
    nowMs,
    dueAtMs: nowMs,
  };
  return {
    ...sealTokens(tokens, home, ports),
    connectionId,
    existingVersion: existing?.version,
    name: existing?.name ?? fresh.name ?? defaultName(fresh, target.nameNumber, ports),
    provider: app.provider.id,
    restsOn,
    providerAppId: app.id,
    owner,
    subject: fresh.subject,
    handle: fresh.handle,
    policy: existing?.policy ?? 'on-use',
    grantedScopes: tokens.scopes ?? fresh.askedScopes,
    grantedAtMs: fresh.grantedAtMs,
    jitter: ports.random.unit(),
    consentId: fresh.consentId,
    // Of imported tokens nobody knows whether they are older or younger than what another connection holds.
    supersedes: app.provider.grantsPerSubject === 'one' && !fresh.imported,
    imported: fresh.imported,
  };
}

/** As in `x:alice`; where no user is behind it, `x:app` and `x:key`. */
function defaultName({ app, handle, restsOn = 'consent' }: NewTokens, number: number, ports: ConnectPorts): string {
  const named = handle?.replaceAll(/\s+/g, '-');
  const base = `${app.provider.id}:${named ?? (restsOn === 'consent' ? madeUp(ports) : restsOn)}`;
  return number === 1 ? base : `${base}-${number}`;
}

function madeUp({ random }: ConnectPorts): string {
  return randomText(random, 4)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '0');
}
