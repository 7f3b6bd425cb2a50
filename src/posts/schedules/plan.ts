import type { Schedule } from '../../model/schedule.ts';
import { lastOccurrence, nextOccurrence } from '../recurrence.ts';
import { boundedByNext, dueFor, latestFor } from './timing.ts';

/** What a schedule needs now, from a look at it and at the clock. */
export type Plan =
  /** It is paused, or its rule names no time any more. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'wait'; readonly dueAtMs: number }
  | Making
  /** Occurrences for which nobody was there. The schedule goes on with `nextAtMs`. */
  | {
      readonly kind: 'missed';
      readonly gap: Gap;
      readonly nextAtMs: number | undefined;
      /** Of the policy `once`: what stands for the latest of them. */
      readonly once: Making | undefined;
    };

export interface Making {
  readonly kind: 'make';
  /** The occurrence. */
  readonly atMs: number;
  readonly publishAtMs: number;
  readonly latestAtMs: number;
}

export interface Gap {
  /** The earliest first; of very many, the first thousand and the last. */
  readonly times: readonly number[];
  /** `false`: there were more than are counted. */
  readonly isCounted: boolean;
}

const GAP_MAX = 1000;

/**
 * An occurrence whose latest time has not passed is made, however late. Of older ones the policy says what becomes: none
 * of them, or the latest once, now; but where one can still be made in time, that one is enough.
 */
export function planFor(schedule: Schedule, nowMs: number): Plan {
  const { nextAtMs, isPaused, task } = schedule;
  if (isPaused || nextAtMs === undefined) return { kind: 'nothing' };
  const dueAtMs = dueFor(task, nextAtMs) ?? nextAtMs;
  if (nowMs < dueAtMs) return { kind: 'wait', dueAtMs };
  const latestAtMs = latestFor(schedule, nextAtMs);
  if (nowMs <= latestAtMs) return { kind: 'make', atMs: nextAtMs, publishAtMs: nextAtMs, latestAtMs };
  const latestMissedMs = Math.max(nextAtMs, lastOccurrence(schedule, nowMs) ?? nextAtMs);
  if (latestMissedMs > nextAtMs && nowMs <= latestFor(schedule, latestMissedMs)) {
    return { kind: 'missed', gap: gapOf(schedule, latestMissedMs - 1), nextAtMs: latestMissedMs, once: undefined };
  }
  const makesOne = schedule.missed === 'once' && task.kind === 'post';
  return {
    kind: 'missed',
    gap: gapOf(schedule, latestMissedMs),
    nextAtMs: nextOccurrence(schedule, nowMs),
    once: makesOne
      ? {
          kind: 'make',
          atMs: latestMissedMs,
          publishAtMs: nowMs,
          latestAtMs: boundedByNext(schedule, nowMs, nowMs + schedule.latestAfterMs),
        }
      : undefined,
  };
}

/** What the rule named from the schedule's next time up to here. */
export function gapOf(schedule: Schedule, untilMs: number): Gap {
  const times: number[] = [];
  for (
    let atMs = schedule.nextAtMs;
    atMs !== undefined && atMs <= untilMs && times.length < GAP_MAX;
    atMs = nextOccurrence(schedule, atMs)
  ) {
    times.push(atMs);
  }
  const lastMs = lastOccurrence(schedule, untilMs);
  const isCounted = lastMs === undefined || lastMs <= (times.at(-1) ?? untilMs);
  return isCounted ? { times, isCounted } : { times: [...times, lastMs], isCounted };
}
