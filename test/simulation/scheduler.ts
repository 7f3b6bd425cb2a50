import type { Chance } from './chance.ts';

/** Whoever a task belongs to: it runs only while its owner does. */
export interface Owner {
  readonly isDead: boolean;
  readonly isPaused: boolean;
}

interface Task {
  readonly owner: Owner | undefined;
  readonly run: () => void;
}

interface Timer extends Task {
  atMs: number;
  readonly order: number;
}

/**
 * Decides what happens next. Whatever any process could do now is a task; chance picks one, it runs, and all that
 * follows from it without waiting runs too. Time passes only when nobody can do anything, and then straight to the next
 * timer. Nothing here asks a real clock, so a history is its seed.
 */
export class Scheduler {
  /** True time, milliseconds since the history began; no process ever sees it. */
  nowMs = 0;
  steps = 0;
  /** What a step has begun outside of this process is over now, or a promise of that. */
  settled: () => Promise<void> | undefined = () => undefined;
  readonly #chance: Chance;
  readonly #timers: Timer[] = [];
  #ready: Task[] = [];
  #order = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** `owner` absent: the world itself. Returns how to take it back. */
  after(ms: number, owner: Owner | undefined, run: () => void): () => void {
    if (ms <= 0) {
      const task = { owner, run };
      this.#ready.push(task);
      return () => {
        this.#ready = this.#ready.filter((one) => one !== task);
      };
    }
    this.#order += 1;
    const timer = { owner, run, atMs: this.nowMs + ms, order: this.#order };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
      else this.#ready = this.#ready.filter((one) => one !== timer);
    };
  }

  /** Its timers stood still for so long. */
  postpone(owner: Owner, ms: number): void {
    const own = this.#timers.filter((timer) => timer.owner === owner);
    for (const timer of own) this.#timers.splice(this.#timers.indexOf(timer), 1);
    for (const timer of own) {
      timer.atMs += ms;
      this.#timers.splice(this.#placeOf(timer), 0, timer);
    }
  }

  /** Runs until the given time, or until `isOver`. Stops with what a task throws. */
  run(untilMs: number, isOver: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        const settling = this.settled();
        // Everything that follows by promises alone has happened when the event loop comes round.
        if (settling !== undefined) void settling.then(() => setImmediate(turn));
        else take();
      };
      const take = (): void => {
        try {
          if (isOver() || !this.#step(untilMs)) resolve();
          else setImmediate(turn);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      setImmediate(turn);
    });
  }

  #step(untilMs: number): boolean {
    for (;;) {
      this.#ready = this.#ready.filter(({ owner }) => owner?.isDead !== true);
      const able = this.#ready.filter(({ owner }) => owner?.isPaused !== true);
      if (able.length > 0) {
        const task = able.length === 1 ? able[0] : this.#chance.pick(able);
        this.#ready = this.#ready.filter((one) => one !== task);
        this.steps += 1;
        task?.run();
        return true;
      }
      const next = this.#timers[0];
      if (next === undefined || next.atMs > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return false;
      }
      this.nowMs = next.atMs;
      while (this.#timers[0] !== undefined && this.#timers[0].atMs <= this.nowMs) {
        const due = this.#timers.shift();
        if (due !== undefined) this.#ready.push(due);
      }
    }
  }

  /** By time, and of the same time in the order in which they were set. */
  #placeOf(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#timers[middle];
      if (other !== undefined && other.atMs <= timer.atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
