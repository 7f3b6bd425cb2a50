import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../model/api-key-store.ts';
import { KippuError } from '../model/errors.ts';
import { hasIdForm, type ConnectionId } from '../model/ids.ts';
import type { Secret } from '../model/secret.ts';
import { callerOf, type Caller } from './api-keys.ts';
import type { App } from './open.ts';
import { UntilWritten } from './until-written.ts';

/** Keys that were found good, so that a busy caller costs no query each time. */
const callers = new UntilWritten<Caller>({ entriesMax: 1000 });

/** The caller with this key; `undefined`: there is no such key, or it was revoked. */
export function findCaller(text: Secret, app: App): Promise<Caller | undefined> {
  return callers.get(hash('sha256', text.reveal()), app, () => callerOf(text, app));
}

/** As {@link findCaller}, from memory; `undefined` says nothing but that the store must be asked. */
export function knownCaller(text: Secret, app: App): Caller | undefined {
  return callers.known(hash('sha256', text.reveal()), app);
}

/** All keys there ever were, the oldest first. */
export function listApiKeys({ store }: App): Promise<readonly ApiKey[]> {
  return store.apiKeys.list();
}

/** Ends a key; one that has ended already stays ended. Throws `not_found`. */
export async function revokeApiKey(id: string, app: App): Promise<ApiKey> {
  if (hasIdForm('key', id)) await app.store.apiKeys.revoke(id);
  const key = (await app.store.apiKeys.list()).find((candidate) => candidate.id === id);
  if (key === undefined)
    throw new KippuError('not_found', `There is no API key ${id}. \`kippu api-keys list\` shows those there are.`);
  return key;
}

/** Throws `forbidden` for a key that is bound to connections: this would lead to others. */
export function requireUnbound(caller: Caller): void {
  if (caller.connections === undefined) return;
  throw new KippuError(
    'forbidden',
    'This API key is bound to certain connections, and this call goes beyond them. Use a key that is not bound.',
  );
}

/** Whether the caller may see what belongs to this connection; what belongs to none is for callers that see all. */
export function sees(caller: Caller, id: ConnectionId | undefined): boolean {
  return caller.connections === undefined || (id !== undefined && caller.connections.has(id));
}

/** Compares with one secret, in a time that does not tell how much of it was right. */
export function secretComparison(secret: Secret): (other: Secret) => boolean {
  const digest = digestOf(secret);
  return (other) => timingSafeEqual(digest, digestOf(other));
}

function digestOf(secret: Secret): Buffer {
  return hash('sha256', secret.reveal(), 'buffer');
}
