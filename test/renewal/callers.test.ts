import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '../../src/model/clock.ts';
import { plain } from '../support/made-up-providers.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld, isCode } from '../support/world.ts';
import { textOf } from '../support/world-node.ts';

test('ten thousand callers of a token that is over, in four processes, make one exchange', async () => {
  await using world = await createWorld({ nodes: 4, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const calls = Array.from({ length: 10_000 }, (_, index) => world.node(index % 4).accessToken(alice));
  const tokens = await world.until(Promise.all(calls));
  assert.equal(new Set(tokens).size, 1);
  assert.equal(world.provider.presentations.length, 1);
});

test('a caller is served at once while somebody else has the token renewed for a reason of his own', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  world.provider.delayNextAnswer('90s');
  const renewing = world.node().renewNow(alice);
  await settle();
  assert.equal(await world.node().accessToken(alice), token);
  await world.until(renewing);
});

test('who had a token refused is never given it by a caller who is content with it', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const refused = await world.node().accessToken(alice);
  await world.wait('5m');
  const wishes = [{}, { refused }, { minTtl: '10m' }, { refused }, {}] as const;
  const tokens = await Promise.all(wishes.map((wish) => world.node().accessToken(alice, wish)));
  assert.notEqual(tokens[1], refused);
  assert.equal(tokens[3], tokens[1]);
  assert.equal(world.provider.presentations.length, 1);
});

test('who needs a longer life is not given what satisfied a caller with less', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait(HOUR_MS + 30 * 60_000);
  const [short, long] = await Promise.all([
    world.node().getToken(alice),
    world.node().getToken(alice, { minTtl: '59m' }),
  ]);
  assert.ok(short.kind === 'served' && long.kind === 'served');
  assert.ok((long.accessExpiresAtMs ?? 0) - world.clock.nowMs() >= 59 * 60_000);
});

test('a failure for one need is not handed to a caller who can be served', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  world.provider.answerNext(503, '', { delay_ms: 1000 });
  const renewing = world.node().renewNow(alice);
  await settle();
  const calls = Promise.all([world.node().getToken(alice), world.node().getToken(alice, { minTtl: '2h' })]);
  assert.equal((await world.until(renewing)).kind, 'uncertain');
  for (const call of await world.until(calls)) assert.equal(call.kind, 'served');
});

test('asking for a renewal twice at once makes one', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const alice = await world.connect('alice');
  world.provider.delayNextAnswer('1s');
  const [one, other] = await world.until(Promise.all([world.node(0).renewNow(alice), world.node(1).renewNow(alice)]));
  assert.equal(textOf(one), textOf(other));
  assert.equal(world.provider.renewals, 1);
});

test('every caller has his own deadline', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('20s');
  const hasty = world.node().getToken(alice, { deadlineMs: 1000 });
  const patient = world.node().getToken(alice);
  const startedAtMs = world.clock.nowMs();
  assert.equal((await world.until(hasty)).kind, 'uncertain');
  assert.ok(world.clock.nowMs() - startedAtMs < 2000);
  assert.equal((await world.until(patient)).kind, 'served');
});

test('who runs out of patience is served what lives at all', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  await world.wait(2 * HOUR_MS - 40_000);
  world.provider.delayNextAnswer('100s');
  assert.equal(await world.until(world.node().accessToken(alice)), token);
  await world.until(world.node().flights.drain());
});

test('a connection that is not there is not found, again and again', async () => {
  await using world = await createWorld();
  for (let call = 0; call < 2; call += 1)
    await assert.rejects(world.node().getToken('con_none' as never), isCode('not_found'));
});

test('a waiter reads again when his wait is over', async () => {
  await using world = await createWorld({ nodes: 2, workers: false, provider: plain });
  const alice = await world.connect('alice');
  await world.wait('1h');
  world.provider.delayNextAnswer('3s');
  const first = world.node(0).accessToken(alice);
  await settle();
  const waiting = world.node(1).getToken(alice);
  await world.until(first);
  const waited = await world.until(waiting);
  assert.ok(waited.kind === 'served');
  assert.deepEqual([waited.version, waited.renewed], [2, false]);
});
