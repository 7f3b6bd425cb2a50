import { isDeepStrictEqual } from 'node:util';
import { WAIT_IS_OVER } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { ConnectionId } from '../model/ids.ts';
import { decide, type Verdict } from './decide.ts';
import { isLiving } from './lifetimes.ts';
import { glanceAt, lookAt } from './look.ts';
import { wantsToken, type Need, type Renewal, type Seen, type Served } from './need.ts';
import type { RenewalPorts } from './ports.ts';
import { renew } from './renew.ts';
import { conclude } from './settle.ts';

const WAIT_MIN_MS = 20;
const WAIT_MAX_MS = 250;

export interface Patience {
  /** How long this caller waits, milliseconds; the exchange goes on without it. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A flight that takes longer is not waited for without a look at what is stored meanwhile. */
const SLOW_MS = 1000;

/** Told of each renewal of this process, once it is safe. It must not throw, and nobody waits for what it begins. */
export type Landed = (id: ConnectionId, served: Served) => void;

interface Flight {
  readonly need: Need;
  readonly startedAtMonotonicMs: number;
  readonly landing: Promise<Renewal>;
}

/**
 * The callers of one process. Those who ask for the same connection share one renewal; a failed one is never kept.
 * A caller's deadline, or its abort, ends its own wait and nothing else: the answer is still listened for and settled.
 */
export class Flights {
  readonly #ports: RenewalPorts;
  readonly #landed: Landed;
  readonly #flights = new Map<ConnectionId, Flight>();
  readonly #draining = new AbortController();

  constructor(ports: RenewalPorts, landed: Landed = () => undefined) {
    this.#ports = ports;
    this.#landed = landed;
  }

  /** Throws what {@link renew} throws, and never later than the deadline. */
  async ask(
    id: ConnectionId,
    need: Need,
    { deadlineMs = this.#ports.timing.deadlineMs, signal }: Patience = {},
  ): Promise<Renewal> {
    const waiting = new AbortController();
    const isLate = deadlineMs <= 0 || signal?.aborted === true;
    try {
      const renewal = isLate ? 'late' : await this.#orLate(this.#join(id, need, waiting.signal), deadlineMs, signal);
      return renewal === 'late' || renewal.kind === 'wait' ? await this.#bestNow(id, need) : renewal;
    } catch (error) {
      return await this.#livingOr(error, id, need);
    } finally {
      waiting.abort(WAIT_IS_OVER);
    }
  }

  /** Resolves when no exchange of this process is under way. From now on nobody waits for other processes' exchanges. */
  async drain(): Promise<void> {
    this.#draining.abort();
    while (this.#flights.size > 0) await Promise.allSettled([...this.#flights.values()].map(({ landing }) => landing));
  }

  get underWay(): number {
    return this.#flights.size;
  }

  /**
   * Joins the flight that is under way. If it is slow, or was made for another need, its passenger is served at once when
   * what is stored is good for him; and what it brings to another's need may not be what he needs. For a passenger who has
   * left meanwhile, nothing new is begun.
   */
  async #join(id: ConnectionId, need: Need, left: AbortSignal): Promise<Renewal> {
    for (;;) {
      if (left.aborted) return { kind: 'wait' };
      const underWay = this.#flights.get(id);
      if (underWay === undefined) return this.#fly(id, need);
      const isSameNeed = isDeepStrictEqual(underWay.need, need);
      const isSlow = this.#ports.clock.monotonicMs() - underWay.startedAtMonotonicMs > SLOW_MS;
      const stored = isSameNeed && !isSlow ? undefined : await this.#stored(id, need);
      if (stored !== undefined) return stored;
      if (need.kind !== 'ahead') this.#ports.turns.hurry(id);
      const renewal = await underWay.landing;
      if (isSameNeed || this.#satisfies(renewal, need)) return renewal;
    }
  }

  async #stored(id: ConnectionId, need: Need): Promise<Renewal | undefined> {
    const { clock, timing } = this.#ports;
    const seen = await lookAt(id, need, this.#ports);
    const verdict = decide(seen, need, { nowMs: clock.nowMs(), timing });
    return verdict.kind === 'serve' ? conclude(verdict, seen, this.#ports) : undefined;
  }

  #satisfies(renewal: Renewal, need: Need): boolean {
    if (renewal.kind !== 'served' || !renewal.renewed) return false;
    if (need.kind === 'refused')
      return need.accessFingerprint !== this.#ports.fingerprinter.fingerprint(renewal.tokens.accessToken);
    return need.kind !== 'now' || renewal.version > need.afterVersion;
  }

  #fly(id: ConnectionId, need: Need): Promise<Renewal> {
    const landing = this.#renewOrWait(id, need).finally(() => {
      this.#flights.delete(id);
    });
    this.#flights.set(id, { need, startedAtMonotonicMs: this.#ports.clock.monotonicMs(), landing });
    return landing;
  }

  /** Waits, once for all its passengers, while another process is at it. */
  async #renewOrWait(id: ConnectionId, need: Need): Promise<Renewal> {
    for (let waitMs = WAIT_MIN_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MAX_MS)) {
      const renewal = await renew(id, need, this.#ports);
      if (renewal.kind === 'served' && renewal.renewed) this.#landed(id, renewal);
      if (renewal.kind !== 'wait' || this.#draining.signal.aborted) return renewal;
      await this.#ports.clock.sleep(waitMs, this.#draining.signal);
    }
  }

  async #orLate(flight: Promise<Renewal>, leftMs: number, signal: AbortSignal | undefined): Promise<Renewal | 'late'> {
    const stop = new AbortController();
    const abort = (): void => {
      stop.abort();
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([flight, this.#ports.clock.sleep(leftMs, stop.signal).then(() => 'late' as const)]);
    } finally {
      stop.abort(WAIT_IS_OVER);
      signal?.removeEventListener('abort', abort);
      // The caller may be gone by the time a flight fails; the failure was settled where it happened.
      flight.catch(() => undefined);
    }
  }

  /** A full disk stands in the way of a renewal, and not in the way of what lives: that is served all the same. */
  async #livingOr(error: unknown, id: ConnectionId, need: Need): Promise<Renewal> {
    if (!(error instanceof KippuError) || error.code !== 'store_unavailable') throw error;
    const { clock, timing } = this.#ports;
    const seen = await glanceAt(id, this.#ports);
    const verdict = decideNow(seen, need, { nowMs: clock.nowMs(), timing });
    if (verdict.kind !== 'serve') throw error;
    return conclude(verdict, seen, this.#ports);
  }

  /** The wait is over. What is stored now is served if it lives at all; else the question is still open. */
  async #bestNow(id: ConnectionId, need: Need): Promise<Renewal> {
    const { clock, timing } = this.#ports;
    const seen = await lookAt(id, need, this.#ports);
    const verdict = decideNow(seen, need, { nowMs: clock.nowMs(), timing });
    if (verdict.kind === 'renew' || verdict.kind === 'ask' || verdict.kind === 'wait' || verdict.kind === 'give_up') {
      return { kind: 'uncertain', retryAtMs: clock.nowMs() + timing.lateAnswerMs };
    }
    return conclude(verdict, seen, this.#ports);
  }
}

/** For whoever waits no longer: a token with any life left, also one that is to be exchanged as soon as it is there. */
function decideNow(seen: Seen, need: Need, now: Parameters<typeof decide>[2]): Verdict {
  const verdict = decide(seen, need.kind === 'use' ? { kind: 'use', minTtlMs: 0 } : need, now);
  const wouldGoOn = verdict.kind === 'renew' || verdict.kind === 'ask';
  const isServed = wouldGoOn && wantsToken(need) && isLiving(seen.credential, need, now.nowMs);
  return isServed ? { kind: 'serve' } : verdict;
}
