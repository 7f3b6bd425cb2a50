import type { Bench } from './bench.ts';

/** How what was measured is held against what was wanted. */
export type Target =
  | { readonly kind: 'at_least'; readonly value: number }
  | { readonly kind: 'at_most'; readonly value: number }
  | { readonly kind: 'exactly'; readonly value: number };

/** `ratio`: to the baseline of the same rounds. */
export type Unit = 'ratio' | 'per second' | 'ms' | 'MB' | 'exchanges';

/** One line of the table: a piece of work, what was wanted of it, and how it is measured. */
export interface Row {
  /** A word to ask for it by. */
  readonly id: string;
  readonly work: string;
  /** What the target is about. A row may have several. */
  readonly wants: readonly Want[];
  /** For how long, and with how much of the disk: said before it begins. */
  readonly costs: string;
  measure(bench: Bench): Promise<Measured>;
}

export interface Want {
  /** Names one of the figures that the row brings. */
  readonly figure: string;
  readonly unit: Unit;
  readonly target: Target;
}

export interface Measured {
  readonly figures: readonly Figure[];
  /** What a reader needs to know of this very run. */
  readonly notes?: readonly string[];
}

/** One number with its spread. */
export interface Figure {
  readonly name: string;
  readonly unit: Unit;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

export function isReached(value: number, { kind, value: wanted }: Target): boolean {
  switch (kind) {
    case 'at_least':
      return value >= wanted;
    case 'at_most':
      return value <= wanted;
    case 'exactly':
      return value === wanted;
  }
}
