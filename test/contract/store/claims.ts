import assert from 'node:assert/strict';
import { newId } from '../../../src/model/ids.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { claimed, claimOf, connected, failed, SENDER, stored } from '../../support/store-samples.ts';
import type { Suite } from './under-test.ts';

const random = seededRandom('contract of claims');

export const CLAIMS: Suite = {
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
      [
        credential.openAttempt?.id,
        credential.openAttempt?.outcome,
        credential.openAttempt?.purpose,
        credential.openAttempt?.sender,
      ],
      [claim.attemptId, undefined, 'renewal', SENDER],
    );
    assert.equal(
      credential.dueAtMs,
      clock.nowMs() + 60_000,
      'if the claimer dies, somebody looks when its lease is over',
    );
  },
  'of many claims on one version one is given': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const seen = await stored(store, alice);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).credentials.claim(claimOf(seen))),
    );
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
    assert.equal(
      (await store.credentials.attempts(alice.id, 99)).length,
      1,
      'a claim that is refused leaves nothing behind',
    );
  },
  'a claim after the lease is over closes the attempt before it as unanswered': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const first = await claimed(store, alice);
    await clock.advance(60_000);
    const second = await claimed(store, alice, { purpose: 'replay', replays: 1 });
    assert.equal(second.fence, first.fence + 1);
    const attempts = await store.credentials.attempts(alice.id, 9);
    assert.deepEqual(
      attempts.map(({ purpose, outcome, replays }) => [purpose, outcome, replays]),
      [
        ['replay', undefined, 1],
        ['renewal', 'unanswered', 0],
      ],
    );
  },
  'while an app is held, only revocations are claimed': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const bob = await connected(store, 'bob', clock.nowMs());
    await store.credentials.settleFailed(
      failed(await claimed(store, alice), 'misconfigured', clock.nowMs(), { concerns: 'app' }),
    );
    assert.equal(await store.credentials.claim(claimOf(await stored(store, bob))), undefined);
    assert.ok(
      (await store.credentials.claim(claimOf(await stored(store, bob), { purpose: 'revocation' }))) !== undefined,
    );
    await clock.advance(5000);
    assert.ok((await store.credentials.claim(claimOf(await stored(store, alice)))) !== undefined);
  },
};
