import { HOUR_MS, MINUTE_MS, type Clock } from '../model/clock.ts';

/** More that are different are not told apart: the one that was said the longest ago is forgotten. */
const KNOWN_MAX = 100;

interface Said {
  readonly times: number;
  readonly againAtMs: number;
  readonly unsaid: number;
}

/**
 * What goes on failing says the same many times a second. It is worth a line at once, another after a minute, and then
 * after twice as long each time, an hour at most; what stayed away for that long is new again.
 */
export class Repeats {
  readonly #clock: Clock;
  readonly #said = new Map<string, Said>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How often it was left unsaid since it was said last; `undefined`: it is to be left unsaid now, too. */
  worthSaying(what: string): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#said.get(what);
    if (before !== undefined && nowMs < before.againAtMs) {
      this.#said.set(what, { ...before, unsaid: before.unsaid + 1 });
      return undefined;
    }
    const isNew = before === undefined || before.unsaid === 0;
    const times = isNew ? 0 : before.times + 1;
    this.#said.delete(what);
    this.#said.set(what, { times, againAtMs: nowMs + Math.min(HOUR_MS, MINUTE_MS * 2 ** times), unsaid: 0 });
    const [oldest] = this.#said.keys();
    if (this.#said.size > KNOWN_MAX && oldest !== undefined) this.#said.delete(oldest);
    return before?.unsaid ?? 0;
  }
}
