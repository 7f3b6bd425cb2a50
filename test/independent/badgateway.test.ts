import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generateCodeVerifier, OAuth2Client, OAuth2Error, type OAuth2Token } from '@badgateway/oauth2-client';
import {
  AWKWARD_APP,
  IndependentWorld,
  liveThrough,
  PLAIN_APP,
  REDIRECT,
  X_ERRORS,
  type Client,
  type Tokens,
} from './world.ts';

type Method = 'client_secret_basic' | 'client_secret_basic_interop' | 'client_secret_post';

class BadGateway implements Client {
  readonly readsCallback = true;
  readonly hasPkce = true;
  readonly revoke?: (token: string) => Promise<unknown>;
  readonly client: OAuth2Client;
  readonly #world: IndependentWorld;
  readonly #verifier: string;

  private constructor(world: IndependentWorld, verifier: string, authenticationMethod: Method | undefined) {
    const { app, provider } = world;
    this.#world = world;
    this.#verifier = verifier;
    this.client = new OAuth2Client({
      clientId: app.id,
      ...(app.secret === undefined ? {} : { clientSecret: app.secret }),
      ...(authenticationMethod === undefined ? {} : { authenticationMethod }),
      authorizationEndpoint: provider.endpoints.authorization,
      tokenEndpoint: provider.endpoints.token,
      ...(provider.endpoints.revocation === undefined ? {} : { revocationEndpoint: provider.endpoints.revocation }),
      fetch: world.fetch,
    });
    if (provider.endpoints.revocation !== undefined)
      this.revoke = (refreshToken) =>
        this.client.revoke({ accessToken: '', refreshToken, expiresAt: null }, 'refresh_token');
  }

  static async at(world: IndependentWorld, method?: Method): Promise<BadGateway> {
    return new BadGateway(world, await generateCodeVerifier(), method);
  }

  authorizationUrl(): Promise<string> {
    const { scopes, authorizationParams = {} } = this.#world.provider;
    return this.client.authorizationCode.getAuthorizeUri({
      redirectUri: REDIRECT,
      state: 'a-state',
      codeVerifier: this.#verifier,
      scope: [...scopes.presets.default, ...(scopes.offline === undefined ? [] : [scopes.offline])],
      extraParams: { ...authorizationParams },
    });
  }

  async exchange(back: URL, { verifier } = { verifier: this.#verifier }): Promise<Tokens> {
    const params = { redirectUri: REDIRECT, state: 'a-state', codeVerifier: verifier };
    return tokensOf(await this.client.authorizationCode.getTokenFromCodeRedirect(back, params));
  }

  async renew(refreshToken: string): Promise<Tokens> {
    return tokensOf(await this.client.refreshToken({ accessToken: '', refreshToken, expiresAt: null }));
  }

  errorOf(thrown: unknown): unknown {
    return thrown instanceof OAuth2Error ? thrown.oauth2Code : undefined;
  }
}

function tokensOf({ accessToken, refreshToken }: OAuth2Token): Tokens {
  return { access: accessToken, refresh: refreshToken ?? undefined };
}

describe('@badgateway/oauth2-client at a simulated provider', () => {
  it('lives through a grant at X, confidential and public', async () => {
    for (const app of [AWKWARD_APP, { id: 'native17' }]) {
      await using world = await IndependentWorld.open('x', app);
      await liveThrough(world, await BadGateway.at(world), X_ERRORS);
    }
  });

  for (const [id, method] of [
    ['discord', 'client_secret_basic'],
    ['google', 'client_secret_post'],
    ['gitlab', 'client_secret_post'],
    ['entra', 'client_secret_post'],
  ] as const) {
    it(`lives through a grant at ${id}`, async () => {
      await using world = await IndependentWorld.open(id, AWKWARD_APP);
      await liveThrough(world, await BadGateway.at(world, method));
    });
  }

  it('is refused by X with a secret that it form-encoded: X does not decode it', async () => {
    await using world = await IndependentWorld.open('x', AWKWARD_APP);
    const client = await BadGateway.at(world, 'client_secret_basic');
    const back = await world.decide(await client.authorizationUrl());
    await assert.rejects(client.exchange(back), (thrown) => client.errorOf(thrown) === 'unauthorized_client');
  });

  it('is refused by a server that keeps to the RFC with a secret that it did not form-encode, where that makes a difference', async () => {
    for (const [app, error] of [
      [AWKWARD_APP, 'invalid_client'],
      [PLAIN_APP, undefined],
    ] as const) {
      await using world = await IndependentWorld.open('discord', app);
      const client = await BadGateway.at(world, 'client_secret_basic_interop');
      const back = await world.decide(await client.authorizationUrl());
      const failed = await client.exchange(back).then(
        () => undefined,
        (thrown: unknown) => client.errorOf(thrown),
      );
      assert.equal(failed, error);
    }
  });

  it('keeps the refresh token of Google, which brings no other', async () => {
    await using world = await IndependentWorld.open('google');
    const client = await BadGateway.at(world, 'client_secret_post');
    const first = await client.exchange(await world.decide(await client.authorizationUrl()));
    assert.equal((await client.renew(first.refresh ?? '')).refresh, first.refresh);
  });

  it('takes an error that GitHub sends with 200 for an answer without a token, and fails for that', async (t) => {
    const warned = t.mock.method(console, 'warn', () => undefined);
    await using world = await IndependentWorld.open('github');
    const client = await BadGateway.at(world, 'client_secret_post');
    const first = await client.exchange(await world.decide(await client.authorizationUrl()));
    await client.renew(first.refresh ?? '');
    await assert.rejects(client.renew(first.refresh ?? ''), TypeError);
    assert.equal(
      (warned.mock.calls[0]?.arguments[1] as { readonly error?: string } | undefined)?.error,
      'bad_refresh_token',
    );
  });

  it('ends the whole authorization at Discord with the access token, and at X the access token alone', async () => {
    for (const [id, errorAfter] of [
      ['discord', 'invalid_grant'],
      ['x', undefined],
    ] as const) {
      await using world = await IndependentWorld.open(id);
      const client = await BadGateway.at(world);
      const tokens = await client.exchange(await world.decide(await client.authorizationUrl()));
      await client.client.revoke({ accessToken: tokens.access, refreshToken: null, expiresAt: null });
      assert.equal(await world.isAlive(tokens.access), false);
      const failed = await client.renew(tokens.refresh ?? '').then(
        () => undefined,
        (thrown: unknown) => client.errorOf(thrown),
      );
      assert.equal(failed, errorAfter, id);
    }
  });
});
