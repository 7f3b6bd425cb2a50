import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { RefreshOptions } from '../../src/providers/app-settings.ts';
import { tenant } from '../support/made-up-providers.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/** Stories at Auth0: a day an access token, rotation whose reuse kills the family, and settings that no answer says. */
function tenantWorld(options: WorldOptions & { readonly refresh?: RefreshOptions } = {}): Promise<World> {
  const { refresh, ...rest } = options;
  return createWorld({ provider: tenant, ...rest, app: { refresh, ...rest.app } });
}

const DAY_MS = 86_400_000;

async function scopeSent(world: World, alice: ConnectionId): Promise<string | null | undefined> {
  await world.node().renewNow(alice);
  return world.provider.presentations.at(-1)?.form.get('scope');
}

test('the thirty days from the consent are tracked although no answer says them, and announced', async () => {
  await using world = await tenantWorld();
  const alice = await world.connect('alice');
  const endMs = world.clock.nowMs() + 30 * DAY_MS;
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, endMs);
  await world.advance('22d');
  assert.equal((await world.events('connection.reauth_soon')).length, 0);
  await world.advance('36h');
  assert.equal((await world.events('connection.reauth_soon')).length, 1, 'seven days before');
  await world.node().renewNow(alice);
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, endMs, 'rotation does not extend it');
  await world.advance('7d');
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required', 'the provider says that it is over');
});

test('a lifetime from the configuration goes before the usual one, and the calendar alone ends nothing', async () => {
  await using world = await tenantWorld({ refresh: { lifetimeMs: 10 * DAY_MS, idleMs: 'never' } });
  world.provider.controls.set({ refreshAbsoluteMs: null, refreshIdleMs: null });
  const alice = await world.connect('alice');
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, world.clock.nowMs() + 10 * DAY_MS);
  await world.advance('20d');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
});

test('an idle life from the configuration is kept from ending', async () => {
  await using world = await tenantWorld({ refresh: { lifetimeMs: 'never', idleMs: 3 * DAY_MS } });
  world.provider.controls.set({ refreshAbsoluteMs: null, refreshIdleMs: 3 * DAY_MS });
  const alice = await world.connect('alice');
  await world.advance('30d');
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.renewals >= 9 && world.provider.renewals <= 14, `${world.provider.renewals} renewals`);
});

test('P10 at Auth0: without rotation a renewal brings no refresh token, and the old one is kept', async () => {
  await using world = await tenantWorld({ refresh: { rotation: 'non-rotating' } });
  world.provider.controls.set({ rotates: false });
  const alice = await world.connect('alice');
  for (let renewals = 1; renewals <= 3; renewals += 1) {
    await world.advance('25h');
    assert.equal((await world.node().getToken(alice)).kind, 'served');
    assert.equal(world.provider.renewals, renewals);
  }
  assert.equal((await world.connection(alice)).hasRefreshToken, true);
  const presented = new Set(world.provider.presentations.map((request) => request.presented));
  assert.equal(presented.size, 1);
});

test('P10 at Auth0: an app that is configured as rotating and does not rotate loses nothing either', async () => {
  await using world = await tenantWorld();
  world.provider.controls.set({ rotates: false });
  const alice = await world.connect('alice');
  await world.node().renewNow(alice);
  await world.node().renewNow(alice);
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.reuses, 0);
});

test('P10 at Auth0: a consent again without a refresh token does not keep the old one', async () => {
  await using world = await tenantWorld();
  const alice = await world.connect('alice');
  world.provider.controls.set({ apiOfflineAccess: false });
  assert.equal(await world.connect('alice', { again: alice }), alice);
  assert.equal((await world.connection(alice)).hasRefreshToken, false);
  await world.advance('25h');
  assert.equal(await world.state(alice), 'reauth_required: no_refresh_token');
  assert.equal(world.provider.presentations.length, 0);
});

for (const setting of [{ apiOfflineAccess: false }, { refreshGrant: false }] as const) {
  test(`with ${Object.keys(setting).join('')} off, the connection says that it cannot be renewed`, async () => {
    await using world = await tenantWorld();
    world.provider.controls.set(setting);
    const alice = await world.connect('alice');
    assert.equal((await world.connection(alice)).hasRefreshToken, false);
  });
}

test('P07 at Auth0: a wrong client secret, 401 access_denied, logs nobody out, and is not asked with all the time', async () => {
  await using world = await tenantWorld({ workers: false });
  const ids = [];
  for (const user of ['alice', 'bob', 'carol']) ids.push(await world.connect(user));
  await world.wait('25h');
  world.provider.answerNext(401, { error: 'access_denied', error_description: 'Unauthorized' }, { count: 50 });
  for (const id of [...ids, ...ids]) assert.equal((await world.node().getToken(id)).kind, 'misconfigured');
  for (const id of ids) assert.equal(await world.state(id), 'active');
  assert.equal(world.provider.presentations.length, 1, 'one asks for all');
});

test('a grant type that was switched off ends nobody’s grant', async () => {
  await using world = await tenantWorld({ workers: false });
  const alice = await world.connect('alice');
  world.provider.controls.set({ refreshGrant: false });
  await world.wait('25h');
  assert.equal((await world.node().getToken(alice)).kind, 'misconfigured');
  assert.equal(await world.state(alice), 'active');
  world.provider.controls.set({ refreshGrant: true });
  await world.wait('1h');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
});

for (const status of [403, 401] as const) {
  test(`a user who is blocked (${status}) and one who was deleted end with their own reasons`, async () => {
    await using world = await tenantWorld({ workers: false });
    const alice = await world.connect('alice');
    const bob = await world.connect('bob');
    const carol = await world.connect('carol');
    world.provider.controls.set({ blockedUsers: ['alice'], userBlockedStatus: status, deletedUsers: ['bob'] });
    await world.wait('25h');
    for (const id of [alice, bob, carol]) await world.node().getToken(id);
    assert.equal(await world.state(alice), 'reauth_required: user_blocked');
    assert.equal(await world.state(bob), 'reauth_required: revoked_by_provider');
    assert.equal(await world.state(carol), 'active');
  });

  test(`a second factor at a renewal (${status}) asks for the user, and a consent again goes on with the same connection`, async () => {
    await using world = await tenantWorld({ workers: false });
    const alice = await world.connect('alice');
    world.provider.controls.set({ mfaOnRenewal: true, mfaStatus: status });
    await world.wait('25h');
    assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
    assert.equal(await world.state(alice), 'reauth_required: interaction_required');
    world.provider.controls.set({ mfaOnRenewal: false });
    assert.equal(await world.connect('alice', { again: alice }), alice);
    assert.equal((await world.node().getToken(alice)).kind, 'served');
  });
}

test('a rate limit is waited for as long as Auth0’s header says', async () => {
  await using world = await tenantWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('25h');
  world.provider.controls.set({ rateLimits: { token: { app: { limit: 0, windowMs: 600_000 } } } });
  const renewal = await world.node().getToken(alice);
  assert.equal(renewal.kind, 'unavailable');
  assert.equal(renewal.kind === 'unavailable' && renewal.retryAtMs, world.clock.nowMs() + 600_000);
  assert.equal(await world.state(alice), 'active');
});

test('P01 at Auth0: two processes that renew at once make one exchange, and no family dies', async () => {
  await using world = await tenantWorld({ nodes: 2, workers: false });
  const alice = await world.connect('alice');
  await world.wait('25h');
  const tokens = await world.until(
    Promise.all(Array.from({ length: 20 }, (_, index) => world.node(index % 2).accessToken(alice))),
  );
  assert.equal(new Set(tokens).size, 1);
  assert.equal(world.provider.presentations.length, 1);
  assert.equal(world.provider.isGrantAlive('alice'), true);
});

test('P04 at Auth0: after a lost answer nothing is presented while the access token lives, because a reuse kills the family', async () => {
  await using world = await tenantWorld();
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.loseNextAnswer();
  await world.until(world.node().renewNow(alice));
  assert.equal(await world.state(alice), 'uncertain');
  await world.advance('20h');
  assert.equal((await world.node().getToken(alice)).kind, 'served', 'the old one lives: it is a JWT');
  assert.equal(world.provider.presentations.length, 1);
  assert.equal(world.provider.isGrantAlive('alice'), true);
  await world.advance('4h');
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
  assert.equal(world.provider.isGrantAlive('alice'), false, 'then there was nothing left to lose');
});

test('P04 at Auth0: a leeway alone changes nothing of that, because it forks the family', async () => {
  await using world = await tenantWorld({ refresh: { leewayMs: 900_000 } });
  world.provider.controls.set({ leewayMs: 900_000 });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.loseNextAnswer();
  await world.until(world.node().renewNow(alice));
  await world.advance('30m');
  assert.equal(await world.state(alice), 'uncertain');
  assert.equal(world.provider.presentations.length, 1);
});

test('who allows it has a lost answer replayed inside the leeway, once, and the connection lives on', async () => {
  await using world = await tenantWorld({ refresh: { leewayMs: 900_000, replayInLeeway: true } });
  world.provider.controls.set({ leewayMs: 900_000 });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.loseNextAnswer();
  await world.until(world.node().renewNow(alice));
  await world.advance('14m');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.presentations.length, 2);
  await world.advance('10d');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
  assert.equal(world.provider.isGrantAlive('alice'), true);
});

test('a leeway that is too short for a replay to fit into it is not used, whatever is allowed', async () => {
  await using world = await tenantWorld({ refresh: { leewayMs: 60_000, replayInLeeway: true } });
  world.provider.controls.set({ leewayMs: 60_000 });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.loseNextAnswer();
  await world.until(world.node().renewNow(alice));
  await world.advance('1h');
  assert.equal(world.provider.presentations.length, 1);
  assert.equal(world.provider.isGrantAlive('alice'), true);
});

test('where refresh tokens do not rotate, a lost answer is asked for again at once', async () => {
  await using world = await tenantWorld({ refresh: { rotation: 'non-rotating' } });
  world.provider.controls.set({ rotates: false });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.loseNextAnswer();
  await world.until(world.node().renewNow(alice));
  assert.equal(await world.state(alice), 'active');
  assert.equal((await world.until(world.node().renewNow(alice))).kind, 'served');
});

test('a renewal sends the granted scopes, so that a refresh token for several resources gives no more than that', async () => {
  await using world = await tenantWorld({ app: { audience: 'https://api.acme.example' } });
  world.provider.controls.set({ moreScopes: ['delete:everything'] });
  const alice = await world.connect('alice', { scopes: ['read:things'] });
  assert.equal(await scopeSent(world, alice), 'openid read:things offline_access');
  assert.deepEqual((await world.connection(alice)).scopes, ['openid', 'read:things', 'offline_access']);
});

test('a renewal never narrows by itself', async () => {
  await using world = await tenantWorld();
  const alice = await world.connect('alice');
  const before = (await world.connection(alice)).scopes;
  await world.node().renewNow(alice);
  await world.node().renewNow(alice);
  assert.deepEqual((await world.connection(alice)).scopes, before);
});

test('an answer that does not say how long its access token lives is trusted until the token is refused', async () => {
  await using world = await tenantWorld({ workers: false });
  world.provider.controls.set({ expiresInAnswered: false });
  const alice = await world.connect('alice');
  assert.equal((await world.connection(alice)).accessExpiresAtMs, undefined);
  const token = await world.node().accessToken(alice);
  await world.wait('3h');
  assert.equal(await world.node().accessToken(alice), token);
  assert.equal(world.provider.presentations.length, 0);
  assert.notEqual(await world.node().accessToken(alice, { refused: token }), token);
});

test('a revocation ends the refresh token; the other connections of the account live, unless the tenant has it otherwise', async () => {
  for (const revocationEndsGrant of [false, true]) {
    await using world = await tenantWorld({ workers: false });
    world.provider.controls.set({ revocationEndsGrant });
    const ours = await world.connect('alice', { owner: 'ours' });
    const theirs = await world.connect('alice', { owner: 'theirs' });
    await world.node().revoke(ours);
    assert.equal(await world.state(ours), 'revoked');
    assert.equal(world.provider.sentTo('/oauth/revoke').length, 1);
    await world.wait('25h');
    const renewal = await world.node().getToken(theirs);
    assert.equal(renewal.kind, revocationEndsGrant ? 'reauth_required' : 'served');
  }
});

test('the two hundred and first connection of an account ends the oldest one, and that is seen at its renewal', async () => {
  await using world = await tenantWorld({ workers: false });
  world.provider.controls.set({ grantsPerUserMax: 2 });
  const first = await world.connect('alice', { owner: 'one' });
  await world.connect('alice', { owner: 'two' });
  const third = await world.connect('alice', { owner: 'three' });
  await world.wait('25h');
  assert.equal((await world.node().getToken(first)).kind, 'reauth_required');
  assert.equal((await world.node().getToken(third)).kind, 'served');
});

test('P05 at Auth0: a bad ID token at a renewal does not touch the pair that came with it', async () => {
  await using world = await tenantWorld({ workers: false });
  const alice = await world.connect('alice');
  for (const idTokens of ['wrong_issuer', 'not_a_token', 'unsigned', 'other_user', 'missing'] as const) {
    world.provider.controls.set({ idTokens });
    await world.wait('25h');
    assert.equal((await world.node().getToken(alice)).kind, 'served', idTokens);
    assert.equal(await world.state(alice), 'active');
  }
  assert.equal(world.provider.renewals, 5);
  assert.equal(world.provider.reuses, 0);
});
