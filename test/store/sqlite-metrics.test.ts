import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { sqliteMetricStore } from '../../src/store/sqlite/metric-queries.ts';
import { sqliteScheduleStore } from '../../src/store/sqlite/schedule-queries.ts';
import { metricStoreContract, type MetricStoreUnderTest } from '../contract/metric-store.ts';
import { insertConnection, openDatabase } from '../support/posts-database.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

metricStoreContract('SQLite', open);

/** Two connections to one file, as two processes have them. Their patience with each other is real time. */
async function open(): Promise<MetricStoreUnderTest> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kippu-metrics-'));
  const file = path.join(folder, 'kippu.db');
  const random = seededRandom();
  const [db, otherDb] = [await openDatabase(systemClock, file), await openDatabase(systemClock, file)];
  return {
    store: sqliteMetricStore(db),
    other: sqliteMetricStore(otherDb),
    connect: (name) => insertConnection(db, name, random),
    schedules: sqliteScheduleStore(db, { clock: systemClock, random }),
    async close() {
      await Promise.all([db.close(), otherDb.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

it('the newest measurements of a window are found by the key alone, with nothing sorted', async () => {
  const db = await openDatabase(new VirtualClock());
  const plan = db
    .all(
      `explain query plan select * from metrics where connection_id = 'c' and measure = 'followers'
       and at_ms >= 1 and at_ms < 9 order by at_ms desc limit 5`,
    )
    .map((row) => String(row['detail']))
    .join('\n');
  assert.match(plan, /PRIMARY KEY/);
  assert.doesNotMatch(plan, /TEMP B-TREE|SCAN/);
  await db.close();
});
