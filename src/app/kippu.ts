import { pino, type Logger } from 'pino';
import type { Access } from '../model/access-tokens.ts';
import { KippuError } from '../model/errors.ts';
import type { EventType, KippuEvent } from '../model/event.ts';
import { Secret } from '../model/secret.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { DEFAULT_TIMING, type RenewalTiming } from '../renewal/ports.ts';
import { callApi } from './call.ts';
import { findConnection } from './connections.ts';
import { openApp, type App, type StoreOpener } from './open.ts';
import { SYSTEM } from './system.ts';
import { handleConnect } from './web/connect-routes.ts';
import { Worker } from './worker.ts';

export interface KippuOptions {
  /** Origin under which {@link Kippu.handler} is reached; callbacks are registered as `PUBLIC_URL/callback/PROVIDER`. */
  readonly publicUrl: string;
  /** As `sqlite('kippu.db')` from `kippu/sqlite` makes it. */
  readonly store: StoreOpener;
  /** The key ring, `id:base64(32 bytes)[,id:…]`. Absent: one is kept in `home`. */
  readonly keys?: string | undefined;
  readonly providers: readonly ProviderApp[];
  /** The data directory: key ring and spool. Default `.kippu`. */
  readonly home?: string | undefined;
  readonly returnUrls?: readonly string[] | undefined;
  readonly timing?: Partial<RenewalTiming> | undefined;
  /** `false`: no renewals ahead, no warnings, no posts at a time in this process. Default `true`. */
  readonly worker?: boolean | undefined;
  readonly log?: Logger | undefined;
}

export interface AccessToken {
  readonly accessToken: string;
  readonly tokenType: string;
  /** Milliseconds since the epoch; absent: it does not end by time, or nobody knows. */
  readonly expiresAt: number | undefined;
  readonly scopes: readonly string[];
  readonly version: number;
}

export interface GetAccessTokenOptions {
  /** Seconds that the token must still live. */
  readonly minTtl?: number | undefined;
  /** A token that the provider has just answered with 401: you get another one. */
  readonly refused?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keeps OAuth 2.0 tokens alive in your own application.
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
  /** Calls the provider's API (a path, or a URL on its origin) with a good token; a 401 is answered with another token, once. */
  fetch(connection: string, url: string, init?: RequestInit): Promise<Response>;
  /** The connect and callback routes, for any framework. 404 for other paths. */
  readonly handler: (request: Request) => Promise<Response>;
  /** Hears of what happens in this store from now on, at most two seconds late. Returns how to stop. */
  on(type: EventType, listener: (event: KippuEvent) => void): () => void;
  /** Lets every renewal under way be settled, then closes. */
  close(): Promise<void>;
}

const EVENT_POLL_MS = 1000;
const EVENTS_A_POLL = 200;

/** Opens lazily: what is wrong with the configuration or the store is thrown by the first call. */
export function createKippu(options: KippuOptions): Kippu {
  const library = new Library(options);
  return {
    getAccessToken: (connection, need) => library.getAccessToken(connection, need),
    fetch: (connection, url, init) => library.fetch(connection, url, init),
    handler: (request) => library.handle(request),
    on: (type, listener) => library.on(type, listener),
    close: () => library.close(),
  };
}

interface Running {
  readonly app: App;
  readonly worker: Worker;
}

class Library {
  readonly #options: KippuOptions;
  readonly #listeners = new Map<EventType, Set<(event: KippuEvent) => void>>();
  readonly #stop = new AbortController();
  #running: Promise<Running> | undefined;
  #listening: Promise<void> | undefined;

  constructor(options: KippuOptions) {
    this.#options = options;
  }

  async getAccessToken(
    connection: string,
    { minTtl, refused, signal }: GetAccessTokenOptions = {},
  ): Promise<AccessToken> {
    const { app } = await this.#run();
    const { id } = await findConnection(connection, app);
    const need = {
      ...(minTtl === undefined ? {} : { minTtlMs: minTtl * 1000 }),
      ...(refused === undefined ? {} : { refused: new Secret(refused) }),
    };
    return handedOut(await app.tokens.get(id, need, { signal }));
  }

  async fetch(connection: string, url: string, init: RequestInit = {}): Promise<Response> {
    const { app } = await this.#run();
    const { id } = await findConnection(connection, app);
    const request = new Request(new URL(url, 'http://relative.invalid'), init);
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const method = request.method as Parameters<typeof callApi>[1]['method'];
    const answer = await callApi(
      id,
      { method, url, headers: Object.fromEntries(request.headers), body },
      { tokens: app.tokens, http: app.renewal.http },
    );
    const hasBody = ![204, 205, 304].includes(answer.status);
    return new Response(hasBody ? new Uint8Array(answer.body) : null, {
      status: answer.status,
      headers: responseHeaders(answer.headers),
    });
  }

  async handle(request: Request): Promise<Response> {
    const { app } = await this.#run();
    return (await handleConnect(request, app)) ?? new Response('Not found', { status: 404 });
  }

  on(type: EventType, listener: (event: KippuEvent) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    this.#listening ??= this.#listen();
    return () => {
      listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#listening;
    const running = await this.#running?.catch(() => undefined);
    await running?.worker.stop();
    await running?.app.close();
    this.#running = Promise.reject(new KippuError('store_unavailable', 'This Kippu is closed.'));
    this.#running.catch(() => undefined);
  }

  #run(): Promise<Running> {
    this.#running ??= this.#open();
    return this.#running;
  }

  async #open(): Promise<Running> {
    const { store, keys, providers, publicUrl, returnUrls = [], timing, home = '.kippu', log } = this.#options;
    const app = await openApp({
      openStore: store,
      keys: { given: keys === undefined ? undefined : new Secret(keys), prefersFile: false, isProduction: false },
      home,
      apps: providers,
      publicUrl,
      returnUrls,
      timing: { ...DEFAULT_TIMING, ...timing },
      log: log ?? pino({ level: 'silent' }),
      outside: SYSTEM,
    });
    const worker = new Worker(app);
    if (this.#options.worker !== false) worker.start();
    return { app, worker };
  }

  async #listen(): Promise<void> {
    const { app } = await this.#run();
    let [last] = await app.store.events.list({ limit: 1, newestFirst: true });
    while (!this.#stop.signal.aborted) {
      for (const event of await app.store.events.list({ after: last?.sequence ?? 0, limit: EVENTS_A_POLL })) {
        last = event;
        for (const listener of this.#listeners.get(event.type) ?? []) this.#tell(listener, event, app);
      }
      await SYSTEM.clock.sleep(EVENT_POLL_MS, this.#stop.signal);
    }
  }

  #tell(listener: (event: KippuEvent) => void, event: KippuEvent, app: App): void {
    try {
      listener(event);
    } catch (error) {
      app.log.error({ err: error, event: event.type }, 'a listener failed');
    }
  }
}

function handedOut(access: Access): AccessToken {
  return {
    accessToken: access.accessToken.reveal(),
    tokenType: access.tokenType,
    expiresAt: access.expiresAtMs,
    scopes: access.scopes,
    version: access.version,
  };
}

/** The body is whole and decoded already: what described its way here no longer fits. */
export function responseHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const dropped = new Set(['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'set-cookie']);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}
