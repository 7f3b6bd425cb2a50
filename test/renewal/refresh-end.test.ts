import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '../../src/model/clock.ts';
import { idling, plain, withRefresh } from '../support/made-up-providers.ts';
import { createWorld, type World } from '../support/world.ts';

async function warnings(world: World): Promise<readonly unknown[]> {
  return (await world.events('connection.reauth_soon')).map(({ data }) => data['days_before']);
}

test('the end of a refresh token is announced 30, 7 and 1 days before, each once, and the calendar ends nothing', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  const grantedAtMs = world.clock.nowMs();
  const expected: readonly (readonly [day: number, told: readonly number[]])[] = [
    [0, []],
    [30, []],
    [149.9, []],
    [150, [30]],
    [151, [30]],
    [172.9, [30]],
    [173, [30, 7]],
    [179, [30, 7, 1]],
    [180, [30, 7, 1]],
    [181, [30, 7, 1]],
  ];
  for (const [day, told] of expected) {
    await world.advance(grantedAtMs + day * DAY_MS - world.clock.nowMs());
    assert.deepEqual(await warnings(world), told, `day ${day}`);
    assert.equal(await world.state(alice), 'active', `day ${day}`);
  }
  assert.equal(world.provider.presentations.length, 0, 'nobody asked, and nothing was renewed');
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, grantedAtMs + 180 * DAY_MS);
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required', 'the provider’s answer is what ends it');
});

test('renewals do not move an absolute end, nor repeat a warning', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  for (let day = 0; day < 179; day += 5) {
    await world.node().accessToken(alice);
    await world.advance('5d');
  }
  assert.deepEqual(await warnings(world), [30, 7, 1]);
});

test('who was asleep when warnings were due hears the nearest one', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('1d');
  await world.wait('174d');
  await world.advance('1m');
  assert.deepEqual(await warnings(world), [7]);
  await world.advance('10d');
  assert.deepEqual(await warnings(world), [7, 1]);
  assert.equal(await world.state(alice), 'active');
});

test('a fresh consent begins anew, with warnings of its own', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('160d');
  await world.connect('alice');
  await world.advance('30d');
  assert.deepEqual(await warnings(world), [30]);
  await world.advance('155d');
  assert.deepEqual(await warnings(world), [30, 30, 7, 1]);
  assert.equal(await world.state(alice), 'active');
});

test('an idle end is kept away by renewing in time, and nobody is bothered', async () => {
  await using world = await createWorld({ provider: idling });
  const alice = await world.connect('alice');
  await world.advance('400d');
  assert.equal(await world.state(alice), 'active');
  assert.deepEqual(await warnings(world), []);
  const { renewals } = await world.connection(alice);
  assert.ok(renewals >= 2 && renewals <= 4, `${renewals} renewals in 400 days`);
});

test('an idle end is announced when renewals fail', async () => {
  await using world = await createWorld({ provider: withRefresh({ idleMs: 20 * DAY_MS }) });
  const alice = await world.connect('alice');
  world.node().road = { fails: 'dns' };
  await world.advance('19d');
  assert.deepEqual((await warnings(world)).at(-1), 1);
  assert.equal(await world.state(alice), 'active');
});

test('where nobody knows an end, nobody is warned', async () => {
  await using world = await createWorld({ provider: plain });
  await world.connect('alice');
  await world.advance('1000d');
  assert.deepEqual(await warnings(world), []);
});

test('a revoked connection is not warned of', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.node().revoke(alice);
  await world.advance('200d');
  assert.deepEqual(await warnings(world), []);
});

test('always renews before each end, so that no reader ever waits', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.node().look.connections.update(alice, { policy: 'always', dueAtMs: world.clock.nowMs() });
  for (let hour = 0; hour < 24; hour += 1) {
    await world.advance('1h');
    const served = await world.node().getToken(alice);
    assert.ok(served.kind === 'served' && !served.renewed);
  }
  assert.ok(world.provider.renewals >= 12);
  assert.equal(world.provider.reuses, 0);
});

test('two workers renew a connection ahead once', async () => {
  await using world = await createWorld({ nodes: 3 });
  const alice = await world.connect('alice');
  await world.node().look.connections.update(alice, { policy: 'always', dueAtMs: world.clock.nowMs() });
  await world.advance('12h');
  assert.ok(world.provider.renewals <= 7, `${world.provider.renewals} renewals in twelve hours`);
  assert.equal(world.provider.presentations.length, world.provider.renewals);
});

test('a due time that somebody sets while the worker looks is not lost', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const { credentials, connections } = world.node().look;
  const seen = await credentials.read(alice);
  await connections.update(alice, { dueAtMs: 12_345 });
  await credentials.setDue(seen!, 99_999);
  assert.equal((await world.connection(alice)).nextDueAtMs, 12_345);
});

test('a due time is not set by whom a claim has overtaken', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const { credentials } = world.node().look;
  const seen = await credentials.read(alice);
  await world.node().renewNow(alice);
  const { nextDueAtMs } = await world.connection(alice);
  await credentials.setDue(seen!, 99_999);
  assert.equal((await world.connection(alice)).nextDueAtMs, nextDueAtMs);
});
