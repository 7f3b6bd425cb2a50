import { pino, type Logger } from 'pino';
import type { Access } from '../model/access-tokens.ts';
import { KippuError } from '../model/errors.ts';
import type { EventType } from '../model/event.ts';
import { Secret } from '../model/secret.ts';
import { Listeners, type Listener } from '../notify/listeners.ts';
import type { NoticeOptions } from '../notify/ports.ts';
import { addressRules } from '../notify/webhook/addresses.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { DEFAULT_TIMING, type RenewalTiming } from '../renewal/ports.ts';
import { callApi } from './call.ts';
import { findConnection } from './connections.ts';
import { getIdToken } from './id-tokens.ts';
import { mailOfOptions, mailPorts, type MailOptions } from './mail.ts';
import { openApp, type App, type StoreOpener } from './open.ts';
import { SYSTEM } from './ports/real-world.ts';
import { handleConnect } from './web/connect-routes.ts';
import { connectApp, importKey } from './without-user.ts';
import { Worker } from './worker.ts';

export type { Listener } from '../notify/listeners.ts';

/** What {@link createKippu} needs to know. */
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
  /** E-mail notices. Absent: nothing is mailed. */
  readonly mail?: MailOptions | undefined;
  /** Networks that are not public and that webhooks may go to all the same, as in `10.1.0.0/16`. */
  readonly webhookNetworks?: readonly string[] | undefined;
  /** `false`: no renewals ahead, no warnings, no posts at a time in this process. Default `true`. */
  readonly worker?: boolean | undefined;
  readonly log?: Logger | undefined;
}

/** An access token that is good now, as {@link Kippu.getAccessToken} gives it. */
export interface AccessToken {
  readonly accessToken: string;
  /** `DPoP`: bound to a key that stays here (RFC 9449), and of use only to {@link Kippu.fetch}. */
  readonly tokenType: string;
  /** The header that carries a static API key, where that is not `Authorization: Bearer`. */
  readonly header?: string | undefined;
  /** Milliseconds since the epoch; absent: it does not end by time, or nobody knows. */
  readonly expiresAt: number | undefined;
  readonly scopes: readonly string[];
  readonly version: number;
}

/** An ID token that has passed its checks, as {@link Kippu.getIdToken} gives it. */
export interface IdToken {
  readonly idToken: string;
  /**
   * What it says, after its checks. `iat` is when it was issued; `auth_time`, where it is there, when the user last signed
   * in, which no renewal changes.
   */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How fresh the ID token must be. */
export interface GetIdTokenOptions {
  /** Seconds since it was issued (`iat`): an older one is renewed. Less than 60 counts as 60. */
  readonly maxAge?: number | undefined;
}

/** How good the access token must be. */
export interface GetAccessTokenOptions {
  /** Seconds that the token must still live. */
  readonly minTtl?: number | undefined;
  /** A token that the provider has just answered with 401: you get another one. */
  readonly refused?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An app that connects itself, without a user. */
export interface ConnectAppOptions {
  /** The provider's id. */
  readonly provider: string;
  /** Default `PROVIDER:app`. */
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Id or name of an app-only connection: asked for anew for that one. */
  readonly connection?: string | undefined;
}

/** A static key of an API, and how it is sent there. */
export interface ImportApiKeyOptions {
  /** The provider's id. */
  readonly provider: string;
  readonly apiKey: string;
  /** Default `PROVIDER:key`. */
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  /** As in `X-Api-Key`. Default: as the provider's data say, else `Authorization`. */
  readonly header?: string | undefined;
  /** As in `Bearer`; empty: the key stands alone. */
  readonly scheme?: string | undefined;
  /** Milliseconds since the epoch, or ISO 8601. Absent: it has no end that anybody knows. */
  readonly expiresAt?: number | string | undefined;
  /** Id or name of a connection with a static key: it is replaced. */
  readonly connection?: string | undefined;
}

/** A connection that was made without a user. */
export interface MadeConnection {
  readonly id: string;
  readonly name: string;
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
   * Connects the app itself, without a user (client credentials, RFC 6749, section 4.4). Its token is renewed as every
   * other is.
   *
   * Throws {@link KippuError} with `code` `not_found`, `invalid`, `conflict`, `misconfigured` or `unavailable`.
   */
  connectApp(options: ConnectAppOptions): Promise<MadeConnection>;
  /**
   * Takes in a static key of a provider's API, sealed as tokens are and handed out as they are. Nothing renews it.
   *
   * Throws {@link KippuError} with `code` `not_found`, `invalid` or `conflict`.
   */
  importApiKey(options: ImportApiKeyOptions): Promise<MadeConnection>;
  /** The connect and callback routes, for any framework. 404 for other paths. */
  readonly handler: (request: Request) => Promise<Response>;
  /**
   * Hears of what happens in this store from now on, at most two seconds late; `*` hears of everything. Returns how to stop.
   *
   * A listener is told of each event at most once in the life of this process, in the order of happening, and of the next
   * one when it is done with the one before (a promise is waited for). An error in it is logged and holds nobody up. What
   * happens while no process runs is not told: for what must arrive, use a webhook, or read `/v1/events`.
   */
  on(type: EventType | '*', listener: Listener): () => void;
  /** Lets every renewal under way be settled and listeners hear of what has happened, then closes. */
  close(): Promise<void>;
}

const EVENT_POLL_MS = 1000;
const EVENTS_A_POLL = 200;

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
  const library = new Library(options);
  return {
    getAccessToken: (connection, need) => library.getAccessToken(connection, need),
    getIdToken: (connection, need) => library.getIdToken(connection, need),
    fetch: (connection, url, init) => library.fetch(connection, url, init),
    connectApp: (wish) => library.connectApp(wish),
    importApiKey: (key) => library.importApiKey(key),
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
  readonly #listeners: Listeners;
  readonly #stop = new AbortController();
  #running: Promise<Running> | undefined;
  #listening: Promise<void> | undefined;

  constructor(options: KippuOptions) {
    this.#options = options;
    this.#listeners = new Listeners((error, event) => {
      options.log?.error({ err: error, event: event.type }, 'a listener failed');
    });
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

  async getIdToken(connection: string, { maxAge }: GetIdTokenOptions = {}): Promise<IdToken> {
    const { app } = await this.#run();
    const { id } = await findConnection(connection, app);
    const { idToken, claims } = await getIdToken(id, maxAge === undefined ? {} : { maxAgeMs: maxAge * 1000 }, app);
    return { idToken: idToken.reveal(), claims: claims.all, expiresAt: claims.expiresAtMs };
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
      { ...app.renewal, tokens: app.tokens },
    );
    const hasBody = ![204, 205, 304].includes(answer.status);
    return new Response(hasBody ? new Uint8Array(answer.body) : null, {
      status: answer.status,
      headers: responseHeaders(answer.headers),
    });
  }

  async connectApp(wish: ConnectAppOptions): Promise<MadeConnection> {
    const { app } = await this.#run();
    const { id, name } = await connectApp(wish, app);
    return { id, name };
  }

  async importApiKey({ apiKey, header, scheme, expiresAt, ...wish }: ImportApiKeyOptions): Promise<MadeConnection> {
    const { app } = await this.#run();
    const { id, name } = await importKey(
      {
        ...wish,
        api_key: apiKey,
        api_key_header: header,
        api_key_scheme: scheme,
        expires_at: typeof expiresAt === 'number' ? expiresAt / 1000 : expiresAt,
      },
      app,
    );
    return { id, name };
  }

  async handle(request: Request): Promise<Response> {
    const { app } = await this.#run();
    return (await handleConnect(request, app)) ?? new Response('Not found', { status: 404 });
  }

  on(type: EventType | '*', listener: Listener): () => void {
    const stop = this.#listeners.on(type, listener);
    // What is wrong with the store is told by whoever asks it for something; a listener only hears nothing.
    this.#listening ??= this.#listen().catch((error: unknown) => {
      this.#options.log?.error({ err: error }, 'listeners hear of nothing: the store could not be opened');
    });
    return stop;
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
      notices: this.#noticeOptions(),
      log: log ?? pino({ level: 'silent' }),
      outside: SYSTEM,
    });
    const worker = new Worker(app);
    if (this.#options.worker !== false) worker.start();
    return { app, worker };
  }

  #noticeOptions(): NoticeOptions {
    const { mail, webhookNetworks = [] } = this.#options;
    const config = mail === undefined ? undefined : mailOfOptions(mail);
    return {
      addresses: addressRules(webhookNetworks),
      mail: config === undefined ? undefined : mailPorts(config, SYSTEM.clock),
    };
  }

  async #listen(): Promise<void> {
    const { app } = await this.#run();
    const [newest] = await app.store.events.list({ limit: 1, newestFirst: true });
    let after = newest?.sequence ?? 0;
    while (!this.#stop.signal.aborted) {
      after = await this.#tellAfter(after, app);
      await SYSTEM.clock.sleep(EVENT_POLL_MS, this.#stop.signal);
    }
    // What had happened before the end is still told.
    await this.#tellAfter(after, app);
    await this.#listeners.drain(SYSTEM.clock);
  }

  /** Gives how far it came: a store that cannot be read now is asked again. */
  async #tellAfter(after: number, { store, log }: App): Promise<number> {
    let last = after;
    try {
      for (;;) {
        const events = await store.events.list({ after: last, limit: EVENTS_A_POLL });
        for (const event of events) {
          last = event.sequence;
          this.#listeners.tell(event);
        }
        if (events.length < EVENTS_A_POLL) return last;
      }
    } catch (error) {
      log.error({ err: error }, 'the events cannot be read now; listeners hear of them later');
      return last;
    }
  }
}

function handedOut(access: Access): AccessToken {
  return {
    accessToken: access.accessToken.reveal(),
    tokenType: access.tokenType,
    ...(access.carrier === undefined ? {} : { header: access.carrier.header }),
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
