import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { jsonAnswer, type SentRequest } from '../support/provider-side.ts';
import { textOf } from '../support/world-node.ts';
import { createWorld, type World } from '../support/world.ts';

const AHEAD_AT_ONCE = 16;
const READERS_AT_ONCE = 64;

/** Users whose tokens are all over, and shall all be renewed without anybody asking. */
async function sleepers(world: World, count: number): Promise<readonly ConnectionId[]> {
  const ids: ConnectionId[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await world.connect(`user${n}`));
  await world.wait('9h');
  for (const id of ids) {
    await world.node().look.connections.update(id, { policy: 'always', dueAtMs: world.clock.nowMs() });
  }
  return ids;
}

/** The most that came within any span of this length. */
function mostWithin(spanMs: number, sent: readonly SentRequest[]): number {
  const counts = sent.map(({ atMs }) => sent.filter((one) => one.atMs >= atMs && one.atMs < atMs + spanMs).length);
  return Math.max(0, ...counts);
}

async function states(world: World, ids: readonly ConnectionId[]): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const id of ids) {
    const state = await world.state(id);
    counts[state] = (counts[state] ?? 0) + 1;
  }
  return counts;
}

test('connections that are all due after a night are renewed a few at a time, and each once', async () => {
  await using world = await createWorld();
  const ids = await sleepers(world, 80);
  world.provider.order({ endpoint: 'token', fault: 'delay', delay_ms: SECOND_MS, count: 1000 });
  await world.advance('3m');
  const { presentations } = world.provider;
  assert.equal(mostWithin(SECOND_MS, presentations), AHEAD_AT_ONCE);
  assert.deepEqual([presentations.length, world.provider.renewals, world.provider.reuses], [80, 80, 0]);
  assert.deepEqual(await states(world, ids), { active: 80 });
});

test('who asks while a night is caught up on is served as if there were no crowd', async () => {
  await using world = await createWorld();
  const ids = await sleepers(world, 80);
  world.provider.order({ endpoint: 'token', fault: 'delay', delay_ms: 2 * SECOND_MS, count: 1000 });
  world.node().startWork();
  await world.wait('500ms');
  const askedAtMs = world.clock.nowMs();
  const served = await world.until(world.node().getToken(ids[79]!));
  assert.equal(served.kind, 'served');
  assert.ok(world.clock.nowMs() - askedAtMs <= 2 * SECOND_MS + 50, `${world.clock.nowMs() - askedAtMs} ms`);
  await world.advance('5m');
  assert.deepEqual([world.provider.renewals, world.provider.reuses], [80, 0]);
});

test('more callers than a provider bears wait for each other, and all are served', async () => {
  await using world = await createWorld({ workers: false });
  const ids = await sleepers(world, 80);
  world.provider.order({ endpoint: 'token', fault: 'delay', delay_ms: SECOND_MS, count: 1000 });
  const tokens = await world.until(Promise.all(ids.map((id) => world.node().accessToken(id))));
  assert.equal(new Set(tokens).size, 80);
  assert.equal(mostWithin(SECOND_MS, world.provider.presentations), READERS_AT_ONCE);
});

for (const [outage, answer] of [
  ['answers nothing but 503', jsonAnswer(503, {})],
  ['lets every request be lost', { kind: 'unanswered', cause: 'reset', detail: 'the connection was reset' }],
] as const) {
  test(`a provider that ${outage} for an hour is asked now and then, and nobody is logged out`, async () => {
    await using world = await createWorld();
    const ids = await sleepers(world, 80);
    world.provider.script(() => answer);
    for (const id of ids.slice(0, 12)) {
      await world.advance('5m');
      // Somebody asks all the time.
      await world.until(world.node().getToken(id));
    }
    const asked = world.provider.presentations;
    const atFirst = asked.filter(({ atMs }) => atMs === asked[0]?.atMs);
    assert.ok(atFirst.length <= AHEAD_AT_ONCE, `${atFirst.length} at first`);
    const worst = mostWithin(MINUTE_MS, asked.slice(atFirst.length));
    assert.ok(worst <= 12, `${worst} requests within a minute`);

    world.provider.script(() => undefined);
    const backAtMs = world.clock.nowMs();
    while ((await isAnyUnrenewed(world, ids)) && world.clock.nowMs() - backAtMs < HOUR_MS) await world.advance('1m');
    const tookMs = world.clock.nowMs() - backAtMs;
    assert.ok(tookMs <= 17 * MINUTE_MS, `${tookMs / MINUTE_MS} minutes`);
    assert.deepEqual(await states(world, ids), { active: 80 });
    assert.equal(world.provider.reuses, 0);
  });
}

async function isAnyUnrenewed(world: World, ids: readonly ConnectionId[]): Promise<boolean> {
  for (const id of ids) {
    const credential = await world.node().look.credentials.read(id);
    if (credential === undefined || credential.version < 2) return true;
  }
  return false;
}

test('one connection that gets no answer holds no other up', async () => {
  await using world = await createWorld({ workers: false });
  const [unlucky, other] = await sleepers(world, 2);
  world.provider.script(() => jsonAnswer(503, {}));
  for (let n = 0; n < 8; n += 1) {
    await world.until(world.node().renewNow(unlucky!));
    await world.wait('5m');
  }
  world.provider.script(() => undefined);
  assert.match(textOf(await world.until(world.node().getToken(other!))), /./);
});

test('a provider that says when to come again is left alone until then, by all but the one caller who may have a limit of his own', async () => {
  await using world = await createWorld();
  const ids = await sleepers(world, 40);
  const limited = { status: 429, headers: { 'retry-after': '600' } } as const;
  world.provider.order({ endpoint: 'token', fault: 'status', body: '', ...limited, count: 1 });
  assert.equal((await world.until(world.node().getToken(ids[0]!))).kind, 'unavailable');
  await world.advance('9m');
  assert.equal(world.provider.presentations.length, 1, 'nothing ahead of need while the limit lasts');
  assert.equal((await world.until(world.node().getToken(ids[1]!))).kind, 'served', 'a reader of another connection');
  await world.advance('3m');
  assert.equal(world.provider.renewals, 40);
});

test('once two connections are told to come later, nobody comes before', async () => {
  await using world = await createWorld({ workers: false });
  const ids = await sleepers(world, 4);
  const limited = { status: 429, headers: { 'retry-after': '600' } } as const;
  world.provider.order({ endpoint: 'token', fault: 'status', body: '', ...limited, count: 2 });
  for (const id of ids.slice(0, 2)) await world.until(world.node().getToken(id));
  const third = await world.until(world.node().getToken(ids[2]!));
  assert.deepEqual(third, {
    kind: 'unavailable',
    error: 'the provider asked to come again later',
    retryAtMs: world.clock.nowMs() + 600 * SECOND_MS,
  });
  assert.equal(world.provider.presentations.length, 2);
  await world.wait('10m');
  assert.equal((await world.until(world.node().getToken(ids[2]!))).kind, 'served');
});
