import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RenewalPorts } from '../../src/renewal/ports.ts';
import { reapplySpool } from '../../src/renewal/reapply.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { MemorySpool } from '../../src/store/memory/spool.ts';
import { plain } from '../support/made-up-providers.ts';
import { Crash } from '../support/process-life.ts';
import { msOf } from '../support/span.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld, type World } from '../support/world.ts';

/** Alice's renewal is answered while the store takes nothing. */
async function answeredWithoutAStore(
  trouble: 'failStore' | 'stallStore',
  world: World,
): Promise<{ alice: ConnectionId; token: string }> {
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const renewal = world.node().accessToken(alice);
  await settle();
  world.node()[trouble]();
  await world.wait('4s');
  return { alice, token: await renewal };
}

test('an answer that the store refuses goes to the spool, and its caller is served', async () => {
  await using world = await createWorld({ workers: false });
  const { alice, token } = await answeredWithoutAStore('failStore', world);
  assert.ok(world.provider.knowsAsGood(token));
  const [entry] = world.node().spool.entries();
  assert.equal(entry?.settlement.claim.connectionId, alice);
  assert.equal(entry?.acknowledged, false);
});

test('what waits in the spool is applied when the store is back, and acknowledged', async () => {
  await using world = await createWorld({ workers: false });
  const { alice, token } = await answeredWithoutAStore('failStore', world);
  assert.equal(await reapplySpool(world.node().ports), 1, 'the store is still away');
  world.node().healStore();
  assert.equal(await reapplySpool(world.node().ports), 0);
  assert.equal(await world.node().accessToken(alice), token);
  assert.equal(await world.state(alice), 'active');
  assert.deepEqual(
    world
      .node()
      .spool.entries()
      .map(({ acknowledged }) => acknowledged),
    [true],
  );
});

test('what waits in the spool is found by a new process, and by any process of the node', async () => {
  await using world = await createWorld({ workers: false });
  const { alice, token } = await answeredWithoutAStore('failStore', world);
  await world.node().restart();
  assert.equal(await world.node().accessToken(alice), token);
});

test('applying an entry again changes nothing', async () => {
  await using world = await createWorld({ workers: false });
  const { alice } = await answeredWithoutAStore('failStore', world);
  world.node().healStore();
  const [entry] = world.node().spool.entries();
  assert.ok(entry !== undefined);
  const { credentials } = world.node().ports;
  assert.equal(await credentials.settleRenewed(entry.settlement), 'settled');
  const after = await credentials.read(alice);
  assert.equal(await credentials.settleRenewed(entry.settlement), 'already_known');
  assert.deepEqual(await credentials.read(alice), after);
  await world.wait('2h');
  await world.node().accessToken(alice);
  assert.equal(
    await credentials.settleRenewed(entry.settlement),
    'already_known',
    'also when its refresh token was spent since',
  );
  assert.equal((await world.events('connection.renewed')).length, 2);
});

test('a commit that stalls is not waited for: the answer is spooled, and the late commit needs no second application', async () => {
  await using world = await createWorld({ workers: false });
  const { alice, token } = await answeredWithoutAStore('stallStore', world);
  assert.equal(world.node().spool.entries().length, 1);
  world.node().healStore();
  await settle();
  assert.equal(await world.node().accessToken(alice), token);
  assert.deepEqual(
    world
      .node()
      .spool.entries()
      .map(({ acknowledged }) => acknowledged),
    [true],
  );
  assert.equal((await world.connection(alice)).renewals, 1);
});

test('a stalled commit and its spool entry, applied by another process first, are one renewal', async () => {
  await using world = await createWorld({ workers: false });
  const { alice } = await answeredWithoutAStore('stallStore', world);
  const [entry] = world.node().spool.entries();
  assert.ok(entry !== undefined);
  assert.equal(
    await world
      .node()
      .look.credentials.orphans(alice)
      .then((orphans) => orphans.length),
    0,
  );
  world.node().healStore();
  await settle();
  await world.node().restart();
  assert.equal((await world.connection(alice)).renewals, 1);
  assert.deepEqual(await world.node().look.credentials.orphans(alice), []);
});

test('if the spool refuses too, the process goes on offering the answer to the store', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const renewal = world.node().getToken(alice, { deadlineMs: 600_000 });
  await settle();
  world.node().failStore();
  world.node().failSpool();
  await world.wait('3m');
  world.node().healStore();
  assert.equal((await world.until(renewal)).kind, 'served');
  assert.equal(await world.state(alice), 'active');
});

test('an answer that nothing took is in the spool as soon as the disk has room, though the store still takes nothing', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const renewal = world.node().getToken(alice, { deadlineMs: 600_000 });
  await settle();
  world.node().failStore();
  world.node().failSpool();
  await world.wait('2m');
  world.node().healSpool();
  await world.wait('3s');
  assert.equal(world.node().spool.entries().length, 1);
  assert.equal((await renewal).kind, 'served');
});

test('a spool that cannot note an acknowledgement harms nobody', async () => {
  await using world = await createWorld({ workers: false });
  const { alice } = await answeredWithoutAStore('stallStore', world);
  world.node().failSpool();
  world.node().healStore();
  await settle();
  assert.equal(await reapplySpool(world.node().ports), 1, 'it goes on waiting, and is applied once more');
  world.node().healSpool();
  assert.equal(await reapplySpool(world.node().ports), 0);
  assert.equal((await world.connection(alice)).renewals, 1);
});

test('one entry that the store refuses does not stop the others', async () => {
  await using world = await createWorld({ workers: false });
  const { alice, token } = await answeredWithoutAStore('failStore', world);
  world.node().healStore();
  const [entry] = world.node().spool.entries();
  assert.ok(entry !== undefined);
  const damaged = {
    ...entry.settlement,
    claim: { ...entry.settlement.claim, connectionId: 'con_gone' as ConnectionId },
  };
  const others = [damaged, entry.settlement].map((settlement, index) => ({
    file: `f${index}`,
    keptAtMs: index,
    acknowledged: false,
    settlement,
  }));
  const { ports } = world.node();
  const spool = Object.assign(new MemorySpool(world.clock), { entries: () => others });
  assert.equal(await reapplySpool({ ...ports, spool }), 1);
  assert.equal(await world.node().accessToken(alice), token);
});

test('that nothing waits is reported as of before the look', async () => {
  await using world = await createWorld({ workers: false, provider: plain });
  const beforeMs = world.clock.nowMs();
  const { ports } = world.node();
  const entries = (): [] => {
    world.clock.freeze(5000);
    return [];
  };
  await reapplySpool({ ...ports, spool: Object.assign(new MemorySpool(world.clock), { entries }) });
  assert.equal(await world.node().look.home.spoolEmptyAtMs(ports.processes.self.nodeId), beforeMs);
});

test('while something waits, nobody is told that nothing does', async () => {
  await using world = await createWorld({ workers: false });
  await answeredWithoutAStore('failStore', world);
  const { home } = world.node().look;
  assert.equal(await home.spoolEmptyAtMs(world.node().ports.processes.self.nodeId), undefined);
  await reapplySpool(world.node().ports).catch(() => undefined);
  assert.equal(await home.spoolEmptyAtMs(world.node().ports.processes.self.nodeId), undefined);
});

test('a store that takes nothing keeps nobody from a token that lives, however little', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  await world.wait(msOf('2h') - msOf('30s'));
  world.node().failStore();
  assert.equal(await world.node().accessToken(alice), token, 'it would have been renewed, and lives for 30 s');
  await world.wait('31s');
  await assert.rejects(world.node().accessToken(alice), { code: 'store_unavailable' });
  await assert.rejects(world.node().accessToken(alice, { refused: token }), { code: 'store_unavailable' });
  assert.equal(world.provider.presentations.length, 0, 'nothing is sent that was not written down before');
});

test('a store that takes nothing keeps nobody from a living token of a connection whose sender has died', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const alice = await world.connect('alice');
  const token = await world.node(0).accessToken(alice);
  await world.wait('1h');
  world.node(0).crashAt('renewal.sent');
  await assert.rejects(world.node(0).renewNow(alice), Crash);
  world.node(1).failStore();
  assert.equal(await world.node(1).accessToken(alice), token);
});

test('where a standby may take over, each answer is in the spool beside its commit, and no more than that', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  const { ports } = world.node();
  Object.assign(ports.credentials, { lacking: async () => new Set() });
  await world.wait('2h');
  const token = await world.node().accessToken(alice);
  assert.deepEqual(
    ports.spool
      .entries()
      .map(({ acknowledged, isBeside, settlement }) => [acknowledged, isBeside, settlement.claim.version]),
    [[true, true, 1]],
  );
  assert.equal(await world.node().accessToken(alice), token);
});

test('of what was acknowledged, that is applied again which the store says that it lacks', async () => {
  await using world = await createWorld({ workers: false });
  const { alice } = await answeredWithoutAStore('failStore', world);
  world.node().healStore();
  const { ports } = world.node();
  assert.equal(await reapplySpool(ports), 0);
  const [entry] = ports.spool.entries();
  assert.ok(entry !== undefined);
  const asked: (readonly string[])[] = [];
  const applied: string[] = [];
  const storeThatLacks = (lost: readonly string[]): RenewalPorts => ({
    ...ports,
    credentials: {
      ...ports.credentials,
      lacking: async (attempts) => {
        asked.push(attempts);
        return new Set(attempts.filter((attempt) => lost.includes(attempt)));
      },
      settleRenewed: async (settlement) => {
        applied.push(settlement.claim.attemptId);
        return ports.credentials.settleRenewed(settlement);
      },
    },
  });
  const { attemptId } = entry.settlement.claim;
  assert.equal(await reapplySpool(storeThatLacks([]), { acknowledged: 'all' }), 0);
  assert.deepEqual([asked, applied], [[[attemptId]], []], 'it was asked, and has it');
  await world.wait('3h');
  assert.equal(await reapplySpool(storeThatLacks([attemptId])), 0);
  assert.deepEqual(applied, [attemptId], 'however long ago it was acknowledged');
  assert.equal(await world.state(alice), 'active');
});

test('a store that cannot say what it lacks is asked again, and what waits is applied meanwhile', async () => {
  await using world = await createWorld({ workers: false });
  const { alice, token } = await answeredWithoutAStore('failStore', world);
  world.node().healStore();
  const { ports } = world.node();
  const [entry] = ports.spool.entries();
  assert.ok(entry !== undefined);
  const acknowledged = ports.spool.keep(entry.settlement);
  ports.spool.acknowledge(acknowledged);
  const lacking = (): Promise<never> => Promise.reject(new Error('the store is away'));
  assert.equal(await reapplySpool({ ...ports, credentials: { ...ports.credentials, lacking } }), 0);
  assert.equal(await world.node().accessToken(alice), token);
});
