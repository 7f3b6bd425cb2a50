import type { Clock } from '../model/clock.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { Random } from '../model/random.ts';

/** What the settlements touch besides the database. */
export interface Settling {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
}

/** What gives an instant and an id to what is written. */
export type Stamps = Pick<Settling, 'clock' | 'random'>;
