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
import type { Stamps } from '../settling.ts';
import type { Queryable, SqliteDatabase } from './database.ts';
import { nextDueAtMs, takeDue } from './due-work.ts';
import { insertEvent } from './event-queries.ts';
import { applyChanges, insertPost, withAttempts } from './post-queries.ts';

export function sqliteScheduleStore(db: SqliteDatabase, ports: Stamps): ScheduleStore {
  const { clock } = ports;
  return {
    create: (schedule) =>
      db.write((tx) => {
        insert(tx, schedule);
      }),
    async read(id) {
      const row = db.get('select * from schedules where id = :id', { id });
      return row === undefined ? undefined : scheduleOf(row);
    },
    list: async (query) => list(db, query),
    change: (change) => db.write((tx) => writeChange(tx, change, ports)),
    remove: (seen, posts) => db.write((tx) => remove(tx, seen, posts, ports)),
    takeDue: (take) => db.write((tx) => takeDue(tx, 'schedules', { nowMs: clock.nowMs(), ...take })),
    nextDueAtMs: async () => nextDueAtMs(db, 'schedules'),
    settle: (settlement) => db.write((tx) => settle(tx, settlement, ports)),
    async occurrences(id, limit) {
      const rows = db.all(
        `select occurrences.*, posts.status as post_status from occurrences left join posts on posts.id = post_id
         where schedule_id = :id order by at_ms desc limit :limit`,
        { id, limit },
      );
      return rows.map(occurrenceOf);
    },
    unsentPosts: async (id) => unsentPosts(db, id),
    recentTexts: async (query) => recentTexts(db, query),
    upcoming: async (query) => upcoming(db, query),
  };
}

function insert(tx: Queryable, schedule: Schedule): void {
  tx.run(
    `insert into schedules (id, connection_id, version, task, cron, timezone, missed, is_paused, latest_after_ms,
       next_at_ms, due_at_ms, made, failures, created_at_ms, updated_at_ms)
     values (:id, :connectionId, :version, :task, :cron, :timezone, :missed, :isPaused, :latestAfterMs,
       :nextAtMs, :dueAtMs, :made, :failures, :createdAtMs, :updatedAtMs)`,
    { ...scheduleParams(schedule), connectionId: schedule.connectionId, createdAtMs: schedule.createdAtMs },
  );
}

function list(db: Queryable, { connectionIds, limit, cursor }: ScheduleQuery): SchedulePage {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const rows = db.all(
    `select * from schedules
     where (:connectionIds is null or connection_id in (select value from json_each(:connectionIds)))
       and (:afterMs is null or (created_at_ms, id) > (:afterMs, :afterId))
     order by created_at_ms, id limit :fetched`,
    {
      connectionIds: connectionIds === undefined ? null : JSON.stringify(connectionIds),
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

function isAt(tx: Queryable, id: ScheduleId, version: number): boolean {
  const row = tx.get('select version from schedules where id = :id', { id });
  return row !== undefined && integer(row, 'version') === version;
}

function update(tx: Queryable, next: Schedule): void {
  tx.run(
    `update schedules set version = :version, task = :task, cron = :cron, timezone = :timezone, missed = :missed,
       is_paused = :isPaused, latest_after_ms = :latestAfterMs, next_at_ms = :nextAtMs, due_at_ms = :dueAtMs,
       made = :made, failures = :failures, updated_at_ms = :updatedAtMs
     where id = :id`,
    scheduleParams(next),
  );
}

function writeChange(tx: Queryable, { next, posts, reopened }: ScheduleChange, ports: Stamps): boolean {
  if (!isAt(tx, next.id, next.version - 1)) return false;
  if (applyChanges(tx, posts, ports).kind !== 'applied') return false;
  for (const atMs of reopened)
    tx.run('delete from occurrences where schedule_id = :id and at_ms = :atMs', { id: next.id, atMs });
  update(tx, next);
  return true;
}

function remove(tx: Queryable, seen: Schedule, posts: readonly PostChange[], ports: Stamps): boolean {
  if (!isAt(tx, seen.id, seen.version)) return false;
  if (applyChanges(tx, posts, ports).kind !== 'applied') return false;
  tx.run('delete from schedules where id = :id', { id: seen.id });
  return true;
}

/** All of it or nothing: between the post, its occurrence's record and the schedule's next time no crash finds a place. */
function settle(tx: Queryable, settlement: OccurrenceSettlement, ports: Stamps): OccurrenceSettled {
  const { next, occurrences, post, measurement, missed } = settlement;
  if (!isAt(tx, next.id, next.version - 1)) return 'moved';
  if (occurrences.some((occurrence) => isRecorded(tx, occurrence))) return 'known';
  if (post !== undefined) insertPost(tx, post);
  for (const occurrence of occurrences) record(tx, occurrence);
  if (measurement !== undefined) writeMeasurement(tx, measurement);
  for (const gap of gapsOf(settlement)) writeMeasurement(tx, gap);
  update(tx, next);
  if (missed !== undefined) {
    insertEvent(
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

function isRecorded(tx: Queryable, { scheduleId, atMs }: Occurrence): boolean {
  return (
    tx.get('select 1 as known from occurrences where schedule_id = :scheduleId and at_ms = :atMs', {
      scheduleId,
      atMs,
    }) !== undefined
  );
}

function record(tx: Queryable, occurrence: Occurrence): void {
  tx.run(
    `insert into occurrences (schedule_id, at_ms, outcome, post_id, detail, recorded_at_ms)
     values (:scheduleId, :atMs, :outcome, :postId, :detail, :recordedAtMs)`,
    occurrenceParams(occurrence),
  );
}

/** Two schedules may measure the same at the same time: a value is not overwritten by a gap. */
function writeMeasurement(tx: Queryable, measurement: Measurement): void {
  tx.run(
    `insert into metrics (connection_id, measure, at_ms, value, detail, cost_micro_usd)
     values (:connectionId, :measure, :atMs, :value, :detail, :costMicroUsd)
     on conflict (connection_id, measure, at_ms) do update set value = coalesce(excluded.value, value),
       detail = case when excluded.value is null then detail end,
       cost_micro_usd = cost_micro_usd + excluded.cost_micro_usd`,
    measurementParams(measurement),
  );
}

function unsentPosts(db: Queryable, id: ScheduleId): readonly UnsentPost[] {
  const rows = db.all(
    `select posts.*, occurrences.at_ms as occurrence_at_ms from occurrences join posts on posts.id = occurrences.post_id
     where schedule_id = :id and posts.status in ('scheduled', 'needs_approval') order by at_ms`,
    { id },
  );
  return rows.map((row) => ({ post: withAttempts(db, row), atMs: integer(row, 'occurrence_at_ms') }));
}

function recentTexts(db: Queryable, { connectionId, untilMs, limit }: RecentTextsQuery): readonly string[] {
  const rows = db.all(
    `select text, max(at_ms) as at_ms from (
       select * from (select text, published_at_ms as at_ms from posts
         where connection_id = :connectionId and remote_id is not null and published_at_ms <= :untilMs
         order by published_at_ms desc limit :limit)
       union all
       select * from (select text, publish_at_ms as at_ms from posts
         where connection_id = :connectionId and publish_at_ms <= :untilMs
           and status in ('scheduled', 'needs_approval', 'publishing', 'unknown')
         order by publish_at_ms desc limit :limit))
     group by text order by max(at_ms) desc limit :limit`,
    { connectionId, untilMs, limit },
  );
  return rows.map((row) => text(row, 'text'));
}

function upcoming(db: Queryable, { connectionId, after, limit }: UpcomingQuery): readonly Upcoming[] {
  const rows = db.all(
    `select connection_id, min(at_ms) as at_ms from (
       select connection_id, next_at_ms as at_ms from schedules
         where next_at_ms is not null and is_paused = 0 and task ->> 'kind' = 'post'
           and connection_id > :after and (:connectionId is null or connection_id = :connectionId)
       union all
       select connection_id, publish_at_ms as at_ms from posts
         where status in ('scheduled', 'needs_approval', 'publishing', 'unknown') and status = 'scheduled'
           and connection_id > :after and (:connectionId is null or connection_id = :connectionId))
     group by connection_id order by connection_id limit :limit`,
    { connectionId: connectionId ?? null, after: after ?? '', limit },
  );
  return rows.map((row) => ({
    connectionId: text(row, 'connection_id') as ConnectionId,
    atMs: integer(row, 'at_ms'),
  }));
}
