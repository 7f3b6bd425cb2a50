import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import * as octokit from '@octokit/oauth-methods';
import {
  AWKWARD_APP,
  fails,
  GITHUB_ERRORS,
  IndependentWorld,
  liveThrough,
  REDIRECT,
  type Client,
  type Tokens,
} from './world.ts';

const clientType = 'github-app';

/** GitHub's own package, with the addresses of github.com. It knows no PKCE, and revokes by access tokens. */
class Octokit implements Client {
  readonly readsCallback = false;
  readonly hasPkce = false;
  readonly app: { readonly clientId: string; readonly clientSecret: string };

  constructor(world: IndependentWorld, t: TestContext) {
    this.app = { clientId: world.app.id, clientSecret: world.app.secret ?? '' };
    world.divert(t);
  }

  async authorizationUrl(): Promise<string> {
    const { clientId } = this.app;
    return octokit.getWebFlowAuthorizationUrl({ clientType, clientId, redirectUrl: REDIRECT, state: 'a-state' }).url;
  }

  async exchange(back: URL): Promise<Tokens> {
    const code = back.searchParams.get('code') ?? '';
    const { authentication } = await octokit.exchangeWebFlowCode({ clientType, ...this.app, code });
    return tokensOf(authentication);
  }

  async renew(refreshToken: string): Promise<Tokens> {
    const { authentication } = await octokit.refreshToken({ clientType, ...this.app, refreshToken });
    return tokensOf(authentication);
  }

  errorOf(thrown: unknown): unknown {
    const { response } = thrown as { readonly response?: { readonly data?: { readonly error?: unknown } } };
    return response?.data?.error;
  }
}

function tokensOf(authentication: { readonly token: string; readonly refreshToken?: string }): Tokens {
  return { access: authentication.token, refresh: authentication.refreshToken };
}

function statusOf(thrown: unknown): unknown {
  return (thrown as { readonly status?: unknown }).status;
}

describe('@octokit/oauth-methods at the simulated GitHub', () => {
  it('lives through a grant', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    await liveThrough(world, new Octokit(world, t), GITHUB_ERRORS);
  });

  it('reads when both tokens end', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new Octokit(world, t);
    const code = (await world.decide(await client.authorizationUrl())).searchParams.get('code') ?? '';
    const { authentication, headers } = await octokit.exchangeWebFlowCode({ clientType, ...client.app, code });
    const nowMs = new Date(headers.date ?? '').getTime();
    assert.ok('expiresAt' in authentication && 'refreshTokenExpiresAt' in authentication);
    assert.equal(Date.parse(authentication.expiresAt) - nowMs, 8 * 3_600_000);
    assert.equal(Date.parse(authentication.refreshTokenExpiresAt) - nowMs, 184 * 86_400_000);
  });

  it('gets tokens that never end from an app that has opted out of their end', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    world.sim.set({ tokensExpire: false });
    const client = new Octokit(world, t);
    const tokens = await client.exchange(await world.decide(await client.authorizationUrl()));
    assert.equal(tokens.refresh, undefined);
    world.sim.advance(365 * 86_400_000);
    assert.ok(await world.isAlive(tokens.access));
  });

  it('is refused with a wrong secret, where it is checked: tokens, renewals and what an app may ask', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new Octokit(world, t);
    const tokens = await client.exchange(await world.decide(await client.authorizationUrl()));
    const wrong = { clientType, ...client.app, clientSecret: 'wrong' } as const;
    const refreshToken = tokens.refresh ?? '';
    await fails(client, octokit.refreshToken({ ...wrong, refreshToken }), 'incorrect_client_credentials');
    for (const ask of [octokit.checkToken, octokit.deleteToken, octokit.deleteAuthorization])
      await assert.rejects(ask({ ...wrong, token: tokens.access }), (thrown) => statusOf(thrown) === 401);
    assert.ok(await world.isAlive(tokens.access), 'and nothing has happened to the grant');
  });

  it('checks a token, ends it alone, and ends the grant', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new Octokit(world, t);
    const [one, two, three] = [await connected(), await connected(), await connected()];
    const app = { clientType, ...client.app } as const;
    const checked = await octokit.checkToken({ ...app, token: one.access });
    assert.equal(checked.data.user?.login, 'alice');
    assert.equal(checked.data.app.client_id, client.app.clientId);
    assert.equal((await octokit.deleteToken({ ...app, token: one.access })).status, 204);
    assert.equal(await world.isAlive(one.access), false);
    await assert.rejects(octokit.checkToken({ ...app, token: one.access }), (thrown) => statusOf(thrown) === 404);
    assert.equal((await octokit.deleteAuthorization({ ...app, token: two.access })).status, 204);
    assert.equal(await world.isAlive(three.access), false);
    await fails(client, client.renew(three.refresh ?? ''), 'bad_refresh_token');

    async function connected(): Promise<Tokens> {
      return client.exchange(await world.decide(await client.authorizationUrl()));
    }
  });

  it('resets a token: the old one is dead, the new one lives', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new Octokit(world, t);
    const tokens = await client.exchange(await world.decide(await client.authorizationUrl()));
    const { authentication } = await octokit.resetToken({ clientType, ...client.app, token: tokens.access });
    assert.equal(await world.isAlive(tokens.access), false);
    assert.ok(await world.isAlive(authentication.token));
    assert.match(authentication.token, /^ghu_/);
    const again = octokit.resetToken({ clientType, ...client.app, token: tokens.access });
    await assert.rejects(again, (thrown) => statusOf(thrown) === 422);
    assert.ok(await world.isAlive((await client.renew(tokens.refresh ?? '')).access));
    assert.equal(await world.isAlive(authentication.token), false, 'a renewal ends the one that was put in its place');
  });

  it('waits for a device without a secret, and renews what it gave without one', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new Octokit(world, t);
    const { clientId } = client.app;
    const { data: begun } = await octokit.createDeviceCode({ clientType, clientId });
    assert.deepEqual([begun.interval, begun.expires_in], [5, 900]);
    const ask = (): ReturnType<typeof octokit.exchangeDeviceCode> =>
      octokit.exchangeDeviceCode({ clientType, clientId, code: begun.device_code });
    await fails(client, ask(), 'authorization_pending');
    await fails(client, ask(), 'slow_down');
    await world.typeCode(begun.verification_uri, begun.user_code);
    world.sim.advance(10_000);
    const { authentication } = await ask();
    assert.ok('refreshToken' in authentication);
    assert.ok(await world.isAlive(authentication.token));
    world.sim.advance(10_000);
    await fails(client, ask(), 'incorrect_device_code');
    const { refreshToken } = authentication;
    // Its types want a secret; GitHub wants none here, and the package sends what it is given.
    const withoutSecret = { clientType, clientId, refreshToken } as Parameters<typeof octokit.refreshToken>[0];
    assert.ok(await world.isAlive((await octokit.refreshToken(withoutSecret)).authentication.token));
  });

  it('is told of a refused device, of one that nobody typed in time, and of an app that may not', async (t) => {
    await using world = await IndependentWorld.open('github', AWKWARD_APP);
    const client = new Octokit(world, t);
    const { clientId } = client.app;
    const begin = octokit.createDeviceCode;
    const { data: refused } = await begin({ clientType, clientId });
    await world.typeCode(refused.verification_uri, refused.user_code, 'deny');
    const ask = (code: string): Promise<unknown> => octokit.exchangeDeviceCode({ clientType, clientId, code });
    await fails(client, ask(refused.device_code), 'access_denied');
    const { data: late } = await begin({ clientType, clientId });
    world.sim.advance(late.expires_in * 1000);
    await fails(client, ask(late.device_code), 'expired_token');
    world.sim.set({ deviceFlow: false });
    await fails(client, begin({ clientType, clientId }), 'device_flow_disabled');
  });
});
