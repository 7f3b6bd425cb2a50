import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { newId } from '../../src/model/ids.ts';
import { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { sqlitePostStore } from '../../src/store/sqlite/post-queries.ts';
import { sqliteScheduleStore } from '../../src/store/sqlite/schedule-queries.ts';
import { samplePost } from '../support/post-samples.ts';
import { insertConnection, openDatabase } from '../support/posts-database.ts';
import { MORNING, sampleSchedule, settlementOf } from '../support/schedule-samples.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MIGRATIONS = new URL('../../migrations/sqlite/', import.meta.url);

it('what is asked often uses an index and sorts no table', async () => {
  const db = await openDatabase(new VirtualClock());
  const plan = (sql: string) =>
    db
      .all(`explain query plan ${sql}`)
      .map((row) => String(row['detail']))
      .join('\n');
  const due = plan(
    'select id from schedules where due_at_ms is not null and due_at_ms <= 5 order by due_at_ms limit 9',
  );
  assert.match(due, /schedules_due/);
  assert.doesNotMatch(due, /TEMP B-TREE|SCAN/);
  assert.match(plan('select min(due_at_ms) as due_at_ms from schedules where due_at_ms is not null'), /schedules_due/);
  const waiting = plan(`select text, publish_at_ms from posts where connection_id = 'c' and publish_at_ms <= 5
    and status in ('scheduled', 'needs_approval', 'publishing', 'unknown') order by publish_at_ms desc limit 9`);
  assert.match(waiting, /posts_waiting/);
  assert.doesNotMatch(waiting, /TEMP B-TREE/);
  await db.close();
});

it('a database from before schedules is brought up to date with its posts in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kippu-upgrade-'));
  const clock = new VirtualClock();
  const random = seededRandom('upgrade');
  const path = join(folder, 'kippu.db');
  const before = new SqliteDatabase(path, clock);
  before.exec('create table migrations (version integer primary key, name text not null) strict');
  for (const [index, name] of ['0001_foundation.sql', '0002_posts.sql'].entries()) {
    before.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'));
    before.run('insert into migrations (version, name) values (:version, :name)', { version: index + 1, name });
  }
  const alice = await insertConnection(before, 'x:alice', random);
  const post = samplePost('scheduled', { id: newId('pst', random), connectionId: alice });
  await sqlitePostStore(before, { clock, random }).create(post);
  await before.close();
  const db = await openDatabase(clock, path);
  assert.deepEqual(await sqlitePostStore(db, { clock, random }).read(post.id), post);
  const schedules = sqliteScheduleStore(db, { clock, random });
  const schedule = sampleSchedule(alice);
  await schedules.create(schedule);
  assert.equal(await schedules.settle(settlementOf(schedule, { outcome: 'post', postId: post.id })), 'settled');
  assert.equal((await schedules.occurrences(schedule.id, 9))[0]?.atMs, MORNING);
  await db.close();
  rmSync(folder, { recursive: true });
});

it('a value that was measured is kept when another schedule could measure nothing at the same time', async () => {
  const clock = new VirtualClock();
  const random = seededRandom('metrics');
  const db = await openDatabase(clock);
  const alice = await insertConnection(db, 'x:alice', random);
  const schedules = sqliteScheduleStore(db, { clock, random });
  const common = { connectionId: alice, measure: 'followers', atMs: MORNING, costMicroUsd: 10 } as const;
  for (const [value, detail] of [
    [undefined, 'HTTP 503'],
    [5, undefined],
    [undefined, 'HTTP 503'],
  ] as const) {
    const schedule = sampleSchedule(alice, { task: { kind: 'collect', what: 'followers' } });
    await schedules.create(schedule);
    await schedules.settle(settlementOf(schedule, {}, { measurement: { ...common, value, detail } }));
  }
  assert.deepEqual(
    db.all('select value, detail, cost_micro_usd from metrics').map((row) => ({ ...row })),
    [{ value: 5, detail: null, cost_micro_usd: 30 }],
  );
  await db.close();
});
