import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as oauth from 'oauth4webapi';
import {
  AWKWARD_APP,
  GITHUB_ERRORS,
  IndependentWorld,
  liveThrough,
  PLAIN_APP,
  REDIRECT,
  X_ERRORS,
  type Client,
  type Tokens,
} from './world.ts';

/** The package of which Kippu itself uses a part; here it sends all requests and reads all answers. */
class Raw implements Client {
  readonly readsCallback = true;
  readonly hasPkce = true;
  readonly revoke?: (token: string) => Promise<unknown>;
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
  readonly #world: IndependentWorld;
  readonly #verifier = oauth.generateRandomCodeVerifier();
  readonly #state = oauth.generateRandomState();

  constructor(world: IndependentWorld, auth = authOf(world)) {
    const { endpoints } = world.provider;
    this.#world = world;
    this.auth = auth;
    this.client = { client_id: world.app.id };
    this.as = {
      issuer: new URL(endpoints.authorization).origin,
      authorization_endpoint: endpoints.authorization,
      token_endpoint: endpoints.token,
      ...(endpoints.revocation === undefined ? {} : { revocation_endpoint: endpoints.revocation }),
      ...(endpoints.deviceCode === undefined ? {} : { device_authorization_endpoint: endpoints.deviceCode }),
    };
    if (endpoints.revocation !== undefined) this.revoke = (token) => this.#revoke(token);
  }

  get options(): { readonly [oauth.customFetch]: typeof fetch } {
    return { [oauth.customFetch]: this.#world.fetch };
  }

  async authorizationUrl(): Promise<URL> {
    const { scopes, authorizationParams = {}, endpoints } = this.#world.provider;
    const url = new URL(endpoints.authorization);
    const parameters = {
      client_id: this.client.client_id,
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: [...scopes.presets.default, ...(scopes.offline === undefined ? [] : [scopes.offline])].join(' '),
      state: this.#state,
      code_challenge: await oauth.calculatePKCECodeChallenge(this.#verifier),
      code_challenge_method: 'S256',
      ...authorizationParams,
    };
    url.search = new URLSearchParams(parameters).toString();
    return url;
  }

  async exchange(back: URL, changed = { verifier: this.#verifier }): Promise<Tokens> {
    const { as, client, auth, options } = this;
    const params = oauth.validateAuthResponse(as, client, back, this.#state);
    const verifier = changed.verifier;
    const answer = await oauth.authorizationCodeGrantRequest(as, client, auth, params, REDIRECT, verifier, options);
    return tokensOf(await oauth.processAuthorizationCodeResponse(as, client, answer));
  }

  async renew(refreshToken: string, more: Record<string, string> = {}): Promise<Tokens> {
    const { as, client, auth } = this;
    const options = { ...this.options, additionalParameters: { ...renewalOf(this.#world), ...more } };
    const answer = await oauth.refreshTokenGrantRequest(as, client, auth, refreshToken, options);
    return tokensOf(await oauth.processRefreshTokenResponse(as, client, answer));
  }

  async #revoke(token: string): Promise<void> {
    const { as, client, auth, options } = this;
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, options));
  }

  async beginDevice(scope: string): Promise<oauth.DeviceAuthorizationResponse> {
    const { as, client, auth, options } = this;
    const answer = await oauth.deviceAuthorizationRequest(as, client, auth, { scope }, options);
    return oauth.processDeviceAuthorizationResponse(as, client, answer);
  }

  async askForDevice(deviceCode: string): Promise<Tokens> {
    const { as, client, auth, options } = this;
    const answer = await oauth.deviceCodeGrantRequest(as, client, auth, deviceCode, options);
    return tokensOf(await oauth.processDeviceCodeResponse(as, client, answer));
  }

  errorOf(thrown: unknown): unknown {
    if (thrown instanceof oauth.ResponseBodyError || thrown instanceof oauth.AuthorizationResponseError)
      return thrown.error;
    return thrown instanceof oauth.OperationProcessingError ? thrown.code : undefined;
  }
}

/** X reads HTTP Basic as it is; the package encodes it by the RFC, and lets itself be told otherwise. */
const basicAsItIs =
  (secret: string): oauth.ClientAuth =>
  (_as, client, _body, headers) =>
    headers.set('authorization', `Basic ${Buffer.from(`${client.client_id}:${secret}`).toString('base64')}`);

function authOf({ app, provider }: IndependentWorld): oauth.ClientAuth {
  if (app.secret === undefined) return oauth.None();
  if (provider.quirks.basicWithoutEncoding === true) return basicAsItIs(app.secret);
  return provider.clientAuth.confidential === 'basic'
    ? oauth.ClientSecretBasic(app.secret)
    : oauth.ClientSecretPost(app.secret);
}

function renewalOf({ provider }: IndependentWorld): Record<string, string> {
  return provider.quirks.callbackAtRenewal === true ? { redirect_uri: REDIRECT } : {};
}

function tokensOf(answer: oauth.TokenEndpointResponse): Tokens {
  return { access: answer.access_token, refresh: answer.refresh_token };
}

describe('oauth4webapi at a simulated provider', () => {
  it('lives through a grant at X, confidential and public', async () => {
    for (const app of [AWKWARD_APP, { id: 'native17' }]) {
      await using world = await IndependentWorld.open('x', app);
      await liveThrough(world, new Raw(world), X_ERRORS);
    }
  });

  it('lives through a grant where a secret with every awkward character is form-encoded: Discord', async () => {
    await using world = await IndependentWorld.open('discord', AWKWARD_APP);
    await liveThrough(world, new Raw(world));
  });

  for (const id of ['google', 'gitlab', 'entra']) {
    it(`lives through a grant at ${id}`, async () => {
      await using world = await IndependentWorld.open(id);
      await liveThrough(world, new Raw(world));
    });
  }

  it('is refused by X with a secret that it form-encoded: X does not decode it', async () => {
    await using world = await IndependentWorld.open('x', AWKWARD_APP);
    const client = new Raw(world, oauth.ClientSecretBasic(AWKWARD_APP.secret));
    const back = await world.decide(await client.authorizationUrl());
    await assert.rejects(
      client.exchange(back),
      (thrown) =>
        client.errorOf(thrown) === 'unauthorized_client' && (thrown as oauth.ResponseBodyError).status === 401,
    );
  });

  it('refuses a callback with another state, and one that names another issuer', async () => {
    await using world = await IndependentWorld.open('x');
    const client = new Raw(world);
    const back = await world.decide(await client.authorizationUrl());
    const mixedUp = new URL(back);
    mixedUp.searchParams.set('iss', 'https://elsewhere.example');
    back.searchParams.set('state', 'of-somebody-else');
    for (const url of [back, mixedUp])
      await assert.rejects(client.exchange(url), (thrown) => client.errorOf(thrown) === oauth.INVALID_RESPONSE);
  });

  it('keeps the refresh token of Spotify where none comes, and takes the new one where it does', async () => {
    await using world = await IndependentWorld.open('spotify');
    const client = new Raw(world);
    let tokens = await client.exchange(await world.decide(await client.authorizationUrl()));
    const came: boolean[] = [];
    for (let count = 0; count < 4; count += 1) {
      const renewed = await client.renew(tokens.refresh ?? '');
      came.push(renewed.refresh !== undefined);
      tokens = { access: renewed.access, refresh: renewed.refresh ?? tokens.refresh };
      assert.ok(await world.isAlive(tokens.access));
    }
    assert.deepEqual(came, [false, true, false, true]);
  });

  it('cannot read an error that GitHub sends with 200, and says so instead of taking it for tokens', async () => {
    await using world = await IndependentWorld.open('github');
    const client = new Raw(world);
    const tokens = await client.exchange(await world.decide(await client.authorizationUrl()));
    await client.renew(tokens.refresh ?? '');
    await assert.rejects(
      client.renew(tokens.refresh ?? ''),
      (thrown) => client.errorOf(thrown) === oauth.INVALID_RESPONSE,
    );
    assert.notEqual(GITHUB_ERRORS.refreshToken, oauth.INVALID_RESPONSE);
  });

  for (const id of ['google', 'gitlab', 'entra']) {
    for (const app of [PLAIN_APP, { id: 'native17' }]) {
      it(`waits for a device at ${id}, with ${'secret' in app ? 'a' : 'no'} secret`, async () => {
        await using world = await IndependentWorld.open(id, app);
        const client = new Raw(world);
        const { scopes } = world.provider;
        const begun = await client.beginDevice([...scopes.presets.default, scopes.offline ?? ''].join(' ').trim());
        const ask = (): Promise<Tokens> => client.askForDevice(begun.device_code);
        const failsWith = (error: string): Promise<void> =>
          assert.rejects(ask(), (thrown) => client.errorOf(thrown) === error);
        await failsWith('authorization_pending');
        await failsWith('slow_down');
        await world.typeCode(begun.verification_uri, begun.user_code);
        world.sim.advance(10_000);
        const tokens = await ask();
        assert.ok(await world.isAlive(tokens.access));
        assert.ok(tokens.refresh !== undefined);
        world.sim.advance(10_000);
        await failsWith('invalid_grant');
        assert.ok(await world.isAlive((await client.renew(tokens.refresh)).access));
      });
    }
  }

  it('is told of a device that was refused, and of one that nobody typed in time', async () => {
    await using world = await IndependentWorld.open('google');
    const client = new Raw(world);
    const refused = await client.beginDevice('openid');
    await world.typeCode(refused.verification_uri, refused.user_code, 'deny');
    await assert.rejects(
      client.askForDevice(refused.device_code),
      (thrown) => client.errorOf(thrown) === 'access_denied',
    );
    const late = await client.beginDevice('openid');
    world.sim.advance(late.expires_in * 1000);
    await assert.rejects(client.askForDevice(late.device_code), (thrown) => client.errorOf(thrown) === 'expired_token');
  });
});
