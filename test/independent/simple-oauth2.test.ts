import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { AuthorizationCode, type AccessToken } from 'simple-oauth2';
import { AWKWARD_APP, IndependentWorld, liveThrough, REDIRECT, X_ERRORS, type Client, type Tokens } from './world.ts';

/** It takes any host and never asks for TLS, so it needs no road. It knows no PKCE, and passes on the parameters of who does. */
class Simple implements Client {
  readonly readsCallback = false;
  readonly hasPkce = true;
  readonly revoke?: (token: string) => Promise<unknown>;
  readonly client: AuthorizationCode;
  readonly #world: IndependentWorld;
  readonly #verifier = randomBytes(32).toString('base64url');

  constructor(world: IndependentWorld, credentialsEncodingMode: 'strict' | 'loose' = 'strict') {
    const { app, provider, sim } = world;
    const { authorization, token, revocation } = provider.endpoints;
    this.#world = world;
    this.client = new AuthorizationCode({
      client: { id: app.id, secret: app.secret ?? '' },
      auth: {
        tokenHost: sim.url,
        tokenPath: new URL(token).pathname,
        authorizePath: new URL(authorization).pathname,
        ...(revocation === undefined ? {} : { revokePath: new URL(revocation).pathname }),
      },
      options: {
        authorizationMethod: provider.clientAuth.confidential === 'basic' ? 'header' : 'body',
        credentialsEncodingMode,
      },
    });
    if (revocation !== undefined)
      this.revoke = (token) => this.client.createToken({ refresh_token: token }).revoke('refresh_token');
  }

  async authorizationUrl(): Promise<string> {
    const { scopes, authorizationParams = {} } = this.#world.provider;
    return this.client.authorizeURL({
      redirect_uri: REDIRECT,
      scope: [...scopes.presets.default, ...(scopes.offline === undefined ? [] : [scopes.offline])].join(' '),
      state: 'a-state',
      code_challenge: createHash('sha256').update(this.#verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...authorizationParams,
    });
  }

  async exchange(back: URL, { verifier } = { verifier: this.#verifier }): Promise<Tokens> {
    const code = back.searchParams.get('code') ?? '';
    return tokensOf(await this.client.getToken({ code, redirect_uri: REDIRECT, code_verifier: verifier }));
  }

  async renew(refreshToken: string): Promise<Tokens> {
    return tokensOf(await this.client.createToken({ refresh_token: refreshToken }).refresh());
  }

  errorOf(thrown: unknown): unknown {
    return (thrown as { readonly data?: { readonly payload?: { readonly error?: unknown } } }).data?.payload?.error;
  }
}

function tokensOf({ token }: AccessToken): Tokens {
  const { access_token: access, refresh_token: refresh } = token;
  assert.ok(typeof access === 'string' && (refresh === undefined || typeof refresh === 'string'));
  return { access, refresh };
}

describe('simple-oauth2 at a simulated provider', () => {
  for (const [id, mode, errors] of [
    ['x', 'loose', X_ERRORS],
    ['discord', 'strict', undefined],
    ['google', 'strict', undefined],
    ['gitlab', 'strict', undefined],
    ['entra', 'strict', undefined],
  ] as const) {
    it(`lives through a grant at ${id}`, async () => {
      await using world = await IndependentWorld.open(id, AWKWARD_APP);
      await liveThrough(world, new Simple(world, mode), errors);
    });
  }

  it('is refused by X with a secret that it form-encoded: X does not decode it', async () => {
    await using world = await IndependentWorld.open('x', AWKWARD_APP);
    const client = new Simple(world, 'strict');
    const back = await world.decide(await client.authorizationUrl());
    await assert.rejects(client.exchange(back), (thrown) => client.errorOf(thrown) === 'unauthorized_client');
  });

  it('loses the refresh token of Google at the first renewal, which brings no other', async () => {
    await using world = await IndependentWorld.open('google');
    const client = new Simple(world);
    const first = await client.exchange(await world.decide(await client.authorizationUrl()));
    assert.ok(first.refresh !== undefined);
    assert.equal((await client.renew(first.refresh)).refresh, undefined);
    // It is the client that lost it: Google takes it still.
    assert.ok(await world.isAlive((await client.renew(first.refresh)).access));
  });

  it('takes an error that GitHub sends with 200 for tokens', async () => {
    await using world = await IndependentWorld.open('github');
    const client = new Simple(world);
    const { token } = await client.client.createToken({ refresh_token: 'ghr_of_nobody' }).refresh();
    assert.equal(token['error'], 'bad_refresh_token');
    assert.equal(token['access_token'], undefined);
  });

  it('revokes both tokens of X, the access token first', async () => {
    await using world = await IndependentWorld.open('x', AWKWARD_APP);
    const client = new Simple(world, 'loose');
    const { access, refresh = '' } = await client.exchange(await world.decide(await client.authorizationUrl()));
    await client.client.createToken({ access_token: access, refresh_token: refresh }).revokeAll();
    assert.equal(await world.isAlive(access), false);
    await assert.rejects(client.renew(refresh), (thrown) => client.errorOf(thrown) === 'invalid_request');
  });
});
