import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import { reapplySpool } from '../../src/renewal/reapply.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld, type World } from '../support/world.ts';

// What the simulation found (docs/simulation.md): each is a history in which two things met that are harmless alone.

test('whoever finds out that the grant is over is served the access token that still lives', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('7170s');
  world.provider.removeApp('alice');
  assert.equal((await world.node().getToken(alice)).kind, 'served');
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  assert.equal((await world.node().getToken(alice)).kind, 'served', 'and so is whoever asks after him');
});

test('an answer that the store has acknowledged and lost much later is applied again at the next start', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const standby = world.node().database.get('select * from credentials');
  const token = await spooledRenewal(alice, world);
  world.node().healStore();
  await reapplySpool(world.node().ports);
  assert.equal((await world.connection(alice)).renewals, 1);
  await world.wait('11m');
  loseWhatCameAfter(standby ?? {}, world);
  await world.node().restart();
  assert.equal(await world.node().accessToken(alice), token);
  assert.equal(world.provider.reuses, 0);
});

test('an answer that the store has acknowledged and lost at once is applied again in the next round', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const standby = world.node().database.get('select * from credentials');
  const token = await spooledRenewal(alice, world);
  world.node().healStore();
  await reapplySpool(world.node().ports);
  loseWhatCameAfter(standby ?? {}, world);
  await world.wait('5s');
  await reapplySpool(world.node().ports);
  assert.equal(await world.node().accessToken(alice), token);
});

test('an answer that was acknowledged long ago is left alone until the next start', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await spooledRenewal(alice, world);
  world.node().healStore();
  await reapplySpool(world.node().ports);
  await world.wait('11m');
  const { writes } = world.node().database;
  await reapplySpool(world.node().ports);
  assert.equal(world.node().database.writes - writes, 1, 'the report that nothing waits, and nothing else');
});

test('a process that lets go after a late answer was adopted leaves no lease behind', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await spooledRenewal(alice, world);
  await world.wait('5m');
  // The other node replays, and is stopped with the claim in its hands.
  world.node(1).road = { connectMs: 5_000 };
  void world.node(1).getToken(alice);
  await settle();
  world.node(1).pause();
  await world.wait('1m');
  world.node(0).healStore();
  await reapplySpool(world.node(0).ports);
  assert.equal(await world.state(alice), 'active');
  await world.wait('3m');
  world.node(1).resume();
  await world.wait('1s');
  assert.equal((await world.node(0).look.credentials.read(alice))?.lease, undefined);
  assert.equal(world.provider.reuses, 0);
});

test('whoever holds the answer in its spool does not ask for it again when the store is back', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const token = await spooledRenewal(alice, world);
  await world.wait('10m');
  world.node().healStore();
  assert.equal(await world.node().accessToken(alice), token);
  assert.equal(world.provider.presentations.length, 1);
  assert.equal(await world.state(alice), 'active');
});

test('a pair that is adopted while a revocation is at the provider is revoked with it', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  const token = await spooledRenewal(alice, world);
  await world.wait('5m');
  world.provider.order({ endpoint: 'revoke', fault: 'delay', delay_ms: 5000 });
  const revoking = world.node(1).revoke(alice);
  await settle();
  world.node(0).healStore();
  await reapplySpool(world.node(0).ports);
  assert.equal(await world.state(alice), 'active');
  await world.wait('10s');
  await revoking;
  assert.equal(await world.state(alice), 'revoked');
  const revoked = world.provider.sentTo('/2/oauth2/revoke').map(({ form }) => form.get('token'));
  assert.ok(revoked.includes(token), 'what the late answer brought was sent, and not only what it had replaced');
});

/** Two hours on, the first node renews while the store takes nothing from it; gives the token that it serves. */
async function spooledRenewal(alice: ConnectionId, world: World): Promise<string> {
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const renewal = world.node().accessToken(alice);
  await settle();
  world.node().failStore();
  await world.wait('4s');
  return renewal;
}

/** A standby takes over that has never heard of the renewal. */
function loseWhatCameAfter(standby: Readonly<Record<string, unknown>>, world: World): void {
  const columns = Object.keys(standby);
  const { database } = world.node();
  database.run(
    `update credentials set ${columns.map((column) => `${column} = :${column}`).join(', ')}`,
    standby as Readonly<Record<string, string>>,
  );
  database.run('delete from spent_tokens');
}
