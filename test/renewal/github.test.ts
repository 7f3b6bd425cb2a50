import assert from 'node:assert/strict';
import { test } from 'node:test';
import { githubData } from '../../src/providers/data/github.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, isCode, type World, type WorldOptions } from '../support/world.ts';

/** Stories at GitHub: eight hours an access token, single-use refresh tokens, and a renewal kills the old access token. */
function githubWorld(options: WorldOptions = {}): Promise<World> {
  return createWorld({ provider: githubData, ...options });
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

test('a consent lasts eight hours, and its refresh token six months from the last renewal', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  const { name, scopes, accessExpiresAtMs, refreshExpiresAtMs } = await world.connection(alice);
  assert.equal(name, 'github:alice');
  assert.deepEqual(scopes, [], 'a GitHub App has permissions, and no scopes');
  assert.equal(accessExpiresAtMs, world.clock.nowMs() + 8 * HOUR_MS);
  assert.equal(refreshExpiresAtMs, world.clock.nowMs() + 15_897_600_000);
  await world.advance('10d');
  await world.node().accessToken(alice);
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, world.clock.nowMs() + 15_897_600_000);
});

test('lifetimes that come as texts are read as numbers', async () => {
  await using world = await githubWorld();
  world.provider.controls.set({ lifetimesAsText: true });
  const alice = await world.connect('alice');
  assert.equal((await world.connection(alice)).accessExpiresAtMs, world.clock.nowMs() + 8 * HOUR_MS);
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, world.clock.nowMs() + 184 * DAY_MS);
});

test('nobody renews while the old access token lives, because a renewal kills it', async () => {
  await using world = await githubWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  await world.advance('7h');
  assert.equal(await world.node(1).accessToken(alice), token);
  assert.equal(world.provider.renewals, 0);
  assert.equal(world.provider.knowsAsGood(token), true);
  await world.advance('60m');
  const next = await world.node().accessToken(alice);
  assert.equal(await world.node(1).accessToken(alice), next, 'the other node was told');
  assert.equal(world.provider.renewals, 1);
});

test('another node that is refused the token that a renewal killed gets the new one, and renews nothing', async () => {
  await using world = await githubWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  const old = await world.node(1).accessToken(alice);
  await world.advance('10m');
  await world.node(0).renewNow(alice);
  assert.equal(world.provider.knowsAsGood(old), false, 'it died at the renewal');
  const next = await world.node(1).accessToken(alice, { refused: old });
  assert.equal(world.provider.knowsAsGood(next), true);
  assert.equal(world.provider.presentations.length, 1);
});

test('P09 at GitHub: bad_refresh_token comes with HTTP 200 and ends the grant; nothing of it is stored', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.advance('8h');
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  await world.advance('7d');
  assert.equal(world.provider.presentations.length, 1, 'and it is not retried for ever');
});

test('P09 at GitHub: an error in a 200 that nobody knows ends nothing, and spends nothing', async () => {
  await using world = await githubWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('8h');
  world.provider.answerNext(200, { error: 'something_new', error_description: 'Nobody has seen this.' });
  assert.equal((await world.node().getToken(alice)).kind, 'misconfigured');
  assert.equal(await world.state(alice), 'active');
});

test('a wrong secret, answered with 200, logs nobody out', async () => {
  await using world = await githubWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('8h');
  world.provider.answerNext(200, { error: 'incorrect_client_credentials' });
  assert.equal((await world.node().getToken(alice)).kind, 'misconfigured');
  assert.equal(await world.state(alice), 'active');
});

test('P10 at GitHub: an app that opts out of expiry gives a token without an end, and a later consent that has one replaces it', async () => {
  await using world = await githubWorld();
  world.provider.controls.set({ tokensExpire: false });
  const alice = await world.connect('alice');
  await world.advance('1m');
  const { hasRefreshToken, accessExpiresAtMs, nextDueAtMs } = await world.connection(alice);
  assert.deepEqual(
    { hasRefreshToken, accessExpiresAtMs, nextDueAtMs },
    {
      hasRefreshToken: false,
      accessExpiresAtMs: undefined,
      nextDueAtMs: undefined,
    },
  );
  await world.advance('400d');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
  const { items } = await world.node().look.connections.list({ neverExpires: true, limit: 10 });
  assert.deepEqual(
    items.map(({ name }) => name),
    ['github:alice'],
  );

  world.provider.controls.set({ tokensExpire: true });
  assert.equal(await world.connect('alice', { again: alice }), alice);
  assert.equal((await world.connection(alice)).hasRefreshToken, true);
  assert.equal((await world.node().look.connections.list({ neverExpires: true, limit: 10 })).items.length, 0);
});

test('a token without an end that its user revokes asks for a new consent at the first refusal, and presents nothing', async () => {
  await using world = await githubWorld();
  world.provider.controls.set({ tokensExpire: false });
  const alice = await world.connect('alice');
  const refused = await world.node().accessToken(alice);
  world.provider.removeApp('alice');
  await world.advance('1h');
  const renewal = await world.node().getToken(alice, { refused });
  assert.equal(renewal.kind, 'reauth_required');
  assert.equal(world.provider.presentations.length, 0);
});

test('P12 at GitHub: fifty 401s at once, on two nodes, are one exchange', async () => {
  await using world = await githubWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  const refused = await world.node().accessToken(alice);
  await world.advance('10m');
  world.provider.delayNextAnswer('1s');
  const tokens = await world.until(
    Promise.all(Array.from({ length: 50 }, (_, index) => world.node(index % 2).accessToken(alice, { refused }))),
  );
  assert.equal(new Set(tokens).size, 1);
  assert.equal(world.provider.presentations.length, 1);
});

test('a lost answer is asked about with the old access token: dead means spent, and nothing is claimed that is not so', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  const old = await world.node().accessToken(alice);
  await world.advance('10m');
  world.provider.loseNextAnswer();
  await world.until(world.node().renewNow(alice));
  assert.equal(await world.state(alice), 'uncertain');
  assert.equal(world.provider.knowsAsGood(old), false, 'the renewal was handled');
  await world.advance('10m');
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
  assert.equal(world.provider.sentTo('/user').length > 1, true, 'the old access token was asked');
  assert.equal(world.provider.reuses, 1, 'and then the one replay, when nothing was left to lose');
});

test('a request that never arrived is asked about too: a living access token means not spent, and no replay is guessed', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  const old = await world.node().accessToken(alice);
  await world.advance('10m');
  world.provider.loseNextRequest();
  await world.until(world.node().renewNow(alice));
  assert.equal(await world.state(alice), 'uncertain');
  await world.advance('10m');
  assert.equal(await world.state(alice), 'active');
  assert.equal(await world.node().accessToken(alice), old, 'and it is served on');
  assert.equal(world.provider.reuses, 0);
});

test('while the question cannot be answered, the living access token is served and nothing is decided', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  const old = await world.node().accessToken(alice);
  await world.advance('10m');
  world.provider.loseNextRequest();
  await world.until(world.node().renewNow(alice));
  world.provider.script((request) => (request.url.endsWith('/user') ? jsonAnswer(503, {}) : undefined));
  await world.advance('30m');
  assert.equal(await world.state(alice), 'uncertain');
  assert.equal(await world.node().accessToken(alice), old);
  assert.equal(world.provider.presentations.length, 1);
});

test('a crash after the request left is resolved by the next process, without a replay', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  await world.advance('10m');
  world.provider.loseNextRequest();
  world.node().crashAt('renewal.sent');
  void world
    .node()
    .renewNow(alice)
    .catch(() => undefined);
  await world.wait('1s');
  await world.node().restart();
  await world.advance('5m');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.reuses, 0);
});

test('a refresh token that is over before it is used ends in a new consent, and the same connection lives on', async () => {
  await using world = await githubWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('185d');
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
  assert.equal(await world.connect('alice', { again: alice }), alice);
  assert.equal(await world.state(alice), 'active');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
});

test('the worker renews often enough that the six months never end', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  await world.advance('400d');
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.renewals <= 3, `${world.provider.renewals} renewals in 400 days`);
});

test('a revocation deletes the grant with the app’s own authentication, and every token of it is dead', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  await world.node().revoke(alice);
  assert.equal(await world.state(alice), 'revoked');
  assert.equal(world.provider.knowsAsGood(token), false);
  assert.equal(world.provider.isGrantAlive('alice'), false);
  assert.deepEqual(world.provider.sent.at(-1)?.path, '/applications/a-client/grant');
});

test('a revocation of a grant whose access token is over renews first, because only a living one ends the grant', async () => {
  await using world = await githubWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('9h');
  await world.node().revoke(alice);
  assert.equal(world.provider.renewals, 1);
  assert.equal(world.provider.isGrantAlive('alice'), false);
  assert.equal(await world.state(alice), 'revoked');
});

test('a revocation that would need a renewal which fails changes nothing, and says so', async () => {
  await using world = await githubWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('9h');
  world.provider.answerNext(429);
  await assert.rejects(world.node().revoke(alice), isCode('unavailable'));
  assert.equal(await world.state(alice), 'active');
  await world.node().revoke(alice, { atProvider: false });
  assert.equal(await world.state(alice), 'revoked');
  assert.equal(world.provider.isGrantAlive('alice'), true);
});

test('a revocation of what its user has removed already ends it here', async () => {
  await using world = await githubWorld({ workers: false });
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.node().revoke(alice);
  assert.equal(await world.state(alice), 'revoked');
  const bob = await world.connect('bob');
  world.provider.removeApp('bob');
  await world.wait('9h');
  await world.node().revoke(bob);
  assert.equal(await world.state(bob), 'revoked');
});

test('of an account that two owners have connected, one owner’s revocation takes nothing from the other', async () => {
  await using world = await githubWorld();
  const ours = await world.connect('alice', { owner: 'ours' });
  const theirs = await world.connect('alice', { owner: 'theirs' });
  const token = await world.node().accessToken(theirs);
  const own = await world.node().accessToken(ours);
  await world.node().revoke(ours);
  assert.equal(world.provider.knowsAsGood(own), false);
  assert.equal(world.provider.knowsAsGood(token), true);
  await world.node().revoke(theirs);
  assert.equal(world.provider.isGrantAlive('alice'), false, 'the last one ends the grant');
});

test('without a client secret nothing can be revoked at GitHub, and that is said', async () => {
  await using world = await githubWorld({ clientSecret: false });
  const device = await world.device();
  device.allow('alice');
  await world.advance('10s');
  const alice = await device.connection();
  await assert.rejects(
    world.node().revoke(alice),
    (error) => isCode('conflict')(error) && /secret/.test(String(error)),
  );
  assert.equal(await world.state(alice), 'active');
});
