import { KippuError } from '../../model/errors.ts';
import type { ConnectionId, ScheduleId } from '../../model/ids.ts';
import type { Measurement } from '../../model/metric.ts';
import type { PostChange } from '../../model/post-store.ts';
import type {
  OccurrenceSettled,
  OccurrenceSettlement,
  RecentTextsQuery,
  ScheduleChange,
  SchedulePage,
  ScheduleQuery,
  ScheduleStore,
  UnsentPost,
  Upcoming,
  UpcomingQuery,
} from '../../model/schedule-store.ts';
import type { Occurrence, Schedule } from '../../model/schedule.ts';
import { integer, text } from '../rows/columns.ts';
import { measurementParams } from '../rows/metric-rows.ts';
import { gapsOf, occurrenceOf, occurrenceParams, scheduleOf, scheduleParams } from '../rows/schedule-rows.ts';
import type { Stamps } from './settling.ts';
import type { PostgresDatabase, Queryable } from './database.ts';
import { nextDueAtMs, takeDue } from './due-work.ts';
import { insertEvent } from './event-queries.ts';
import { applyChanges, insertPost, POST_SQL, postWithAttempts } from './post-queries.ts';

export function postgresScheduleStore(db: PostgresDatabase, ports: Stamps): ScheduleStore {
  const { clock } = ports;
  return {
    create: (schedule) =>
      db.write(async (tx) => {
        await insert(tx, schedule);
      }),
    async read(id) {
      const row = await db.get('select * from kippu.schedules where id = :id', { id });
      return row === undefined ? undefined : scheduleOf(row);
    },
    list: (query) => list(db, query),
    change: (change) => db.write((tx) => writeChange(tx, change, ports)),
    remove: (seen, posts) => db.write((tx) => remove(tx, seen, posts, ports)),
    takeDue: (take) => takeDue(db, 'schedules', take, clock),
    nextDueAtMs: () => nextDueAtMs(db, 'schedules'),
    settle: (settlement) => db.write((tx) => settle(tx, settlement, ports)),
    async occurrences(id, limit) {
      const rows = await db.all(
        `select o.*, p.status as post_status from kippu.occurrences o left join kippu.posts p on p.id = o.post_id
         where schedule_id = :id order by at_ms desc limit :limit`,
        { id, limit },
      );
      return rows.map(occurrenceOf);
    },
    unsentPosts: (id) => unsentPosts(db, id),
    recentTexts: (query) => recentTexts(db, query),
    upcoming: (query) => upcoming(db, query),
  };
}

async function insert(tx: Queryable, schedule: Schedule): Promise<void> {
  await tx.run(
    `insert into kippu.schedules (id, connection_id, version, task, cron, timezone, missed, is_paused, latest_after_ms,
       next_at_ms, due_at_ms, made, failures, created_at_ms, updated_at_ms)
     values (:id, :connectionId, :version, :task, :cron, :timezone, :missed, :isPaused, :latestAfterMs,
       :nextAtMs, :dueAtMs, :made, :failures, :createdAtMs, :updatedAtMs)`,
    { ...scheduleParams(schedule), connectionId: schedule.connectionId, createdAtMs: schedule.createdAtMs },
  );
}

async function list(db: Queryable, { connectionIds, limit, cursor }: ScheduleQuery): Promise<SchedulePage> {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const rows = await db.all(
    `select * from kippu.schedules
     where (:connectionIds::text[] is null or connection_id = any(:connectionIds))
       and (:afterMs::bigint is null or (created_at_ms, id) > (:afterMs, :afterId))
     order by created_at_ms, id limit :fetched`,
    {
      connectionIds: connectionIds ?? null,
      afterMs: after?.createdAtMs ?? null,
      afterId: after?.id ?? null,
      fetched: limit + 1,
    },
  );
  const items = rows.slice(0, limit).map(scheduleOf);
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > limit && last !== undefined ? `${last.createdAtMs}.${last.id}` : undefined,
  };
}

function parseCursor(cursor: string): { readonly createdAtMs: number; readonly id: string } {
  const match = /^(\d{1,15})\.(sch_[0-9a-z]+)$/.exec(cursor);
  if (match === null) {
    throw new KippuError('invalid', 'This cursor is not one that a list of schedules gave. Start without one.', {
      where: '/cursor',
    });
  }
  return { createdAtMs: Number(match[1]), id: match[2] ?? '' };
}

async function isAt(tx: Queryable, id: ScheduleId, version: number): Promise<boolean> {
  const row = await tx.get('select version from kippu.schedules where id = :id for no key update', { id });
  return row !== undefined && integer(row, 'version') === version;
}

async function update(tx: Queryable, next: Schedule): Promise<void> {
  await tx.run(
    `update kippu.schedules set version = :version, task = :task, cron = :cron, timezone = :timezone, missed = :missed,
       is_paused = :isPaused, latest_after_ms = :latestAfterMs, next_at_ms = :nextAtMs, due_at_ms = :dueAtMs,
       made = :made, failures = :failures, updated_at_ms = :updatedAtMs
     where id = :id`,
    scheduleParams(next),
  );
}

async function writeChange(tx: Queryable, { next, posts, reopened }: ScheduleChange, ports: Stamps): Promise<boolean> {
  if (!(await isAt(tx, next.id, next.version - 1))) return false;
  if ((await applyChanges(tx, posts, ports)).kind !== 'applied') return false;
  for (const atMs of reopened)
    await tx.run('delete from kippu.occurrences where schedule_id = :id and at_ms = :atMs', { id: next.id, atMs });
  await update(tx, next);
  return true;
}

async function remove(tx: Queryable, seen: Schedule, posts: readonly PostChange[], ports: Stamps): Promise<boolean> {
  if (!(await isAt(tx, seen.id, seen.version))) return false;
  if ((await applyChanges(tx, posts, ports)).kind !== 'applied') return false;
  await tx.run('delete from kippu.schedules where id = :id', { id: seen.id });
  return true;
}

/** All of it or nothing: between the post, its occurrence's record and the schedule's next time no crash finds a place. */
async function settle(tx: Queryable, settlement: OccurrenceSettlement, ports: Stamps): Promise<OccurrenceSettled> {
  const { next, occurrences, post, measurement, missed } = settlement;
  if (!(await isAt(tx, next.id, next.version - 1))) return 'moved';
  for (const occurrence of occurrences) if (await isRecorded(tx, occurrence)) return 'known';
  if (post !== undefined) await insertPost(tx, post);
  for (const occurrence of occurrences) await record(tx, occurrence);
  if (measurement !== undefined) await writeMeasurement(tx, measurement);
  for (const gap of gapsOf(settlement)) await writeMeasurement(tx, gap);
  await update(tx, next);
  if (missed !== undefined) {
    await insertEvent(
      tx,
      {
        ...missed,
        type: 'schedule.missed',
        connectionId: next.connectionId,
        postId: post?.id,
      },
      ports,
    );
  }
  return 'settled';
}

async function isRecorded(tx: Queryable, { scheduleId, atMs }: Occurrence): Promise<boolean> {
  return (
    (await tx.get('select 1 as known from kippu.occurrences where schedule_id = :scheduleId and at_ms = :atMs', {
      scheduleId,
      atMs,
    })) !== undefined
  );
}

async function record(tx: Queryable, occurrence: Occurrence): Promise<void> {
  await tx.run(
    `insert into kippu.occurrences (schedule_id, at_ms, outcome, post_id, detail, recorded_at_ms)
     values (:scheduleId, :atMs, :outcome, :postId, :detail, :recordedAtMs)`,
    occurrenceParams(occurrence),
  );
}

/** Two schedules may measure the same at the same time: a value is not overwritten by a gap. */
async function writeMeasurement(tx: Queryable, measurement: Measurement): Promise<void> {
  await tx.run(
    `insert into kippu.metrics as m (connection_id, measure, at_ms, value, detail, cost_micro_usd)
     values (:connectionId, :measure, :atMs, :value, :detail, :costMicroUsd)
     on conflict (connection_id, measure, at_ms) do update set value = coalesce(excluded.value, m.value),
       detail = case when excluded.value is null then m.detail end,
       cost_micro_usd = m.cost_micro_usd + excluded.cost_micro_usd`,
    measurementParams(measurement),
  );
}

async function unsentPosts(db: Queryable, id: ScheduleId): Promise<readonly UnsentPost[]> {
  const rows = await db.all(
    `select due.at_ms as occurrence_at_ms, post.* from kippu.occurrences due
     join lateral (${POST_SQL} where p.id = due.post_id) post on true
     where due.schedule_id = :id and post.status in ('scheduled', 'needs_approval') order by due.at_ms`,
    { id },
  );
  return rows.map((row) => ({ post: postWithAttempts(row), atMs: integer(row, 'occurrence_at_ms') }));
}

async function recentTexts(
  db: Queryable,
  { connectionId, untilMs, limit }: RecentTextsQuery,
): Promise<readonly string[]> {
  const rows = await db.all(
    `select text, max(at_ms) as at_ms from (
       select * from (select text, published_at_ms as at_ms from kippu.posts
         where connection_id = :connectionId and remote_id is not null and published_at_ms <= :untilMs
         order by published_at_ms desc limit :limit) published
       union all
       select * from (select text, publish_at_ms as at_ms from kippu.posts
         where connection_id = :connectionId and publish_at_ms <= :untilMs
           and status in ('scheduled', 'needs_approval', 'publishing', 'unknown')
         order by publish_at_ms desc limit :limit) waiting) recent
     group by text order by max(at_ms) desc limit :limit`,
    { connectionId, untilMs, limit },
  );
  return rows.map((row) => text(row, 'text'));
}

async function upcoming(db: Queryable, { connectionId, after, limit }: UpcomingQuery): Promise<readonly Upcoming[]> {
  const rows = await db.all(
    `select connection_id, min(at_ms) as at_ms from (
       select connection_id, next_at_ms as at_ms from kippu.schedules
         where next_at_ms is not null and is_paused = 0 and task::json ->> 'kind' = 'post'
           and connection_id > :after and (:connectionId::text is null or connection_id = :connectionId)
       union all
       select connection_id, publish_at_ms as at_ms from kippu.posts
         where status in ('scheduled', 'needs_approval', 'publishing', 'unknown') and status = 'scheduled'
           and connection_id > :after and (:connectionId::text is null or connection_id = :connectionId)) coming
     group by connection_id order by connection_id limit :limit`,
    { connectionId: connectionId ?? null, after: after ?? '', limit },
  );
  return rows.map((row) => ({
    connectionId: text(row, 'connection_id') as ConnectionId,
    atMs: integer(row, 'at_ms'),
  }));
}
