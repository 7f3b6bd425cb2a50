import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../../model/random.ts';

const STEPS = 2 ** 32;

/** The machine's own cryptographic chance. */
export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
  unit: () => randomInt(STEPS) / STEPS,
};
