import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import { reapplySpool } from '../../src/renewal/reapply.ts';
import { familyKilling } from '../support/made-up-providers.ts';
import { copyToken } from '../support/thief.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld, isCode, type World, type WorldOptions } from '../support/world.ts';

/** All that may be forgotten is, however young: what is left is what something rests on, and the fingerprints. */
async function forgetAll(world: World): Promise<number> {
  const { history, notices } = world.node().look;
  await notices.fanOut({ channel: 'webhook', limit: 10_000 });
  await world.wait('1s');
  const nowMs = world.clock.nowMs();
  const limits = { endedBeforeMs: nowMs, spentBeforeMs: 0, newestKept: 1, rowsMax: 1000, connectionsMax: 1000 };
  const portion = await history.forget({ ...limits, nextRoundAtMs: nowMs });
  assert.ok(portion?.roundForgot !== undefined);
  return portion.roundForgot;
}

/** Alice's connection, renewed so often; of which nothing is kept but the last. */
async function renewedOften(world: World, times: number): Promise<ConnectionId> {
  const alice = await world.connect('alice');
  await renewOften(world, alice, times);
  assert.equal(await forgetAll(world), times - 1);
  return alice;
}

async function renewOften(world: World, id: ConnectionId, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    await world.wait('1h');
    assert.equal((await world.until(world.node().renewNow(id))).kind, 'served');
  }
}

for (const [where, options] of [
  ['', {}],
  [' where that would kill the family', { provider: familyKilling }],
] as const satisfies readonly (readonly [string, WorldOptions])[])
  test(`a spent refresh token that somebody brings is refused and told of, though all else of it is forgotten${where}`, async () => {
    await using world = await createWorld(options);
    const alice = await world.connect('alice');
    const thief = await copyToken(world, alice);
    await renewOften(world, alice, 4);
    assert.equal(await forgetAll(world), 3);
    const presented = world.provider.presentations.length;
    await assert.rejects(thief.bring(), isCode('conflict'));
    await world.advance('3h');
    await assert.rejects(thief.bring(), isCode('conflict'));
    assert.equal((await world.events('connection.reuse_detected')).length, 1);
    assert.equal(world.provider.reuses, 0, 'the provider never saw it');
    assert.equal(world.provider.presentations.length, presented);
    assert.ok(world.provider.knowsAsGood(await world.until(world.node().accessToken(alice))));
  });

test('a copied token that was used first is a suspicion as ever', async () => {
  await using world = await createWorld();
  const alice = await renewedOften(world, 3);
  const thief = await copyToken(world, alice);
  assert.equal(await thief.renew(), 200);
  await forgetAll(world);
  await world.advance('2h');
  assert.equal((await world.until(world.node().getToken(alice))).kind, 'reauth_required');
  assert.equal((await world.events('connection.reuse_detected')).length, 1);
});

test('a doubt outlives any forgetting: the replay finds the answer lost, and nobody is accused', async () => {
  await using world = await createWorld();
  const alice = await renewedOften(world, 3);
  world.provider.loseNextAnswer();
  assert.equal((await world.until(world.node().renewNow(alice))).kind, 'uncertain');
  for (let quarter = 0; quarter < 10; quarter += 1) {
    await forgetAll(world);
    await world.advance('15m');
  }
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
  assert.deepEqual(await world.events('connection.reuse_detected'), []);
  assert.equal((await world.events('connection.uncertain')).length, 1, 'its attempt is kept, and so is its event');
});

test('a doubt that a replay takes away is forgotten with the next renewal, and not before', async () => {
  await using world = await createWorld();
  const alice = await renewedOften(world, 3);
  world.provider.loseNextRequest();
  assert.equal((await world.until(world.node().renewNow(alice))).kind, 'uncertain');
  await forgetAll(world);
  await world.advance('2h');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.reuses, 0);
  await forgetAll(world);
  const attempts = await world.node().look.credentials.attempts(alice, 99);
  assert.deepEqual(
    attempts.map(({ purpose, outcome }) => [purpose, outcome]),
    [['replay', 'renewed']],
  );
  assert.equal((await world.connection(alice)).renewals, 4);
});

test('a renewal under way is not disturbed, however late its answer is', async () => {
  await using world = await createWorld();
  const alice = await renewedOften(world, 3);
  await world.wait('2h');
  world.provider.delayNextAnswer('100s');
  const renewal = world.node().renewNow(alice);
  for (let n = 0; n < 5; n += 1) {
    await world.wait('20s');
    await forgetAll(world);
  }
  await world.until(renewal);
  await world.wait('20s');
  assert.equal(await world.state(alice), 'active');
  assert.equal((await world.connection(alice)).renewals, 4);
});

test('what a process left open that died is found and resolved, whatever was forgotten meanwhile', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await renewedOften(world, 3);
  await world.wait('2h');
  world.node(1).crashAt('renewal.sent');
  await world
    .node(1)
    .renewNow(alice)
    .catch(() => undefined);
  assert.ok(!world.node(1).isAlive);
  await forgetAll(world);
  await world.advance('30m');
  await forgetAll(world);
  await world.advance('3h');
  assert.match(await world.state(alice), /^active$|answer_lost/);
  assert.deepEqual(await world.events('connection.reuse_detected'), []);
});

test('an answer that waits in the spool is settled, though older attempts are forgotten while it waits', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await renewedOften(world, 3);
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const renewal = world.node().accessToken(alice);
  await settle();
  world.node().failStore();
  await world.wait('4s');
  const token = await renewal;
  world.node().healStore();
  await forgetAll(world);
  assert.equal(await reapplySpool(world.node().ports), 0);
  assert.equal(await world.node().accessToken(alice), token);
  assert.ok(world.provider.knowsAsGood(token));
});

test('an acknowledged answer that is applied again is known, though its attempt is forgotten', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const renewal = world.node().accessToken(alice);
  await settle();
  world.node().failStore();
  await world.wait('4s');
  await renewal;
  world.node().healStore();
  assert.equal(await reapplySpool(world.node().ports), 0);
  await renewOften(world, alice, 3);
  assert.equal(await forgetAll(world), 3);
  const before = await world.node().look.credentials.read(alice);
  const events = await world.events();
  await world.node().restart();
  assert.deepEqual(await world.node().look.credentials.read(alice), before);
  assert.deepEqual(await world.node().look.credentials.orphans(alice), []);
  assert.deepEqual(await world.events(), events);
});
