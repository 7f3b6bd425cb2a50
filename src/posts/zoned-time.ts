import { DAY_MS, SECOND_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';

/** What a clock on the wall shows. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * The instant at which the clocks of a zone show this time.
 *
 * Where clocks are put forward, a time in the gap moves forward by the gap's length (02:30 becomes 03:30); where they
 * are put back, a time that comes twice means the first. This is the rule of RFC 5545 and of Temporal's `compatible`.
 */
export function instantOf(local: LocalTime, timezone: string): number {
  return instantsOf(toUtcMs(local), timezone).firstMs;
}

export interface ShownAt {
  readonly firstMs: number;
  /** Only of a time that comes twice. */
  readonly secondMs: number | undefined;
  /** The clocks never show it: what is given is the moved time. */
  readonly isInGap: boolean;
  /** The earliest instant that this time could mean in any of the offsets around it: an order to stop a search by. */
  readonly notBeforeMs: number;
}

/** As {@link instantOf}, with all there is to know; the time is given as if it were UTC. */
export function instantsOf(asUtcMs: number, timezone: string): ShownAt {
  // A change of the clocks lies between these two, if any is near.
  const offsetBeforeMs = offsetAt(asUtcMs - DAY_MS, timezone);
  const offsetAfterMs = offsetAt(asUtcMs + DAY_MS, timezone);
  const notBeforeMs = asUtcMs - Math.max(offsetBeforeMs, offsetAfterMs);
  const candidates = [...new Set([asUtcMs - offsetBeforeMs, asUtcMs - offsetAfterMs])].sort((a, b) => a - b);
  const [firstMs, secondMs] = candidates.filter((atMs) => atMs + offsetAt(atMs, timezone) === asUtcMs);
  if (firstMs === undefined) {
    return { firstMs: asUtcMs - offsetBeforeMs, secondMs: undefined, isInGap: true, notBeforeMs };
  }
  return { firstMs, secondMs, isInGap: false, notBeforeMs };
}

/** How far the clocks of a zone are ahead of UTC at an instant. */
export function offsetAt(atMs: number, timezone: string): number {
  const wholeSecondMs = Math.floor(atMs / SECOND_MS) * SECOND_MS;
  return toUtcMs(wallClock(wholeSecondMs, timezone)) - wholeSecondMs;
}

/** A time on the wall as if it were UTC: for reckoning with clock times alone. */
export function toUtcMs({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export function wallClock(atMs: number, timezone: string): LocalTime {
  const parts = formatOf(timezone).formatToParts(atMs);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((one) => one.type === type)?.value);
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

const FORMATS_MAX = 700;
/** Making a format costs a hundred times what using it does. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(timezone, format);
  return format;
}

/** Throws `invalid`. */
export function checkZone(timezone: string): string {
  // A bare offset, which Intl would take, is no zone: it knows nothing of daylight saving.
  if (/^[A-Za-z]/.test(timezone) && isKnownZone(timezone)) return timezone;
  throw new KippuError(
    'invalid',
    `"${timezone}" is not a time zone. Give an IANA name, such as Asia/Tokyo or Europe/Berlin.`,
    { where: '/timezone' },
  );
}

function isKnownZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: timezone });
    return true;
  } catch {
    // The only way in which Intl says that it does not know a zone.
    return false;
  }
}
