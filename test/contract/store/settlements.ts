import assert from 'node:assert/strict';
import { newId } from '../../../src/model/ids.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { BREAKER, claimed, connected, failed, print, renewed, stored } from '../../support/store-samples.ts';
import { types, type Suite } from './under-test.ts';

const random = seededRandom('contract of settlements');

export const SETTLEMENTS: Suite = {
  'a renewal is settled once, and again it is already known': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const settlement = renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs(), {
      dueAtMs: 77,
      scopes: ['write'],
    });
    assert.equal(await store.credentials.settleRenewed(settlement), 'settled');
    const credential = await stored(other, alice);
    assert.deepEqual(
      [
        credential.version,
        credential.refreshFingerprint,
        credential.lease,
        credential.openAttempt,
        credential.dueAtMs,
        credential.failures,
        credential.state,
      ],
      [2, print('alice 2'), undefined, undefined, 77, 0, 'active'],
    );
    assert.deepEqual(Buffer.from(credential.sealed).toString(), 'sealed alice 2');
    assert.equal(await other.credentials.settleRenewed(settlement), 'already_known');
    assert.deepEqual(await stored(store, alice), credential);
    const connection = await store.connections.find(alice.id);
    assert.deepEqual(
      [connection?.renewals, connection?.scopes, connection?.lastRenewedAtMs],
      [1, ['write'], clock.nowMs()],
    );
    assert.deepEqual(await types(store), ['connection.created', 'connection.renewed']);
  },
  'of a renewal settled by many at once, one is counted': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const settlement = renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs());
    const as = await Promise.all(
      [store, other, store, other].map(({ credentials }) => credentials.settleRenewed(settlement)),
    );
    assert.deepEqual(as.toSorted(), ['already_known', 'already_known', 'already_known', 'settled']);
    assert.equal((await store.connections.find(alice.id))?.renewals, 1);
  },
  'the parent is spent, and known to be': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), {
      connectionId: alice.id,
      spent: true,
    });
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 2')), {
      connectionId: alice.id,
      spent: false,
    });
    assert.equal(await store.credentials.knownRefreshToken(print('nobody')), undefined);
  },
  'a late child of what is stored is adopted, and the lease of another stays his': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const second = await claimed(store, alice, { purpose: 'replay' });
    assert.equal(await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs())), 'adopted');
    const credential = await stored(store, alice);
    assert.equal(credential.lease?.fence, second.fence);
    assert.equal(credential.openAttempt, undefined);
    assert.equal(
      await store.credentials.settleRejected({
        claim: second,
        reason: 'rejected_unknown',
        error: 'e',
        breaker: BREAKER,
        mayBeReuse: false,
      }),
      'moved',
    );
    assert.equal((await stored(store, alice)).lease, undefined);
    assert.equal((await stored(store, alice)).state, 'active');
  },
  'a second child of the same parent is an orphan, shown and tried once': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const second = await claimed(store, alice, { purpose: 'replay' });
    await store.credentials.settleRenewed(renewed(second, 'alice 1', 'alice 2', clock.nowMs()));
    const orphaned = renewed(late, 'alice 1', 'alice 2b', clock.nowMs());
    assert.equal(await store.credentials.settleRenewed(orphaned), 'orphaned');
    assert.equal(await store.credentials.settleRenewed(orphaned), 'already_known');
    const [orphan, ...others] = await store.credentials.orphans(alice.id);
    assert.ok(orphan !== undefined && others.length === 0);
    assert.deepEqual(
      [orphan.tokens.refreshFingerprint, orphan.parentFingerprint, orphan.tried, orphan.tokens.scopes],
      [print('alice 2b'), print('alice 1'), false, ['read']],
    );
    assert.equal(
      await store.credentials.settleRejected({
        claim: await claimed(store, alice),
        reason: 'expired',
        error: 'e',
        breaker: BREAKER,
        mayBeReuse: false,
      }),
      'orphan_left',
    );
    assert.deepEqual(await store.credentials.untriedOrphan(alice.id), orphan);
    const { version } = await stored(store, alice);
    assert.equal(await store.credentials.adoptOrphan({ orphan, version: version - 1, dueAtMs: undefined }), false);
    assert.ok((await store.credentials.untriedOrphan(alice.id)) !== undefined, 'who comes too late does not use it up');
    assert.equal(await store.credentials.adoptOrphan({ orphan, version, dueAtMs: 5 }), true);
    const credential = await stored(store, alice);
    assert.deepEqual(
      [credential.version, credential.refreshFingerprint, credential.dueAtMs],
      [version + 1, print('alice 2b'), 5],
    );
    assert.equal(await store.credentials.adoptOrphan({ orphan, version: version + 1, dueAtMs: 5 }), false);
    assert.equal(
      await store.credentials.settleRejected({
        claim: await claimed(store, alice),
        reason: 'expired',
        error: 'e',
        breaker: BREAKER,
        mayBeReuse: false,
      }),
      'ended',
    );
  },
  'an orphan is not adopted over a lease': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    const orphan = await store.credentials.untriedOrphan(alice.id);
    await claimed(store, alice);
    assert.equal(await store.credentials.adoptOrphan({ orphan: orphan!, version: 2, dueAtMs: undefined }), false);
    assert.equal((await store.credentials.orphans(alice.id))[0]?.tried, false);
  },
  'a lease whose holder died while a late child was adopted hinders nobody once it is over': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await claimed(store, alice, { purpose: 'replay' });
    assert.equal(await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs())), 'adopted');
    const change = {
      id: alice.id,
      version: 2,
      owner: 'new',
      sealed: Buffer.from('for the new owner'),
      generation: 'g',
    };
    assert.equal(await store.connections.changeOwner(change), false, 'its holder may still be sending');
    await clock.advance(60_000);
    assert.equal(await store.connections.changeOwner(change), true);
  },
  'an answer that is settled again lets go of no lease but its own, whatever number that has': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const first = await claimed(store, alice);
    const settlement = renewed(first, 'alice 1', 'alice 2', clock.nowMs());
    await store.credentials.settleRenewed(settlement);
    const second = await claimed(store, alice);
    // As after the promotion of a standby that had not heard of the first claim.
    const again = { ...settlement, claim: { ...first, fence: second.fence } };
    assert.equal(await store.credentials.settleRenewed(again), 'already_known');
    const { lease, openAttempt } = await stored(store, alice);
    assert.deepEqual([lease?.fence, openAttempt?.id], [second.fence, second.attemptId]);
  },
  'an answer that is adopted lets go of no lease but its own, whatever number that has': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const second = await claimed(store, alice, { purpose: 'replay' });
    const same = { ...late, fence: second.fence };
    assert.equal(await store.credentials.settleRenewed(renewed(same, 'alice 1', 'alice 2', clock.nowMs())), 'adopted');
    assert.equal((await stored(store, alice)).lease?.fence, second.fence);
  },
  'an answer that is settled leaves no lease': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(store, alice);
    assert.equal(await store.credentials.settleRenewed(renewed(claim, 'alice 1', 'alice 2', clock.nowMs())), 'settled');
    const { lease, openAttempt } = await stored(store, alice);
    assert.deepEqual([lease, openAttempt], [undefined, undefined]);
  },
  'an answer that rotates nothing is the next version or outdated': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const keeps = { refreshFingerprint: print('alice 1') };
    const first = renewed(await claimed(store, alice), 'alice 1', 'access a', clock.nowMs(), keeps);
    assert.equal(await store.credentials.settleRenewed(first), 'settled');
    assert.equal(await store.credentials.settleRenewed(first), 'already_known');
    assert.equal(await store.credentials.settleRenewed({ ...first, accessFingerprint: print('another') }), 'outdated');
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), {
      connectionId: alice.id,
      spent: false,
    });
    assert.deepEqual(await store.credentials.orphans(alice.id), []);
  },
  'a provider that answers with the same access token again has renewed it': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const { accessFingerprint } = await stored(store, alice);
    await clock.advance(1000);
    const same = { refreshFingerprint: print('alice 1'), accessFingerprint, accessExpiresAtMs: clock.nowMs() + 1 };
    assert.equal(
      await store.credentials.settleRenewed(
        renewed(await claimed(store, alice), 'alice 1', 'same', clock.nowMs(), same),
      ),
      'settled',
    );
    const credential = await stored(store, alice);
    assert.deepEqual(
      [credential.version, credential.lease, credential.accessExpiresAtMs],
      [2, undefined, clock.nowMs() + 1],
    );
  },
  'an answer that is already known gives its lease back': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const replay = await claimed(store, alice, { purpose: 'replay' });
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs()));
    assert.equal(
      await store.credentials.settleRenewed(renewed(replay, 'alice 1', 'alice 2', clock.nowMs())),
      'already_known',
    );
    assert.equal((await stored(store, alice)).lease, undefined);
  },
  'a failure backs off, and what is uncertain stays so until it is resolved': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal(
      await store.credentials.settleFailed(failed(await claimed(store, alice), 'unavailable', clock.nowMs())),
      true,
    );
    let credential = await stored(store, alice);
    assert.deepEqual(
      [credential.state, credential.failures, credential.holdUntilMs, credential.lease, credential.openAttempt],
      ['active', 1, clock.nowMs() + 5000, undefined, undefined],
    );
    const unanswered = await claimed(store, alice);
    await store.credentials.settleFailed(failed(unanswered, 'unanswered', clock.nowMs()));
    credential = await stored(store, alice);
    assert.deepEqual(
      [credential.state, credential.failures, credential.openAttempt?.id, credential.openAttempt?.outcome],
      ['uncertain', 2, unanswered.attemptId, 'unanswered'],
    );
    await store.credentials.settleFailed(
      failed(await claimed(store, alice, { purpose: 'replay' }), 'unavailable', clock.nowMs()),
    );
    credential = await stored(store, alice);
    assert.deepEqual(
      [credential.state, credential.openAttempt?.id],
      ['uncertain', unanswered.attemptId],
      'the first question is still open',
    );
    await store.credentials.settleFailed(
      failed(await claimed(store, alice, { purpose: 'replay' }), 'not_sent', clock.nowMs()),
    );
    assert.equal((await stored(store, alice)).failures, 3, 'what was not sent did not fail');
    assert.equal((await types(store)).filter((type) => type === 'connection.uncertain').length, 1);
  },
  'a claim that is no longer the last word settles nothing': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const old = await claimed(store, alice);
    await clock.advance(60_000);
    const current = await claimed(store, alice);
    const before = await stored(store, alice);
    assert.equal(await store.credentials.settleFailed(failed(old, 'unavailable', clock.nowMs())), false);
    assert.equal(
      await store.credentials.settleRejected({
        claim: old,
        reason: 'expired',
        error: 'e',
        breaker: BREAKER,
        mayBeReuse: false,
      }),
      'moved',
    );
    assert.deepEqual(await stored(store, alice), before);
    assert.equal(before.lease?.fence, current.fence);
  },
  'an answer after its lease was declared over still counts while nobody has claimed since': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(store, alice);
    await clock.advance(60_000);
    assert.equal(await store.credentials.markUncertain(alice.id, claim.attemptId, clock.nowMs()), true);
    assert.equal((await stored(store, alice)).state, 'uncertain');
    assert.equal(await store.credentials.settleFailed(failed(claim, 'unavailable', clock.nowMs())), true);
    const credential = await stored(store, alice);
    assert.deepEqual([credential.state, credential.openAttempt], ['active', undefined]);
  },
  'an uncertainty that turns out not to be one ends': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(store, alice);
    await store.credentials.settleFailed(failed(claim, 'unanswered', clock.nowMs()));
    assert.equal(await store.credentials.markNotSpent(alice.id, newId('att', random), clock.nowMs()), false);
    assert.equal(await store.credentials.markNotSpent(alice.id, claim.attemptId, 9), true);
    const credential = await stored(store, alice);
    assert.deepEqual([credential.state, credential.openAttempt, credential.dueAtMs], ['active', undefined, 9]);
    assert.equal((await store.credentials.attempts(alice.id, 1))[0]?.outcome, 'not_spent');
  },
  'with the latest doubt, those before it end': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'unanswered', clock.nowMs()));
    const replay = await claimed(store, alice, { purpose: 'replay' });
    await store.credentials.settleFailed(failed(replay, 'unanswered', clock.nowMs()));
    await store.credentials.markNotSpent(alice.id, replay.attemptId, clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'unavailable', clock.nowMs()));
    assert.equal((await stored(store, alice)).state, 'active');
    const claim = await claimed(store, alice);
    await store.credentials.settleRejected({
      claim,
      reason: 'expired',
      error: 'e',
      breaker: BREAKER,
      mayBeReuse: false,
    });
    assert.equal((await stored(store, alice)).stateReason, 'expired', 'no answer was lost');
  },
  'a second doubt about the same tokens is told too': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    for (let doubt = 0; doubt < 2; doubt += 1) {
      const claim = await claimed(store, alice);
      await store.credentials.settleFailed(failed(claim, 'unanswered', clock.nowMs()));
      await store.credentials.markNotSpent(alice.id, claim.attemptId, clock.nowMs());
    }
    assert.equal((await types(store)).filter((type) => type === 'connection.uncertain').length, 2);
  },
  'a refused access token is noted for its own version only': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.noteRefusedAccess(alice.id, 2);
    assert.equal((await stored(store, alice)).accessRefusedAtMs, undefined);
    await store.credentials.noteRefusedAccess(alice.id, 1);
    assert.equal((await stored(store, alice)).accessRefusedAtMs, clock.nowMs());
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    assert.equal((await stored(store, alice)).accessRefusedAtMs, undefined);
  },
};
