import { HOUR_MS, MINUTE_MS } from '../../model/clock.ts';
import type { ComposeSource } from '../../model/composer.ts';
import type { Schedule, ScheduleTask, TextSource } from '../../model/schedule.ts';
import { nextOccurrence } from '../recurrence.ts';

/** A post whose text is known is made this long before its time: it can be seen, and taken back. */
export const MAKE_AHEAD_MS = 5 * MINUTE_MS;
/** Somebody outside is asked this long before: early enough for a try that fails, and as fresh as possible. */
export const COMPOSE_AHEAD_MS = 2 * MINUTE_MS;

/** A post that somebody must approve is made this long before, whoever writes its text: that person sleeps, too. */
export const APPROVE_AHEAD_MS = 12 * HOUR_MS;

/** When the worker must look at a schedule whose next occurrence is at this time. */
export function dueFor(task: ScheduleTask, nextAtMs: number | undefined): number | undefined {
  return nextAtMs === undefined ? undefined : nextAtMs - aheadOf(task);
}

function aheadOf(task: ScheduleTask): number {
  if (task.kind === 'collect') return 0;
  if (task.needsApproval) return APPROVE_AHEAD_MS;
  return isComposed(task.text) ? COMPOSE_AHEAD_MS : MAKE_AHEAD_MS;
}

/** Whether the text is asked for when it is due. */
export function isComposed(source: TextSource): source is ComposeSource {
  return source.kind === 'command' || source.kind === 'url' || source.kind === 'function';
}

/** A measurement that is later than this says nothing about its time. */
const COLLECT_LATEST_MAX_MS = HOUR_MS;

/**
 * Until when an occurrence may still be made: never beyond the next one, so that after a pause of the machine several do
 * not go out together.
 */
export function latestFor(schedule: Schedule, atMs: number): number {
  const afterMs =
    schedule.task.kind === 'collect' ? Math.min(schedule.latestAfterMs, COLLECT_LATEST_MAX_MS) : schedule.latestAfterMs;
  return boundedByNext(schedule, atMs, atMs + afterMs);
}

export function boundedByNext(schedule: Schedule, afterMs: number, latestAtMs: number): number {
  const nextMs = nextOccurrence(schedule, afterMs);
  return nextMs === undefined ? latestAtMs : Math.min(latestAtMs, nextMs - 1);
}
