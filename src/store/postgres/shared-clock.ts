import type { Clock } from '../../model/clock.ts';
import { integer } from '../rows/columns.ts';
import type { Queryable } from './database.ts';

/** A smaller difference is the noise of asking. */
const DIFFERENCE_MIN_MS = 50;

/**
 * The database's wall clock, read from here: this machine's own, corrected by how far it is from the database's. All
 * nodes of one database go by it, so that a lease ends at the same moment for whoever holds it and whoever waits for it,
 * however wrong the clocks of their machines are. Spans are measured by the machine's own monotonic clock.
 */
export class SharedClock implements Clock {
  readonly #own: Clock;
  #offsetMs = 0;

  constructor(own: Clock) {
    this.#own = own;
  }

  /** How far the database's clock is ahead of this machine's. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  nowMs(): number {
    return this.#own.nowMs() + this.#offsetMs;
  }

  monotonicMs(): number {
    return this.#own.monotonicMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#own.sleep(ms, signal);
  }

  /** Asks the database. Its answer is as of the middle of the time that asking took. */
  async compare(db: Queryable): Promise<void> {
    const askedAtMs = this.#own.monotonicMs();
    const row = await db.get('select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms');
    const tookMs = this.#own.monotonicMs() - askedAtMs;
    if (row === undefined) return;
    const offsetMs = Math.round(integer(row, 'now_ms') + tookMs / 2 - this.#own.nowMs());
    if (Math.abs(offsetMs - this.#offsetMs) > Math.max(DIFFERENCE_MIN_MS, tookMs)) this.#offsetMs = offsetMs;
  }
}
