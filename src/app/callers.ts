import { createHash, hash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../model/api-key-store.ts';
import { KippuError } from '../model/errors.ts';
import { hasIdForm, type ConnectionId } from '../model/ids.ts';
import type { Secret } from '../model/secret.ts';
import { callerOf, type Caller } from './api-keys.ts';
import type { App } from './open.ts';

const CALLERS_MAX = 1000;

interface KnownCallers {
  readonly byKeyHash: Map<string, Caller>;
  /** What the store said of other processes' writes when these were looked up. */
  changes: number;
}

/** Keys that were found good, so that a busy caller costs no query each time. */
const known = new WeakMap<App, KnownCallers>();

/**
 * The caller with this key; `undefined`: there is no such key, or it was revoked. Another process's revocation is seen
 * at most a second late, one of this process at once.
 */
export async function findCaller(text: Secret, app: App): Promise<Caller | undefined> {
  const callers = knownCallers(app);
  const keyHash = hash('sha256', text.reveal());
  const found = callers.get(keyHash);
  if (found !== undefined) return found;
  const caller = await callerOf(text, app);
  if (caller === undefined) return undefined;
  if (callers.size >= CALLERS_MAX) callers.clear();
  callers.set(keyHash, caller);
  return caller;
}

function knownCallers(app: App): Map<string, Caller> {
  const changes = app.store.changes();
  const callers = known.get(app);
  if (callers?.changes === changes) return callers.byKeyHash;
  const byKeyHash = new Map<string, Caller>();
  known.set(app, { byKeyHash, changes });
  return byKeyHash;
}

/** All keys there ever were, the oldest first. */
export function listApiKeys({ store }: App): Promise<readonly ApiKey[]> {
  return store.apiKeys.list();
}

/** Ends a key; one that has ended already stays ended. Throws `not_found`. */
export async function revokeApiKey(id: string, app: App): Promise<ApiKey> {
  if (hasIdForm('key', id)) await app.store.apiKeys.revoke(id);
  known.delete(app);
  const key = (await app.store.apiKeys.list()).find((candidate) => candidate.id === id);
  if (key === undefined) throw new KippuError('not_found', `There is no API key ${id}. \`kippu api-keys list\` shows those there are.`);
  return key;
}

/** Throws `forbidden` for a key that is bound to connections: this would lead to others. */
export function requireUnbound(caller: Caller): void {
  if (caller.connections === undefined) return;
  throw new KippuError('forbidden', 'This API key is bound to certain connections, and this call goes beyond them. Use a key that is not bound.');
}

/** Whether the caller may see what belongs to this connection; what belongs to none is for callers that see all. */
export function sees(caller: Caller, id: ConnectionId | undefined): boolean {
  return caller.connections === undefined || (id !== undefined && caller.connections.has(id));
}

/** In a time that does not tell how much of it was right. */
export function isSameSecret(one: Secret, other: Secret): boolean {
  const digest = (secret: Secret): Buffer => createHash('sha256').update(secret.reveal()).digest();
  return timingSafeEqual(digest(one), digest(other));
}
