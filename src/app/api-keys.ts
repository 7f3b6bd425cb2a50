import { createHash } from 'node:crypto';
import { API_SCOPES, type ApiKey, type ApiScope } from '../model/api-key-store.ts';
import { DAY_MS, MINUTE_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { newId, type ConnectionId } from '../model/ids.ts';
import { randomText } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import type { App } from './open.ts';

/** Who asks, and what he may do. */
export interface Caller {
  readonly apiKeyId: string;
  readonly scopes: ReadonlySet<ApiScope>;
  /** Absent: every connection. */
  readonly connections: ReadonlySet<ConnectionId> | undefined;
}

/** The operator himself: the console's browser, and the command line on this machine. */
export const OPERATOR: Caller = { apiKeyId: '', scopes: new Set(API_SCOPES), connections: undefined };

const KEY_PREFIX = 'kpu_';
const LINK_LIFETIME_MS = 15 * MINUTE_MS;
const SESSION_LIFETIME_MS = 30 * DAY_MS;

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Ids or names; empty: every connection. */
  readonly connections: readonly string[];
}

/** Makes a key; its text is given out once and only its hash is kept. Throws `invalid`, `not_found`. */
export async function createApiKey(
  { name, scopes, connections }: NewApiKey,
  app: App,
): Promise<{ readonly key: ApiKey; readonly text: Secret }> {
  if (name.trim() === '')
    throw new KippuError('invalid', 'An API key needs a name, so that you know later whose it is.', { where: '/name' });
  const text = new Secret(KEY_PREFIX + randomText(app.options.outside.random, 32));
  const key: ApiKey = {
    id: newId('key', app.options.outside.random),
    name,
    scopes: parseScopes(scopes),
    connections: connections.length === 0 ? undefined : await idsOf(connections, app),
    hash: hashOf(text),
    createdAtMs: app.options.outside.clock.nowMs(),
    revokedAtMs: undefined,
  };
  await app.store.apiKeys.create(key);
  return { key, text };
}

/** `undefined`: no such key. */
export async function callerOf(text: Secret, app: App): Promise<Caller | undefined> {
  const key = await app.store.apiKeys.findByHash(hashOf(text));
  if (key === undefined) return undefined;
  return {
    apiKeyId: key.id,
    scopes: new Set(key.scopes),
    connections: key.connections === undefined ? undefined : new Set(key.connections),
  };
}

/** Whether the caller may do what needs this scope; `admin` has them all. */
export function hasScope({ scopes }: Caller, scope: ApiScope): boolean {
  return scopes.has(scope) || scopes.has('admin');
}

/** Throws `forbidden` for a key without the scope. */
export function requireScope(caller: Caller, scope: ApiScope): void {
  if (hasScope(caller, scope)) return;
  throw new KippuError(
    'forbidden',
    `This API key lacks the scope ${scope}. Make one that has it: kippu api-keys create --scope ${scope}.`,
  );
}

/** Throws `forbidden` for a key that is bound to other connections. */
export function requireConnection(caller: Caller, id: ConnectionId): void {
  if (caller.connections === undefined || caller.connections.has(id)) return;
  throw new KippuError('forbidden', 'This API key is bound to other connections.');
}

/** A one-time link that signs a browser in to the console. */
export async function createSignInLink(app: App): Promise<string> {
  const text = await newSession('link', LINK_LIFETIME_MS, app);
  return `${app.options.publicUrl}/sign-in/${text.reveal()}`;
}

/** Uses up a link. `undefined`: it was used, or is too old. */
export async function redeemSignInLink(link: Secret, app: App): Promise<Secret | undefined> {
  return (await app.store.sessions.redeemLink(hashOf(link)))
    ? newSession('browser', SESSION_LIFETIME_MS, app)
    : undefined;
}

export async function isSignedIn(session: Secret | undefined, app: App): Promise<boolean> {
  return session !== undefined && (await app.store.sessions.isOpen(hashOf(session)));
}

/** Ends a browser's session. */
export async function signOut(session: Secret, { store }: App): Promise<void> {
  await store.sessions.end(hashOf(session));
}

async function newSession(kind: 'link' | 'browser', lifetimeMs: number, { store, options }: App): Promise<Secret> {
  const text = new Secret(randomText(options.outside.random, 32));
  await store.sessions.create({ hash: hashOf(text), kind, expiresAtMs: options.outside.clock.nowMs() + lifetimeMs });
  return text;
}

function parseScopes(scopes: readonly string[]): ApiScope[] {
  if (scopes.length === 0)
    throw new KippuError('invalid', `An API key needs at least one scope: ${API_SCOPES.join(', ')}.`, {
      where: '/scopes',
    });
  return scopes.map((scope) => {
    const known = API_SCOPES.find((candidate) => candidate === scope);
    if (known === undefined)
      throw new KippuError('invalid', `"${scope}" is no scope. Choose from ${API_SCOPES.join(', ')}.`, {
        where: '/scopes',
      });
    return known;
  });
}

async function idsOf(names: readonly string[], app: App): Promise<ConnectionId[]> {
  return Promise.all(
    names.map(async (name) => {
      const connection = await app.store.connections.find(name);
      if (connection === undefined)
        throw new KippuError('not_found', `There is no connection ${name}.`, { where: '/connections' });
      return connection.id;
    }),
  );
}

function hashOf(text: Secret): string {
  return createHash('sha256').update(text.reveal()).digest('base64url');
}
