import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { plain, reusable } from '../support/made-up-providers.ts';
import { createWorld } from '../support/world.ts';

const WRONG_SECRET = [
  401,
  { error: 'unauthorized_client', error_description: 'Missing valid authorization header' },
] as const;

test('renewed: the next version is stored, counted and told', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  const renewal = await world.node().getToken(alice);
  assert.ok(renewal.kind === 'served' && renewal.renewed && renewal.version === 2);
  const connection = await world.connection(alice);
  assert.deepEqual(
    [connection.state, connection.renewals, connection.lastRenewedAtMs],
    ['active', 1, world.clock.nowMs()],
  );
  assert.equal((await world.events('connection.renewed')).length, 1);
});

test('renewed: a slow answer’s lifetime counts from before it was asked for', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  const askedAtMs = world.clock.nowMs();
  world.provider.delayNextAnswer('25s');
  const renewal = await world.until(world.node().getToken(alice));
  assert.ok(renewal.kind === 'served');
  assert.equal(renewal.accessExpiresAtMs, askedAtMs + 2 * HOUR_MS, 'it would otherwise be handed out when it is over');
});

test('rejected: only the provider’s own answer ends a grant, and it is told once', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.advance('2h');
  for (let call = 0; call < 3; call += 1) assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
  assert.equal(world.provider.presentations.length, 1);
  assert.equal((await world.events('connection.reauth_required')).length, 1);
  assert.equal((await world.connection(alice)).nextDueAtMs, undefined);
});

test('misconfigured: a wrong secret flags the app once, holds everybody, and leaves every connection active', async () => {
  await using world = await createWorld({ workers: false });
  const users = await Promise.all(['alice', 'bob', 'carol'].map((user) => world.connect(user)));
  await world.wait('2h');
  world.provider.answerNext(...WRONG_SECRET, { count: 100 });
  for (const user of users) assert.equal((await world.node().getToken(user)).kind, 'misconfigured');
  assert.equal(world.provider.presentations.length, 1, 'a wrong secret is not tried with every user');
  for (const user of users) assert.equal(await world.state(user), 'active');
  for (let hours = 0; hours < 3; hours += 1) {
    await world.wait('1h');
    for (const user of users) await world.node().getToken(user);
  }
  assert.equal((await world.events('provider.misconfigured')).length, 1);
});

test('misconfigured: while the app is held, what lives is served', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  world.provider.answerNext(...WRONG_SECRET);
  assert.equal((await world.node().renewNow(alice)).kind, 'misconfigured');
  assert.equal(await world.node().accessToken(alice), token);
});

test('misconfigured: the first success lifts the flag for everybody', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const bob = await world.connect('bob');
  await world.wait('2h');
  world.provider.answerNext(...WRONG_SECRET);
  await world.node().getToken(alice);
  await world.wait('31s');
  assert.equal((await world.node().getToken(bob)).kind, 'served');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
  const [app] = await world.node().look.home.apps();
  assert.deepEqual([app?.misconfiguredSinceMs, app?.holdUntilMs, app?.error], [undefined, undefined, undefined]);
});

test('misconfigured: a changed secret lifts the flag, and nobody waits for an old hold', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.answerNext(...WRONG_SECRET);
  await world.node().getToken(alice);
  const { home } = world.node().look;
  const [app] = await home.apps();
  assert.ok(app !== undefined);
  const { id, provider, issuer, clientId } = app;
  await home.registerApps([{ id, provider, issuer, clientId, secretHash: 'another' }]);
  assert.equal((await world.node().getToken(alice)).kind, 'served');
});

test('misconfigured: while it lasts, one renewal at a time asks whether it still does', async () => {
  await using world = await createWorld({ workers: false });
  const users = await Promise.all(['alice', 'bob', 'carol'].map((user) => world.connect(user)));
  await world.wait('2h');
  world.provider.answerNext(...WRONG_SECRET, { count: 2 });
  await world.node().getToken(users[0]!);
  await world.wait('31s');
  world.provider.delayNextAnswer('1s');
  const asking = users.map((user) => world.node().getToken(user, { deadlineMs: 5000 }));
  await world.until(Promise.all(asking));
  assert.equal(world.provider.presentations.length, 2);
});

test('unavailable: what was provably not consumed is tried again, after a while, and the connection stays active', async () => {
  for (const fails of ['dns', 'connect', 'tls'] as const) {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    await world.advance('2h');
    world.node().road = { fails };
    assert.equal((await world.node().getToken(alice)).kind, 'unavailable');
    assert.equal(await world.state(alice), 'active');
    world.node().road = {};
    assert.equal((await world.node().getToken(alice)).kind, 'unavailable', 'not at once');
    await world.advance('2s');
    await world.node().accessToken(alice);
    assert.equal(world.provider.presentations.length, 1);
  }
});

test('unavailable: Retry-After is honoured, also with its date, and also by whom it was not told', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.answerNext(429, '', {
    headers: { 'retry-after': new Date(world.clock.nowMs() + 10 * MINUTE_MS).toUTCString() },
  });
  const first = await world.node(0).getToken(alice);
  assert.ok(first.kind === 'unavailable');
  assert.equal(first.retryAtMs, world.clock.nowMs() + 10 * MINUTE_MS);
  await world.advance('9m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'unavailable');
  assert.equal(world.provider.presentations.length, 1);
  await world.advance('61s');
  await world.node(1).accessToken(alice);
});

test('unavailable: a Retry-After of a thousand years does not lose the connection', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.answerNext(429, '', { headers: { 'retry-after': '1e300' } });
  assert.equal((await world.node().getToken(alice)).kind, 'unavailable');
  await world.wait('24h');
  await world.node().accessToken(alice);
});

test('unavailable: somebody who asks for a renewal is told, though a token lives', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.node().road = { fails: 'dns' };
  assert.equal((await world.node().renewNow(alice)).kind, 'unavailable');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
});

test('unavailable: a worker that cannot renew ahead waits for its hold, and does not spin', async () => {
  await using world = await createWorld({ provider: plain });
  const alice = await world.connect('alice');
  const { database } = world.node();
  await world.node().look.connections.update(alice, { policy: 'always', dueAtMs: world.clock.nowMs() });
  await world.advance(HOUR_MS - 8 * MINUTE_MS);
  world.node().road = { fails: 'dns' };
  const before = database.writes;
  await world.advance('5m');
  assert.ok(database.writes - before < 100, `${database.writes - before} writes in five minutes`);
  world.node().road = {};
  await world.advance('6m');
  assert.equal((await world.connection(alice)).renewals, 1);
});

test('unanswered: every way of not answering makes the connection uncertain, and nothing is presented again at once', async () => {
  for (const [status, body] of [
    [500, ''],
    [502, '<html>'],
    [503, ''],
    [408, ''],
  ] as const) {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    await world.advance('2h');
    world.provider.answerNext(status, body);
    assert.equal((await world.node().getToken(alice)).kind, 'uncertain');
    assert.equal(await world.state(alice), 'uncertain');
    assert.equal((await world.node().getToken(alice)).kind, 'uncertain');
    assert.equal(world.provider.presentations.length, 1);
  }
});

test('unanswered: an answer that was cut, or lost, or a request that was, is all the same from here', async () => {
  for (const go of ['cutNextAnswer', 'loseNextAnswer', 'loseNextRequest'] as const) {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    await world.advance('2h');
    world.provider[go]();
    assert.equal((await world.node().getToken(alice)).kind, 'uncertain');
    const [event] = await world.events('connection.uncertain');
    assert.equal(event?.connectionId, alice);
  }
});

test('unanswered: where a refresh token may be presented again, it is, and nobody hears of a doubt', async () => {
  await using world = await createWorld({ provider: reusable });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.loseNextAnswer();
  assert.equal((await world.node().getToken(alice)).kind, 'unavailable');
  assert.equal(await world.state(alice), 'active');
  await world.advance('3s');
  await world.node().accessToken(alice);
  assert.deepEqual(await world.events('connection.uncertain'), []);
});
