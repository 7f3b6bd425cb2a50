import type { ConnectionId, PostId, ScheduleId } from '../../model/ids.ts';
import type { Measurement } from '../../model/metric.ts';
import type { OccurrenceSettlement } from '../../model/schedule-store.ts';
import type { MissedPolicy, Occurrence, OccurrenceOutcome, Schedule, ScheduleTask } from '../../model/schedule.ts';
import { integer, integerOrNone, json, text, textOrNone, type Params, type Row } from './columns.ts';

export function scheduleOf(row: Row): Schedule {
  return {
    id: text(row, 'id') as ScheduleId,
    connectionId: text(row, 'connection_id') as ConnectionId,
    version: integer(row, 'version'),
    task: json(row, 'task') as ScheduleTask,
    cron: text(row, 'cron'),
    timezone: text(row, 'timezone'),
    missed: text(row, 'missed') as MissedPolicy,
    isPaused: integer(row, 'is_paused') === 1,
    latestAfterMs: integer(row, 'latest_after_ms'),
    nextAtMs: integerOrNone(row, 'next_at_ms'),
    dueAtMs: integerOrNone(row, 'due_at_ms'),
    made: integer(row, 'made'),
    failures: integer(row, 'failures'),
    createdAtMs: integer(row, 'created_at_ms'),
    updatedAtMs: integer(row, 'updated_at_ms'),
  };
}

/** Every column of a schedule but its connection and its creation, which never change. */
export function scheduleParams(schedule: Schedule): Params {
  return {
    id: schedule.id,
    version: schedule.version,
    task: JSON.stringify(schedule.task),
    cron: schedule.cron,
    timezone: schedule.timezone,
    missed: schedule.missed,
    isPaused: schedule.isPaused ? 1 : 0,
    latestAfterMs: schedule.latestAfterMs,
    nextAtMs: schedule.nextAtMs ?? null,
    dueAtMs: schedule.dueAtMs ?? null,
    made: schedule.made,
    failures: schedule.failures,
    updatedAtMs: schedule.updatedAtMs,
  };
}

export function occurrenceOf(row: Row): Occurrence {
  const outcome = text(row, 'outcome') as OccurrenceOutcome;
  const isCancelled = textOrNone(row, 'post_status') === 'cancelled';
  return {
    scheduleId: text(row, 'schedule_id') as ScheduleId,
    atMs: integer(row, 'at_ms'),
    outcome: outcome === 'post' && isCancelled ? 'skipped' : outcome,
    postId: textOrNone(row, 'post_id') as PostId | undefined,
    detail: textOrNone(row, 'detail'),
    recordedAtMs: integer(row, 'recorded_at_ms'),
  };
}

/** What nobody was there to measure is a gap of the series, and not a time at which nothing was asked. */
export function gapsOf({ next: { connectionId, task }, occurrences }: OccurrenceSettlement): readonly Measurement[] {
  if (task.kind !== 'collect') return [];
  return occurrences
    .filter(({ outcome }) => outcome === 'missed')
    .map(({ atMs, detail }) => ({
      connectionId,
      measure: task.what,
      atMs,
      value: undefined,
      detail,
      costMicroUsd: 0,
    }));
}

export function occurrenceParams(occurrence: Occurrence): Params {
  return {
    scheduleId: occurrence.scheduleId,
    atMs: occurrence.atMs,
    outcome: occurrence.outcome,
    postId: occurrence.postId ?? null,
    detail: occurrence.detail ?? null,
    recordedAtMs: occurrence.recordedAtMs,
  };
}
