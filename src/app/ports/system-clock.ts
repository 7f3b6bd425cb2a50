import process from 'node:process';
import type { Clock } from '../../model/clock.ts';

/** What the machine's clock read when this process began to count. */
let beganAtMs: number | undefined;

/** The machine's own clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  // Not `performance.now()` alone, which each process counts from its own start. It is the same clock, and costs a tenth.
  monotonicMs: () => {
    beganAtMs ??= Number(process.hrtime.bigint()) / 1e6 - performance.now();
    return beganAtMs + performance.now();
  },
  sleep: (ms, signal, { keepsProcess = true } = {}) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (!keepsProcess) timer.unref();
      signal?.addEventListener('abort', done, { once: true });
    }),
};
