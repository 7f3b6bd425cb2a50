import type { Clock } from '../../model/clock.ts';
import type { Composer } from '../../model/composer.ts';
import type { ConnectionStore } from '../../model/connection-store.ts';
import type { FaultPoints } from '../../model/fault-points.ts';
import type { Collect } from '../../model/metric.ts';
import type { Random } from '../../model/random.ts';
import type { ScheduleStore } from '../../model/schedule-store.ts';
import type { Networks } from '../networks/all.ts';

export interface SchedulePorts {
  readonly schedules: ScheduleStore;
  readonly connections: Pick<ConnectionStore, 'find'>;
  readonly networks: Networks;
  readonly composer: Composer;
  readonly collect: Collect;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
  /** Takes over work that a round does not wait for: whoever closes waits for it, and is told of its errors. */
  background(work: Promise<void>): void;
}
