import { createHash } from 'node:crypto';
import type { Random } from '../../src/model/random.ts';

/** The same chances in every run. */
export function seededRandom(seed = 'seed'): Random {
  let drawn = 0;
  const block = (): Buffer => {
    drawn += 1;
    return createHash('sha256').update(`${seed}:${drawn}`).digest();
  };
  return {
    bytes: (count) => Buffer.concat(Array.from({ length: Math.ceil(count / 32) }, block)).subarray(0, count),
    unit: () => block().readUInt32BE(0) / 2 ** 32,
  };
}
