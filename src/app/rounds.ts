import type { Clock } from '../model/clock.ts';
import { Repeats } from './repeats.ts';

/** Rounds of one kind that may wait for somebody slow at the same time; more work is left to the next one. */
const AT_ONCE = 4;

export interface Rhythm {
  readonly everyMs: number;
  /** Default: at once. */
  readonly firstAfterMs?: number;
  /** Default `true`. `false`: a process that has nothing else to do may end between two rounds. */
  readonly keepsProcess?: boolean;
}

/** What is said of a round that failed. */
export interface FailedRound {
  readonly round: string;
  /** How many others failed in the same way since that was said last. Absent: none. */
  readonly repeated?: number;
}

/**
 * Work that comes round again and again until it is stopped. Rounds do not wait for each other, so that one that is slow
 * holds nobody else up; a round that fails is reported and the next one comes. What goes on failing in the same way is reported
 * ever more seldom.
 */
export class Rounds {
  readonly #clock: Clock;
  readonly #report: (error: unknown, facts: FailedRound) => void;
  readonly #failures: Repeats;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #lastAtMs: number | undefined;

  constructor(clock: Clock, report: (error: unknown, facts: FailedRound) => void) {
    this.#clock = clock;
    this.#report = report;
    this.#failures = new Repeats(clock);
  }

  /** Aborted when no new round begins. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** When the last round went well, by the monotonic clock. */
  get lastAtMs(): number | undefined {
    return this.#lastAtMs;
  }

  every(name: string, rhythm: Rhythm, round: () => Promise<void>): void {
    this.#loops.push(this.#repeat(name, rhythm, round));
  }

  /** Work with a rhythm of its own, which ends with the signal and lets us guard its rounds. */
  alongside(name: string, work: (guarded: (round: () => Promise<void>) => Promise<void>) => Promise<void>): void {
    this.#loops.push(work((round) => this.#guarded(name, round)));
  }

  /** Begins no more, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
    await Promise.all(this.#underWay);
  }

  async #repeat(
    name: string,
    { everyMs, firstAfterMs = 0, keepsProcess = true }: Rhythm,
    round: () => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#stop;
    let underWay = 0;
    if (firstAfterMs > 0) await this.#clock.sleep(firstAfterMs, signal, { keepsProcess });
    while (!signal.aborted) {
      if (underWay < AT_ONCE) {
        underWay += 1;
        const done = this.#guarded(name, round).finally(() => {
          underWay -= 1;
          this.#underWay.delete(done);
        });
        this.#underWay.add(done);
      }
      await this.#clock.sleep(everyMs, signal, { keepsProcess });
    }
  }

  async #guarded(name: string, round: () => Promise<void>): Promise<void> {
    try {
      await round();
      this.#lastAtMs = this.#clock.monotonicMs();
    } catch (error) {
      // Whatever keeps one round from the store mostly keeps all of them.
      const unsaid = this.#failures.worthSaying(error instanceof Error ? error.message : String(error));
      if (unsaid === undefined) return;
      this.#report(error, { round: name, ...(unsaid > 0 ? { repeated: unsaid } : {}) });
    }
  }
}
