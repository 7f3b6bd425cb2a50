import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../model/clock.ts';

const UNITS = [
  { ms: DAY_MS, name: 'd' },
  { ms: HOUR_MS, name: 'h' },
  { ms: MINUTE_MS, name: 'min' },
  { ms: SECOND_MS, name: 's' },
] as const;

/** A span in its two largest units: `1 h 40 min`, `12 s`. */
export function spanText(ms: number): string {
  const first = UNITS.findIndex((unit) => Math.abs(ms) >= unit.ms);
  const unit = UNITS[first];
  if (unit === undefined) return '0 s';
  const whole = Math.floor(Math.abs(ms) / unit.ms);
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((Math.abs(ms) - whole * unit.ms) / next.ms);
  return rest === 0 || next === undefined ? `${whole} ${unit.name}` : `${whole} ${unit.name} ${rest} ${next.name}`;
}

/** Where an instant lies from now: `12 s ago`, `in 3 d`. */
export function fromNowText(atMs: number, nowMs: number): string {
  if (Math.abs(atMs - nowMs) < SECOND_MS) return 'now';
  if (atMs > nowMs) return `in ${spanText(atMs - nowMs)}`;
  const agoMs = nowMs - atMs;
  return `${spanText(agoMs < MINUTE_MS ? agoMs : agoMs - (agoMs % MINUTE_MS))} ago`;
}

/** Millionths of a dollar as people read them. */
export function dollarText(microDollars: number): string {
  return `${microDollars < 0 ? '-' : ''}$${(Math.abs(microDollars) / 1_000_000).toFixed(3)}`;
}
