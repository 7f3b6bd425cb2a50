import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { APP, connected } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

let server: PostgresServer;
before(async () => {
  // Nested loops with the choice of rows inside: what the planner now and then takes for a small table.
  const off = ['hashjoin', 'mergejoin', 'hashagg', 'material', 'sort', 'seqscan'];
  const flags = off.map((way) => `enable_${way}=off`);
  server = await PostgresServer.start({ flags });
});
after(() => server.remove());

test('no more than the limit is taken, however the planner joins', async () => {
  const clock = new VirtualClock();
  const store = await openStoreAt(server.url(), { clock });
  try {
    await store.home.registerApps([APP]);
    const ids: string[] = [];
    for (let at = 0; at < 8; at += 1) {
      const { id } = await connected(store, `user${at}`, clock.nowMs());
      await store.connections.update(id, { dueAtMs: clock.nowMs() - 100 + at });
      ids.push(id);
    }
    const take = { againAtMs: clock.nowMs() + 1000, limit: 3 };
    const takes = [await store.credentials.takeDue(take), await store.credentials.takeDue(take)];
    assert.deepEqual(
      takes.map((taken) => taken.toSorted()),
      [ids.slice(0, 3).toSorted(), ids.slice(3, 6).toSorted()],
    );
    assert.equal((await store.credentials.takeDue(take)).length, 2);
  } finally {
    await store.close();
  }
});
