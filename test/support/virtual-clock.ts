import type { Clock, SleepOptions } from '../../src/model/clock.ts';

interface Timer {
  atMs: number;
  readonly wake: () => void;
  readonly keepsProcess: boolean;
}

/** Rounds of the event loop after each timer: what awaits a commit or another promise gets its turn before the next one. */
const SETTLE_ROUNDS = 12;
/** What goes on beside everything else, as long as a process lives, is done so many times in one span; then it skips to the end. */
const ASIDE_AT_ONCE = 40;

/** Time that passes only when a test says so. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 1_000;
  readonly #timers = new Set<Timer>();

  constructor(start: number | string = '2026-11-21T00:00:00Z') {
    this.#nowMs = typeof start === 'number' ? start : Date.parse(start);
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal, { keepsProcess = true }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const timer: Timer = { atMs: this.#monotonicMs + Math.max(0, ms), wake: resolve, keepsProcess };
      this.#timers.add(timer);
      signal?.addEventListener(
        'abort',
        () => {
          this.#timers.delete(timer);
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Lets time pass, waking each sleeper at its own moment, in order, and what follows from it before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    let aside = 0;
    await settle();
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.atMs > endMs) break;
      if (!next.keepsProcess && next.atMs < endMs && (aside += 1) > ASIDE_AT_ONCE) {
        next.atMs = endMs;
        continue;
      }
      this.#timers.delete(next);
      this.#passUntil(next.atMs);
      next.wake();
      await settle();
    }
    this.#passUntil(endMs);
    await settle();
  }

  /** How long it is until somebody wakes; nobody sleeps: `undefined`. */
  untilNextMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : Math.max(0, next.atMs - this.#monotonicMs);
  }

  /** Time passes and nobody runs: a paused process, a suspended machine. */
  freeze(ms: number): void {
    this.#passUntil(this.#monotonicMs + ms);
  }

  /** The wall clock alone is set forward or back. */
  setWallClock(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** The one that wakes first; of several, the one that fell asleep first. */
  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.atMs < next.atMs) next = timer;
    return next;
  }

  #passUntil(monotonicMs: number): void {
    const passedMs = Math.max(0, monotonicMs - this.#monotonicMs);
    this.#monotonicMs += passedMs;
    this.#nowMs += passedMs;
  }
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < SETTLE_ROUNDS; round += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
