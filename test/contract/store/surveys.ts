import assert from 'node:assert/strict';
import type { Connection } from '../../../src/model/connection.ts';
import type { NodeId } from '../../../src/model/ids.ts';
import type { Store } from '../../../src/model/store.ts';
import { BREAKER, claimed, connected, failed, renewed, SENDER, stored } from '../../support/store-samples.ts';
import type { StoreUnderTest, Suite } from './under-test.ts';

const ALL = { namesMax: 100, heardForMs: 0 };
const OTHER = { ...SENDER, nodeId: 'another node' as NodeId };
const REJECTED = { error: 'e', breaker: { ...BREAKER, rejectionsMin: 1000 } } as const;

async function many({ store, clock }: StoreUnderTest, names: readonly string[]): Promise<readonly Connection[]> {
  const connections: Connection[] = [];
  for (const name of names) connections.push(await connected(store, name, clock.nowMs()));
  return connections.sort((one, other) => (one.id < other.id ? -1 : 1));
}

function namesOf(connections: readonly Connection[]): string[] {
  return connections.map(({ name }) => name);
}

async function orphan(store: Store, connection: Connection, name: string, nowMs: number): Promise<void> {
  const claim = await claimed(store, connection);
  const settlement = renewed(claim, 'of nobody', name, nowMs);
  assert.equal(await store.credentials.settleRenewed(settlement), 'orphaned');
}

export const SURVEYS: Suite = {
  'an attempt without an answer is known by the node that made it, whether anybody has missed it or not': async (
    under,
  ) => {
    const { store, clock } = under;
    const [first, second, third, fourth] = await many(under, ['alice', 'bob', 'carol', 'dora']);
    assert.ok(first && second && third && fourth);
    assert.deepEqual(await store.survey.unanswered(ALL), []);
    await claimed(store, first);
    const missed = await claimed(store, third, { sender: OTHER });
    await store.credentials.markUncertain(third.id, missed.attemptId, clock.nowMs());
    const silent = await claimed(store, fourth);
    await store.credentials.settleFailed(failed(silent, 'unanswered', clock.nowMs()));
    assert.deepEqual(await store.survey.unanswered(ALL), [
      { nodeId: SENDER.nodeId, names: namesOf([first, fourth]), count: 2, spoolEmptyAtMs: undefined },
      { nodeId: OTHER.nodeId, names: [third.name], count: 1, spoolEmptyAtMs: undefined },
    ]);
    assert.deepEqual(await store.survey.unanswered({ ...ALL, namesMax: 1 }), [
      { nodeId: SENDER.nodeId, names: [first.name], count: 2, spoolEmptyAtMs: undefined },
      { nodeId: OTHER.nodeId, names: [third.name], count: 1, spoolEmptyAtMs: undefined },
    ]);
  },
  'an attempt is answered once it is settled, whatever it ended in': async (under) => {
    const { store, clock } = under;
    const [first, second, third] = await many(under, ['alice', 'bob', 'carol']);
    assert.ok(first && second && third);
    await store.credentials.settleRenewed(renewed(await claimed(store, first), 'x', 'next', clock.nowMs()));
    await store.credentials.settleFailed(failed(await claimed(store, second), 'unavailable', clock.nowMs()));
    const claim = await claimed(store, third);
    await store.credentials.settleRejected({ ...REJECTED, claim, reason: 'rejected_unknown', mayBeReuse: false });
    assert.deepEqual(await store.survey.unanswered(ALL), []);
  },
  'one that a later attempt took the place of is waited for until that one brings tokens': async (under) => {
    const { store, clock } = under;
    const [alice] = await many(under, ['alice']);
    assert.ok(alice);
    const silent = await claimed(store, alice);
    await store.credentials.settleFailed(failed(silent, 'unanswered', clock.nowMs()));
    const replay = await claimed(store, alice, { purpose: 'replay', replays: 1, sender: OTHER });
    const nodes = await store.survey.unanswered(ALL);
    assert.deepEqual(nodes.map(({ nodeId }) => nodeId).sort(), [SENDER.nodeId, OTHER.nodeId].sort());
    await store.credentials.settleRenewed(renewed(replay, 'alice 1', 'alice 2', clock.nowMs()));
    assert.deepEqual(await store.survey.unanswered(ALL), []);
  },
  'a connection that ended because an answer was lost waits for it, until somebody consents again': async (under) => {
    const { store, clock } = under;
    const [alice, bob] = await many(under, ['alice', 'bob']);
    assert.ok(alice && bob);
    for (const { id } of [alice, bob]) {
      const claim = await claimed(store, { id });
      await store.credentials.settleFailed(failed(claim, 'unanswered', clock.nowMs()));
    }
    const replay = await claimed(store, alice, { purpose: 'replay', replays: 1, sender: OTHER });
    await store.credentials.settleRejected({ ...REJECTED, claim: replay, reason: 'answer_lost', mayBeReuse: false });
    const { version } = await stored(store, bob);
    assert.equal(await store.credentials.endGrant(bob.id, version, 'answer_lost'), true);
    const waiting = { nodeId: SENDER.nodeId, names: namesOf([alice, bob]), count: 2, spoolEmptyAtMs: undefined };
    assert.deepEqual(await store.survey.unanswered(ALL), [waiting]);
    for (const { id, subject } of [alice, bob]) {
      const existingVersion = (await stored(store, { id })).version;
      await connected(store, `again ${subject}`, clock.nowMs(), { connectionId: id, existingVersion, subject });
    }
    assert.deepEqual(await store.survey.unanswered(ALL), []);
  },
  'a revocation brings no tokens, and a connection that ended for another reason waits for none': async (under) => {
    const { store, clock } = under;
    const [first, second] = await many(under, ['alice', 'bob']);
    assert.ok(first && second);
    await claimed(store, first, { purpose: 'revocation' });
    await store.credentials.settleFailed(failed(await claimed(store, second), 'unanswered', clock.nowMs()));
    assert.equal((await store.survey.unanswered(ALL)).length, 1);
    const { version } = await stored(store, second);
    assert.equal(await store.credentials.endGrant(second.id, version, 'rejected_unknown'), true);
    const third = await connected(store, 'carol', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, third), 'unanswered', clock.nowMs()));
    await connected(store, 'carol again', clock.nowMs(), { subject: third.subject, owner: 'somebody else' });
    assert.equal((await store.connections.find(third.id))?.stateReason, 'superseded');
    assert.deepEqual(await store.survey.unanswered(ALL), []);
  },
  'a node that said since then that nothing waits would have brought the answer': async (under) => {
    const { store, clock } = under;
    const [first, second] = await many(under, ['alice', 'bob']);
    assert.ok(first && second);
    await claimed(store, first);
    await store.home.reportSpoolEmpty(SENDER.nodeId, clock.nowMs());
    const saidAtMs = clock.nowMs();
    const before = { nodeId: SENDER.nodeId, names: [first.name], count: 1, spoolEmptyAtMs: saidAtMs };
    assert.deepEqual(await store.survey.unanswered(ALL), [before], 'in the same millisecond it may have been before');
    await clock.advance(10);
    const claim = await claimed(store, second);
    await clock.advance(10);
    await store.credentials.settleFailed(failed(claim, 'unanswered', clock.nowMs()));
    await store.home.reportSpoolEmpty(SENDER.nodeId, clock.nowMs() - 5);
    assert.deepEqual(
      (await store.survey.unanswered(ALL)).map(({ names }) => names),
      [[second.name]],
      'the first is known to have no answer; the second ended after that was said',
    );
    await clock.advance(1);
    await store.home.reportSpoolEmpty(SENDER.nodeId, clock.nowMs());
    assert.deepEqual(await store.survey.unanswered(ALL), []);
  },
  'that nothing waited while a request was under way says nothing of its answer': async (under) => {
    const { store, clock } = under;
    const [alice] = await many(under, ['alice']);
    assert.ok(alice);
    const startedAtMs = clock.nowMs();
    await claimed(store, alice);
    await clock.advance(60_001);
    for (const [atMs, count] of [
      [startedAtMs + 60_000, 1],
      [startedAtMs + 60_001, 0],
    ] as const) {
      await store.home.reportSpoolEmpty(SENDER.nodeId, atMs);
      assert.equal((await store.survey.unanswered({ ...ALL, heardForMs: 60_000 })).length, count);
    }
  },
  'a restored store doubts its grants, and no node has the answers': async (under) => {
    const { store } = under;
    await many(under, ['alice', 'bob']);
    await store.home.adopt('here', true);
    assert.equal((await store.connections.countByState()).uncertain, 2);
    assert.deepEqual(await store.survey.unanswered(ALL), []);
  },
  'who has orphans is said once for each connection, and counted beyond the names': async (under) => {
    const { store, clock } = under;
    const connections = await many(under, ['alice', 'bob', 'carol']);
    assert.deepEqual(await store.survey.withOrphans(ALL), { names: [], count: 0 });
    const [first, , third] = connections;
    assert.ok(first && third);
    await orphan(store, first, 'a lost one', clock.nowMs());
    await orphan(store, first, 'another lost one', clock.nowMs());
    await orphan(store, third, 'a third', clock.nowMs());
    assert.deepEqual(await store.survey.withOrphans(ALL), { names: namesOf([first, third]), count: 2 });
    assert.deepEqual(await store.survey.withOrphans({ namesMax: 1 }), { names: [first.name], count: 2 });
  },
  'who ended because somebody else may have had the token is told from who ended otherwise, and from who lives again':
    async (under) => {
      const { store, clock } = under;
      const connections = await many(under, ['alice', 'bob', 'carol', 'dora']);
      assert.deepEqual(await store.survey.endedByReuse(ALL), { names: [], count: 0 });
      const [first, second, third, fourth] = connections;
      assert.ok(first && second && third && fourth);
      for (const connection of connections) {
        const claim = await claimed(store, connection);
        const mayBeReuse = connection !== second;
        await store.credentials.settleRejected({ ...REJECTED, claim, reason: 'rejected_unknown', mayBeReuse });
      }
      await connected(store, 'again', clock.nowMs(), {
        connectionId: third.id,
        existingVersion: (await stored(store, third)).version,
        subject: third.subject,
      });
      assert.deepEqual(await store.survey.endedByReuse(ALL), { names: namesOf([first, fourth]), count: 2 });
      assert.deepEqual(await store.survey.endedByReuse({ namesMax: 1 }), { names: [first.name], count: 2 });
      await store.credentials.endGrant(third.id, (await stored(store, third)).version, 'rejected_unknown');
      assert.deepEqual((await store.survey.endedByReuse(ALL)).count, 2, 'its newest end has another reason');
    },
};
