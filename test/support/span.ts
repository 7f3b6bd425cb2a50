import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';

/** A span of time as a story tells it: `'2h'`, `'90s'`, `'30 days'` is `'30d'`. */
export type Span = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const UNIT_MS = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS } as const;

export function msOf(span: Span): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(span);
  if (match === null) throw new TypeError(`"${span}" is no span.`);
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}
