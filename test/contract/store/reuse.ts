import assert from 'node:assert/strict';
import type { Connection } from '../../../src/model/connection.ts';
import type { RejectedSettlement } from '../../../src/model/credential-store.ts';
import type { KippuEvent } from '../../../src/model/event.ts';
import type { Store } from '../../../src/model/store.ts';
import { BREAKER, claimed, connected, failed, print, renewed, stored } from '../../support/store-samples.ts';
import type { Suite } from './under-test.ts';

const REJECTED = { reason: 'rejected_unknown', error: 'e', breaker: BREAKER, mayBeReuse: true } as const;

async function reject(
  store: Store,
  connection: Connection,
  more: Partial<RejectedSettlement> = {},
): Promise<readonly KippuEvent[]> {
  await store.credentials.settleRejected({ claim: await claimed(store, connection), ...REJECTED, ...more });
  return reuses(store);
}

async function reuses(store: Store): Promise<readonly KippuEvent[]> {
  return (await store.events.list({ limit: 1000 })).filter(({ type }) => type === 'connection.reuse_detected');
}

export const REUSE: Suite = {
  'the rejection of a token that was never presented is told as a suspicion, beside the end of the grant': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const [event] = await reject(store, alice);
    assert.equal(event?.connectionId, alice.id);
    assert.deepEqual(event?.data, {
      name: 'x:alice',
      evidence: 'unpresented_token_rejected',
      seen: 'renewal',
      certainty: 'suspected',
      state: 'reauth_required',
      error: 'e',
    });
    const [ended] = (await store.events.list({ limit: 1000 })).filter(
      ({ type }) => type === 'connection.reauth_required',
    );
    assert.deepEqual(ended?.data, { name: 'x:alice', reason: 'rejected_unknown', error: 'e', reuse: 'suspected' });
  },
  'a rejection that explains itself is no suspicion': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.deepEqual(await reject(store, alice, { mayBeReuse: false }), []);
  },
  'a token that an unanswered attempt may have spent is no suspicion': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'unanswered', clock.nowMs()));
    assert.deepEqual(await reject(store, alice), []);
  },
  'a token that another attempt may still be presenting is no suspicion': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const silent = await claimed(store, alice);
    await clock.advance(60_000);
    const { version, openAttempt } = await stored(store, alice);
    assert.deepEqual([version, openAttempt?.id], [silent.version, silent.attemptId]);
    assert.deepEqual(await reject(store, alice), []);
  },
  'a token that was provably not taken before is still one that was never spent here': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    for (const outcome of ['not_sent', 'unavailable'] as const) {
      await store.credentials.settleFailed(failed(await claimed(store, alice), outcome, clock.nowMs()));
    }
    assert.equal((await reject(store, alice)).length, 1);
  },
  'an orphan that is rejected is no suspicion: two tokens were handed out for one': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const second = await claimed(store, alice, { purpose: 'replay' });
    await store.credentials.settleRenewed(renewed(second, 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    assert.deepEqual(await reject(store, alice), [], 'the orphan is tried first');
    const orphan = await store.credentials.untriedOrphan(alice.id);
    assert.ok(orphan !== undefined);
    const { version } = await stored(store, alice);
    await store.credentials.adoptOrphan({ orphan, version, dueAtMs: undefined });
    assert.deepEqual(await reject(store, alice), []);
    assert.equal((await stored(store, alice)).state, 'reauth_required');
  },
  'a restored store may have spent its tokens after the backup, and accuses nobody': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.home.adopt('here', true);
    assert.deepEqual(await reject(store, alice), []);
    assert.equal((await stored(store, alice)).stateReason, 'answer_lost');
  },
  'a spent token that is brought is reported once; one that is stored, or unknown, is not': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    for (const name of ['alice 2', 'nobody', 'alice 1', 'alice 1'])
      await store.credentials.reportReuse(print(name), 'import');
    assert.deepEqual(
      (await reuses(store)).map(({ connectionId, data }) => [connectionId, data]),
      [
        [
          alice.id,
          {
            name: 'x:alice',
            evidence: 'spent_token_presented',
            seen: 'import',
            certainty: 'certain',
            state: 'active',
          },
        ],
      ],
    );
    assert.equal((await stored(store, alice)).state, 'active');
  },
};
