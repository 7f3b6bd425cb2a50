import type { Clock } from '../../model/clock.ts';
import type { Servers } from './servers.ts';

/**
 * Nodes look into their spools every five seconds, and may need as long again to find the new primary. An exchange that was
 * under way has mostly been answered by then, too.
 */
const CALM_AFTER_MS = 15_000;

/**
 * The calm after a fail-over. A standby that lacked the last commits shows refresh tokens as good that are spent, while
 * their successors lie in the spool of whichever node was answered. So nothing is presented until all nodes have had the
 * time to bring what they have.
 */
export class Calm {
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(servers: Servers, clock: Clock) {
    this.#clock = clock;
    servers.onFailOver(() => {
      this.#untilMs = clock.monotonicMs() + CALM_AFTER_MS;
    });
  }

  /** To be asked by whoever has a connection: a fail-over is noticed when one is opened. */
  isOver(): boolean {
    return this.#clock.monotonicMs() >= this.#untilMs;
  }

  async wait(): Promise<void> {
    await this.#clock.sleep(Math.max(0, this.#untilMs - this.#clock.monotonicMs()));
  }
}
