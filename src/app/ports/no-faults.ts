import type { FaultPoints } from '../../model/fault-points.ts';

/** Production: nothing happens at a fault point. */
export const noFaults: FaultPoints = { reach: () => undefined };
