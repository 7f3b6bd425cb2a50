import assert from 'node:assert/strict';
import type { Store } from '../../../src/model/store.ts';
import { connected, stored } from '../../support/store-samples.ts';
import { addYounger, fanOut, forgetAll, limitsAt, outcomes, renew, withRenewals } from './history-acts.ts';
import type { Suite } from './under-test.ts';

const DAY_MS = 86_400_000;

/** How the forgetting goes about it. */
export const HISTORY_ROUNDS: Suite = {
  'a portion takes no more than it was told, and the next goes on where it stopped': async (under) => {
    const { store, clock } = under;
    const users = [];
    for (const name of ['alice', 'bob', 'carol']) users.push(await withRenewals(under, name, 6));
    await clock.advance(DAY_MS);
    const limits = { ...limitsAt(clock), rowsMax: 4, connectionsMax: 2, spentBeforeMs: clock.nowMs() };
    const sizes: number[] = [];
    for (;;) {
      const portion = await store.history.forget(limits);
      assert.ok(portion !== undefined && sizes.length < 99);
      sizes.push(portion.forgotten);
      if (portion.roundForgot === undefined) continue;
      assert.equal(portion.roundForgot, 3 * 5 + 18);
      break;
    }
    assert.ok(
      sizes.every((size) => size <= 4),
      sizes.join(' '),
    );
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      3 * 5 + 18,
    );
    for (const user of users) assert.deepEqual(await outcomes(store, user), ['renewed']);
  },
  'a round visits every connection, also where most have nothing to forget': async (under) => {
    const { store, clock } = under;
    const users = [];
    for (let n = 0; n < 7; n += 1) users.push(await connected(store, `user${n}`, clock.nowMs()));
    const last = users.toSorted((one, other) => (one.id < other.id ? -1 : 1)).at(-1)!;
    for (const n of [1, 2]) await renew(under, last, n, `${last.handle} ${n}`);
    await fanOut(store);
    await clock.advance(DAY_MS);
    const portions = [];
    for (let n = 0; n < 4; n += 1) portions.push(await store.history.forget({ ...limitsAt(clock), connectionsMax: 2 }));
    assert.deepEqual(
      portions.map((portion) => [portion?.forgotten, portion?.roundForgot]),
      [
        [0, undefined],
        [0, undefined],
        [0, undefined],
        [1, 1],
      ],
    );
  },
  'a round begins when the one before said so, and what both did can be seen': async (under) => {
    const { store, other, clock } = under;
    const alice = await withRenewals(under, 'alice', 3);
    assert.equal((await store.history.standing()).lastRound, undefined);
    await clock.advance(DAY_MS);
    const endedAtMs = clock.nowMs();
    assert.equal(await forgetAll(under, { nextRoundAtMs: endedAtMs + 5 }), 2);
    assert.deepEqual(await other.history.standing(), {
      attempts: 1,
      spentTokens: 3,
      events: 2,
      lastRound: { endedAtMs, forgotten: 2 },
    });
    await clock.advance(4);
    assert.equal(await other.history.forget(limitsAt(clock)), undefined);
    await clock.advance(1);
    await addYounger(under, alice);
    assert.deepEqual(await other.history.forget(limitsAt(clock)), { forgotten: 1, roundForgot: 1 });
  },
  'of two that forget at once neither does it twice, and a renewal meanwhile is not disturbed': async (under) => {
    const { store, other, clock } = under;
    const [alice, bob] = [await withRenewals(under, 'alice', 9), await withRenewals(under, 'bob', 9)];
    await clock.advance(DAY_MS);
    const taken: number[] = [];
    const forgetting = async (process: Store): Promise<void> => {
      for (let n = 0; n < 30; n += 1) {
        const portion = await process.history.forget({ ...limitsAt(clock), rowsMax: 2 });
        taken.push(portion?.forgotten ?? 0);
      }
    };
    await Promise.all([forgetting(store), forgetting(other), renew(under, alice, 10), renew(under, bob, 10)]);
    await fanOut(store);
    await clock.advance(5);
    taken.push(await forgetAll(under));
    assert.equal(
      taken.reduce((sum, count) => sum + count, 0),
      18,
    );
    for (const user of [alice, bob]) assert.deepEqual(await outcomes(store, user), ['renewed']);
    assert.deepEqual([(await stored(store, alice)).version, (await stored(store, bob)).version], [11, 11]);
  },
  'nothing is forgotten of a store that was left for another': async (under) => {
    const { store, other, clock } = under;
    const alice = await withRenewals(under, 'alice', 3);
    await clock.advance(DAY_MS);
    assert.equal(await store.move.refuse('writes', { was: undefined, now: 'moved to elsewhere' }), true);
    await assert.rejects(other.history.forget(limitsAt(clock)), { code: 'store_copied' });
    assert.equal((await outcomes(store, alice)).length, 3);
  },
};
