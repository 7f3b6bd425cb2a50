import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import * as arctic from 'arctic';
import {
  AWKWARD_APP,
  fails,
  GITHUB_ERRORS,
  IndependentWorld,
  liveThrough,
  REDIRECT,
  RFC_ERRORS,
  X_ERRORS,
  type App,
  type Client,
  type Errors,
  type Tokens,
} from './world.ts';

/** What its class for one provider does; the addresses are its own, those of the real provider. */
interface Calls {
  authorizationUrl(state: string, verifier: string): URL;
  exchange(code: string, verifier: string): Promise<arctic.OAuth2Tokens>;
  renew(refreshToken: string): Promise<arctic.OAuth2Tokens>;
  readonly revoke?: (token: string) => Promise<void>;
  readonly hasPkce?: false;
}

class Arctic implements Client {
  readonly readsCallback = false;
  readonly hasPkce: boolean;
  readonly revoke?: (token: string) => Promise<unknown>;
  readonly #calls: Calls;
  readonly #verifier = arctic.generateCodeVerifier();

  constructor(calls: Calls) {
    this.#calls = calls;
    this.hasPkce = calls.hasPkce ?? true;
    if (calls.revoke !== undefined) this.revoke = calls.revoke;
  }

  async authorizationUrl(): Promise<URL> {
    return this.#calls.authorizationUrl(arctic.generateState(), this.#verifier);
  }

  async exchange(back: URL, { verifier } = { verifier: this.#verifier }): Promise<Tokens> {
    return tokensOf(await this.#calls.exchange(back.searchParams.get('code') ?? '', verifier));
  }

  async renew(refreshToken: string): Promise<Tokens> {
    return tokensOf(await this.#calls.renew(refreshToken));
  }

  errorOf(thrown: unknown): unknown {
    return thrown instanceof arctic.OAuth2RequestError ? thrown.code : undefined;
  }
}

function tokensOf(tokens: arctic.OAuth2Tokens): Tokens {
  return { access: tokens.accessToken(), refresh: tokens.hasRefreshToken() ? tokens.refreshToken() : undefined };
}

function withOffline(url: URL): URL {
  url.searchParams.set('access_type', 'offline');
  return url;
}

const CALLS = {
  x: ({ id, secret }) => {
    const x = new arctic.Twitter(id, secret ?? null, REDIRECT);
    const scopes = ['tweet.read', 'users.read', 'offline.access'];
    return {
      authorizationUrl: (state, verifier) => x.createAuthorizationURL(state, verifier, scopes),
      exchange: (code, verifier) => x.validateAuthorizationCode(code, verifier),
      renew: (token) => x.refreshAccessToken(token),
      revoke: (token) => x.revokeToken(token),
    };
  },
  github: ({ id, secret }) => {
    const github = new arctic.GitHub(id, secret ?? '', REDIRECT);
    return {
      hasPkce: false,
      authorizationUrl: (state) => github.createAuthorizationURL(state, []),
      exchange: (code) => github.validateAuthorizationCode(code),
      renew: (token) => github.refreshAccessToken(token),
    };
  },
  google: ({ id, secret }) => {
    const google = new arctic.Google(id, secret ?? '', REDIRECT);
    return {
      authorizationUrl: (state, verifier) => withOffline(google.createAuthorizationURL(state, verifier, ['openid'])),
      exchange: (code, verifier) => google.validateAuthorizationCode(code, verifier),
      renew: (token) => google.refreshAccessToken(token),
      revoke: (token) => google.revokeToken(token),
    };
  },
  gitlab: ({ id, secret }, origin) => {
    const gitlab = new arctic.GitLab(origin, id, secret ?? null, REDIRECT);
    return {
      hasPkce: false,
      authorizationUrl: (state) => gitlab.createAuthorizationURL(state, ['read_user']),
      exchange: (code) => gitlab.validateAuthorizationCode(code),
      renew: (token) => gitlab.refreshAccessToken(token),
      revoke: (token) => gitlab.revokeToken(token),
    };
  },
  discord: ({ id, secret }) => {
    const discord = new arctic.Discord(id, secret ?? null, REDIRECT);
    return {
      authorizationUrl: (state, verifier) => discord.createAuthorizationURL(state, verifier, ['identify']),
      exchange: (code, verifier) => discord.validateAuthorizationCode(code, verifier),
      renew: (token) => discord.refreshAccessToken(token),
      revoke: (token) => discord.revokeToken(token),
    };
  },
  spotify: ({ id, secret }) => {
    const spotify = new arctic.Spotify(id, secret ?? null, REDIRECT);
    return {
      authorizationUrl: (state, verifier) => spotify.createAuthorizationURL(state, verifier, ['user-read-private']),
      exchange: (code, verifier) => spotify.validateAuthorizationCode(code, verifier),
      renew: (token) => spotify.refreshAccessToken(token),
    };
  },
  entra: ({ id, secret }) => {
    const entra = new arctic.MicrosoftEntraId('common', id, secret ?? null, REDIRECT);
    const scopes = ['User.Read', 'offline_access'];
    return {
      authorizationUrl: (state, verifier) => entra.createAuthorizationURL(state, verifier, scopes),
      exchange: (code, verifier) => entra.validateAuthorizationCode(code, verifier),
      renew: (token) => entra.refreshAccessToken(token, scopes),
    };
  },
} as const satisfies Readonly<Record<string, (app: App, origin: string) => Calls>>;

function arcticAt(world: IndependentWorld, id: keyof typeof CALLS, t: TestContext): Arctic {
  world.divert(t);
  return new Arctic(CALLS[id](world.app, world.sim.url));
}

describe('arctic at a simulated provider', () => {
  for (const [id, errors] of [
    ['x', X_ERRORS],
    ['github', GITHUB_ERRORS],
    ['google', RFC_ERRORS],
    ['gitlab', RFC_ERRORS],
    ['discord', RFC_ERRORS],
    ['entra', RFC_ERRORS],
  ] as const satisfies readonly (readonly [keyof typeof CALLS, Errors])[]) {
    it(`lives through a grant at ${id}, with the class that it has for it`, async (t) => {
      await using world = await IndependentWorld.open(id);
      await liveThrough(world, arcticAt(world, id, t), errors);
    });
  }

  it('lives through a grant at X without a secret', async (t) => {
    await using world = await IndependentWorld.open('x', { id: 'native17' });
    await liveThrough(world, arcticAt(world, 'x', t), X_ERRORS);
  });

  it('speaks to X with any secret, since it encodes none', async (t) => {
    await using world = await IndependentWorld.open('x', AWKWARD_APP);
    await liveThrough(world, arcticAt(world, 'x', t), X_ERRORS);
  });

  it('is refused by a server that keeps to the RFC with a secret that would have to be form-encoded', async (t) => {
    await using world = await IndependentWorld.open('discord', AWKWARD_APP);
    const client = arcticAt(world, 'discord', t);
    const back = await world.decide(await client.authorizationUrl());
    await fails(client, client.exchange(back), 'invalid_client');
  });

  it('gets another refresh token from Spotify at every second renewal, and the old one stays until then', async (t) => {
    await using world = await IndependentWorld.open('spotify');
    const client = arcticAt(world, 'spotify', t);
    const first = (await client.exchange(await world.decide(await client.authorizationUrl()))).refresh ?? '';
    assert.equal((await client.renew(first)).refresh, undefined);
    const { refresh: second = '' } = await client.renew(first);
    assert.notEqual(second, '');
    await fails(client, client.renew(first), 'invalid_grant');
    assert.ok(await world.isAlive((await client.renew(second)).access));
  });

  it('gets no refresh token from Google unless it asks for one', async (t) => {
    await using world = await IndependentWorld.open('google');
    world.divert(t);
    const google = new arctic.Google(world.app.id, world.app.secret ?? '', REDIRECT);
    const verifier = arctic.generateCodeVerifier();
    const back = await world.decide(google.createAuthorizationURL('a-state', verifier, ['openid']));
    const tokens = await google.validateAuthorizationCode(back.searchParams.get('code') ?? '', verifier);
    assert.equal(tokens.hasRefreshToken(), false);
    assert.equal(tokens.accessTokenExpiresInSeconds(), 3599);
  });

  it('reads the scopes and the lifetime that X answers', async (t) => {
    await using world = await IndependentWorld.open('x');
    world.divert(t);
    const x = new arctic.Twitter(world.app.id, world.app.secret ?? '', REDIRECT);
    const verifier = arctic.generateCodeVerifier();
    const back = await world.decide(x.createAuthorizationURL('a-state', verifier, ['users.read', 'tweet.read']));
    assert.equal(back.searchParams.get('state'), 'a-state');
    const tokens = await x.validateAuthorizationCode(back.searchParams.get('code') ?? '', verifier);
    assert.deepEqual(tokens.scopes().sort(), ['tweet.read', 'users.read']);
    assert.equal(tokens.accessTokenExpiresInSeconds(), 7200);
    assert.equal(tokens.tokenType(), 'bearer');
    assert.equal(tokens.hasRefreshToken(), false, 'offline.access was not asked for');
  });
});
