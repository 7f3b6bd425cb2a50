import assert from 'node:assert/strict';
import type { ConnectionId } from '../../../src/model/ids.ts';
import { connected, stored } from '../../support/store-samples.ts';
import { types, type Suite } from './under-test.ts';

export const DUE: Suite = {
  'what is due is taken once, the longest due first, and again after its taker is silent': async ({
    store,
    other,
    clock,
  }) => {
    const nowMs = clock.nowMs();
    const ids: ConnectionId[] = [];
    for (const [name, dueAtMs] of [
      ['later', nowMs + 1],
      ['now', nowMs],
      ['long ago', nowMs - 5],
      ['never', undefined],
    ] as const) {
      ids.push((await connected(store, name, nowMs, { dueAtMs })).id);
    }
    assert.deepEqual(await store.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 1 }), [ids[2]]);
    assert.deepEqual(await other.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), [ids[1]]);
    assert.deepEqual(await store.credentials.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), []);
    await clock.advance(60_000);
    assert.deepEqual(
      (await store.credentials.takeDue({ againAtMs: nowMs + 120_000, limit: 9 })).toSorted(),
      ids.slice(0, 3).toSorted(),
    );
  },
  'what is due is shared out among many takers': async ({ store, other, clock }) => {
    for (let index = 0; index < 30; index += 1)
      await connected(store, `user${index}`, clock.nowMs(), { dueAtMs: clock.nowMs() });
    const taken = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        (index % 2 === 0 ? store : other).credentials.takeDue({ againAtMs: clock.nowMs() + 1, limit: 7 }),
      ),
    );
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
    assert.deepEqual(
      [
        await store.credentials.warnReauthSoon(alice.id, warning),
        await other.credentials.warnReauthSoon(alice.id, warning),
      ],
      [true, false],
    );
    assert.equal(await store.credentials.warnReauthSoon(alice.id, { ...warning, daysBefore: 7 }), true);
    assert.equal((await types(store)).filter((type) => type === 'connection.reauth_soon').length, 2);
  },
};
