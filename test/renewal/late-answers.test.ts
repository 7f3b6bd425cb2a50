import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, withReuseWindow } from '../support/made-up-providers.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld } from '../support/world.ts';
import { textOf } from '../support/world-node.ts';

test('an answer after the caller’s deadline is settled by the process that is still there', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('110s');
  assert.equal((await world.until(world.node().getToken(alice))).kind, 'uncertain');
  assert.equal(world.node().flights.underWay, 1);
  await world.wait('90s');
  assert.equal(world.node().flights.underWay, 0);
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
  assert.deepEqual(await world.events('connection.uncertain'), []);
});

test('an answer after the last moment at which it is listened for is lost, and the connection is uncertain', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('121s');
  await world.until(world.node().getToken(alice));
  await world.wait('2m');
  assert.equal(await world.state(alice), 'uncertain');
});

test('draining waits for the answer of every exchange under way', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('100s');
  await world.until(world.node().getToken(alice, { deadlineMs: 1000 }));
  await world.until(world.node().flights.drain());
  assert.equal((await world.connection(alice)).renewals, 1);
});

test('an answer that a paused process finds after its lease is over is adopted', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('4m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  world.node(0).resume();
  await world.wait('1s');
  assert.equal(await world.state(alice), 'active');
  assert.equal((await world.connection(alice)).renewals, 1);
  const [attempt] = await world.node(1).look.credentials.attempts(alice, 1);
  assert.equal(attempt?.outcome, 'renewed', 'the record says what became of it');
});

test('a rejection that a paused process finds after its lease is over is believed, if nobody claimed since', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.removeApp('alice');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('4m');
  await world.node(1).getToken(alice);
  world.node(0).resume();
  await world.wait('1s');
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  assert.equal(world.provider.presentations.length, 1, 'the truth is known: nobody presents it again');
});

test('a 429 that a paused process finds after its lease is over ends the doubt: nothing was consumed', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.answerNext(429, '', { delay_ms: 1000 });
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('4m');
  await world.node(1).getToken(alice);
  assert.equal(await world.state(alice), 'uncertain');
  world.node(0).resume();
  await world.wait('1s');
  assert.equal(await world.state(alice), 'active');
});

test('an answer that comes after another node’s replay was rejected brings the connection back to life', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('5m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'reauth_required');
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
  world.node(0).resume();
  await world.wait('1s');
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.knowsAsGood(await world.node(1).accessToken(alice)));
});

test('an answer that comes after another node’s replay inside a reuse window is kept, and tried when the other is rejected', async () => {
  await using world = await createWorld({
    provider: withReuseWindow,
    nodes: 2,
    separateMachines: true,
    workers: false,
  });
  const alice = await world.connect('alice');
  await world.wait('1h');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('4m');
  await world.node(1).getToken(alice);
  await world.wait('2m');
  const replayed = await world.node(1).accessToken(alice);
  world.node(0).resume();
  await world.wait('1s');
  const [orphan] = await world.node(1).look.credentials.orphans(alice);
  assert.ok(orphan !== undefined && !orphan.tried);
  assert.equal(
    await world.node(1).accessToken(alice),
    replayed,
    'the pair of the replay stays: this provider has ended the first one',
  );
  // Should it be the other way round, the orphan is the way back.
  world.provider.answerNext(400, { error: 'invalid_grant' });
  await world.node(1).renewNow(alice);
  assert.deepEqual(
    (await world.node(1).look.credentials.orphans(alice)).map(({ tried }) => tried),
    [true],
  );
});

test('the orphan that is good takes the place of a rejected refresh token, and nobody has to consent', async () => {
  await using world = await createWorld({
    provider: withReuseWindow,
    nodes: 2,
    separateMachines: true,
    workers: false,
  });
  const alice = await world.connect('alice');
  await world.wait('1h');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('6m');
  // The replay is answered late, after the first answer has been adopted: the provider has ended that first pair.
  world.provider.delayNextAnswer('60s');
  const replay = world.node(1).getToken(alice, { deadlineMs: 300_000 });
  await settle();
  world.node(0).resume();
  await world.wait('10s');
  assert.equal(await world.state(alice), 'active');
  await world.until(replay);
  assert.equal((await world.node(1).look.credentials.orphans(alice)).length, 1);
  await world.wait('1h');
  const renewal = await world.node(1).getToken(alice);
  assert.ok(world.provider.knowsAsGood(textOf(renewal)));
  assert.equal(await world.state(alice), 'active');
});

test('an orphan is tried once', async () => {
  await using world = await createWorld({
    provider: withReuseWindow,
    nodes: 2,
    separateMachines: true,
    workers: false,
  });
  const alice = await world.connect('alice');
  await world.wait('1h');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('4m');
  await world.node(1).getToken(alice);
  await world.wait('2m');
  await world.node(1).accessToken(alice);
  world.node(0).resume();
  await world.wait('1s');
  world.provider.answerNext(400, { error: 'invalid_grant' }, { count: 10 });
  const before = world.provider.presentations.length;
  assert.equal((await world.node(1).renewNow(alice)).kind, 'served', 'the orphan’s access token is another one');
  assert.equal((await world.node(1).renewNow(alice)).kind, 'reauth_required');
  assert.equal(world.provider.presentations.length - before, 2);
});

test('an answer that comes after a fresh consent is kept, never tried, and overwrites nothing', async () => {
  await using world = await createWorld({ provider: plain, workers: false });
  const alice = await world.connect('alice');
  world.provider.delayNextAnswer('20s');
  const late = world.node().renewNow(alice);
  await settle();
  await world.browser().consent('alice', { again: alice });
  const fresh = await world.node().accessToken(alice);
  await world.until(late);
  assert.equal(await world.node().accessToken(alice), fresh);
  world.provider.answerNext(400, { error: 'invalid_grant' });
  assert.equal(
    (await world.node().renewNow(alice)).kind,
    'reauth_required',
    'the pair of the grant before is no way back into this one',
  );
  assert.deepEqual(
    (await world.node().look.credentials.orphans(alice)).map(({ tried }) => tried),
    [false],
  );
});

test('an answer for a connection that was superseded meanwhile does not make it active again', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice', { owner: 'one' });
  world.provider.delayNextAnswer('20s');
  const late = world.node().renewNow(alice);
  await settle();
  await world.connect('alice', { owner: 'two' });
  assert.equal(await world.state(alice), 'reauth_required: superseded');
  await world.until(late);
  assert.equal(await world.state(alice), 'reauth_required: superseded');
});

test('an answer that comes after a local revocation is revoked at the provider', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('4m');
  await world.node(1).revoke(alice, { atProvider: false });
  assert.ok(world.provider.isGrantAlive('alice'));
  world.node(0).resume();
  await world.wait('1s');
  assert.equal(await world.state(alice), 'revoked');
  assert.equal(world.provider.isGrantAlive('alice'), false);
});

test('if the revocation of a late pair fails, or its process dies, the worker goes on with it', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  void world.node(0).getToken(alice);
  await settle();
  world.node(0).pause();
  await world.wait('4m');
  await world.node(1).revoke(alice, { atProvider: false });
  world.provider.order({ endpoint: 'revoke', fault: 'status', status: 503, count: 2 });
  world.node(0).resume();
  await world.wait('1s');
  assert.ok(world.provider.isGrantAlive('alice'));
  await world.advance('30m');
  assert.equal(world.provider.isGrantAlive('alice'), false);
  assert.equal((await world.connection(alice)).nextDueAtMs, undefined, 'and then nothing is left to do');
});
