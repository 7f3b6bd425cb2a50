import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import type { Times } from './happening.ts';
import { invalid } from './invalid.ts';
import { tokenNeededAt } from './lifecycle.ts';
import { parsePublishTime } from './time.ts';

/** A clock that is a little off, or a form that was open for a while, is no reason to refuse a time. */
const PAST_MAX_MS = 5 * MINUTE_MS;
const AHEAD_MAX_MS = 2 * 366 * DAY_MS;
const LATEST_AFTER_MS = { scheduled: HOUR_MS, now: 15 * MINUTE_MS } as const;
const LATEST_AFTER_MAX_MS = 7 * DAY_MS;
/** While whoever asked for it publishes it himself, the worker leaves it alone; if he dies first, it does not. */
const HEAD_START_MS = MINUTE_MS;

/** A time as a person gave it. Throws `invalid` for one that is past, or so far ahead that the year must be wrong. */
export function timesAt(
  publishAt: string,
  options: { readonly timezone?: string | undefined; readonly latestAfterMs?: number | undefined },
  nowMs: number,
): Times {
  const { atMs, timezone } = parsePublishTime(publishAt, { nowMs, timezone: options.timezone, where: '/publish_at' });
  if (atMs < nowMs - PAST_MAX_MS) {
    const minutes = Math.round((nowMs - atMs) / MINUTE_MS);
    throw invalid(
      `${publishAt} is ${minutes} minutes ago. Give a time to come, or none to publish now.`,
      '/publish_at',
    );
  }
  if (atMs > nowMs + AHEAD_MAX_MS) {
    throw invalid(`${publishAt} is more than two years ahead. Check the year.`, '/publish_at');
  }
  const latestAtMs = Math.max(atMs, nowMs) + latestAfterMs(options.latestAfterMs ?? LATEST_AFTER_MS.scheduled);
  const isNow = atMs <= nowMs;
  return {
    publishAtMs: atMs,
    latestAtMs,
    timezone,
    dueAtMs: isNow ? nowMs + HEAD_START_MS : (tokenNeededAt({ publishAtMs: atMs }) ?? atMs),
  };
}

export function timesForNow(nowMs: number, after?: number): Times {
  const latestAtMs = nowMs + latestAfterMs(after ?? LATEST_AFTER_MS.now);
  return { publishAtMs: nowMs, latestAtMs, timezone: undefined, dueAtMs: nowMs + HEAD_START_MS };
}

function latestAfterMs(ms: number): number {
  if (ms >= 0 && ms <= LATEST_AFTER_MAX_MS) return ms;
  throw invalid('A post may go out up to seven days after its time, not later.', '/latest_after');
}
