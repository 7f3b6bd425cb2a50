import assert from 'node:assert/strict';
import { pino } from 'pino';
import { callApi } from '../../src/app/call.ts';
import { beginConnect } from '../../src/app/connecting.ts';
import { openApp, type App, type Outside } from '../../src/app/open.ts';
import { SYSTEM } from '../../src/app/system.ts';
import { handleConnect } from '../../src/app/web/connect-routes.ts';
import type { Clock } from '../../src/model/clock.ts';
import { KippuError, type ErrorCode } from '../../src/model/errors.ts';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import type { TokenSet } from '../../src/model/token-set.ts';
import { bindingOf, readTokens } from '../../src/protocol/stored-tokens.ts';
import { providerApp, type ProviderAppOptions } from '../../src/providers/provider-app.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { CLIENT_ID, CLIENT_SECRET, ForeignServer, type ForeignOptions } from './foreign-server.ts';

const PUBLIC_URL = 'http://127.0.0.1:4180';

/** The foreign server as data, like any other provider. */
export const foreign: Provider = {
  id: 'foreign',
  name: 'Foreign',
  endpoints: {
    authorization: 'https://foreign.example/auth',
    token: 'https://foreign.example/token',
    revocation: 'https://foreign.example/token/revocation',
    api: 'https://foreign.example',
  },
  scopes: {
    separator: ' ',
    offline: 'offline_access',
    presets: { default: ['openid'] },
    known: ['openid', 'offline_access'],
  },
  clientAuth: { confidential: 'basic' },
  pkce: 'S256',
  authorizationParams: { prompt: 'consent' },
  stateCharsMax: 500,
  codeLifetimeMs: 60_000,
  access: { lifetimeMs: 3_600_000, whenMissing: 'unknown' },
  refresh: {
    rotation: 'single-use',
    reuseGraceMs: 0,
    graceForksFamily: false,
    reuseKillsFamily: true,
    renewalKillsAccess: false,
  },
  tokenErrors: [],
  identity: { path: '/me', subject: '/sub', handle: '/sub', mayBeBilled: false },
  revocation: { method: 'rfc7009' },
  grantsPerSubject: 'many',
  callback: { loopbackHost: 'any', registeredMax: 1 },
  quirks: {},
  evidence: {},
  unverified: [],
};

export async function assertFails(work: Promise<unknown>, code: ErrorCode, message = /./): Promise<void> {
  await assert.rejects(
    work,
    (error) => error instanceof KippuError && error.code === code && message.test(error.message),
  );
}

/** How the app proves who it is. */
export type Credentials = Pick<ProviderAppOptions, 'clientSecret' | 'clientPrivateKey' | 'clientPrivateKeyId'>;

export interface WorldOptions {
  readonly provider?: Provider;
  readonly server?: ForeignOptions;
  readonly credentials?: Credentials;
}

const WITH_SECRET: Credentials = { clientSecret: new Secret(CLIENT_SECRET) };

export class World implements AsyncDisposable {
  readonly server: ForeignServer;
  readonly app: App;
  readonly road: Road;
  readonly clock: ShiftedClock;
  readonly #provider: Provider;
  readonly #ownsServer: boolean;

  private constructor(
    parts: Pick<World, 'server' | 'app' | 'road' | 'clock'>,
    provider: Provider,
    ownsServer: boolean,
  ) {
    this.server = parts.server;
    this.app = parts.app;
    this.road = parts.road;
    this.clock = parts.clock;
    this.#provider = provider;
    this.#ownsServer = ownsServer;
  }

  static async open({ provider = foreign, server: options = {}, credentials = WITH_SECRET }: WorldOptions = {}) {
    const server = await ForeignServer.start(`${PUBLIC_URL}/callback/foreign`, options);
    const [road, clock] = [new Road(), new ShiftedClock()];
    const app = await openApp({
      openStore: (outside) => openSqliteStore({ path: ':memory:', ...outside, migrates: true }),
      keys: {
        given: new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`),
        prefersFile: false,
        isProduction: true,
      },
      home: undefined,
      apps: [providerApp(provider, { clientId: CLIENT_ID, baseUrl: server.url, ...credentials })],
      publicUrl: PUBLIC_URL,
      returnUrls: [],
      timing: DEFAULT_TIMING,
      log: pino({ level: 'silent' }),
      outside: { ...SYSTEM, http: road, clock } satisfies Outside,
    });
    return new World({ server, app, road, clock }, provider, true);
  }

  /** The same store and keys, and a configuration that is not the one that the server knows. */
  async reopenedWith(credentials: Credentials): Promise<World> {
    const { store, options } = this.app;
    const unclosed = { ...store, close: async () => undefined };
    const apps = [providerApp(this.#provider, { clientId: CLIENT_ID, baseUrl: this.server.url, ...credentials })];
    const app = await openApp({ ...options, openStore: async () => unclosed, apps });
    return new World({ ...this, app }, this.#provider, false);
  }

  async connect(login: string): Promise<ConnectionId> {
    const arrival = await this.arrive((back) => back, login);
    assert.equal(arrival?.status, 200, await arrival?.text());
    const connection = await this.app.store.connections.find(`foreign:${login}`);
    assert.equal(connection?.state, 'active');
    return connection.id;
  }

  /** A consent whose answer somebody may change on its way back. */
  async arrive(change: (back: string) => string, login = 'alice'): Promise<Response | undefined> {
    const { departure, cookie } = await this.depart();
    const back = await this.server.consent(departure?.headers.get('location') ?? '', login);
    return handleConnect(new Request(change(back), { headers: { cookie } }), this.app);
  }

  async depart(): Promise<{ readonly departure: Response | undefined; readonly cookie: string }> {
    const { url } = await beginConnect({ provider: 'foreign' }, this.app);
    const departure = await handleConnect(new Request(url), this.app);
    return { departure, cookie: (departure?.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
  }

  /** Through the API call that users make: with whatever proof the token wants. */
  async whoIs(id: ConnectionId): Promise<string> {
    const call = { method: 'GET', url: '/me', headers: {}, body: undefined } as const;
    const answer = await callApi(id, call, { ...this.app.renewal, tokens: this.app.tokens });
    return (JSON.parse(new TextDecoder().decode(answer.body)) as { readonly sub: string }).sub;
  }

  async tokens(id: ConnectionId): Promise<TokenSet> {
    const credential = await this.app.store.credentials.read(id);
    const [app] = this.app.apps.values();
    assert.ok(credential !== undefined && app !== undefined);
    const binding = bindingOf({ connectionId: id, owner: credential.owner, app }, credential.generation);
    return readTokens(this.app.vault.open(binding, credential.sealed));
  }

  async refreshToken(id: ConnectionId): Promise<Secret> {
    const { refreshToken } = await this.tokens(id);
    assert.ok(refreshToken !== undefined);
    return refreshToken;
  }

  async stateOf(id: ConnectionId): Promise<string | undefined> {
    return (await this.app.store.connections.find(id))?.state;
  }

  /** The error that the server answers with. */
  async presentAsThief(token: Secret): Promise<unknown> {
    const encode = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);
    const response = await fetch(`${this.server.url}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${encode(CLIENT_ID)}:${encode(CLIENT_SECRET)}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token.reveal() }),
    });
    return ((await response.json()) as { readonly error?: string }).error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    if (this.#ownsServer) await this.server[Symbol.asyncDispose]();
  }
}

/** Real HTTP, of which is written down what went where, and that can lose what it carries. */
export class Road implements HttpClient {
  readonly sent: { readonly request: HttpRequest; readonly status: number | undefined }[] = [];
  loses: 'the request' | 'the answer' | undefined;

  async send(request: HttpRequest, watch?: ExchangeWatch): Promise<HttpAnswer> {
    const { loses } = this;
    this.loses = undefined;
    const answer = loses === 'the request' ? undefined : await SYSTEM.http.send(request, watch);
    this.sent.push({ request, status: answer?.kind === 'answered' ? answer.status : undefined });
    if (loses === undefined && answer !== undefined) return answer;
    return { kind: 'unanswered', cause: 'reset', detail: 'lost on the road' };
  }

  /** Statuses of what went to a path, in order. */
  statusesAt(path: string): readonly (number | undefined)[] {
    return this.sent.filter(({ request }) => new URL(request.url).pathname === path).map(({ status }) => status);
  }
}

/** The real clock, put forward: nobody waits. */
export class ShiftedClock implements Clock {
  shiftMs = 0;

  nowMs(): number {
    return SYSTEM.clock.nowMs() + this.shiftMs;
  }

  monotonicMs(): number {
    return SYSTEM.clock.monotonicMs() + this.shiftMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return SYSTEM.clock.sleep(ms, signal);
  }
}
