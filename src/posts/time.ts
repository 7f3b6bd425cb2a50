import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import { checkZone, instantOf, toUtcMs, wallClock, type LocalTime } from './zoned-time.ts';

export interface PublishTime {
  readonly atMs: number;
  /** The zone it was given in; absent where only an instant was given. */
  readonly timezone: string | undefined;
}

export interface TimeContext {
  readonly nowMs: number;
  /** IANA zone of a time without an offset. */
  readonly timezone?: string | undefined;
  /** Names the input in an error. */
  readonly where: string;
}

/**
 * Reads a time to publish at:
 *
 * - an instant: `2026-11-21T18:00:00+09:00`, `2026-11-21T09:00Z`;
 * - a time on the clocks of a zone: `2026-11-21T18:00`, `2026-11-21 18:00`, `today 18:00`, `tomorrow 09:00`;
 * - a span from now: `+10m`, `+1h30m`, `+2d` (a day is 24 hours).
 *
 * What becomes of a time that the clocks skip or show twice is told at {@link instantOf}.
 *
 * Throws `invalid`.
 */
export function parsePublishTime(text: string, context: TimeContext): PublishTime {
  const timezone = context.timezone === undefined ? undefined : checkZone(context.timezone);
  const trimmed = text.trim();
  const spanMs = parseSpan(trimmed);
  if (spanMs !== undefined) return { atMs: context.nowMs + spanMs, timezone };
  const offset = parseOffset(trimmed);
  const local = parseLocal(trimmed, context.nowMs, timezone);
  if (local === undefined) throw notATime(text, context.where);
  if (offset !== undefined) return { atMs: toUtcMs(local) - offset.ms, timezone };
  if (timezone === undefined) {
    throw new KippuError(
      'invalid',
      `"${text}" needs a time zone. Give one, such as Asia/Tokyo, or an offset, as in 2026-11-21T18:00+09:00.`,
      {
        where: context.where,
      },
    );
  }
  return { atMs: instantOf(local, timezone), timezone };
}

const SPAN = /^\+(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?$/;

function parseSpan(text: string): number | undefined {
  const match = SPAN.exec(text);
  if (match === null || text === '+') return undefined;
  const [, days = '0', hours = '0', minutes = '0'] = match;
  return Number(days) * DAY_MS + Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
}

const OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*?(Z|([+-])(\d{2}):?(\d{2}))$/i;

function parseOffset(text: string): { readonly ms: number } | undefined {
  const match = OFFSET.exec(text);
  if (match === null) return undefined;
  const [, , sign, hours = '0', minutes = '0'] = match;
  const ms = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
  return { ms: sign === '-' ? -ms : ms };
}

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/i;
const DAY_AND_TIME = /^(today|tomorrow) (\d{1,2}):(\d{2})$/i;

function parseLocal(text: string, nowMs: number, timezone: string | undefined): LocalTime | undefined {
  const [, year, month, day, hour, minute, second = '0'] = DATE_TIME.exec(text) ?? [];
  if (year !== undefined) {
    return existing({
      year: Number(year),
      month: Number(month),
      day: Number(day),
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second),
    });
  }
  const [, word, clockHour, clockMinute] = DAY_AND_TIME.exec(text) ?? [];
  if (word === undefined) return undefined;
  // "Today" is today where the zone is; without one the caller hears that a zone is missing.
  const today = wallClock(nowMs, timezone ?? 'UTC');
  const date = new Date(Date.UTC(today.year, today.month - 1, today.day + (word.toLowerCase() === 'tomorrow' ? 1 : 0)));
  return existing({
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: Number(clockHour),
    minute: Number(clockMinute),
    second: 0,
  });
}

/** The time, if there is such a day and such a time of day. */
function existing(local: LocalTime): LocalTime | undefined {
  const date = new Date(toUtcMs(local));
  const isSame =
    date.getUTCMonth() + 1 === local.month &&
    date.getUTCDate() === local.day &&
    date.getUTCHours() === local.hour &&
    date.getUTCMinutes() === local.minute &&
    date.getUTCSeconds() === local.second;
  return isSame ? local : undefined;
}

function notATime(text: string, where: string): KippuError {
  return new KippuError(
    'invalid',
    `"${text}" is not a time that can be read. Write 2026-11-21T18:00+09:00, or 2026-11-21 18:00 with a time zone, "today 18:00", "tomorrow 09:00" or +10m.`,
    { where },
  );
}
