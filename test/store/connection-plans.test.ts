import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sqliteConnectionStore } from '../../src/store/sqlite/connection-queries.ts';
import { sqliteHomeStore } from '../../src/store/sqlite/home-queries.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { RecordingDatabase } from '../support/recording-database.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { APP, attachment } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

it('a consent costs the same with a hundred connections and with a million, all of one owner', async () => {
  const clock = new VirtualClock();
  const random = seededRandom('plans');
  const db = new RecordingDatabase(':memory:', clock);
  await migrate(db);
  const settling = { clock, random, faults: { reach: () => undefined } };
  await sqliteHomeStore(db, ':memory:', settling).registerApps([APP]);
  const connections = sqliteConnectionStore(db, settling);
  db.statements.clear();
  const first = attachment('alice', clock.nowMs());
  assert.equal((await connections.attach(first)).kind, 'attached');
  const again = attachment('alice', clock.nowMs(), { refreshFingerprint: undefined, name: 'x:again' });
  assert.deepEqual(await connections.attach(again), { kind: 'subject_known', connectionId: first.connectionId });
  const asked = [...db.statements].filter((sql) => /^\s*(select|delete|update)/.test(sql));
  assert.ok(asked.length >= 4, 'too little was tried');
  for (const sql of asked) {
    const plan = db.all(`explain query plan ${sql}`, {}).map((row) => String(row['detail']));
    assert.deepEqual(
      plan.filter((step) => /^SCAN|connections_by_(owner|state)/.test(step)),
      [],
      sql,
    );
  }
  await db.close();
});
