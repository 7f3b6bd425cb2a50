/** What a series of measurements says. */
export interface Summary {
  readonly median: number;
  /** The middle half lies between these two. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Throws a `TypeError` for an empty series: of nothing, nothing can be said. */
export function summaryOf(values: readonly number[]): Summary {
  return {
    median: quantile(values, 0.5),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
    count: values.length,
  };
}

/** Between two neighbours, what lies between them in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new TypeError('There is nothing to take a quantile of.');
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Round by round, one to the other: what slows the machine down in one round slows both of them, and is not in the ratio.
 * Throws a `TypeError` where the rounds do not belong together.
 */
export function ratiosOf(values: readonly number[], baseline: readonly number[]): number[] {
  if (values.length !== baseline.length) throw new TypeError('Each round needs a value and its baseline.');
  return values.map((value, round) => value / (baseline[round] ?? Number.NaN));
}
