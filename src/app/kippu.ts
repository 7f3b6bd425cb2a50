import type { ConnectLink, ConnectOptions, ConsentOptions, RedeemOptions } from './library/consents.ts';
import * as consents from './library/consents.ts';
import type {
  ConnectAppOptions,
  ConnectionFilter,
  ImportApiKeyOptions,
  ImportTokensOptions,
  RevokeOptions,
} from './library/connections.ts';
import * as connections from './library/connections.ts';
import type { Connection } from './library/connection-view.ts';
import { connectDevice, type DeviceCode } from './library/devices.ts';
import { listEvents, type EventQuery } from './library/events.ts';
import { handleRequest } from './library/handling.ts';
import type { KippuOptions } from './library/options.ts';
import type { Post, PostFilter, PostOptions } from './library/posting.ts';
import * as posting from './library/posting.ts';
import { RunningKippu } from './library/running.ts';
import type { Schedule, ScheduleOptions } from './library/scheduling.ts';
import * as scheduling from './library/scheduling.ts';
import type { AccessToken, GetAccessTokenOptions, GetIdTokenOptions, IdToken } from './library/tokens.ts';
import * as tokens from './library/tokens.ts';
import type { EventType, KippuEvent } from '../model/event.ts';
import type { Listener } from '../notify/listeners.ts';
import { SYSTEM } from './ports/real-world.ts';

/**
 * Keeps OAuth 2.0 tokens alive in your own application. A connection is named by its id or its name everywhere.
 *
 * @example
 * ```ts
 * import { createKippu } from 'kippu';
 * import { x } from 'kippu/providers';
 * import { sqlite } from 'kippu/sqlite';
 *
 * const kippu = createKippu({
 *   publicUrl: 'http://127.0.0.1:4180',
 *   store: sqlite('kippu.db'),
 *   providers: [x({ clientId: 'your-client-id' })],
 * });
 * const { accessToken } = await kippu.getAccessToken('x:alice', { minTtl: 60 });
 * await kippu.close();
 * ```
 */
export interface Kippu {
  /**
   * A good access token, renewed if need be, exactly once however many ask. RFC 6749, section 6.
   *
   * Throws {@link KippuError} with `code` `reauth_required`, `revoked`, `refused`, `misconfigured`, `unavailable`,
   * `uncertain` or `not_found`.
   */
  getAccessToken(connection: string, options?: GetAccessTokenOptions): Promise<AccessToken>;
  /**
   * The connection's ID token, checked (OpenID Connect Core, sections 3.1.3.7 and 12.2), and renewed if it has ended or is
   * older than `maxAge`.
   *
   * Throws {@link KippuError} with `code` `id_token_invalid` for one that does not pass its checks, `not_found` where
   * there is none, `reauth_required` where renewals bring none, and what {@link Kippu.getAccessToken} throws.
   */
  getIdToken(connection: string, options?: GetIdTokenOptions): Promise<IdToken>;
  /** Calls the provider's API (a path, or a URL on its origin) with a good token; a 401 is answered with another token, once. */
  fetch(connection: string, url: string, init?: RequestInit): Promise<Response>;
  /**
   * Makes a link to send one user's browser to, who consents at the provider and comes back to `returnUrl` with
   * `kippu_session` and `kippu_code`. The connection is made by {@link Kippu.redeem}, and not before.
   *
   * Throws {@link KippuError} with `code` `not_found` (no such provider or connection), `invalid` (a name, a scope, a
   * `returnUrl` that is not allowed), `forbidden` (the connection belongs to another owner) or `misconfigured`.
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function connectAddress(kippu: Kippu, userId: string): Promise<string> {
   *   const returnUrl = 'https://app.example/connected';
   *   const { url } = await kippu.connect({ provider: 'x', owner: userId, returnUrl });
   *   return url;
   * }
   * ```
   */
  connect(options: ConnectOptions): Promise<ConnectLink>;
  /**
   * Connects what the browser has brought to `returnUrl`: its `kippu_session` and its `kippu_code`, which works once.
   * `owner` is the user who is signed in in that browser. A session that was begun for another owner is refused: so nobody
   * can have a stranger's consent attached to himself, nor his own to a stranger. Without `owner`, only a session that was
   * begun without one.
   *
   * Throws {@link KippuError} with `code` `forbidden` (another owner; nothing is used up), `consent_failed` (a wrong or
   * used code, the wrong user), `not_found`, or `unavailable` (redeem the same code again).
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function arrive(kippu: Kippu, address: string, userId: string): Promise<string> {
   *   const { searchParams } = new URL(address);
   *   const [session, code] = [searchParams.get('kippu_session') ?? '', searchParams.get('kippu_code') ?? ''];
   *   const connection = await kippu.redeem(session, code, { owner: userId });
   *   return connection.name;
   * }
   * ```
   */
  redeem(session: string, code: string, options?: RedeemOptions): Promise<Connection>;
  /**
   * Begins a consent without a browser here (RFC 8628): show the code and the address, and wait.
   *
   * Throws {@link KippuError} with `code` `invalid` where the provider has no device flow, `not_found`, `forbidden`,
   * `misconfigured` or `unavailable`.
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function connectGitHub(kippu: Kippu): Promise<void> {
   *   const device = await kippu.connectDevice({ provider: 'github' });
   *   console.log(`Type ${device.userCode} at ${device.verificationUri}`);
   *   const { name } = await device.wait({ signal: AbortSignal.timeout(600_000) });
   *   console.log(`${name} is connected`);
   * }
   * ```
   */
  connectDevice(options: ConsentOptions): Promise<DeviceCode>;
  /**
   * Connects the app itself, without a user (client credentials, RFC 6749, section 4.4). Its token is renewed as every
   * other is.
   *
   * Throws {@link KippuError} with `code` `not_found`, `invalid`, `conflict`, `misconfigured` or `unavailable`.
   */
  connectApp(options: ConnectAppOptions): Promise<Connection>;
  /**
   * Takes in a static key of a provider's API, sealed as tokens are and handed out as they are. Nothing renews it.
   *
   * Throws {@link KippuError} with `code` `not_found`, `invalid` or `conflict`.
   */
  importApiKey(options: ImportApiKeyOptions): Promise<Connection>;
  /**
   * Takes over tokens that another program obtained. From now on that program must not renew them: a refresh token works
   * once, and whoever presents it second logs the user out.
   *
   * Throws {@link KippuError} with `code` `not_found`, `invalid`, or `conflict` (they are here already, or were spent here).
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function moveIn(kippu: Kippu, row: { accessToken: string; refreshToken: string; userId: string }) {
   *   const { accessToken, refreshToken, userId } = row;
   *   return kippu.importTokens({ provider: 'x', accessToken, refreshToken, owner: userId });
   * }
   * ```
   */
  importTokens(options: ImportTokensOptions): Promise<Connection>;
  /**
   * The connections there are, by id. Never a token.
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function mustConsentAgain(kippu: Kippu, userId: string): Promise<string[]> {
   *   const names: string[] = [];
   *   for await (const { name } of kippu.connections({ owner: userId, state: 'reauth_required' })) names.push(name);
   *   return names;
   * }
   * ```
   */
  connections(filter?: ConnectionFilter): AsyncIterableIterator<Connection>;
  /** One connection, as it is now. Throws {@link KippuError} with `code` `not_found`. */
  connection(idOrName: string): Promise<Connection>;
  /**
   * Renews now, whatever life is left: for a button, and not for a loop. Of several who ask at once, all get the same renewal.
   *
   * Throws {@link KippuError} with `code` `not_found`, `conflict` (a static API key), and what {@link Kippu.getAccessToken}
   * throws.
   */
  renew(connection: string): Promise<Connection>;
  /**
   * Ends a connection at the provider (RFC 7009), then here. What happened to it stays to be read.
   *
   * Throws {@link KippuError} with `code` `not_found`, `unavailable`, `misconfigured`, or `conflict` (a static API key, without
   * `localOnly`); then nothing was ended here either.
   */
  revoke(connection: string, options?: RevokeOptions): Promise<Connection>;
  /**
   * What happened after the event whose `sequence` is `after`, the oldest first: 100 of them unless `limit` says otherwise.
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function catchUp(kippu: Kippu, seen: number): Promise<number> {
   *   const events = await kippu.events({ after: seen, limit: 200 });
   *   for (const { type, data } of events) console.log(type, data);
   *   return events.at(-1)?.sequence ?? seen;
   * }
   * ```
   */
  events(query?: EventQuery): Promise<readonly KippuEvent[]>;
  /**
   * Posts now, or at a time. What becomes of it is in the answer: look at `status` and `statusReason`. `unknown` means that
   * it was sent and not answered; Kippu looks for it by itself, and never sends it twice.
   *
   * Throws {@link KippuError} with `code` `not_found`, `invalid` (too long, say), `revoked`, or `conflict` (the
   * `idempotencyKey` belongs to another request).
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function announce(kippu: Kippu, version: string): Promise<string | undefined> {
   *   const text = `Version ${version} is out.`;
   *   const post = await kippu.post('x:alice', { text, idempotencyKey: `release ${version}` });
   *   return post.remoteUrl;
   * }
   * ```
   */
  post(connection: string, wish: string | PostOptions): Promise<Post>;
  /** The posts there are, the newest first. */
  posts(filter?: PostFilter): AsyncIterableIterator<Post>;
  /** Throws {@link KippuError} with `code` `not_found`, or `conflict` for one that may be out already. */
  cancelPost(id: string): Promise<Post>;
  /**
   * Makes posts again and again, by a rule of cron in a time zone, as long as a worker runs. It is kept in the store: make it
   * once, not at every start.
   *
   * Throws {@link KippuError} with `code` `not_found`, `revoked` or `invalid` (saying what and where).
   *
   * @example
   * ```ts
   * import type { Kippu } from 'kippu';
   *
   * export async function everyMorningAtNine(kippu: Kippu): Promise<void> {
   *   for await (const known of kippu.schedules({ connection: 'x:alice' })) return console.log(`${known.id} is there`);
   *   const list = ['Good morning.', 'Another day.', 'Nine o’clock already.'];
   *   await kippu.schedule('x:alice', { cron: '0 9 * * *', timezone: 'Asia/Tokyo', list });
   * }
   * ```
   */
  schedule(connection: string, options: ScheduleOptions): Promise<Schedule>;
  /** The schedules there are, the oldest first. */
  schedules(filter?: { readonly connection?: string | undefined }): AsyncIterableIterator<Schedule>;
  /** What it has made and not yet sent is cancelled. Throws {@link KippuError} with `code` `not_found` or `conflict`. */
  pauseSchedule(id: string): Promise<Schedule>;
  /** Throws {@link KippuError} with `code` `not_found` or `conflict`. */
  resumeSchedule(id: string): Promise<Schedule>;
  /** What it has made and not yet sent is cancelled. Throws {@link KippuError} with `code` `not_found` or `conflict`. */
  removeSchedule(id: string): Promise<void>;
  /**
   * The connect and callback routes, for any framework: `/connect/…`, `/callback/…` and `/reconnect/…` below the path of
   * `publicUrl`. Whatever goes wrong is a page for the user; it never throws. For `node:http`, Express and Fastify see
   * `toNodeHandler` of `kippu/node`.
   */
  readonly handler: (request: Request) => Promise<Response>;
  /**
   * Hears of what happens in this store from now on, at most two seconds late; `*` hears of everything. Returns how to stop.
   *
   * A listener is told of each event at most once in the life of this process, in the order of happening, and of the next
   * one when it is done with the one before (a promise is waited for). An error in it is logged and holds nobody up. What
   * happens while no process runs is not told: for what must arrive, use a webhook, or read {@link Kippu.events}.
   */
  on(type: EventType | '*', listener: Listener): () => void;
  /** Lets every renewal under way be settled and listeners hear of what has happened, then closes. */
  close(): Promise<void>;
}

/**
 * Opens lazily: what is wrong with the configuration or the store is thrown by the first call.
 *
 * @example
 * ```ts
 * import { createKippu } from 'kippu';
 * import { x } from 'kippu/providers';
 * import { sqlite } from 'kippu/sqlite';
 * export const kippu = createKippu({
 *   publicUrl: 'https://app.example',
 *   store: sqlite('kippu.db'),
 *   providers: [x({ clientId: 'your-client-id' })],
 * });
 * ```
 */
export function createKippu(options: KippuOptions): Kippu {
  const running = new RunningKippu(options, SYSTEM);
  const app = () => running.app();
  return {
    getAccessToken: async (connection, need = {}) => tokens.getAccessToken(connection, need, await app()),
    getIdToken: async (connection, need = {}) => tokens.getIdToken(connection, need, await app()),
    fetch: async (connection, url, init = {}) => tokens.fetchAs(connection, url, init, await app()),
    connect: async (wish) => consents.connect(wish, await app()),
    redeem: async (session, code, by = {}) => consents.redeem(session, code, by, await app()),
    connectDevice: async (wish) => connectDevice(wish, await app()),
    connectApp: async (wish) => connections.connectApp(wish, await app()),
    importApiKey: async (key) => connections.importApiKey(key, await app()),
    importTokens: async (given) => connections.importTokens(given, await app()),
    connections: (filter = {}) => connections.listConnections(filter, app),
    connection: async (idOrName) => connections.readConnection(idOrName, await app()),
    renew: async (connection) => connections.renew(connection, await app()),
    revoke: async (connection, how = {}) => connections.revoke(connection, how, await app()),
    events: async (query = {}) => listEvents(query, await app()),
    post: async (connection, wish) => posting.post(connection, wish, await app()),
    posts: (filter = {}) => posting.listPosts(filter, app),
    cancelPost: async (id) => posting.cancelPost(id, await app()),
    schedule: async (connection, wish) => scheduling.schedule(connection, wish, await app()),
    schedules: (filter = {}) => scheduling.listSchedules(filter, app),
    pauseSchedule: async (id) => scheduling.pauseSchedule(id, true, await app()),
    resumeSchedule: async (id) => scheduling.pauseSchedule(id, false, await app()),
    removeSchedule: async (id) => scheduling.removeSchedule(id, await app()),
    handler: (request) => handleRequest(request, app, options.log),
    on: (type, listener) => running.on(type, listener),
    close: () => running.close(),
  };
}
