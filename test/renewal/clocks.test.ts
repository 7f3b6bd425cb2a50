import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../src/model/clock.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld, type World } from '../support/world.ts';

const HOUR_AHEAD_MS = 60 * MINUTE_MS;

/** Two processes of one machine; the first has sent and listens for 100 s, and then the machine's clock is set. */
async function setClockWhileOneListens(world: World, byMs: number) {
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('100s');
  const first = world.node(0).getToken(alice);
  await settle();
  world.clock.setWallClock(world.clock.nowMs() + byMs);
  return { alice, first };
}

test('a wall clock that is set forward makes nobody doubt a sender that still listens', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const { alice, first } = await setClockWhileOneListens(world, HOUR_AHEAD_MS);
  const second = world.node(1).getToken(alice);
  await world.wait('20s');
  assert.notEqual(await world.state(alice), 'uncertain');
  await world.wait('2m');
  await Promise.all([first, second]);
  assert.equal(world.provider.presentations.length, 1, 'the refresh token was presented once');
  assert.equal(await world.state(alice), 'active');
  assert.deepEqual(await world.events('connection.uncertain'), []);
});

test('a sender that was killed is not waited for because the wall clock was set forward', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const { alice, first } = await setClockWhileOneListens(world, HOUR_AHEAD_MS);
  world.node(0).crash();
  void first.catch(() => undefined);
  await world.wait('1m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  await world.wait('15s');
  assert.equal(
    (await world.node(1).getToken(alice)).kind,
    'reauth_required',
    'the replay showed that the answer is lost',
  );
  assert.equal(world.provider.presentations.length, 2);
});

test('a sender that stands still is given its time by the clock that did not jump, and no more', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const { alice } = await setClockWhileOneListens(world, HOUR_AHEAD_MS);
  world.node(0).pause();
  await world.wait('4m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  assert.equal(world.provider.presentations.length, 1);
  await world.wait('1m');
  await world.node(1).getToken(alice);
  assert.equal(world.provider.presentations.length, 2);
});

test('another machine’s count is not compared with ours', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const { alice } = await setClockWhileOneListens(world, HOUR_AHEAD_MS);
  assert.equal((await world.node(1).getToken(alice)).kind, 'reauth_required');
});
