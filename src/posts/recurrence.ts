import { Cron } from 'croner';
import { MINUTE_MS } from '../model/clock.ts';
import { invalid } from './invalid.ts';
import { checkZone, instantsOf, offsetAt } from './zoned-time.ts';

/** Five cron fields, read on the clocks of an IANA zone. */
export interface Rule {
  readonly cron: string;
  readonly timezone: string;
}

/** One instant that a rule names. */
export interface RuleTime {
  readonly atMs: number;
  /** Absent: the clocks show the rule's time, and show it once. */
  readonly note: RuleTimeNote | undefined;
}

export type RuleTimeNote = 'moved_forward' | 'first_of_two' | 'second_of_two';

/**
 * The first time that the rule names after an instant; `undefined`: it names none any more.
 *
 * What the rule names are times on a clock; which instants these are where clocks change is ours to say:
 *
 * - A time that the clocks skip moves forward by the length of the gap: 02:30 becomes 03:30. Two times of a rule that
 *   fall on the same instant by this are one.
 * - A time that the clocks show twice is taken the first time only; but a rule that runs in every hour (its hour field is
 *   `*`, or says the same as `0-23`) means the hours that pass, so it runs in both.
 */
export function nextOccurrence(rule: Rule, afterMs: number): number | undefined {
  return nextTime(rule, afterMs)?.atMs;
}

/** The latest time that the rule named at or before an instant. */
export function lastOccurrence(rule: Rule, atOrBeforeMs: number): number | undefined {
  let latestMs: number | undefined;
  // Every time of a clock that can mean an instant up to here lies before this one.
  const fromMs = atOrBeforeMs + 1 + highestOffset(rule.timezone, atOrBeforeMs);
  for (const local of clockTimes(rule, 'before', fromMs)) {
    if (latestMs !== undefined && local - lowestOffset(rule.timezone, latestMs) < latestMs) break;
    for (const { atMs } of timesOf(rule, local)) {
      if (atMs <= atOrBeforeMs && atMs > (latestMs ?? Number.NEGATIVE_INFINITY)) latestMs = atMs;
    }
  }
  return latestMs;
}

/** The next times after an instant, the earliest first. */
export function occurrencesAfter(rule: Rule, afterMs: number, count: number): readonly RuleTime[] {
  const times: RuleTime[] = [];
  for (let time = nextTime(rule, afterMs); time !== undefined && times.length < count;) {
    times.push(time);
    time = times.length < count ? nextTime(rule, time.atMs) : undefined;
  }
  return times;
}

/** Throws `invalid`, saying where: `/cron` or `/timezone`. */
export function checkRule(cron: string, timezone: string): Rule {
  const zone = checkZone(timezone);
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 || cron.includes('?')) throw notFiveFields(cron, fields.length);
  const rule = { cron: fields.join(' '), timezone: zone };
  let first: Date | undefined;
  try {
    first = patternOf(rule.cron).nextRun(new Date(0)) ?? undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    throw invalid(
      `"${cron}" is not a rule that can be read: ${why}. The fields are minute (0-59), hour (0-23), day of the month (1-31), month (1-12) and day of the week (0-7, or MON); as in "0 9 * * *" for every day at nine.`,
      '/cron',
    );
  }
  if (first === undefined) {
    throw invalid(`"${cron}" never comes: no month that it names has such a day. Choose another day.`, '/cron');
  }
  return rule;
}

function notFiveFields(cron: string, count: number): Error {
  const isNickname = cron.trim().startsWith('@');
  const advice =
    count === 6
      ? 'With six fields the first would be seconds: leave it out.'
      : isNickname
        ? 'Write out what the nickname stands for: @daily is "0 0 * * *".'
        : cron.includes('?')
          ? 'Write * where any day will do, not ?.'
          : 'Give minute, hour, day of the month, month and day of the week.';
  return invalid(`"${cron}" is not a rule of five fields. ${advice} Every day at nine is "0 9 * * *".`, '/cron');
}

function nextTime(rule: Rule, afterMs: number): RuleTime | undefined {
  let next: RuleTime | undefined;
  // A clock time before this one can only mean an instant that is past.
  const fromMs = afterMs + lowestOffset(rule.timezone, afterMs);
  for (const local of clockTimes(rule, 'after', fromMs)) {
    if (next !== undefined && instantsOf(local, rule.timezone).notBeforeMs > next.atMs) break;
    for (const time of timesOf(rule, local)) next = nearer(time, next, afterMs);
  }
  return next;
}

/** The earlier one after the instant. Of two at the same instant, the one that the clocks show. */
function nearer(time: RuleTime, next: RuleTime | undefined, afterMs: number): RuleTime | undefined {
  if (time.atMs <= afterMs) return next;
  if (next === undefined || time.atMs < next.atMs) return time;
  return time.atMs === next.atMs && next.note === 'moved_forward' ? time : next;
}

/** The instants that one of the rule's clock times means. */
function timesOf({ cron, timezone }: Rule, local: number): readonly RuleTime[] {
  const { firstMs, secondMs, isInGap } = instantsOf(local, timezone);
  if (isInGap) return [{ atMs: firstMs, note: 'moved_forward' }];
  if (secondMs === undefined) return [{ atMs: firstMs, note: undefined }];
  const first = { atMs: firstMs, note: 'first_of_two' } as const;
  return runsEveryHour(cron) ? [first, { atMs: secondMs, note: 'second_of_two' }] : [first];
}

function runsEveryHour(cron: string): boolean {
  const hour = cron.split(' ')[1] ?? '';
  return /^(?:\*|0-23)(?:\/1)?$/.test(hour);
}

/** Around an instant the clocks may be about to change, or have just changed. */
const NEAR_MS = 26 * 60 * MINUTE_MS;

function lowestOffset(timezone: string, atMs: number): number {
  return Math.min(...offsetsNear(timezone, atMs));
}

function highestOffset(timezone: string, atMs: number): number {
  return Math.max(...offsetsNear(timezone, atMs));
}

function offsetsNear(timezone: string, atMs: number): readonly number[] {
  return [atMs - NEAR_MS, atMs, atMs + NEAR_MS].map((ms) => offsetAt(ms, timezone));
}

/** The times on a clock that fit the fields, as if they were UTC, from one on or backwards. */
function* clockTimes({ cron }: Rule, direction: 'after' | 'before', fromMs: number): Generator<number> {
  const pattern = patternOf(cron);
  for (let at: Date | null | undefined = new Date(fromMs); ;) {
    at = direction === 'after' ? pattern.nextRun(at) : pattern.previousRuns(1, at)[0];
    if (at === null || at === undefined) return;
    yield at.getTime();
  }
}

const PATTERNS_MAX = 1000;
const patterns = new Map<string, Cron>();

/** Reads the fields with a clock that never changes; throws croner's own errors. */
function patternOf(cron: string): Cron {
  const known = patterns.get(cron);
  if (known !== undefined) return known;
  const pattern = new Cron(cron, { mode: '5-part', timezone: 'UTC', paused: true });
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  patterns.set(cron, pattern);
  return pattern;
}
