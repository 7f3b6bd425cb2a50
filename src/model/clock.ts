/** Time, as a port: tests advance it, the simulation bends it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump: only for instants that leave the process. */
  nowMs(): number;
  /**
   * Milliseconds that never run backwards, and that a suspended laptop may or may not count. Only for spans. Counted
   * from some moment of this boot: all processes of one boot of one machine read the same.
   */
  monotonicMs(): number;
  /**
   * Resolves after `ms`, or at once and without an error when the signal aborts. With `keepsProcess: false`, never where the
   * process has nothing else to wait for: it ends.
   */
  sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void>;
}

export interface SleepOptions {
  /** Default `true`. */
  readonly keepsProcess?: boolean;
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Given as the reason where a wait is broken off. Without one, each `abort()` makes an error with its stack for nobody. */
export const WAIT_IS_OVER = 'nobody waits any more';
