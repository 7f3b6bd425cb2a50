import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { Crash } from '../support/process-life.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld } from '../support/world.ts';

/**
 * A process dies at each point of a renewal and is started again on the same store. What is lost is exactly what was
 * nowhere but in its memory: an answer that had not reached the disk.
 */
const POINTS: readonly { readonly point: FaultPoint; readonly lost: boolean; readonly presented: number }[] = [
  { point: 'renewal.claimed', lost: false, presented: 1 },
  { point: 'renewal.sent', lost: false, presented: 1 },
  { point: 'renewal.answered', lost: true, presented: 2 },
  { point: 'settlement.sealed', lost: true, presented: 2 },
  { point: 'settlement.written', lost: true, presented: 2 },
  { point: 'settlement.committed', lost: false, presented: 1 },
];

for (const { point, lost, presented } of POINTS) {
  test(`a process that dies at ${point} ${lost ? 'loses the answer, and the user is told why' : 'loses nothing'}`, async () => {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    await world.advance('2h');
    world.node().crashAt(point);
    await assert.rejects(world.node().getToken(alice), Crash);
    await world.node().restart();
    if (point !== 'settlement.committed') {
      assert.equal((await world.node().getToken(alice)).kind, 'uncertain');
      assert.equal(await world.state(alice), 'uncertain');
    }
    await world.advance('10m');
    assert.equal(await world.state(alice), lost ? 'reauth_required: answer_lost' : 'active');
    if (!lost) assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
    assert.equal(world.provider.presentations.length, presented);
    assert.equal((await world.node().look.credentials.read(alice))?.lease, undefined);
  });
}

const SPOOL_POINTS: readonly { readonly point: FaultPoint; readonly lost: boolean }[] = [
  { point: 'spool.written', lost: true },
  { point: 'spool.synced', lost: false },
];

for (const { point, lost } of SPOOL_POINTS) {
  test(`a process whose store refuses, and that dies at ${point}, ${lost ? 'loses the answer' : 'has it in the spool when it starts again'}`, async () => {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    await world.advance('2h');
    world.provider.delayNextAnswer('1s');
    const died = assert.rejects(world.node().getToken(alice), Crash);
    await settle();
    world.node().failStore();
    world.node().crashAt(point);
    await world.wait('1s');
    await died;
    await world.node().restart();
    await world.advance('10m');
    assert.equal(await world.state(alice), lost ? 'reauth_required: answer_lost' : 'active');
  });
}

for (const point of ['spool.reapplied', 'spool.acknowledged'] as const) {
  test(`a process that dies at ${point} applies the entry again, and nothing happens twice`, async () => {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    await world.advance('2h');
    world.provider.delayNextAnswer('1s');
    const renewal = world.node().getToken(alice);
    await settle();
    world.node().failStore();
    await world.wait('3s');
    assert.equal((await renewal).kind, 'served');
    world.node().healStore();
    world.node().crashAt(point);
    await world.advance('10s');
    assert.equal(world.node().isAlive, false);
    await world.node().restart();
    await world.advance('10m');
    assert.equal(await world.state(alice), 'active');
    const connection = await world.connection(alice);
    assert.equal(connection.renewals, 1);
    assert.equal((await world.events('connection.renewed')).length, 1);
  });
}

test('a revocation whose process dies half-way can be asked for again', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.provider.order({ endpoint: 'revoke', fault: 'delay', delay_ms: 5000 });
  const revoking = world.node().revoke(alice);
  revoking.catch(() => undefined);
  await settle();
  world.node().crash();
  await world.node().restart();
  await world.node().revoke(alice);
  assert.equal(await world.state(alice), 'revoked');
  assert.equal(world.provider.isGrantAlive('alice'), false);
});

test('two nodes that die one after the other at the same renewal leave one question', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.node(0).crashAt('renewal.sent');
  await assert.rejects(world.node(0).getToken(alice), Crash);
  await world.node(1).getToken(alice);
  await world.wait('16s');
  world.node(1).crashAt('renewal.sent');
  await assert.rejects(world.node(1).getToken(alice), Crash);
  await world.node(0).restart();
  await world.advance('10m');
  assert.equal(await world.state(alice), 'active');
  assert.equal((await world.events('connection.uncertain')).length, 1);
  assert.equal(world.provider.reuses, 0);
});
