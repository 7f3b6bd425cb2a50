import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { beginConnect } from '../../src/app/connecting.ts';
import { revokeConnection } from '../../src/app/connections.ts';
import { openApp, type App } from '../../src/app/open.ts';
import { SYSTEM } from '../../src/app/system.ts';
import { handleConnect } from '../../src/app/web/connect-routes.ts';
import { KippuError, type ErrorCode } from '../../src/model/errors.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { bindingOf, readTokens } from '../../src/protocol/stored-tokens.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { DEFAULT_TIMING } from '../../src/renewal/ports.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { CLIENT_ID, CLIENT_SECRET, ForeignServer } from './foreign-server.ts';

const PUBLIC_URL = 'http://127.0.0.1:4180';

/** The foreign server as data, like any other provider. */
const foreign = {
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
} as const satisfies Provider;

describe('an authorization server that we did not write', () => {
  it('connects with PKCE and a form-encoded secret, and renews single-use tokens again and again', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    for (let version = 1; version <= 5; version += 1) {
      assert.equal((await world.app.tokens.get(id)).version, version);
      assert.equal(await world.whoIs(id), 'alice');
      await world.app.tokens.renewNow(id, version);
    }
    assert.equal(world.server.exchanges, 5);
  });

  it('sees one exchange where twenty ask at once', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    const all = await Promise.all(Array.from({ length: 20 }, () => world.app.tokens.renewNow(id, 1)));
    assert.deepEqual(new Set(all.map(({ version }) => version)), new Set([2]));
    assert.equal(world.server.exchanges, 1);
    assert.equal(await world.whoIs(id), 'alice');
  });

  it('kills the family when a thief presents a spent refresh token, and the user is asked again', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    const stolen = await world.refreshToken(id);
    await world.app.tokens.renewNow(id, 1);
    assert.equal(await world.presentAsThief(stolen), 'invalid_grant');
    await assertFails(world.app.tokens.renewNow(id, 2), 'reauth_required');
    assert.equal((await world.app.store.connections.find(id))?.state, 'reauth_required');
  });

  it('refuses a wrong client secret, and nobody is logged out by it', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    await using misled = await world.reopenedWithSecret('another-secret-of-32-characters-xyz');
    await assertFails(misled.app.tokens.renewNow(id, 1), 'misconfigured');
    assert.equal((await misled.app.store.connections.find(id))?.state, 'active');
  });

  it('is told of a revocation, and its tokens are dead', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    const refreshToken = await world.refreshToken(id);
    const { accessToken } = await world.app.tokens.get(id);
    await revokeConnection(id, { localOnly: false }, world.app);
    assert.equal(await world.presentAsThief(refreshToken), 'invalid_grant');
    const me = await fetch(`${world.server.url}/me`, { headers: { authorization: `Bearer ${accessToken.reveal()}` } });
    assert.equal(me.status, 401);
  });

  it('brings a consent for nobody else’s browser', async () => {
    await using world = await World.open();
    const { url } = await beginConnect({ provider: 'foreign' }, world.app);
    const departure = await handleConnect(new Request(url), world.app);
    const back = await world.server.consent(departure?.headers.get('location') ?? '', 'mallory');
    const arrival = await handleConnect(new Request(back), world.app);
    assert.equal(arrival?.status, 400);
    assert.equal((await world.app.store.connections.list({ limit: 10 })).items.length, 0);
  });
});

async function assertFails(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error) => error instanceof KippuError && error.code === code);
}

class World implements AsyncDisposable {
  readonly server: ForeignServer;
  readonly app: App;
  readonly #ownsServer: boolean;

  private constructor(server: ForeignServer, app: App, ownsServer: boolean) {
    this.server = server;
    this.app = app;
    this.#ownsServer = ownsServer;
  }

  static async open(): Promise<World> {
    const server = await ForeignServer.start(`${PUBLIC_URL}/callback/foreign`);
    return new World(server, await appFor(server, CLIENT_SECRET), true);
  }

  /** The same store and keys, and a configuration whose secret is not the one that the server knows. */
  async reopenedWithSecret(secret: string): Promise<World> {
    const { store, options } = this.app;
    const unclosed = { ...store, close: async () => undefined };
    const app = await openApp({ ...options, openStore: async () => unclosed, apps: [foreignApp(this.server, secret)] });
    return new World(this.server, app, false);
  }

  async connect(login: string): Promise<ConnectionId> {
    const { url } = await beginConnect({ provider: 'foreign' }, this.app);
    const departure = await handleConnect(new Request(url), this.app);
    const cookie = (departure?.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const back = await this.server.consent(departure?.headers.get('location') ?? '', login);
    const arrival = await handleConnect(new Request(back, { headers: { cookie } }), this.app);
    assert.equal(arrival?.status, 200, await arrival?.text());
    const connection = await this.app.store.connections.find(`foreign:${login}`);
    assert.equal(connection?.state, 'active');
    return connection.id;
  }

  async whoIs(id: ConnectionId): Promise<string> {
    const { accessToken } = await this.app.tokens.get(id);
    const me = await fetch(`${this.server.url}/me`, { headers: { authorization: `Bearer ${accessToken.reveal()}` } });
    return ((await me.json()) as { readonly sub: string }).sub;
  }

  async refreshToken(id: ConnectionId): Promise<Secret> {
    const credential = await this.app.store.credentials.read(id);
    const [app] = this.app.apps.values();
    assert.ok(credential !== undefined && app !== undefined);
    const binding = bindingOf({ connectionId: id, owner: credential.owner, app }, credential.generation);
    const { refreshToken } = readTokens(this.app.vault.open(binding, credential.sealed));
    assert.ok(refreshToken !== undefined);
    return refreshToken;
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

function foreignApp(server: ForeignServer, secret: string): ReturnType<typeof providerApp> {
  return providerApp(foreign, { clientId: CLIENT_ID, clientSecret: new Secret(secret), baseUrl: server.url });
}

function appFor(server: ForeignServer, secret: string): Promise<App> {
  return openApp({
    openStore: (outside) => openSqliteStore({ path: ':memory:', ...outside, migrates: true }),
    keys: { given: new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`), prefersFile: false, isProduction: true },
    home: undefined,
    apps: [foreignApp(server, secret)],
    publicUrl: PUBLIC_URL,
    returnUrls: [],
    timing: DEFAULT_TIMING,
    log: pino({ level: 'silent' }),
    outside: SYSTEM,
  });
}
