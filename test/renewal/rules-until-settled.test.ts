import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../src/model/clock.ts';
import { plain } from '../support/made-up-providers.ts';
import { Crash } from '../support/process-life.ts';
import { settle } from '../support/virtual-clock.ts';
import { textOf } from '../support/world-node.ts';
import { createWorld } from '../support/world.ts';

/** Rules 1 to 7 of the renewal: until an answer is settled. What each excludes is tried. */

test('rule 1: what is good is served without a lock, without an attempt and without an exchange', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const tokens = new Set<string>();
  for (let call = 0; call < 20; call += 1) tokens.add(await world.node().accessToken(alice));
  assert.equal(tokens.size, 1);
  assert.equal(world.provider.presentations.length, 0);
  assert.deepEqual(await world.node().look.credentials.attempts(alice, 10), []);
});

test('rule 1: nobody can rotate on every call, however much life he asks for', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  for (let call = 0; call < 5; call += 1) await world.node().accessToken(alice, { minTtl: '1000h' });
  assert.equal(world.provider.renewals, 0);
});

test('rule 2: the callers of one process share one renewal', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.delayNextAnswer('3s');
  const calls = Promise.all(Array.from({ length: 1000 }, () => world.node().accessToken(alice)));
  assert.equal(new Set(await world.until(calls)).size, 1);
  assert.equal(world.provider.presentations.length, 1);
});

test('rule 2: a renewal that threw is not kept', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.node().failStore();
  await assert.rejects(world.node().getToken(alice), /the disk is full/);
  world.node().healStore();
  await world.node().accessToken(alice);
  assert.equal(world.node().flights.underWay, 0);
});

test('rule 3: of two nodes that ask at once, one claims, and the other waits for what it brings', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.delayNextAnswer('5s');
  const [one, other] = await world.until(
    Promise.all([world.node(0).accessToken(alice), world.node(1).accessToken(alice)]),
  );
  assert.equal(one, other);
  assert.equal(world.provider.presentations.length, 1);
});

test('rule 3: while another node has the lease, a token with any life left is served', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  await world.advance(2 * 60 * MINUTE_MS - 30_000);
  world.provider.delayNextAnswer('10s');
  const slow = world.node(0).getToken(alice);
  await settle();
  const served = await world.node(1).getToken(alice);
  assert.ok(served.kind === 'served' && !served.renewed);
  await world.until(slow);
});

test('rule 3: the attempt is durable before a byte leaves', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.node().crashAt('renewal.claimed');
  await assert.rejects(world.node().getToken(alice), Crash);
  assert.equal(world.provider.presentations.length, 0);
  const [attempt] = await world.node().look.credentials.attempts(alice, 10);
  assert.equal(attempt?.outcome, undefined);
  assert.equal(attempt?.sender.nodeId, 'node-0');
});

test('rule 3: a claim on a version that is gone is refused', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const seen = await world.node().look.credentials.read(alice);
  await world.node().renewNow(alice);
  const { ports } = world.node();
  const claim = await ports.credentials.claim({
    connectionId: alice,
    version: seen?.version ?? 0,
    openAttemptId: undefined,
    attemptId: 'att_old' as never,
    purpose: 'renewal',
    parentFingerprint: seen?.refreshFingerprint as never,
    startedMonotonicMs: 0,
    sender: ports.processes.self,
    leaseMs: 1000,
    replays: 0,
  });
  assert.equal(claim, undefined);
});

test('rule 4: a process that was paused after its claim sends nothing', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.advance('2h');
  const slow = world.node(0);
  slow.road = { connectMs: 100 };
  const late = slow.getToken(alice);
  await settle();
  slow.pause();
  await world.wait('3m');
  const other = await world.until(world.node(1).getToken(alice), '10m');
  assert.ok(other.kind === 'served' || other.kind === 'uncertain');
  slow.resume();
  await settle();
  assert.deepEqual(
    world.provider.presentations.filter(({ node }) => node === 'node-0'),
    [],
    'the paused process presented a refresh token that was no longer its own',
  );
  await world.until(late, '10m');
});

test('rule 4: a laptop that slept between claim and first byte lets go, and what it finds then decides', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  const node = world.node();
  node.road = { connectMs: 100 };
  const token = node.getToken(alice);
  await settle();
  // The wall clock alone shows the sleep; the monotonic one stood still.
  world.clock.setWallClock(world.clock.nowMs() + 8 * 60 * MINUTE_MS);
  assert.ok((await world.until(token)).kind === 'served');
  assert.equal(world.provider.presentations.length, 1);
  const attempts = await node.look.credentials.attempts(alice, 10);
  assert.deepEqual(attempts.map(({ outcome }) => String(outcome)).sort(), ['not_sent', 'renewed']);
  assert.equal(await world.state(alice), 'active');
});

test('rule 5: the deadline ends the caller’s wait, and the answer is still settled', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.delayNextAnswer('90s');
  const startedAtMs = world.clock.nowMs();
  const waited = await world.until(world.node().getToken(alice));
  assert.equal(waited.kind, 'uncertain');
  assert.ok(world.clock.nowMs() - startedAtMs <= 31_000);
  await world.wait('65s');
  assert.equal((await world.connection(alice)).renewals, 1);
  await world.node().accessToken(alice);
  assert.equal(world.provider.presentations.length, 1);
});

test('rule 5: a caller’s abort ends its wait and nothing else', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.delayNextAnswer('20s');
  const stop = new AbortController();
  const aborted = world.node().getToken(alice, { signal: stop.signal });
  const patient = world.node().getToken(alice);
  await settle();
  stop.abort();
  assert.equal((await aborted).kind, 'uncertain');
  assert.equal((await world.until(patient)).kind, 'served');
  assert.equal(world.provider.presentations.length, 1);
});

test('rule 5: who aborted before he asked starts nothing', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  assert.equal((await world.node().getToken(alice, { signal: AbortSignal.abort() })).kind, 'uncertain');
  assert.equal(world.provider.presentations.length, 0);
});

test('rule 6: nothing but a seal stands between the answer and the commit', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  await world.node().accessToken(alice);
  const { reached } = world.node().life;
  assert.deepEqual(reached.slice(reached.indexOf('renewal.claimed')), [
    'renewal.claimed',
    'renewal.sent',
    'renewal.answered',
    'settlement.sealed',
    'settlement.written',
    'settlement.committed',
  ]);
  assert.equal(world.provider.sentTo('/2/users/me').length, 1, 'whose account it is, is asked once, at the consent');
});

test('rule 6: the answer is kept as it came', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const renewal = await world.node().renewNow(alice);
  assert.ok(renewal.kind === 'served');
  const served = await world.node().getToken(alice);
  assert.ok(served.kind === 'served');
  assert.deepEqual(JSON.parse(served.tokens.raw.reveal()).access_token, textOf(renewal));
});

test('rule 7: a renewal costs two durable commits', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  const before = world.node().database.writes;
  await world.node().accessToken(alice);
  assert.equal(world.node().database.writes - before, 2);
});

test('rule 7: one settlement writes credential, attempt, lease, due time and event', async () => {
  await using world = await createWorld({ provider: plain });
  const alice = await world.connect('alice');
  const before = await world.node().look.credentials.read(alice);
  await world.node().renewNow(alice);
  const after = await world.node().look.credentials.read(alice);
  assert.equal(after?.version, (before?.version ?? 0) + 1);
  assert.equal(after?.lease, undefined);
  assert.equal(after?.openAttempt, undefined);
  assert.notEqual(after?.generation, before?.generation);
  const [attempt] = await world.node().look.credentials.attempts(alice, 1);
  assert.equal(attempt?.outcome, 'renewed');
  const [event] = await world.events('connection.renewed');
  assert.deepEqual(event?.data, { version: after?.version, access_expires_at_ms: after?.accessExpiresAtMs });
});

test('rule 7: a lease whose attempt may have been sent is never just released', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.node(0).crashAt('renewal.answered');
  await assert.rejects(world.node(0).getToken(alice), Crash);
  await world.wait('4m');
  const other = await world.node(1).getToken(alice);
  assert.equal(other.kind, 'uncertain');
  const credential = await world.node(1).look.credentials.read(alice);
  assert.equal(credential?.openAttempt?.outcome, 'unanswered');
});
