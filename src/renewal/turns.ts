import { MINUTE_MS, SECOND_MS, type Clock } from '../model/clock.ts';
import type { ConnectionId, ProviderAppId } from '../model/ids.ts';
import type { RenewalOutcome } from '../model/outcome.ts';
import type { Random } from '../model/random.ts';
import type { Need } from './need.ts';

/** How much one app's provider is taken to bear from one process. */
export interface Bounds {
  /** Exchanges under way at once. */
  readonly atOnce: number;
  /** Of those, the ones that nobody has asked for. */
  readonly aheadAtOnce: number;
  /** So many connections without an answer, and none with one since, are no bad luck of theirs. */
  readonly silentConnections: number;
}

const BOUNDS: Bounds = { atOnce: 64, aheadAtOnce: 16, silentConnections: 5 };
/** Nobody waits for what is done ahead: it comes again, each at a moment of its own. */
const AHEAD_WAIT_MS = 5 * SECOND_MS;
const AGAIN_AFTER_MS = 5 * SECOND_MS;
const AGAIN_SPREAD_MS = 10 * SECOND_MS;
/** Connections that were told to come later: one alone may have a limit of its own. */
const LIMITED_CONNECTIONS = 2;
const PAUSE_MIN_MS = SECOND_MS;
const PAUSE_MAX_MS = 30 * SECOND_MS;
/** Whatever a provider asks for, it is asked again within this. */
const LIMITED_MAX_MS = 15 * MINUTE_MS;

type TurnPorts = { readonly clock: Clock; readonly random: Random };

/** What a turn is wanted for. */
export interface TurnWish {
  readonly app: ProviderAppId;
  readonly connection: ConnectionId;
  readonly need: Need;
  /** How long its callers wait, milliseconds. */
  readonly waitMs: number;
}

/** The right to present one refresh token now. It must be ended, however the exchange went. */
export interface Turn {
  readonly kind: 'turn';
  /** What the exchange showed of the provider. */
  learn(outcome: RenewalOutcome): void;
  end(): void;
}

/** Nothing may be sent now. */
export interface PutOff {
  readonly kind: 'put_off';
  readonly error: string;
  readonly retryAtMs: number;
}

/** One provider app, as this process sees it. */
export interface ProviderStanding {
  readonly app: ProviderAppId;
  readonly underWay: number;
  readonly waiting: number;
  /** How long everybody keeps off from now, milliseconds. */
  readonly pausedForMs: number;
  /** What the exchanges of this process have ended in. */
  readonly outcomes: Readonly<Partial<Record<RenewalOutcome['kind'], number>>>;
}

/**
 * Who may ask a provider, and when, so that ten thousand connections that are due at once are no storm on it, and an outage
 * costs few of them an unanswered renewal. For each provider app, and in this process:
 *
 * - A bounded number of exchanges is under way. Those that somebody waits for come first.
 * - **Silent**: when several connections in a row had no answer, everybody keeps off, for a second at first and half a
 *   minute at most; then one goes and looks. Each answer lets one more go, so that the crowd doubles with each round trip.
 * - **Limited**: where the provider says when to come again, what nobody waits for keeps off until then; and everybody
 *   does, once a second connection has been told the same.
 *
 * It is forgotten with the process: a new one finds out for itself.
 */
export class Turns {
  readonly #ports: TurnPorts;
  readonly #bounds: Bounds;
  readonly #sides = new Map<ProviderAppId, Side>();

  constructor(ports: TurnPorts, bounds: Bounds = BOUNDS) {
    this.#ports = ports;
    this.#bounds = bounds;
  }

  async take(wish: TurnWish): Promise<Turn | PutOff> {
    let side = this.#sides.get(wish.app);
    if (side === undefined) {
      side = new Side(this.#ports, this.#bounds);
      this.#sides.set(wish.app, side);
    }
    return side.take(wish);
  }

  /** How it stands with each app that this process has renewed for. */
  standing(): readonly ProviderStanding[] {
    return [...this.#sides].map(([app, side]) => ({ app, ...side.standing() }));
  }

  /** Somebody waits now for what was to be done ahead. */
  hurry(connection: ConnectionId): void {
    for (const side of this.#sides.values()) side.hurry(connection);
  }
}

/** One exchange that waits, or is under way. */
interface Place {
  readonly connection: ConnectionId;
  /** Nobody waits for it. */
  isAhead: boolean;
  readonly entered: AbortController;
}

/** One provider app, as this process sees it. */
class Side {
  readonly #ports: TurnPorts;
  readonly #bounds: Bounds;
  #limit: number;
  #underWay = 0;
  #aheadUnderWay = 0;
  #queue: Place[] = [];
  /** Connections that had no answer, since one had. */
  readonly #silent = new Set<ConnectionId>();
  #silentPauses = 0;
  #silentUntilMs = -Infinity;
  /** Connections that were told to come later, since one was not. */
  readonly #limited = new Set<ConnectionId>();
  #limitedUntilMs = -Infinity;
  readonly #outcomes: Partial<Record<RenewalOutcome['kind'], number>> = {};

  constructor(ports: TurnPorts, bounds: Bounds) {
    this.#ports = ports;
    this.#bounds = bounds;
    this.#limit = bounds.atOnce;
  }

  async take({ connection, need, waitMs }: TurnWish): Promise<Turn | PutOff> {
    const pause = this.#pauseFor(need);
    if (pause !== undefined) return pause;
    const place: Place = { connection, isAhead: need.kind === 'ahead', entered: new AbortController() };
    if (this.#isFree(place)) this.#enter(place);
    else await this.#wait(place, place.isAhead ? AHEAD_WAIT_MS : waitMs);
    if (!place.entered.signal.aborted)
      return this.#putOff('too many renewals at this provider are under way', AGAIN_AFTER_MS, need);
    // What was learnt while it waited concerns it too.
    const pauseNow = this.#pauseFor(need);
    if (pauseNow === undefined) return this.#turn(place);
    this.#leave(place);
    return pauseNow;
  }

  standing(): Omit<ProviderStanding, 'app'> {
    const isLimited = this.#limited.size >= LIMITED_CONNECTIONS;
    const untilMs = Math.max(this.#silentUntilMs, isLimited ? this.#limitedUntilMs : -Infinity);
    return {
      underWay: this.#underWay,
      waiting: this.#queue.length,
      pausedForMs: Math.max(0, untilMs - this.#ports.clock.monotonicMs()),
      outcomes: { ...this.#outcomes },
    };
  }

  hurry(connection: ConnectionId): void {
    for (const place of this.#queue) if (place.connection === connection) place.isAhead = false;
    this.#letIn();
  }

  #turn(place: Place): Turn {
    let isOver = false;
    return {
      kind: 'turn',
      learn: (outcome) => {
        this.#learn(place.connection, outcome);
      },
      end: () => {
        if (!isOver) this.#leave(place);
        isOver = true;
      },
    };
  }

  #enter(place: Place): void {
    this.#underWay += 1;
    if (place.isAhead) this.#aheadUnderWay += 1;
    place.entered.abort();
  }

  #leave({ isAhead }: Place): void {
    this.#underWay -= 1;
    if (isAhead) this.#aheadUnderWay -= 1;
    this.#letIn();
  }

  #isFree({ isAhead }: Place): boolean {
    return this.#underWay < this.#limit && (!isAhead || this.#aheadUnderWay < this.#bounds.aheadAtOnce);
  }

  /** Whoever asked by hand (`now`) looks for himself. */
  #pauseFor(need: Need): PutOff | undefined {
    if (need.kind === 'now') return undefined;
    const nowMs = this.#ports.clock.monotonicMs();
    const silentForMs = this.#silentUntilMs - nowMs;
    if (silentForMs > 0) return this.#putOff('the provider left several renewals unanswered', silentForMs, need);
    const limitedForMs = this.#limitedUntilMs - nowMs;
    const concernsAll = this.#limited.size >= LIMITED_CONNECTIONS;
    if (limitedForMs > 0 && (concernsAll || need.kind === 'ahead'))
      return this.#putOff('the provider asked to come again later', limitedForMs, need);
    return undefined;
  }

  #putOff(error: string, forMs: number, { kind }: Need): PutOff {
    const { clock, random } = this.#ports;
    const spreadMs = kind === 'ahead' ? AGAIN_SPREAD_MS * random.unit() : 0;
    return { kind: 'put_off', error, retryAtMs: Math.ceil(clock.nowMs() + forMs + spreadMs) };
  }

  #learn(connection: ConnectionId, outcome: RenewalOutcome): void {
    this.#outcomes[outcome.kind] = (this.#outcomes[outcome.kind] ?? 0) + 1;
    switch (outcome.kind) {
      case 'renewed':
      case 'rejected':
      case 'misconfigured':
        this.#silent.clear();
        this.#limited.clear();
        this.#silentPauses = 0;
        this.#silentUntilMs = -Infinity;
        this.#limit = Math.min(this.#limit + 1, this.#bounds.atOnce);
        return;
      case 'unanswered':
      case 'unavailable': {
        const retryAfterMs = outcome.kind === 'unavailable' ? outcome.retryAfterMs : undefined;
        if (retryAfterMs === undefined) this.#heardNothing(connection);
        else this.#heardLater(connection, retryAfterMs);
      }
    }
  }

  #heardNothing(connection: ConnectionId): void {
    const { clock, random } = this.#ports;
    const nowMs = clock.monotonicMs();
    this.#silent.add(connection);
    // Those that were under way when the silence was found out say nothing new.
    if (this.#silent.size < this.#bounds.silentConnections || nowMs < this.#silentUntilMs) return;
    const pauseMs = Math.min(PAUSE_MIN_MS * 2 ** this.#silentPauses, PAUSE_MAX_MS) * (0.5 + random.unit() / 2);
    this.#silentPauses += 1;
    this.#silentUntilMs = nowMs + pauseMs;
    this.#limit = 1;
  }

  #heardLater(connection: ConnectionId, retryAfterMs: number): void {
    this.#limited.add(connection);
    const untilMs = this.#ports.clock.monotonicMs() + Math.min(retryAfterMs, LIMITED_MAX_MS);
    this.#limitedUntilMs = Math.max(this.#limitedUntilMs, untilMs);
  }

  /** Until it has entered, or its time is over. */
  async #wait(place: Place, forMs: number): Promise<void> {
    this.#queue.push(place);
    await this.#ports.clock.sleep(forMs, place.entered.signal);
    this.#queue = this.#queue.filter((one) => one !== place);
  }

  #letIn(): void {
    for (;;) {
      const next = this.#queue.find(({ isAhead }) => !isAhead) ?? this.#queue[0];
      if (next === undefined || !this.#isFree(next)) return;
      this.#queue = this.#queue.filter((one) => one !== next);
      this.#enter(next);
    }
  }
}
