import type { Figure, Unit } from './row.ts';
import { ratiosOf, summaryOf } from './statistics.ts';

/** One of those that do the same work. */
export interface Contender {
  readonly name: string;
  /** Does the work about once for each of `count`, and says how often it did. */
  readonly work: (count: number) => Promise<number> | number;
  /** How much of it one round takes. Absent: found out before, so that a round takes {@link ROUND_MS}. */
  readonly count?: number;
}

export interface RoundOptions {
  readonly rounds?: number;
  readonly warmUps?: number;
}

/** Long enough that a timer's grain and a collection of garbage are small in it. */
const ROUND_MS = 250;
const ROUNDS = 15;
const WARM_UPS = 3;

export interface Rate {
  readonly name: string;
  /** Per second, one for each round. */
  readonly perSecond: readonly number[];
}

/**
 * Lets the contenders do their work in turns, round by round, each round in another order, and measures each turn. The
 * first rounds are for warming up and are forgotten.
 */
export async function takeTurns(
  contenders: readonly Contender[],
  { rounds = ROUNDS, warmUps = WARM_UPS }: RoundOptions = {},
): Promise<Rate[]> {
  const counts = new Map<Contender, number>();
  for (const contender of contenders) counts.set(contender, contender.count ?? (await countFor(contender)));
  const rates = contenders.map(({ name }) => ({ name, perSecond: [] as number[] }));
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [turn] of contenders.entries()) {
      const at = (turn + round + warmUps) % contenders.length;
      const contender = contenders[at];
      if (contender === undefined) continue;
      const perSecond = await rateOf(contender, counts.get(contender) ?? 1);
      if (round >= 0) rates[at]?.perSecond.push(perSecond);
    }
  }
  return rates;
}

async function rateOf({ work }: Contender, count: number): Promise<number> {
  globalThis.gc?.();
  const startedAtMs = performance.now();
  const done = await work(count);
  return (done / (performance.now() - startedAtMs)) * 1000;
}

/** Also warms up: what runs for the first time is so much slower that its count would be far too small. */
async function countFor({ work }: Contender): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const startedAtMs = performance.now();
    await work(count);
    if (performance.now() - startedAtMs > ROUND_MS / 2) return count;
  }
}

export function rateFigure({ name, perSecond }: Rate): Figure {
  return { name, unit: 'per second', ...summaryOf(perSecond) };
}

/** How long one takes, where they come one after the other. */
export function spanFigure({ name, perSecond }: Rate): Figure {
  return { name, unit: 'ms', ...summaryOf(perSecond.map((rate) => 1000 / rate)) };
}

/** `by: 'time'`: how many times as long; `by: 'rate'`: how many times as many. */
export function ratioFigure(
  name: string,
  [rate, baseline]: readonly [Rate | undefined, Rate | undefined],
  by: 'time' | 'rate' = 'rate',
): Figure {
  if (rate === undefined || baseline === undefined) throw new TypeError(`${name} lacks one of its two sides.`);
  const [over, under] = by === 'rate' ? [rate, baseline] : [baseline, rate];
  return { name, unit: 'ratio' satisfies Unit, ...summaryOf(ratiosOf(over.perSecond, under.perSecond)) };
}
