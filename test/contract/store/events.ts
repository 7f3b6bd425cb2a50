import assert from 'node:assert/strict';
import { connected } from '../../support/store-samples.ts';
import type { Suite } from './under-test.ts';

export const EVENTS: Suite = {
  'events come in the order of their commits, after a cursor, of one connection, or newest first': async ({
    store,
    other,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await connected(other, 'bob', clock.nowMs());
    await store.credentials.endGrant(alice.id, 1, 'expired');
    const all = await store.events.list({ limit: 9 });
    assert.deepEqual(
      all.map(({ type }) => type),
      ['connection.created', 'connection.created', 'connection.reauth_required'],
    );
    assert.deepEqual(
      all.map(({ sequence }) => sequence),
      all.map(({ sequence }) => sequence).toSorted((one, two) => one - two),
    );
    assert.equal(new Set(all.map(({ id }) => id)).size, 3);
    assert.deepEqual(await store.events.list({ after: all[0]!.sequence, limit: 1 }), [all[1]]);
    assert.deepEqual((await store.events.list({ connectionId: alice.id, limit: 9 })).length, 2);
    assert.deepEqual(await store.events.list({ limit: 1, newestFirst: true }), [all[2]]);
  },
  'every change is seen in the number of changes': async ({ store, other, clock, caughtUp, hearsNothing }) => {
    const before = [store.changes(), other.changes()];
    await connected(store, 'alice', clock.nowMs());
    await clock.advance(1000);
    await caughtUp?.();
    assert.notEqual(store.changes(), before[0]);
    assert.notEqual(other.changes(), before[1]);
    // Whoever hears nothing looks again every second, whether there is something or not.
    if (hearsNothing === true) return;
    const quiet = [store.changes(), other.changes()];
    await store.connections.list({ limit: 9 });
    await clock.advance(1000);
    assert.deepEqual([store.changes(), other.changes()], quiet, 'reading is no change');
  },
};
