import { newId, type ConnectionId } from '../../src/model/ids.ts';
import type { Occurrence, Schedule } from '../../src/model/schedule.ts';
import type { OccurrenceSettlement } from '../../src/model/schedule-store.ts';
import { seededRandom } from './seeded-random.ts';

const random = seededRandom('schedules');

export const MORNING = Date.parse('2026-11-22T00:00:00Z');

/** A schedule for nine in Tokyo. */
export function sampleSchedule(connectionId: ConnectionId, fields: Partial<Schedule> = {}): Schedule {
  return {
    id: newId('sch', random),
    connectionId,
    version: 1,
    task: {
      kind: 'post',
      text: { kind: 'template', template: 'Run {n} on {date}', variables: {} },
      madeWithAi: false,
      needsApproval: false,
    },
    cron: '0 9 * * *',
    timezone: 'Asia/Tokyo',
    missed: 'skip',
    isPaused: false,
    latestAfterMs: 3_600_000,
    nextAtMs: MORNING,
    dueAtMs: MORNING - 300_000,
    made: 0,
    failures: 0,
    createdAtMs: MORNING - 86_400_000,
    updatedAtMs: MORNING - 86_400_000,
    ...fields,
  };
}

/** What becomes of its next time, and its time after that. */
export function settlementOf(
  schedule: Schedule,
  occurrence: Partial<Occurrence> = {},
  more: Partial<OccurrenceSettlement> = {},
): OccurrenceSettlement {
  const atMs = schedule.nextAtMs ?? MORNING;
  return {
    next: { ...schedule, version: schedule.version + 1, nextAtMs: atMs + 86_400_000, dueAtMs: atMs + 86_100_000 },
    occurrences: [
      {
        scheduleId: schedule.id,
        atMs,
        outcome: 'missed',
        postId: undefined,
        detail: undefined,
        recordedAtMs: atMs,
        ...occurrence,
      },
    ],
    post: undefined,
    measurement: undefined,
    missed: undefined,
    ...more,
  };
}
