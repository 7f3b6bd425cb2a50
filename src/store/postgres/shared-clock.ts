import type { Clock, SleepOptions } from '../../model/clock.ts';
import { integer } from '../rows/columns.ts';
import type { Queryable } from './database.ts';

/** A smaller difference is the noise of asking. */
const DIFFERENCE_MIN_MS = 50;
/** Of so many answers the one that came quickest counts: it says best what time it was. */
const QUESTIONS_MAX = 3;

/** The clock of a store, which may find out that it was wrong. */
export interface StoreClock extends Clock {
  /**
   * Before a decision that must not rest on a wrong clock. `true`: it was in doubt, and is right now; what was decided by it
   * is to be decided anew. Throws `store_unavailable` while it stays in doubt.
   */
  corrected(): Promise<boolean>;
}

/** A clock that is nobody's but one's own is never in doubt. */
export function storeClock(own: Clock): StoreClock {
  return {
    nowMs: () => own.nowMs(),
    monotonicMs: () => own.monotonicMs(),
    sleep: (ms, signal, options) => own.sleep(ms, signal, options),
    corrected: async () => false,
  };
}

/**
 * The database's wall clock, read from here: this machine's own, corrected by how far it is from the database's. All
 * nodes of one database go by it, so that a lease ends at the same moment for whoever holds it and whoever waits for it,
 * however wrong the clocks of their machines are. Spans are measured by the machine's own monotonic clock.
 *
 * When the machine's two clocks no longer agree on how much time has passed, the wall clock was set, or the machine slept:
 * which of them, it cannot tell. Then the database is asked anew, and until it has answered the later of the two counts.
 * That is safe for whoever holds a lease. Whoever would take one from somebody else asks {@link corrected} first.
 */
export class SharedClock implements StoreClock {
  readonly #own: Clock;
  #offsetMs = 0;
  /** Both of the machine's clocks when the database was asked last. */
  #asked: { readonly wallMs: number; readonly monotonicMs: number } | undefined;
  #correct: () => Promise<void> = () => Promise.resolve();
  #correcting: Promise<void> | undefined;

  constructor(own: Clock) {
    this.#own = own;
  }

  /** How far the database's clock is ahead of this machine's. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  nowMs(): number {
    const wallMs = this.#own.nowMs();
    const setMs = this.#setForwardMs(wallMs);
    if (Math.abs(setMs) <= DIFFERENCE_MIN_MS) return wallMs + this.#offsetMs;
    // Nobody waits for it here. While the database is away, whoever needs to be sure is told so.
    this.#ask().catch(() => undefined);
    return wallMs + this.#offsetMs + Math.max(0, -setMs);
  }

  monotonicMs(): number {
    return this.#own.monotonicMs();
  }

  sleep(ms: number, signal?: AbortSignal, options?: SleepOptions): Promise<void> {
    return this.#own.sleep(ms, signal, options);
  }

  async corrected(): Promise<boolean> {
    if (Math.abs(this.#setForwardMs(this.#own.nowMs())) <= DIFFERENCE_MIN_MS) return false;
    await this.#ask();
    return true;
  }

  /** Asks this database now, and whenever there is a doubt. */
  async follow(db: Queryable): Promise<void> {
    this.#correct = () => this.compare(db);
    await this.#ask();
  }

  /** Asks the database. Its answer is as of the middle of the time that asking took. */
  async compare(db: Queryable): Promise<void> {
    let best: Comparison | undefined;
    for (let questions = 0; questions < QUESTIONS_MAX; questions += 1) {
      const found = await this.#question(db);
      if (best === undefined || found.tookMs < best.tookMs) best = found;
      if (best.tookMs <= DIFFERENCE_MIN_MS) break;
    }
    if (best === undefined) return;
    const { offsetMs, tookMs, wallMs, monotonicMs } = best;
    if (Math.abs(offsetMs - this.#offsetMs) > Math.max(DIFFERENCE_MIN_MS, tookMs)) this.#offsetMs = offsetMs;
    this.#asked = { wallMs, monotonicMs };
  }

  async #question(db: Queryable): Promise<Comparison> {
    const askedAtMs = this.#own.monotonicMs();
    const row = await db.get('select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms');
    if (row === undefined) throw new TypeError('The database has no clock.');
    const [monotonicMs, wallMs] = [this.#own.monotonicMs(), this.#own.nowMs()];
    const tookMs = monotonicMs - askedAtMs;
    return { offsetMs: Math.round(integer(row, 'now_ms') + tookMs / 2 - wallMs), tookMs, wallMs, monotonicMs };
  }

  /** One question at a time, whoever has the doubt. */
  #ask(): Promise<void> {
    this.#correcting ??= this.#correct().finally(() => {
      this.#correcting = undefined;
    });
    return this.#correcting;
  }

  /** How much more has passed by the wall clock than by the monotonic one. */
  #setForwardMs(wallMs: number): number {
    if (this.#asked === undefined) return 0;
    return wallMs - this.#asked.wallMs - (this.#own.monotonicMs() - this.#asked.monotonicMs);
  }
}

interface Comparison {
  /** How far the database was found to be ahead. */
  readonly offsetMs: number;
  readonly tookMs: number;
  readonly wallMs: number;
  readonly monotonicMs: number;
}
