import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import {
  accessKilling,
  familyKilling,
  plain,
  reusable,
  withForkingWindow,
  withReuseWindow,
} from '../support/made-up-providers.ts';
import { Crash } from '../support/process-life.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/** Alice's renewal was asked for while her token lives, and went unanswered. */
async function doubt(
  options: WorldOptions,
  how: 'loseNextAnswer' | 'loseNextRequest' = 'loseNextAnswer',
): Promise<{ world: World; alice: ConnectionId; token: string }> {
  const world = await createWorld(options);
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  world.provider[how]();
  assert.equal((await world.node().renewNow(alice)).kind, 'uncertain');
  assert.equal(await world.state(alice), 'uncertain');
  return { world, alice, token };
}

test('the living access token is served meanwhile', async () => {
  const { world, alice, token } = await doubt({});
  await using _ = world;
  await world.advance('1h');
  assert.equal(await world.node().accessToken(alice), token);
  assert.equal(world.provider.presentations.length, 1);
});

test('at the access token’s end the refresh token is presented once more: it was lost on the way there, and is still good', async () => {
  const { world, alice } = await doubt({}, 'loseNextRequest');
  await using _ = world;
  await world.advance('2h');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.presentations.length, 2);
  assert.equal(world.provider.reuses, 0);
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
});

test('at the access token’s end the truth comes out: the answer was lost, and the user must consent again', async () => {
  const { world, alice } = await doubt({});
  await using _ = world;
  await world.advance('2h');
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
  assert.equal(world.provider.presentations.length, 2, 'once, and no more');
  const [event] = await world.events('connection.reauth_required');
  assert.equal(event?.data['reason'], 'answer_lost');
});

test('a doubt is told once, however often it is looked at', async () => {
  const { world, alice } = await doubt({});
  await using _ = world;
  for (let minute = 0; minute < 30; minute += 1) {
    await world.advance('1m');
    await world.node().getToken(alice, { minTtl: '2h' });
  }
  assert.equal((await world.events('connection.uncertain')).length, 1);
});

test('an outage is not a verdict: a replay that goes unanswered is tried again, at growing distances', async () => {
  const { world, alice } = await doubt({}, 'loseNextRequest');
  await using _ = world;
  world.provider.loseNextRequests(5);
  await world.advance('12h');
  assert.equal(await world.state(alice), 'active');
  const times = world.provider.presentations.map(({ atMs }) => atMs);
  const gaps = times.slice(2).map((atMs, index) => atMs - (times[index + 1] ?? 0));
  assert.deepEqual(
    gaps,
    gaps.toSorted((one, other) => one - other),
    'the distances grow',
  );
  assert.equal(world.provider.presentations.length, 7);
});

test('a replay that the provider could not take is tried again, and the doubt stays', async () => {
  const { world, alice } = await doubt({}, 'loseNextRequest');
  await using _ = world;
  world.provider.answerNext(429, '', { headers: { 'retry-after': '600' } });
  await world.advance('121m');
  assert.equal(await world.state(alice), 'uncertain');
  await world.advance('10m');
  assert.equal(await world.state(alice), 'active');
});

test('a replay that meets a wrong secret decides nothing', async () => {
  const { world, alice } = await doubt({}, 'loseNextRequest');
  await using _ = world;
  world.provider.answerNext(401, { error: 'unauthorized_client' }, { count: 3 });
  await world.advance('121m');
  assert.equal(await world.state(alice), 'uncertain');
  await world.advance('1h');
  assert.equal(await world.state(alice), 'active');
});

test('a user who reports a 401 ends the wait: the refused token counts as ended', async () => {
  const { world, alice, token } = await doubt({}, 'loseNextRequest');
  await using _ = world;
  await world.advance('10m');
  const renewal = await world.node().getToken(alice, { refused: token });
  assert.ok(renewal.kind === 'served' && renewal.renewed);
});

test('before the original request can neither act nor answer, not even a 401 makes it presented again', async () => {
  const { world, alice, token } = await doubt({}, 'loseNextRequest');
  await using _ = world;
  await world.advance('2m');
  assert.equal((await world.node().getToken(alice, { refused: token })).kind, 'uncertain');
  assert.equal(world.provider.presentations.length, 1);
});

test('who forbids replays consents again when nothing lives any more, and not a moment before', async () => {
  const { world, alice, token } = await doubt({ replay: false }, 'loseNextRequest');
  await using _ = world;
  await world.advance('119m');
  assert.equal(await world.state(alice), 'uncertain');
  assert.equal(await world.node().accessToken(alice, { minTtl: '0s' }), token);
  await world.advance('2m');
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
  assert.equal(world.provider.presentations.length, 1);
});

test('the same happens to whom the worker never looked after, when he asks', async () => {
  const { world, alice } = await doubt({ replay: false, workers: false }, 'loseNextRequest');
  await using _ = world;
  await world.wait('2h');
  const renewal = await world.node().getToken(alice);
  assert.ok(renewal.kind === 'reauth_required' && renewal.reason === 'answer_lost');
});

test('inside a documented reuse window the lost answer is brought back', async () => {
  const { world, alice, token } = await doubt({ provider: withReuseWindow });
  await using _ = world;
  await world.advance('5m');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.presentations.length, 2);
  assert.notEqual(await world.node().accessToken(alice), token);
  await world.advance('1h');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
});

test('after the reuse window, or when the window is not to be used, it waits like any other', async () => {
  for (const options of [{ provider: withForkingWindow }, { provider: withReuseWindow, replay: false }]) {
    const { world, alice } = await doubt(options);
    await using _ = world;
    await world.advance('30m');
    assert.equal(await world.state(alice), 'uncertain');
    assert.equal(world.provider.presentations.length, 1);
  }
});

test('where a renewal kills the access token, a living one shows that nothing was spent', async () => {
  const { world, alice, token } = await doubt({ provider: accessKilling }, 'loseNextRequest');
  await using _ = world;
  await world.advance('5m');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.presentations.length, 1, 'it was asked, and not replayed');
  assert.equal(await world.node().accessToken(alice), token);
  const [attempt] = await world.node().look.credentials.attempts(alice, 1);
  assert.equal(attempt?.outcome, 'not_spent');
});

test('where a renewal kills the access token, a dead one shows that it was handled', async () => {
  const { world, alice } = await doubt({ provider: accessKilling });
  await using _ = world;
  await world.advance('5m');
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
});

test('where the question is not answered, it is asked again, and the token is served meanwhile', async () => {
  const { world, alice, token } = await doubt({ provider: accessKilling }, 'loseNextRequest');
  await using _ = world;
  world.provider.order({ endpoint: 'me', fault: 'status', status: 503, count: 3 });
  await world.advance('5m');
  assert.equal(await world.state(alice), 'uncertain');
  assert.equal(await world.node().accessToken(alice), token);
  await world.advance('5m');
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.sentTo('/me').length < 10, 'it is not asked all the time');
});

test('where a reuse kills the family, nothing is replayed before the sender’s spool is known to be empty', async () => {
  await using world = await createWorld({ provider: familyKilling, nodes: 2, separateMachines: true });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.delayNextAnswer('1s');
  const lost = world.node(0).getToken(alice);
  await settle();
  // The answer comes, the store does not take it, and the machine dies with the answer in its spool.
  world.node(0).failStore();
  await world.wait('3s');
  assert.equal((await lost).kind, 'served');
  world.node(0).crash();
  await world.advance('1d');
  assert.equal(await world.state(alice), 'uncertain');
  assert.equal(world.provider.presentations.length, 1, 'the other node would have killed the family');
  await world.node(0).restart();
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.isGrantAlive('alice'));
  await world.node(1).accessToken(alice);
});

test('where a reuse kills the family, an operator who asks for a renewal decides', async () => {
  await using world = await createWorld({ provider: familyKilling, nodes: 2, separateMachines: true });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.node(0).crashAt('renewal.sent');
  await assert.rejects(world.node(0).getToken(alice), Crash);
  await world.advance('1d');
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  assert.equal((await world.node(1).renewNow(alice)).kind, 'served');
});

test('where a reuse kills the family, a sender whose spool is empty is believed', async () => {
  const { world, alice } = await doubt({ provider: familyKilling }, 'loseNextRequest');
  await using _ = world;
  await world.advance('61m');
  assert.equal(await world.state(alice), 'active');
});

test('a process that is gone on this machine is not waited for longer than fifteen seconds', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.node(0).crashAt('renewal.sent');
  await assert.rejects(world.node(0).getToken(alice), Crash);
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  await world.advance('14s');
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  await world.advance('2s');
  assert.equal((await world.node(1).getToken(alice)).kind, 'served');
});

test('a process on another machine may only be silent, and is waited for', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true });
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.node(0).crashAt('renewal.sent');
  await assert.rejects(world.node(0).getToken(alice), Crash);
  await world.advance('4m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  assert.equal(world.provider.presentations.length, 0);
  await world.advance('1m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'served');
});

test('a crash whose refresh token stays good leaves no question', async () => {
  await using world = await createWorld({ provider: reusable });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.node().crashAt('renewal.answered');
  await assert.rejects(world.node().getToken(alice), Crash);
  await world.node().restart();
  assert.equal((await world.node().getToken(alice)).kind, 'served');
  assert.deepEqual(await world.events('connection.uncertain'), []);
});

test('a restored store doubts every single-use grant, and finds out which are still good', async () => {
  await using world = await createWorld({ provider: plain });
  const alice = await world.connect('alice');
  const bob = await world.connect('bob', { offline: false });
  await world.node().look.home.adopt('this copy', true);
  assert.deepEqual([await world.state(alice), await world.state(bob)], ['uncertain', 'active']);
  await world.advance('1h');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.reuses, 0);
});

test('a restored store doubts no grant to death whose refresh token stays good', async () => {
  await using world = await createWorld({ provider: reusable, replay: false });
  const alice = await world.connect('alice');
  await world.node().look.home.adopt('this copy', true);
  await world.advance('2h');
  await world.node().accessToken(alice);
  assert.equal(await world.state(alice), 'active');
});
