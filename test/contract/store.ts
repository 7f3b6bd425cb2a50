import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ApiKey } from '../../src/model/api-key-store.ts';
import type { Attachment } from '../../src/model/connection-store.ts';
import type { EventType } from '../../src/model/event.ts';
import type { SealedRow, SealedRowKey } from '../../src/model/home-store.ts';
import { newId, type ConnectionId, type NodeId } from '../../src/model/ids.ts';
import type { Store } from '../../src/model/store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { APP, attachment, BREAKER, claimed, claimOf, connected, consent, failed, HOME, OTHER_APP, print, renewed, SENDER, stored, tokens } from '../support/store-samples.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

export interface StoreUnderTest {
  readonly store: Store;
  /** A second process at the same store; where a store is one process's own, that one again. */
  readonly other: Store;
  readonly clock: VirtualClock;
  close(): Promise<void>;
}

/** What every engine has to keep to; posts have a contract of their own. */
export function storeContract(engine: string, open: () => Promise<StoreUnderTest>): void {
  const suites = { ...CLAIMS, ...SETTLEMENTS, ...ENDS, ...DUE, ...CONNECTIONS, ...CONSENTS, ...EVENTS, ...KEYS, ...HOMES };
  describe(`the store in ${engine}`, () => {
    for (const [says, check] of Object.entries(suites)) {
      it(says, async () => {
        const under = await open();
        try {
          await under.store.home.found(HOME);
          await under.store.home.registerApps([APP, OTHER_APP]);
          await check(under);
        } finally {
          await under.close();
        }
      });
    }
  });
}

type Suite = Readonly<Record<string, (under: StoreUnderTest) => Promise<void>>>;
const random = seededRandom('contract');

async function types(store: Store): Promise<readonly EventType[]> {
  return (await store.events.list({ limit: 1000 })).map(({ type }) => type);
}

const CLAIMS: Suite = {
  'a connection that is not there is not there': async ({ store }) => {
    const id = newId('con', random);
    assert.equal(await store.credentials.read(id), undefined);
    assert.equal(await store.connections.find(id), undefined);
    assert.deepEqual(await store.credentials.attempts(id, 5), []);
  },
  'a claim takes the lease, raises the fence and writes the attempt': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(store, alice);
    const credential = await stored(store, alice);
    assert.deepEqual(credential.lease, { fence: claim.fence, expiresAtMs: clock.nowMs() + 60_000, holder: SENDER });
    assert.equal(credential.fence, claim.fence);
    assert.deepEqual(
      [credential.openAttempt?.id, credential.openAttempt?.outcome, credential.openAttempt?.purpose, credential.openAttempt?.sender],
      [claim.attemptId, undefined, 'renewal', SENDER],
    );
    assert.equal(credential.dueAtMs, clock.nowMs() + 60_000, 'if the claimer dies, somebody looks when its lease is over');
  },
  'of many claims on one version one is given': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const seen = await stored(store, alice);
    const claims = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).credentials.claim(claimOf(seen))));
    assert.equal(claims.filter((claim) => claim !== undefined).length, 1);
    assert.equal((await store.credentials.attempts(alice.id, 99)).length, 1);
  },
  'a claim is refused for another version, another open attempt, and while a lease lives': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const seen = await stored(store, alice);
    assert.equal(await store.credentials.claim(claimOf(seen, { version: 7 })), undefined);
    assert.equal(await store.credentials.claim(claimOf(seen, { openAttemptId: newId('att', random) })), undefined);
    await claimed(store, alice);
    assert.equal(await store.credentials.claim(claimOf(await stored(store, alice))), undefined);
    assert.equal((await store.credentials.attempts(alice.id, 99)).length, 1, 'a claim that is refused leaves nothing behind');
  },
  'a claim after the lease is over closes the attempt before it as unanswered': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const first = await claimed(store, alice);
    await clock.advance(60_000);
    const second = await claimed(store, alice, { purpose: 'replay', replays: 1 });
    assert.equal(second.fence, first.fence + 1);
    const attempts = await store.credentials.attempts(alice.id, 9);
    assert.deepEqual(attempts.map(({ purpose, outcome, replays }) => [purpose, outcome, replays]), [['replay', undefined, 1], ['renewal', 'unanswered', 0]]);
  },
  'while an app is held, only revocations are claimed': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const bob = await connected(store, 'bob', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'misconfigured', clock.nowMs(), { concerns: 'app' }));
    assert.equal(await store.credentials.claim(claimOf(await stored(store, bob))), undefined);
    assert.ok((await store.credentials.claim(claimOf(await stored(store, bob), { purpose: 'revocation' }))) !== undefined);
    await clock.advance(5000);
    assert.ok((await store.credentials.claim(claimOf(await stored(store, alice)))) !== undefined);
  },
};

const SETTLEMENTS: Suite = {
  'a renewal is settled once, and again it is already known': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const settlement = renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs(), { dueAtMs: 77, scopes: ['write'] });
    assert.equal(await store.credentials.settleRenewed(settlement), 'settled');
    const credential = await stored(other, alice);
    assert.deepEqual(
      [credential.version, credential.refreshFingerprint, credential.lease, credential.openAttempt, credential.dueAtMs, credential.failures, credential.state],
      [2, print('alice 2'), undefined, undefined, 77, 0, 'active'],
    );
    assert.deepEqual(Buffer.from(credential.sealed).toString(), 'sealed alice 2');
    assert.equal(await other.credentials.settleRenewed(settlement), 'already_known');
    assert.deepEqual(await stored(store, alice), credential);
    const connection = await store.connections.find(alice.id);
    assert.deepEqual([connection?.renewals, connection?.scopes, connection?.lastRenewedAtMs], [1, ['write'], clock.nowMs()]);
    assert.deepEqual(await types(store), ['connection.created', 'connection.renewed']);
  },
  'of a renewal settled by many at once, one is counted': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const settlement = renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs());
    const as = await Promise.all([store, other, store, other].map(({ credentials }) => credentials.settleRenewed(settlement)));
    assert.deepEqual(as.toSorted(), ['already_known', 'already_known', 'already_known', 'settled']);
    assert.equal((await store.connections.find(alice.id))?.renewals, 1);
  },
  'the parent is spent, and known to be': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), { connectionId: alice.id, spent: true });
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 2')), { connectionId: alice.id, spent: false });
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
    assert.equal(await store.credentials.settleRejected({ claim: second, reason: 'rejected_unknown', error: 'e', breaker: BREAKER }), 'moved');
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
    assert.deepEqual([orphan.tokens.refreshFingerprint, orphan.parentFingerprint, orphan.tried, orphan.tokens.scopes], [print('alice 2b'), print('alice 1'), false, ['read']]);
    assert.equal(await store.credentials.settleRejected({ claim: await claimed(store, alice), reason: 'expired', error: 'e', breaker: BREAKER }), 'orphan_left');
    assert.deepEqual(await store.credentials.untriedOrphan(alice.id), orphan);
    const { version } = await stored(store, alice);
    assert.equal(await store.credentials.adoptOrphan({ orphan, version: version - 1, dueAtMs: undefined }), false);
    assert.ok((await store.credentials.untriedOrphan(alice.id)) !== undefined, 'who comes too late does not use it up');
    assert.equal(await store.credentials.adoptOrphan({ orphan, version, dueAtMs: 5 }), true);
    const credential = await stored(store, alice);
    assert.deepEqual([credential.version, credential.refreshFingerprint, credential.dueAtMs], [version + 1, print('alice 2b'), 5]);
    assert.equal(await store.credentials.adoptOrphan({ orphan, version: version + 1, dueAtMs: 5 }), false);
    assert.equal(await store.credentials.settleRejected({ claim: await claimed(store, alice), reason: 'expired', error: 'e', breaker: BREAKER }), 'ended');
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
  'an answer that rotates nothing is the next version or outdated': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const keeps = { refreshFingerprint: print('alice 1') };
    const first = renewed(await claimed(store, alice), 'alice 1', 'access a', clock.nowMs(), keeps);
    assert.equal(await store.credentials.settleRenewed(first), 'settled');
    assert.equal(await store.credentials.settleRenewed(first), 'already_known');
    assert.equal(await store.credentials.settleRenewed({ ...first, accessFingerprint: print('another') }), 'outdated');
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), { connectionId: alice.id, spent: false });
    assert.deepEqual(await store.credentials.orphans(alice.id), []);
  },
  'a provider that answers with the same access token again has renewed it': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const { accessFingerprint } = await stored(store, alice);
    await clock.advance(1000);
    const same = { refreshFingerprint: print('alice 1'), accessFingerprint, accessExpiresAtMs: clock.nowMs() + 1 };
    assert.equal(await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'same', clock.nowMs(), same)), 'settled');
    const credential = await stored(store, alice);
    assert.deepEqual([credential.version, credential.lease, credential.accessExpiresAtMs], [2, undefined, clock.nowMs() + 1]);
  },
  'an answer that is already known gives its lease back': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const replay = await claimed(store, alice, { purpose: 'replay' });
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs()));
    assert.equal(await store.credentials.settleRenewed(renewed(replay, 'alice 1', 'alice 2', clock.nowMs())), 'already_known');
    assert.equal((await stored(store, alice)).lease, undefined);
  },
  'a failure backs off, and what is uncertain stays so until it is resolved': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal(await store.credentials.settleFailed(failed(await claimed(store, alice), 'unavailable', clock.nowMs())), true);
    let credential = await stored(store, alice);
    assert.deepEqual([credential.state, credential.failures, credential.holdUntilMs, credential.lease, credential.openAttempt], ['active', 1, clock.nowMs() + 5000, undefined, undefined]);
    const unanswered = await claimed(store, alice);
    await store.credentials.settleFailed(failed(unanswered, 'unanswered', clock.nowMs()));
    credential = await stored(store, alice);
    assert.deepEqual([credential.state, credential.failures, credential.openAttempt?.id, credential.openAttempt?.outcome], ['uncertain', 2, unanswered.attemptId, 'unanswered']);
    await store.credentials.settleFailed(failed(await claimed(store, alice, { purpose: 'replay' }), 'unavailable', clock.nowMs()));
    credential = await stored(store, alice);
    assert.deepEqual([credential.state, credential.openAttempt?.id], ['uncertain', unanswered.attemptId], 'the first question is still open');
    await store.credentials.settleFailed(failed(await claimed(store, alice, { purpose: 'replay' }), 'not_sent', clock.nowMs()));
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
    assert.equal(await store.credentials.settleRejected({ claim: old, reason: 'expired', error: 'e', breaker: BREAKER }), 'moved');
    assert.deepEqual(await stored(store, alice), before);
    assert.equal(before.lease?.fence, current.fence);
  },
  'an answer after its lease was declared over still counts while nobody has claimed since': async ({ store, clock }) => {
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

const ENDS: Suite = {
  'a rejection ends the grant, keeps the row, and is told once': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal(await store.credentials.settleRejected({ claim: await claimed(store, alice), reason: 'expired', error: 'e', breaker: BREAKER }), 'ended');
    const credential = await stored(store, alice);
    assert.deepEqual([credential.state, credential.stateReason, credential.lease, credential.openAttempt, credential.dueAtMs], ['reauth_required', 'expired', undefined, undefined, undefined]);
    assert.deepEqual(Buffer.from(credential.sealed).toString(), 'sealed alice 1');
    assert.deepEqual(await types(store), ['connection.created', 'connection.reauth_required']);
  },
  'a rejection after an unanswered attempt says that an answer was lost': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'unanswered', clock.nowMs()));
    await store.credentials.settleRejected({ claim: await claimed(store, alice), reason: 'expired', error: 'e', breaker: BREAKER });
    assert.equal((await stored(store, alice)).stateReason, 'answer_lost');
  },
  'a late child brings an ended grant back to life': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRejected({ claim: await claimed(store, alice), reason: 'expired', error: 'e', breaker: BREAKER });
    assert.equal(await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs())), 'adopted');
    assert.equal((await stored(store, alice)).state, 'active');
  },
  'a grant is ended for the version that was seen, and never under a lease': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal(await store.credentials.endGrant(alice.id, 2, 'no_refresh_token'), false);
    await claimed(store, alice);
    assert.equal(await store.credentials.endGrant(alice.id, 1, 'no_refresh_token'), false);
    await clock.advance(60_000);
    assert.equal(await store.credentials.endGrant(alice.id, 1, 'no_refresh_token'), true);
    assert.equal((await stored(store, alice)).stateReason, 'no_refresh_token');
  },
  'ten rejections of a tenth of an app within a minute hold it, and one is told': async ({ store, clock }) => {
    const connections = [];
    for (let index = 0; index < 12; index += 1) connections.push(await connected(store, `user${index}`, clock.nowMs()));
    const claims = await Promise.all(connections.map((connection) => claimed(store, connection)));
    const as = [];
    for (const claim of claims) as.push(await store.credentials.settleRejected({ claim, reason: 'expired', error: 'e', breaker: BREAKER }));
    assert.deepEqual([as.filter((each) => each === 'ended').length, as.filter((each) => each === 'app_held').length], [9, 3]);
    assert.equal((await types(store)).filter((type) => type === 'provider.misconfigured').length, 1);
    const [app] = (await store.home.apps()).filter(({ id }) => id === APP.id);
    assert.ok(app?.heldForOperator === true && app.connections === 12);
    await store.home.registerApps([{ ...APP, secretHash: 'changed' }]);
    assert.equal((await store.home.apps()).find(({ id }) => id === APP.id)?.heldForOperator, true, 'this is an operator’s to lift');
    await store.home.releaseApp(APP.id);
    assert.equal((await store.home.apps()).find(({ id }) => id === APP.id)?.heldForOperator, false);
  },
  'a revocation forgets the tokens, and needs its own claim': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(store, alice, { purpose: 'revocation' });
    assert.equal(await store.connections.settleRevoked(alice.id, claim.fence + 1, { atProvider: true }), false);
    assert.equal(await store.connections.settleRevoked(alice.id, claim.fence, { atProvider: true }), true);
    assert.equal(await store.connections.settleRevoked(alice.id, claim.fence, { atProvider: true }), false);
    const credential = await stored(store, alice);
    assert.deepEqual([credential.state, credential.sealed.length, credential.refreshFingerprint, credential.lease, credential.dueAtMs], ['revoked', 0, undefined, undefined, undefined]);
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), { connectionId: alice.id, spent: true });
    assert.equal((await store.credentials.attempts(alice.id, 1))[0]?.outcome, 'revoked');
  },
  'what arrives after a revocation is kept until it is revoked too': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const claim = await claimed(store, alice, { purpose: 'revocation' });
    await store.connections.settleRevoked(alice.id, claim.fence, { atProvider: false });
    assert.equal(await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs())), 'revoke_it');
    assert.deepEqual(await store.credentials.takeDue({ againAtMs: clock.nowMs() + 1, limit: 9 }), [alice.id]);
    const orphan = await store.credentials.untriedOrphan(alice.id);
    assert.equal(orphan?.tokens.refreshFingerprint, print('alice 2'));
    await store.credentials.noteOrphanTried(orphan!.id);
    assert.equal(await store.credentials.untriedOrphan(alice.id), undefined);
    assert.equal((await stored(store, alice)).state, 'revoked');
  },
  'a failed revocation of an ended grant does not bring it back': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.endGrant(alice.id, 1, 'expired');
    await store.credentials.settleFailed(failed(await claimed(store, alice, { purpose: 'revocation' }), 'not_sent', clock.nowMs()));
    assert.equal((await stored(store, alice)).state, 'reauth_required');
  },
};

const DUE: Suite = {
  'what is due is taken once, the longest due first, and again after its taker is silent': async ({ store, other, clock }) => {
    const nowMs = clock.nowMs();
    const ids: ConnectionId[] = [];
    for (const [name, dueAtMs] of [['later', nowMs + 1], ['now', nowMs], ['long ago', nowMs - 5], ['never', undefined]] as const) {
      ids.push((await connected(store, name, nowMs, { dueAtMs })).id);
    }
    assert.deepEqual(await store.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 1 }), [ids[2]]);
    assert.deepEqual(await other.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), [ids[1]]);
    assert.deepEqual(await store.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), []);
    await clock.advance(60_000);
    assert.deepEqual((await store.credentials.takeDue({ againAtMs: nowMs + 120_000, limit: 9 })).toSorted(), ids.slice(0, 3).toSorted());
  },
  'what is due is shared out among many takers': async ({ store, other, clock }) => {
    for (let index = 0; index < 30; index += 1) await connected(store, `user${index}`, clock.nowMs(), { dueAtMs: clock.nowMs() });
    const taken = await Promise.all(Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? store : other).credentials.takeDue({ againAtMs: clock.nowMs() + 1, limit: 7 })));
    assert.equal(taken.flat().length, 30);
    assert.equal(new Set(taken.flat()).size, 30);
  },
  'a due time is set only on what was seen': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs(), { dueAtMs: 5 });
    const seen = await stored(store, alice);
    await store.credentials.setDue({ ...seen, version: 2 }, 6);
    await store.credentials.setDue({ ...seen, fence: 2 }, 6);
    await store.credentials.setDue({ ...seen, dueAtMs: undefined }, 6);
    assert.equal((await stored(store, alice)).dueAtMs, 5);
    await store.credentials.setDue(seen, undefined);
    assert.equal((await stored(store, alice)).dueAtMs, undefined);
    await store.credentials.setDue(await stored(store, alice), 7);
    assert.equal((await stored(store, alice)).dueAtMs, 7);
  },
  'a warning is announced once for its number of days': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const warning = { daysBefore: 30, refreshExpiresAtMs: clock.nowMs() };
    assert.deepEqual([await store.credentials.warnReauthSoon(alice.id, warning), await other.credentials.warnReauthSoon(alice.id, warning)], [true, false]);
    assert.equal(await store.credentials.warnReauthSoon(alice.id, { ...warning, daysBefore: 7 }), true);
    assert.equal((await types(store)).filter((type) => type === 'connection.reauth_soon').length, 2);
  },
};

const CONNECTIONS: Suite = {
  'a connection comes back as it was attached, by id and by name': async ({ store, other, clock }) => {
    const nowMs = clock.nowMs();
    const alice = await connected(store, 'alice', nowMs, { refreshAbsoluteEndsAtMs: nowMs + 9, refreshIdleEndsAtMs: nowMs + 8, dueAtMs: nowMs + 7, owner: 'o', policy: 'always' });
    assert.deepEqual(alice, {
      id: alice.id, name: 'x:alice', provider: 'x', providerAppId: APP.id, owner: 'o', subject: 'subject of alice', handle: 'alice',
      state: 'active', stateReason: undefined, scopes: ['read'], policy: 'always', metadata: {}, accessExpiresAtMs: nowMs + 7_200_000,
      refreshExpiresAtMs: nowMs + 8, hasRefreshToken: true, grantedAtMs: nowMs, lastRenewedAtMs: undefined, renewals: 0,
      nextDueAtMs: nowMs + 7, createdAtMs: nowMs,
    });
    assert.deepEqual(await other.connections.find(alice.id), alice);
    assert.deepEqual(await other.connections.find('x:alice'), alice);
    assert.equal((await stored(store, alice)).jitter, 0.25);
  },
  'of two ends of a refresh token the earlier one is shown, or the only one': async ({ store, clock }) => {
    const only = [{ refreshAbsoluteEndsAtMs: 5 }, { refreshIdleEndsAtMs: 6 }, {}];
    const shown = [];
    for (const [index, ends] of only.entries()) shown.push((await connected(store, `user${index}`, clock.nowMs(), ends)).refreshExpiresAtMs);
    assert.deepEqual(shown, [5, 6, undefined]);
  },
  'a connection whose name is another one’s id does not stand in its place': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await connected(store, 'bob', clock.nowMs(), { name: alice.id });
    assert.equal((await store.connections.find(alice.id))?.handle, 'alice');
  },
  'connections are listed by pages, and by what is asked for': async ({ store, clock }) => {
    const all: ConnectionId[] = [];
    for (let index = 0; index < 7; index += 1) all.push((await connected(store, `user${index}`, clock.nowMs(), { owner: index % 2 === 0 ? 'even' : 'odd' })).id);
    await store.credentials.endGrant(all[0]!, 1, 'expired');
    const seen: ConnectionId[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.connections.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, all.toSorted());
    const count = async (query: object): Promise<number> => (await store.connections.list({ limit: 99, ...query })).items.length;
    assert.deepEqual([await count({ owner: 'odd' }), await count({ state: 'reauth_required' }), await count({ provider: 'y' }), await count({ provider: 'x', owner: 'even', state: 'active' })], [3, 1, 0, 3]);
    assert.deepEqual([await count({ subject: 'subject of user3', providerAppId: APP.id }), await count({ subject: 'subject of user3', providerAppId: OTHER_APP.id })], [1, 0]);
    assert.deepEqual(await store.connections.countByState(), { active: 6, uncertain: 0, reauth_required: 1, revoked: 0 });
  },
  'those that never expire are those without an end and without a refresh token': async ({ store, clock }) => {
    await connected(store, 'alice', clock.nowMs());
    await connected(store, 'bob', clock.nowMs(), { accessExpiresAtMs: undefined });
    const carol = await connected(store, 'carol', clock.nowMs(), { accessExpiresAtMs: undefined, refreshFingerprint: undefined });
    assert.deepEqual((await store.connections.list({ limit: 9, neverExpires: true })).items.map(({ id }) => id), [carol.id]);
  },
  'only what is named is changed, and a taken name changes nothing': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await connected(store, 'bob', clock.nowMs());
    assert.equal(await store.connections.update(alice.id, { metadata: { a: [1] } }), 'updated');
    assert.equal(await store.connections.update(alice.id, { name: 'x:bob', policy: 'always', dueAtMs: 1 }), 'name_taken');
    assert.equal(await store.connections.update(newId('con', random), { policy: 'always' }), 'not_found');
    const now = await store.connections.find(alice.id);
    assert.deepEqual(now, { ...alice, metadata: { a: [1] } });
    assert.equal(await store.connections.update(alice.id, { name: 'mine', policy: 'always', dueAtMs: 1 }), 'updated');
    const after = await store.connections.find('mine');
    assert.deepEqual([after?.policy, after?.nextDueAtMs, after?.metadata], ['always', 1, { a: [1] }]);
  },
  'a connection changes its owner only while nothing is in flight': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const change = { id: alice.id, version: 1, owner: 'new', sealed: Buffer.from('for the new owner'), generation: 'g' };
    assert.equal(await store.connections.changeOwner({ ...change, version: 2 }), false);
    const claim = await claimed(store, alice);
    assert.equal(await store.connections.changeOwner(change), false);
    await store.credentials.settleFailed(failed(claim, 'unavailable', clock.nowMs()));
    assert.equal(await store.connections.changeOwner(change), true);
    const credential = await stored(store, alice);
    assert.deepEqual([credential.owner, credential.version, credential.generation, Buffer.from(credential.sealed).toString()], ['new', 2, 'g', 'for the new owner']);
  },
  'a name that is taken is said': async ({ store, clock }) => {
    await connected(store, 'alice', clock.nowMs());
    assert.deepEqual(await store.connections.attach(attachment('bob', clock.nowMs(), { name: 'x:alice' })), { kind: 'name_taken' });
  },
  'the same subject of the same owner and app is the same connection': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs(), { owner: 'o' });
    const again = (more: Partial<Attachment>): Attachment => attachment('alice', clock.nowMs(), { ...tokens('alice new', clock.nowMs()), owner: 'o', name: 'other', ...more });
    assert.deepEqual(await store.connections.attach(again({})), { kind: 'subject_known', connectionId: alice.id });
    const attached = await store.connections.attach(again({ connectionId: alice.id, existingVersion: 1 }));
    assert.ok(attached.kind === 'attached');
    const credential = await stored(store, alice);
    assert.deepEqual([credential.version, credential.refreshFingerprint, credential.state], [2, print('alice new'), 'active']);
    assert.ok(credential.fence > 0);
    assert.equal((await store.connections.attach(again({ providerAppId: OTHER_APP.id, ...tokens('elsewhere', 0) }))).kind, 'attached', 'another app is another grant');
  },
  'a consent again for a version that has moved is told so': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    const again = attachment('alice', clock.nowMs(), { ...tokens('alice new', clock.nowMs()), connectionId: alice.id, existingVersion: 1 });
    assert.deepEqual(await store.connections.attach(again), { kind: 'moved' });
    assert.equal((await stored(store, alice)).refreshFingerprint, print('alice 2'));
  },
  'a fresh consent takes the lease from a renewal of the old grant, whose pair is kept and never tried': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const old = await claimed(store, alice);
    await store.connections.attach(attachment('alice', clock.nowMs(), { ...tokens('alice new', clock.nowMs()), connectionId: alice.id, existingVersion: 1 }));
    const credential = await stored(store, alice);
    assert.deepEqual([credential.lease, credential.openAttempt], [undefined, undefined]);
    assert.equal(await store.credentials.settleRenewed(renewed(old, 'alice 1', 'alice 2', clock.nowMs())), 'orphaned');
    assert.equal(await store.credentials.untriedOrphan(alice.id), undefined);
    assert.equal((await store.credentials.orphans(alice.id)).length, 1);
    assert.deepEqual(await stored(store, alice), credential);
  },
  'a consent for the same subject elsewhere supersedes, and what is in flight for the old one settles nothing': async ({ store, clock }) => {
    const first = await connected(store, 'alice', clock.nowMs(), { owner: 'a' });
    const inFlight = await claimed(store, first);
    await connected(store, 'alice', clock.nowMs(), { ...tokens('second', clock.nowMs()), owner: 'b', name: 'second' });
    assert.deepEqual([(await stored(store, first)).state, (await stored(store, first)).stateReason], ['reauth_required', 'superseded']);
    assert.equal(await store.credentials.settleRenewed(renewed(inFlight, 'alice 1', 'alice 2', clock.nowMs())), 'orphaned');
    assert.equal((await stored(store, first)).state, 'reauth_required');
    const third = await connected(store, 'alice', clock.nowMs(), { ...tokens('third', clock.nowMs()), owner: 'c', name: 'third', supersedes: false });
    assert.equal((await stored(store, third)).state, 'active');
  },
  'an imported refresh token that is here, was spent here, or is an orphan here is known': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    for (const [name, spent] of [['alice 1', true], ['alice 2', false], ['alice 2b', false]] as const) {
      const imported = attachment('import', clock.nowMs(), { ...tokens(name, clock.nowMs()), imported: true, subject: undefined });
      assert.deepEqual(await store.connections.attach(imported), { kind: 'token_known', connectionId: alice.id, spent, fingerprint: print(name) });
    }
  },
  'a consent that brings the very refresh token of its own connection is attached, and of another one is not': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const same = { ...tokens('alice 1', clock.nowMs()), accessFingerprint: print('new access') };
    assert.equal((await store.connections.attach(attachment('alice', clock.nowMs(), { ...same, connectionId: alice.id, existingVersion: 1 }))).kind, 'attached');
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), { connectionId: alice.id, spent: false });
    const other = await store.connections.attach(attachment('bob', clock.nowMs(), { ...same }));
    assert.equal(other.kind, 'token_known');
  },
  'a consent is attached once, however often its process tries': async ({ store, other, clock }) => {
    const pending = consent(clock.nowMs(), { state: 'pending', sealed: Uint8Array.of(1), generation: 'g' });
    await store.consents.create(pending);
    const tries = await Promise.all([store, other, store].map((each, index) => each.connections.attach(attachment('alice', clock.nowMs(), { consentId: pending.id, ...tokens(`try ${index}`, 0) }))));
    assert.deepEqual(new Set(tries.map((attached) => (attached.kind === 'attached' ? attached.connection.id : attached.kind))).size, 1);
    const settled = await store.consents.find(pending.id);
    assert.deepEqual([settled?.state, settled?.sealed, settled?.attachedTo === undefined], ['attached', undefined, false]);
    assert.deepEqual(await types(store), ['connection.created']);
  },
  'a subject is filled in where it was missing, and never changed': async ({ store, clock }) => {
    const nobody = await connected(store, 'nobody', clock.nowMs(), { subject: undefined, handle: undefined });
    await store.connections.identify(nobody.id, { subject: '1', handle: 'one' });
    await store.connections.identify(nobody.id, { subject: '2', handle: 'two' });
    const now = await store.connections.find(nobody.id);
    assert.deepEqual([now?.subject, now?.handle], ['1', 'one']);
  },
  'a connection of an app that is not registered is refused': async ({ store, clock }) => {
    await assert.rejects(store.connections.attach(attachment('alice', clock.nowMs(), { providerAppId: 'app_none' as never })));
    assert.deepEqual((await store.connections.list({ limit: 9 })).items, []);
    assert.deepEqual(await types(store), []);
  },
};

const CONSENTS: Suite = {
  'a consent comes back as it was written, by id and by state': async ({ store, other, clock }) => {
    const whole = consent(clock.nowMs(), {
      state: 'pending', failure: 'denied', failureDetail: 'd', owner: 'o', name: 'n', connectionId: newId('con', random), scopes: ['a', 'b'],
      returnUrl: 'r', stateHash: 's', browserHash: 'b', redeemHash: 'h', sealed: Buffer.from('sealed'), generation: 'g',
      attachedTo: newId('con', random), answeredAtMs: 5, askAfterMs: 6,
    });
    await store.consents.create(whole);
    const found = await other.consents.find(whole.id);
    assert.deepEqual({ ...found, sealed: Buffer.from(found?.sealed ?? []).toString() }, { ...whole, sealed: 'sealed' });
    assert.equal((await store.consents.findByState('s'))?.id, whole.id);
    assert.equal(await store.consents.findByState('another'), undefined);
  },
  'a consent moves on from where it was seen, once': async ({ store, other, clock }) => {
    const begun = consent(clock.nowMs());
    await store.consents.create(begun);
    const moves = await Promise.all([store, other, store].map(({ consents }) => consents.advance(begun.id, 'begun', { state: 'sent', stateHash: 's' })));
    assert.deepEqual(moves.toSorted(), [false, false, true]);
    assert.equal(await store.consents.advance(begun.id, 'begun', { state: 'failed' }), false);
    assert.equal(await store.consents.advance(begun.id, 'sent', { stateHash: undefined }), true);
    assert.equal((await store.consents.find(begun.id))?.stateHash, undefined);
  },
  'pending ones wait for the worker, the youngest first, not before their time, and not for a code': async ({ store, clock }) => {
    const pending = (more: Parameters<typeof consent>[1]) => consent(clock.nowMs(), { state: 'pending', ...more });
    const [old, young, code, later, over] = [
      pending({ answeredAtMs: 1 }), pending({ answeredAtMs: 2 }), pending({ redeemHash: 'h' }), pending({ askAfterMs: clock.nowMs() + 1 }), pending({ expiresAtMs: clock.nowMs() }),
    ];
    for (const each of [old, young, code, later, over]) await store.consents.create(each);
    assert.deepEqual((await store.consents.pending(9)).map(({ id }) => id), [young.id, old.id]);
    assert.equal((await store.consents.pending(1)).length, 1);
    await clock.advance(1);
    assert.equal((await store.consents.pending(9)).length, 3);
  },
  'what was never finished fails, what ended long ago is forgotten': async ({ store, clock }) => {
    const nowMs = clock.nowMs();
    const [open, code, ended, attached] = [
      consent(nowMs, { state: 'sent', sealed: Uint8Array.of(1), generation: 'g' }), consent(nowMs, { state: 'pending', redeemHash: 'h' }),
      consent(nowMs, { state: 'failed', failure: 'denied' }), consent(nowMs, { state: 'attached' }),
    ];
    for (const each of [open, code, ended, attached]) await store.consents.create(each);
    assert.equal(await store.consents.expire({ nowMs: nowMs + 899_999, forgetBeforeMs: nowMs }), 0);
    assert.equal(await store.consents.expire({ nowMs: nowMs + 900_000, forgetBeforeMs: nowMs }), 2);
    const failures = await Promise.all([open, code, ended].map(async ({ id }) => store.consents.find(id)));
    assert.deepEqual(failures.map((each) => [each?.failure, each?.sealed]), [['expired', undefined], ['not_redeemed', undefined], ['denied', undefined]]);
    await store.consents.expire({ nowMs, forgetBeforeMs: nowMs + 1 });
    for (const { id } of [open, code, ended, attached]) assert.equal(await store.consents.find(id), undefined);
  },
};

const EVENTS: Suite = {
  'events come in the order of their commits, after a cursor, of one connection, or newest first': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await connected(other, 'bob', clock.nowMs());
    await store.credentials.endGrant(alice.id, 1, 'expired');
    const all = await store.events.list({ limit: 9 });
    assert.deepEqual(all.map(({ type }) => type), ['connection.created', 'connection.created', 'connection.reauth_required']);
    assert.deepEqual(all.map(({ sequence }) => sequence), all.map(({ sequence }) => sequence).toSorted((one, two) => one - two));
    assert.equal(new Set(all.map(({ id }) => id)).size, 3);
    assert.deepEqual(await store.events.list({ after: all[0]!.sequence, limit: 1 }), [all[1]]);
    assert.deepEqual((await store.events.list({ connectionId: alice.id, limit: 9 })).length, 2);
    assert.deepEqual(await store.events.list({ limit: 1, newestFirst: true }), [all[2]]);
  },
  'every change is seen in the number of changes': async ({ store, other, clock }) => {
    const before = [store.changes(), other.changes()];
    await connected(store, 'alice', clock.nowMs());
    await clock.advance(1000);
    assert.notEqual(store.changes(), before[0]);
    assert.notEqual(other.changes(), before[1]);
    const quiet = [store.changes(), other.changes()];
    await store.connections.list({ limit: 9 });
    await clock.advance(1000);
    assert.deepEqual([store.changes(), other.changes()], quiet, 'reading is no change');
  },
};

const KEYS: Suite = {
  'an API key is found by its hash until it is revoked': async ({ store, clock }) => {
    const key: ApiKey = { id: newId('key', random), name: 'k', scopes: ['tokens:read'], connections: [newId('con', random)], hash: 'h', createdAtMs: 1, revokedAtMs: undefined };
    const all: ApiKey = { ...key, id: newId('key', random), connections: undefined, hash: 'h2', createdAtMs: 2 };
    await store.apiKeys.create(key);
    await store.apiKeys.create(all);
    assert.deepEqual(await store.apiKeys.findByHash('h'), key);
    assert.deepEqual(await store.apiKeys.list(), [key, all]);
    assert.deepEqual([await store.apiKeys.revoke(key.id), await store.apiKeys.revoke(key.id), await store.apiKeys.revoke(newId('key', random))], [true, false, false]);
    assert.equal(await store.apiKeys.findByHash('h'), undefined);
    assert.equal((await store.apiKeys.list())[0]?.revokedAtMs, clock.nowMs());
    await assert.rejects(store.apiKeys.create({ ...all, id: newId('key', random) }), 'two keys with one hash');
  },
  'a sign-in link works once, a browser until it ends': async ({ store, other, clock }) => {
    const expiresAtMs = clock.nowMs() + 1000;
    await store.sessions.create({ hash: 'link', kind: 'link', expiresAtMs });
    await store.sessions.create({ hash: 'browser', kind: 'browser', expiresAtMs });
    assert.deepEqual([await store.sessions.isOpen('link'), await store.sessions.isOpen('browser'), await store.sessions.redeemLink('browser')], [false, true, false]);
    const redeemed = await Promise.all([store, other, store].map(({ sessions }) => sessions.redeemLink('link')));
    assert.deepEqual(redeemed.toSorted(), [false, false, true]);
    await store.sessions.end('browser');
    assert.equal(await store.sessions.isOpen('browser'), false);
    await store.sessions.create({ hash: 'late', kind: 'link', expiresAtMs });
    await store.sessions.create({ hash: 'late browser', kind: 'browser', expiresAtMs });
    await clock.advance(1000);
    assert.deepEqual([await store.sessions.redeemLink('late'), await store.sessions.isOpen('late browser')], [false, false]);
  },
};

const HOMES: Suite = {
  'a home is founded once': async ({ store, other }) => {
    assert.equal(await other.home.found({ ...HOME, storeId: 'another' }), false);
    assert.deepEqual({ ...(await store.home.read()), keyCheck: 0, fingerprintKey: 0 }, { ...HOME, keyCheck: 0, fingerprintKey: 0 });
  },
  'an adopted copy has another identity and no stamp; a restored one doubts every grant that can be in doubt': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const bob = await connected(store, 'bob', clock.nowMs(), { refreshFingerprint: undefined });
    const carol = await connected(store, 'carol', clock.nowMs());
    const inFlight = await claimed(store, carol);
    await store.home.adopt('here', false);
    assert.equal((await stored(store, alice)).state, 'active');
    await store.home.adopt('here', true);
    assert.deepEqual([(await store.home.read())?.identity, (await store.home.read())?.stamp], ['here', undefined]);
    assert.deepEqual(await Promise.all([alice, bob, carol].map(async (each) => (await stored(store, each)).state)), ['uncertain', 'active', 'active']);
    assert.equal((await stored(store, carol)).openAttempt?.id, inFlight.attemptId, 'it has its question already');
    const credential = await stored(store, alice);
    assert.deepEqual([credential.openAttempt?.outcome, credential.openAttempt?.sender.machine, credential.dueAtMs], ['unanswered', '', clock.nowMs()]);
    await store.home.adopt('here', true);
    assert.equal((await store.credentials.attempts(alice.id, 9)).length, 1);
  },
  'a backup is a whole copy that says so': async ({ store, clock }) => {
    const directory = mkdtempSync(join(tmpdir(), 'kippu-backup-'));
    try {
      const alice = await connected(store, 'alice', clock.nowMs());
      const file = join(directory, 'copy.db');
      await store.home.backup(file);
      await connected(store, 'bob', clock.nowMs());
      const { openSqliteStore } = await import('../../src/store/sqlite/store.ts');
      const copy = await openSqliteStore({ path: file, clock, random, faults: { reach: () => undefined }, migrates: false });
      assert.match((await copy.home.read())?.stamp ?? '', /^backup of 2026-11-21T/);
      assert.deepEqual((await copy.connections.list({ limit: 9 })).items, [alice]);
      await copy.close();
      assert.equal((await store.home.read())?.stamp, undefined);
      await assert.rejects(store.home.backup(file), 'a backup overwrites nothing');
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  'every sealed value is listed, page by page, with all that opens it': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs(), { owner: 'o' });
    const revoked = await connected(store, 'bob', clock.nowMs());
    await store.connections.settleRevoked(revoked.id, (await claimed(store, revoked, { purpose: 'revocation' })).fence, { atProvider: true });
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    const open = consent(clock.nowMs(), { sealed: Uint8Array.of(5), generation: 'cg' });
    for (const each of [open, consent(clock.nowMs())]) await store.consents.create(each);
    for (const limit of [1, 2, 100]) {
      const rows: SealedRow[] = [];
      let after: SealedRowKey | undefined;
      for (;;) {
        const page = await store.home.sealedRows(after, limit);
        assert.ok(page.length <= limit);
        if (page.length === 0) break;
        rows.push(...page);
        after = page.at(-1);
      }
      const [orphan] = await store.credentials.orphans(alice.id);
      assert.deepEqual(
        rows.map(({ table, rowId, bindingTable, bindingRowId, owner, generation }) => [table, rowId, bindingTable, bindingRowId, owner, generation].join(' ')).toSorted(),
        [
          `consents ${open.id} consents ${open.id}  cg`,
          `credentials ${alice.id} credentials ${alice.id} o generation of alice 2`,
          'home fingerprint_key home fingerprint_key  f1',
          'home key_check home key_check  k1',
          `orphans ${orphan!.id} credentials ${alice.id} o generation of alice 2b`,
        ],
      );
    }
  },
  'a value is sealed anew only over what was read': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.consents.create(consent(clock.nowMs(), { sealed: Uint8Array.of(5), generation: 'cg' }));
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    const rows = await store.home.sealedRows(undefined, 99);
    assert.equal(rows.length, 5);
    const { version } = await stored(store, alice);
    for (const row of rows) {
      const anew = { sealed: Buffer.from(`anew ${row.table}`), generation: `anew ${row.rowId}` };
      assert.equal(await store.home.reseal({ ...row, generation: 'another' }, anew), false);
      assert.equal(await store.home.reseal(row, anew), true);
      assert.equal(await store.home.reseal(row, anew), false);
    }
    const now = await store.home.sealedRows(undefined, 99);
    for (const row of now) assert.equal(Buffer.from(row.sealed).toString(), `anew ${row.table}`);
    assert.equal((await stored(store, alice)).version, version, 'the tokens are the same');
  },
  'a node’s word about its spool is kept, and the last one counts': async ({ store, other }) => {
    const node = 'node' as NodeId;
    assert.equal(await store.home.spoolEmptyAtMs(node), undefined);
    await store.home.reportSpoolEmpty(node, 5);
    await other.home.reportSpoolEmpty(node, 7);
    assert.equal(await store.home.spoolEmptyAtMs(node), 7);
    assert.equal(await store.home.spoolEmptyAtMs('another' as NodeId), undefined);
  },
  'registering an app again keeps what is known of it, unless its secret has changed': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'misconfigured', clock.nowMs(), { concerns: 'app', error: 'wrong secret' }));
    const app = async () => (await store.home.apps()).find(({ id }) => id === APP.id);
    await store.home.registerApps([APP]);
    assert.deepEqual([(await app())?.misconfiguredSinceMs, (await app())?.error, (await app())?.holdUntilMs], [clock.nowMs(), 'wrong secret', clock.nowMs() + 5000]);
    await store.home.registerApps([{ ...APP, secretHash: 'changed' }]);
    assert.deepEqual([(await app())?.misconfiguredSinceMs, (await app())?.error, (await app())?.holdUntilMs], [undefined, undefined, undefined]);
    assert.equal((await stored(store, alice)).holdUntilMs, undefined, 'the connection has no hold that outlives the app’s');
  },
  'the store’s own sealed values can be replaced': async ({ store }) => {
    await store.home.setKeyCheck({ sealed: Uint8Array.of(9), generation: 'k2' });
    await store.home.setFingerprintKey({ sealed: Uint8Array.of(8), generation: 'f2' });
    const home = await store.home.read();
    assert.deepEqual([home?.keyCheck.generation, home?.fingerprintKey.generation, home?.keyCheck.sealed[0], home?.fingerprintKey.sealed[0]], ['k2', 'f2', 9, 8]);
  },
  'a closed store takes nothing any more': async ({ store, clock }) => {
    await store.close();
    await assert.rejects(store.connections.attach(attachment('late', clock.nowMs())), /closed/);
  },
};
