import assert from 'node:assert/strict';
import type { Connection } from '../../../src/model/connection.ts';
import type { EventType } from '../../../src/model/event.ts';
import { newId } from '../../../src/model/ids.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { APP, BREAKER, claimed, connected, failed, print, renewed, stored } from '../../support/store-samples.ts';
import { addYounger, fanOut, forgetAll, outcomes, renew, withRenewals } from './history-acts.ts';
import { types, type StoreUnderTest, type Suite } from './under-test.ts';

const random = seededRandom('contract of history');
const DAY_MS = 86_400_000;
const REJECTED = { reason: 'rejected_unknown', error: 'e', breaker: BREAKER, mayBeReuse: true } as const;

/** What is forgotten, and what stays. */
export const HISTORY: Suite = {
  'renewals that are over are forgotten with what was told of them, and nothing of the connection is': async (
    under,
  ) => {
    const { store, clock } = under;
    const alice = await withRenewals(under, 'alice', 4);
    const before = [await store.connections.find(alice.id), await stored(store, alice)];
    await clock.advance(DAY_MS);
    assert.equal(await forgetAll(under), 3);
    assert.deepEqual(await outcomes(store, alice), ['renewed']);
    assert.deepEqual(await types(store), ['connection.created', 'connection.renewed']);
    assert.deepEqual([await store.connections.find(alice.id), await stored(store, alice)], before);
  },
  'what is younger stays, and so does what began before and ended after': async (under) => {
    const { store, clock } = under;
    const alice = await withRenewals(under, 'alice', 1);
    const late = await claimed(store, alice);
    await clock.advance(DAY_MS);
    const limits = { endedBeforeMs: clock.nowMs() };
    await clock.advance(1);
    await store.credentials.settleRenewed(renewed(late, 'alice 2', 'alice 3', clock.nowMs()));
    await renew(under, alice, 3);
    await fanOut(store);
    assert.equal(await forgetAll(under, limits), 1);
    assert.deepEqual(await outcomes(store, alice), ['renewed', 'renewed']);
  },
  'of each connection the newest attempts stay, however old; where there are fewer, all': async (under) => {
    const { store, clock } = under;
    const [alice, bob] = [await withRenewals(under, 'alice', 5), await withRenewals(under, 'bob', 2)];
    await clock.advance(1000 * DAY_MS);
    assert.equal(await forgetAll(under, { newestKept: 3 }), 2);
    assert.equal((await outcomes(store, alice)).length, 3);
    assert.equal((await outcomes(store, bob)).length, 2);
    const told = (await store.events.list({ limit: 99, connectionId: alice.id })).filter(isRenewal);
    assert.deepEqual(
      told.map(({ data }) => data['version']),
      [4, 5, 6],
      'each of them with its event',
    );
  },
  'every certain outcome goes; of what was not sent, too': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    for (const outcome of ['not_sent', 'unavailable', 'misconfigured'] as const) {
      await store.credentials.settleFailed(failed(await claimed(store, alice), outcome, clock.nowMs()));
      await clock.advance(1);
    }
    await renew(under, alice, 1);
    await clock.advance(DAY_MS);
    await fanOut(store);
    assert.equal(await forgetAll(under), 3);
    assert.deepEqual(await outcomes(store, alice), ['renewed']);
  },
  'an attempt that is open stays, also when its lease is long over, and its answer is settled': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    const silent = await claimed(store, alice);
    await clock.advance(DAY_MS);
    await addYounger(under, alice);
    assert.equal(await forgetAll(under), 0);
    assert.deepEqual(await outcomes(store, alice), ['unanswered', 'unavailable']);
    assert.equal((await stored(store, alice)).openAttempt?.id, silent.attemptId);
    const as = await store.credentials.settleRenewed(renewed(silent, 'alice 1', 'alice 2', clock.nowMs()));
    assert.equal(as, 'settled');
  },
  'one that nobody ever ended stays, although its credential has moved on': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    const silent = await claimed(store, alice);
    const { version } = await stored(store, alice);
    await connected(store, 'alice', clock.nowMs(), {
      ...{ connectionId: alice.id, existingVersion: version, generation: 'again' },
      refreshFingerprint: print('alice again'),
    });
    await clock.advance(DAY_MS);
    await renew(under, alice, 8, 'alice again');
    await fanOut(store);
    assert.equal(await forgetAll(under), 0);
    const [, first] = await store.credentials.attempts(alice.id, 9);
    assert.deepEqual([first?.id, first?.outcome], [silent.attemptId, undefined]);
  },
  'an unanswered attempt stays while its refresh token is the stored one: its rejection is a lost answer': async (
    under,
  ) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'unanswered', clock.nowMs()));
    await addYounger(under, alice);
    await clock.advance(DAY_MS);
    await fanOut(store);
    await forgetAll(under);
    await store.credentials.settleRejected({ claim: await claimed(store, alice), ...REJECTED });
    assert.equal((await stored(store, alice)).stateReason, 'answer_lost');
    assert.deepEqual((await types(store)).filter(isReuse), [], 'and nobody is accused');
  },
  'so it does when nothing is open any more: a replay was rejected, and the app held': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    const bob = await connected(store, 'bob', clock.nowMs());
    const robot = await connected(store, 'robot', clock.nowMs(), { refreshFingerprint: undefined });
    for (const one of [alice, bob, robot]) await heldInDoubt(under, one);
    const { version } = await stored(store, bob);
    const sealed = { sealed: Uint8Array.of(1), generation: 'another' };
    assert.equal(await store.connections.changeOwner({ id: bob.id, version, owner: 'bob', ...sealed }), true);
    await clock.advance(DAY_MS);
    await fanOut(store);
    assert.equal(await forgetAll(under), 0);
    await store.home.releaseApp(APP.id);
    for (const one of [alice, bob, robot])
      await store.credentials.settleRejected({ claim: await claimed(store, one), ...REJECTED });
    assert.equal((await stored(store, alice)).stateReason, 'answer_lost');
    assert.equal((await stored(store, robot)).stateReason, 'answer_lost');
    assert.deepEqual((await types(store)).filter(isReuse), []);
  },
  'an unanswered attempt of a refresh token that was replaced goes': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'unanswered', clock.nowMs()));
    await clock.advance(1);
    await renew(under, alice, 1);
    await clock.advance(DAY_MS);
    await fanOut(store);
    assert.equal(await forgetAll(under), 1);
    assert.deepEqual(await outcomes(store, alice), ['renewed']);
    assert.deepEqual(
      await types(store),
      ['connection.created', 'connection.renewed'],
      'the doubt was told of, and is over',
    );
  },
  'a fingerprint is kept for a time of its own, and so long its token is known as spent': async (under) => {
    const { store, clock } = under;
    const alice = await withRenewals(under, 'alice', 3);
    const spentBeforeMs = clock.nowMs();
    await clock.advance(DAY_MS);
    await renew(under, alice, 4);
    await fanOut(store);
    assert.equal(await forgetAll(under), 3, 'attempts alone');
    for (const n of [1, 2, 3, 4])
      assert.deepEqual(await store.credentials.knownRefreshToken(print(`alice ${n}`)), {
        connectionId: alice.id,
        spent: true,
      });
    assert.equal(await forgetAll(under, { spentBeforeMs }), 3);
    assert.equal(await store.credentials.knownRefreshToken(print('alice 3')), undefined);
    assert.equal((await store.credentials.knownRefreshToken(print('alice 4')))?.spent, true);
    assert.equal((await store.credentials.knownRefreshToken(print('alice 5')))?.spent, false, 'it lives');
  },
  'a spent token of which all else is forgotten is still reported as reuse, once': async (under) => {
    const { store, clock } = under;
    const alice = await withRenewals(under, 'alice', 3);
    await clock.advance(DAY_MS);
    await forgetAll(under);
    await store.credentials.reportReuse(print('alice 1'), 'import');
    await clock.advance(DAY_MS);
    await fanOut(store);
    await forgetAll(under);
    await store.credentials.reportReuse(print('alice 1'), 'import');
    const told = (await store.events.list({ limit: 99 })).filter(({ type }) => isReuse(type));
    assert.deepEqual(
      told.map(({ connectionId, data }) => [connectionId, data['certainty']]),
      [[alice.id, 'certain']],
    );
  },
  'an answer that comes out of a spool once more is known, although its attempt is forgotten': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(store, alice);
    const settlement = renewed(claim, 'alice 1', 'alice 2', clock.nowMs());
    await store.credentials.settleRenewed(settlement);
    for (const n of [2, 3]) await renew(under, alice, n);
    await clock.advance(DAY_MS);
    await fanOut(store);
    assert.equal(await forgetAll(under), 2);
    const before = [await stored(store, alice), await types(store)];
    assert.equal(await store.credentials.settleRenewed(settlement), 'already_known');
    assert.deepEqual([await stored(store, alice), await types(store)], before);
    assert.deepEqual(await store.credentials.orphans(alice.id), []);
  },
  'an answer that was never seen is kept as an orphan, although its attempt is forgotten': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    const lost = await claimed(store, alice);
    await store.credentials.settleFailed(failed(lost, 'unanswered', clock.nowMs()));
    for (const n of [1, 2]) await renew(under, alice, n);
    await clock.advance(DAY_MS);
    await fanOut(store);
    assert.equal(await forgetAll(under), 2);
    const as = await store.credentials.settleRenewed(renewed(lost, 'alice 1', 'alice 2b', clock.nowMs()));
    assert.equal(as, 'orphaned');
    await clock.advance(500 * DAY_MS);
    await forgetAll(under, { spentBeforeMs: clock.nowMs() });
    assert.equal((await store.credentials.orphans(alice.id)).length, 1, 'and is never forgotten');
    assert.equal((await store.credentials.untriedOrphan(alice.id))?.tokens.refreshFingerprint, print('alice 2b'));
  },
  'of what somebody is still to be told, neither the event nor the attempt goes': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    for (const n of [1, 2, 3]) await renew(under, alice, n);
    await clock.advance(DAY_MS);
    assert.equal(await forgetAll(under), 0);
    assert.equal((await store.events.list({ limit: 99 })).filter(isRenewal).length, 3);
    await store.notices.fanOut({ channel: 'webhook', limit: 2 });
    assert.equal(await forgetAll(under), 1, 'the creation, and the first renewal, were looked at');
    await fanOut(store);
    assert.equal(await forgetAll(under), 1);
  },
  'a delivery keeps its event as long as it is kept itself, arrived or not': async (under) => {
    const { store, clock } = under;
    await webhook(under);
    const alice = await connected(store, 'alice', clock.nowMs());
    for (const n of [1, 2]) await renew(under, alice, n);
    await fanOut(store);
    await clock.advance(DAY_MS);
    assert.equal(await forgetAll(under), 0, 'it waits');
    for (let round = 0; round < 3; round += 1) await deliver(under);
    assert.equal(await forgetAll(under), 0, 'it has arrived, and can be looked up');
    await clock.advance(1);
    await store.notices.forgetDeliveries(clock.nowMs(), 99);
    assert.equal(await forgetAll(under), 1);
  },
  'consents, warnings, ends and revocations are kept for good, and are told no second time': async (under) => {
    const { store, clock } = under;
    const alice = await withRenewals(under, 'alice', 2);
    const warning = { daysBefore: 7, refreshExpiresAtMs: clock.nowMs() + 7 * DAY_MS };
    assert.equal(await store.credentials.warnReauthSoon(alice.id, warning), true);
    await store.credentials.endGrant(alice.id, 3, 'expired');
    const bob = await withRenewals(under, 'bob', 2);
    const claim = await claimed(store, bob, { purpose: 'revocation' });
    await store.connections.settleRevoked(claim, { atProvider: true });
    await clock.advance(1000 * DAY_MS);
    await fanOut(store);
    await forgetAll(under, { spentBeforeMs: clock.nowMs() });
    assert.deepEqual(await types(store), [
      'connection.created',
      'connection.renewed',
      'connection.reauth_soon',
      'connection.reauth_required',
      'connection.created',
      'connection.revoked',
    ]);
    assert.equal(await store.credentials.warnReauthSoon(alice.id, warning), false);
    await store.credentials.endGrant(alice.id, 3, 'expired');
    assert.equal((await types(store)).filter((type) => type === 'connection.reauth_required').length, 1);
  },
  'the cursor of a reader goes on where it was, and new events have new numbers': async (under) => {
    const { store, clock } = under;
    const alice = await withRenewals(under, 'alice', 3);
    const [newest] = await store.events.list({ limit: 1, newestFirst: true });
    await clock.advance(DAY_MS);
    await addYounger(under, alice);
    assert.equal(await forgetAll(under), 3);
    await renew(under, alice, 4);
    const after = await store.events.list({ after: newest?.sequence ?? 0, limit: 9 });
    assert.deepEqual(
      after.map(({ type, data }) => [type, data['version']]),
      [['connection.renewed', 5]],
    );
    assert.equal(await store.notices.fanOut({ channel: 'webhook', limit: 9 }), 1);
  },
};

/** Its renewal went unanswered, and the replay was rejected with so many others that the app is held. */
async function heldInDoubt({ store, clock }: StoreUnderTest, connection: Connection): Promise<void> {
  await store.credentials.settleFailed(failed(await claimed(store, connection), 'unanswered', clock.nowMs()));
  await clock.advance(1);
  const claim = await claimed(store, connection, { purpose: 'replay' });
  const breaker = { ...BREAKER, rejectionsMin: 1, share: 0 };
  assert.equal(await store.credentials.settleRejected({ claim, ...REJECTED, breaker }), 'app_held');
  assert.equal((await stored(store, connection)).openAttempt, undefined);
  await store.home.releaseApp(APP.id);
}

async function webhook({ store, clock }: StoreUnderTest): Promise<void> {
  await store.notices.createWebhook({
    id: newId('whk', random),
    url: 'https://receiver.example/',
    eventTypes: undefined,
    connections: undefined,
    sealed: Uint8Array.of(1),
    generation: 'g',
    overlapEndsAtMs: undefined,
    createdAtMs: clock.nowMs(),
    disabled: undefined,
  });
}

async function deliver({ store, clock }: StoreUnderTest): Promise<void> {
  const nowMs = clock.nowMs();
  const taking = { channels: ['webhook'], untilMs: nowMs + 9, limit: 9, probeBeforeMs: 0 } as const;
  for (const taken of await store.notices.takeDue(taking)) {
    const attempt = { startedAtMs: nowMs, endedAtMs: nowMs, status: 200, error: undefined };
    await store.notices.settleDelivery({ taken, attempt, outcome: { kind: 'delivered' } });
  }
}

function isRenewal({ type }: { readonly type: EventType }): boolean {
  return type === 'connection.renewed';
}

function isReuse(type: EventType): boolean {
  return type === 'connection.reuse_detected';
}
