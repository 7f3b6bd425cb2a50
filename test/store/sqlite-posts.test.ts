import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { sqliteEventStore } from '../../src/store/sqlite/event-queries.ts';
import { sqlitePostStore } from '../../src/store/sqlite/post-queries.ts';
import { postStoreContract, type PostStoreUnderTest } from '../contract/post-store.ts';
import { insertConnection, openDatabase } from '../support/posts-database.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';

postStoreContract('SQLite', open);

/** Two connections to one file, as two processes have them. Their patience with each other is real time. */
async function open(): Promise<PostStoreUnderTest> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kippu-posts-'));
  const file = path.join(folder, 'kippu.db');
  const clock = new VirtualClock();
  const random = seededRandom();
  const [db, otherDb] = [await openDatabase(systemClock, file), await openDatabase(systemClock, file)];
  return {
    store: sqlitePostStore(db, { clock, random }),
    other: sqlitePostStore(otherDb, { clock, random: seededRandom('other') }),
    clock,
    connect: (name) => insertConnection(db, name, random),
    events: () => sqliteEventStore(db).list({ limit: 100 }),
    async close() {
      await Promise.all([db.close(), otherDb.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

it('finding what is due uses the index of due times and sorts nothing', async () => {
  const db = await openDatabase(new VirtualClock());
  const plan = (sql: string) =>
    db
      .all(`explain query plan ${sql}`)
      .map((row) => String(row['detail']))
      .join('\n');
  const due = plan('select id from posts where due_at_ms is not null and due_at_ms <= 5 order by due_at_ms limit 9');
  assert.match(due, /posts_due/);
  assert.doesNotMatch(due, /TEMP B-TREE|SCAN/);
  assert.match(plan('select min(due_at_ms) as due_at_ms from posts where due_at_ms is not null'), /posts_due/);
  const known = plan(`select remote_id from posts where connection_id = 'c' and remote_id is not null
    and remote_evidence <> 'user' order by published_at_ms desc limit 1`);
  assert.match(known, /posts_published/);
  assert.doesNotMatch(known, /TEMP B-TREE/);
  await db.close();
});
