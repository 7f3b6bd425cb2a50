import type { FaultPoints } from '../../model/fault-points.ts';
import type { Random } from '../../model/random.ts';
import type { StoreClock } from './shared-clock.ts';

/** What the settlements touch besides the database. */
export interface Settling {
  readonly clock: StoreClock;
  readonly random: Random;
  readonly faults: FaultPoints;
}
