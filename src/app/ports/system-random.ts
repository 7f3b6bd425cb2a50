import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../../model/random.ts';

const STEPS = 2 ** 32;
/** Drawn at once: asking the system costs the same for many bytes as for few, and ids and nonces need few, often. */
const DRAWN_BYTES = 4096;
const LARGE_BYTES = 256;

let drawn = new Uint8Array(0);
let used = 0;

/** The machine's own cryptographic chance. */
export const systemRandom: Random = {
  bytes(count) {
    if (count > LARGE_BYTES) return randomBytes(count);
    if (used + count > drawn.length) {
      drawn = randomBytes(DRAWN_BYTES);
      used = 0;
    }
    const bytes = new Uint8Array(drawn.subarray(used, used + count));
    // What was given out is nowhere else any more: it may be a key.
    drawn.fill(0, used, used + count);
    used += count;
    return bytes;
  },
  unit: () => randomInt(STEPS) / STEPS,
};
