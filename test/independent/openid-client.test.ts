import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import * as openid from 'openid-client';
import {
  AWKWARD_APP,
  IndependentWorld,
  liveThrough,
  REDIRECT,
  X_ERRORS,
  type Client,
  type Errors,
  type Tokens,
} from './world.ts';

class OpenId implements Client {
  readonly readsCallback = true;
  readonly hasPkce = true;
  readonly revoke?: (token: string) => Promise<unknown>;
  readonly config: openid.Configuration;
  readonly #world: IndependentWorld;
  readonly #verifier = openid.randomPKCECodeVerifier();
  readonly #state = openid.randomState();

  constructor(world: IndependentWorld, auth: openid.ClientAuth) {
    const { endpoints } = world.provider;
    const server: openid.ServerMetadata = {
      issuer: new URL(endpoints.authorization).origin,
      authorization_endpoint: endpoints.authorization,
      token_endpoint: endpoints.token,
      ...(endpoints.revocation === undefined ? {} : { revocation_endpoint: endpoints.revocation }),
      ...(endpoints.deviceCode === undefined ? {} : { device_authorization_endpoint: endpoints.deviceCode }),
    };
    this.config = new openid.Configuration(server, world.app.id, {}, auth);
    this.config[openid.customFetch] = (url, options) => world.fetch(url, options as RequestInit);
    this.#world = world;
    if (endpoints.revocation !== undefined) this.revoke = (token) => openid.tokenRevocation(this.config, token);
  }

  async authorizationUrl(): Promise<URL> {
    const { scopes, authorizationParams = {} } = this.#world.provider;
    return openid.buildAuthorizationUrl(this.config, {
      redirect_uri: REDIRECT,
      scope: [...scopes.presets.default, ...(scopes.offline === undefined ? [] : [scopes.offline])].join(' '),
      state: this.#state,
      code_challenge: await openid.calculatePKCECodeChallenge(this.#verifier),
      code_challenge_method: 'S256',
      ...authorizationParams,
    });
  }

  async exchange(back: URL, { verifier } = { verifier: this.#verifier }): Promise<Tokens> {
    const checks = { pkceCodeVerifier: verifier, expectedState: this.#state };
    return tokensOf(await openid.authorizationCodeGrant(this.config, back, checks));
  }

  async renew(refreshToken: string): Promise<Tokens> {
    return tokensOf(await openid.refreshTokenGrant(this.config, refreshToken));
  }

  errorOf(thrown: unknown): unknown {
    if (thrown instanceof openid.ResponseBodyError || thrown instanceof openid.AuthorizationResponseError)
      return thrown.error;
    return thrown instanceof openid.ClientError ? thrown.code : undefined;
  }
}

/** X reads HTTP Basic as it is; the package encodes it by the RFC, and lets itself be told otherwise. */
const basicAsItIs =
  (secret: string): openid.ClientAuth =>
  (_server, client, _body, headers) =>
    headers.set('authorization', `Basic ${Buffer.from(`${client.client_id}:${secret}`).toString('base64')}`);

function tokensOf(answer: openid.TokenEndpointResponse): Tokens {
  return { access: answer.access_token, refresh: answer.refresh_token };
}

/** Lets the client's waiting pass at once, and the provider's clock with it. */
function hurry(t: TestContext, { sim }: IndependentWorld): void {
  const setTimeout = globalThis.setTimeout;
  t.mock.method(globalThis, 'setTimeout', (work: () => void, ms = 0, ...rest: unknown[]) => {
    if (ms >= 5000 && ms < 60_000) sim.advance(ms);
    return setTimeout(work, ms >= 5000 && ms < 60_000 ? 0 : ms, ...(rest as []));
  });
}

describe('openid-client at a simulated provider', () => {
  for (const [id, auth, errors] of [
    ['x', basicAsItIs(AWKWARD_APP.secret), X_ERRORS],
    ['discord', openid.ClientSecretBasic(AWKWARD_APP.secret), undefined],
    ['google', openid.ClientSecretPost(AWKWARD_APP.secret), undefined],
    ['gitlab', openid.ClientSecretPost(AWKWARD_APP.secret), undefined],
    ['entra', openid.ClientSecretPost(AWKWARD_APP.secret), undefined],
  ] as const satisfies readonly (readonly [string, openid.ClientAuth, Errors | undefined])[]) {
    it(`lives through a grant at ${id}`, async () => {
      await using world = await IndependentWorld.open(id, AWKWARD_APP);
      await liveThrough(world, new OpenId(world, auth), errors);
    });
  }

  it('lives through a grant at X without a secret', async () => {
    await using world = await IndependentWorld.open('x', { id: 'native17' });
    await liveThrough(world, new OpenId(world, openid.None()), X_ERRORS);
  });

  it('reads the lifetimes of both tokens from GitHub’s answer', async () => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new OpenId(world, openid.ClientSecretPost(AWKWARD_APP.secret));
    const back = await world.decide(await client.authorizationUrl());
    const first = await client.exchange(back);
    const answer = await openid.refreshTokenGrant(client.config, first.refresh ?? '');
    assert.equal(answer.expires_in, 28_800);
    assert.equal(answer['refresh_token_expires_in'], 15_897_600);
    assert.equal(answer.token_type, 'bearer');
    assert.equal(await world.isAlive(first.access), false);
  });

  it('cannot read an error that GitHub sends with 200, and says so instead of taking it for tokens', async () => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new OpenId(world, openid.ClientSecretPost(AWKWARD_APP.secret));
    await assert.rejects(
      client.renew('ghr_of_nobody'),
      (thrown) => client.errorOf(thrown) === 'OAUTH_INVALID_RESPONSE',
    );
  });

  it('waits for a device as long as its user needs, and gets what he gave: GitLab', async (t) => {
    await using world = await IndependentWorld.open('gitlab', AWKWARD_APP);
    const client = new OpenId(world, openid.ClientSecretPost(AWKWARD_APP.secret));
    hurry(t, world);
    const begun = await openid.initiateDeviceAuthorization(client.config, { scope: 'read_user' });
    let asked = 0;
    client.config[openid.customFetch] = async (url, options) => {
      const answer = await world.fetch(url, options as RequestInit);
      asked += 1;
      if (asked === 3) await world.typeCode(begun.verification_uri, begun.user_code);
      return answer;
    };
    const tokens = tokensOf(await openid.pollDeviceAuthorizationGrant(client.config, begun));
    assert.equal(asked, 4);
    assert.ok(await world.isAlive(tokens.access));
    assert.ok(await world.isAlive((await client.renew(tokens.refresh ?? '')).access));
  });

  it('stops waiting for a device that its user refused: Entra', async (t) => {
    await using world = await IndependentWorld.open('entra', { id: 'native17' });
    const client = new OpenId(world, openid.None());
    hurry(t, world);
    const begun = await openid.initiateDeviceAuthorization(client.config, { scope: 'User.Read offline_access' });
    await world.typeCode(begun.verification_uri, begun.user_code, 'deny');
    await assert.rejects(
      openid.pollDeviceAuthorizationGrant(client.config, begun),
      (thrown) => client.errorOf(thrown) === 'access_denied',
    );
  });
});
