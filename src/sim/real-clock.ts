import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../model/clock.ts';
import type { Random } from '../model/random.ts';

/** The machine's clock, that can be put forward. Waiting still takes as long as it takes. */
export interface AdjustableClock extends Clock {
  advance(ms: number): void;
}

/** The simulator's adapter of the port `Clock`. */
export function realClock(): AdjustableClock {
  let aheadMs = 0;
  return {
    nowMs: () => Date.now() + aheadMs,
    monotonicMs: () => performance.now() + aheadMs,
    sleep: async (ms, signal) => {
      try {
        await wait(ms, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        // The port promises silence when the signal aborts; anything else is a defect.
        if (signal?.aborted !== true) throw error;
      }
    },
    advance: (ms) => {
      aheadMs += ms;
    },
  };
}

/** The simulator's adapter of the port `Random`. */
export function realRandom(): Random {
  return { bytes: (count) => randomBytes(count), unit: () => randomBytes(4).readUInt32BE() / 2 ** 32 };
}
