import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../model/clock.ts';

const BACK = /^-?(\d{1,5})([dhm])$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const UNITS_MS: Readonly<Record<string, number>> = { d: DAY_MS, h: HOUR_MS, m: MINUTE_MS };

/**
 * A time of the past, as a person gives it: `2026-11-01` (the start of that day on the clocks of the zone), every form of
 * a time to publish at, or how long ago: `30d`, `12h`, `90m`. Throws `invalid`.
 */
export async function readPastTime(
  text: string,
  { nowMs, timezone, where }: { readonly nowMs: number; readonly timezone: string; readonly where: string },
): Promise<number> {
  const given = text.trim();
  const [, count, unit = ''] = BACK.exec(given) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (UNITS_MS[unit] ?? 0);
  const { parsePublishTime } = await import('../../app/publish-time.ts');
  return parsePublishTime(DATE.test(given) ? `${given} 00:00` : given, { nowMs, timezone, where }).atMs;
}

/** The zone, if there is such a one. Throws `invalid`. */
export async function checkZone(timezone: string): Promise<string> {
  const { parsePublishTime } = await import('../../app/publish-time.ts');
  parsePublishTime('+0m', { nowMs: 0, timezone, where: '--tz' });
  return timezone;
}
