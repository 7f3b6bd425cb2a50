import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';

/** The zone of this machine's clock, as IANA names it. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `2026-11-21 18:00:05`, by the clocks of a zone. */
export function clockText(atMs: number, zone: string): string {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }).format(atMs);
}

/** As {@link clockText}, with the zone's name: `2026-11-21 18:00:05 Asia/Tokyo`. */
export function instantText(atMs: number, zone: string = localZone()): string {
  return `${clockText(atMs, zone)} ${zone}`;
}

/** How each unit is written after its number, largest first. */
export interface SpanUnits {
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  readonly between: string;
}

/** `1 h 12 min`: the two largest units that matter. */
export function spanText(ms: number, units: SpanUnits): string {
  const parts = [
    { ms: DAY_MS, unit: units.day },
    { ms: HOUR_MS, unit: units.hour },
    { ms: MINUTE_MS, unit: units.minute },
    { ms: SECOND_MS, unit: units.second },
  ];
  let rest = Math.max(0, Math.round(ms / SECOND_MS) * SECOND_MS);
  const first = parts.findIndex((part) => rest >= part.ms);
  if (first === -1) return `0${units.second}`;
  const said: string[] = [];
  for (const part of parts.slice(first, first + 2)) {
    const count = Math.floor(rest / part.ms);
    rest -= count * part.ms;
    if (count > 0) said.push(`${count}${part.unit}`);
  }
  return said.join(units.between);
}
