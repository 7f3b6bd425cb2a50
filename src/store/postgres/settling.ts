import type * as store from '../settling.ts';
import type { StoreClock } from './shared-clock.ts';

/** What the settlements touch besides the database, by the clock of that database. */
export interface Settling extends store.Settling {
  readonly clock: StoreClock;
}

/** What gives an instant and an id to what is written. */
export type Stamps = Pick<Settling, 'clock' | 'random'>;
