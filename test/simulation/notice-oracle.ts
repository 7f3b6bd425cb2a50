import type { InvariantName } from './invariants.ts';
import type { Exchange } from './network.ts';
import type { OracleSight } from './oracle.ts';
import { arrivalIn } from './receiver-model.ts';

/** The oracle's eye for what others are told. */
export class NoticeOracle {
  readonly #sight: OracleSight;
  readonly #accuse: (invariant: InvariantName, detail: string) => void;
  /** What has happened, by the event's id. */
  readonly #events = new Map<string, { readonly sequence: number; readonly type: string }>();
  #seenUpTo = 0;
  #hasPromoted = false;
  /** Until then a process was dead or stopped, the store in trouble, or a clock set: a notice may go out twice. */
  #troubleUntilMs = Number.NEGATIVE_INFINITY;

  constructor(sight: OracleSight, accuse: (invariant: InvariantName, detail: string) => void) {
    this.#sight = sight;
    this.#accuse = accuse;
  }

  troubled(untilMs: number): void {
    this.#troubleUntilMs = Math.max(this.#troubleUntilMs, untilMs);
  }

  /** The clocks are right again, and this is when the last doubt that they have left ends. */
  calmed(untilMs: number): void {
    this.#troubleUntilMs = untilMs;
  }

  /** The store has changed. */
  watch(what: 'commit' | 'promotion'): void {
    if (!this.#sight.plan.hasReceiver) return;
    if (what === 'promotion') this.#forgetWhatIsGone();
    for (const row of this.#sight.store.all(EVENTS_SQL, { after: this.#seenUpTo })) {
      const [id, type, sequence] = [String(row['id']), String(row['type']), Number(row['sequence'])];
      const known = this.#events.get(id);
      if (known !== undefined && known.sequence !== sequence)
        this.#accuse('a notice keeps its id', `${id} was event ${known.sequence}, and is event ${sequence}`);
      this.#events.set(id, { sequence, type });
      this.#seenUpTo = sequence;
      this.#sight.journal.name(id, `event ${sequence}`);
      this.#sight.journal.meet('event', type);
    }
  }

  /** A notice has left. */
  sent(exchange: Exchange): void {
    const { id, sequence, type } = arrivalIn(exchange.request);
    const event = this.#events.get(id);
    this.#sight.journal.meet('notice', type);
    if ((event?.sequence !== sequence || event.type !== type) && !this.#hasPromoted)
      this.#accuse('a notice keeps its id', `${id} was sent for event ${sequence}, which is ${type}`);
    const earlier = this.#sight.exchanges().findLast((one) => one !== exchange && isOf(one, id));
    if (earlier === undefined) return;
    this.#sight.journal.meet('notice', 'again');
    const why = this.#isNeedless(earlier);
    if (why !== undefined)
      this.#accuse('no needless notice', `${id} leaves again, and request ${earlier.number} ${why}`);
  }

  /** Everything has settled: whatever has happened was told. */
  doubt(): void {
    if (!this.#sight.plan.hasReceiver) return;
    for (const [id, { type, sequence }] of this.#events) {
      if (!this.#sight.receiver.arrivals.has(id))
        this.#accuse('no notice lost', `${id} (${type}) is event ${sequence} and never arrived`);
    }
  }

  #isNeedless({ sentAtMs, endedAtMs, delivered }: Exchange): string | undefined {
    if (this.#hasPromoted || sentAtMs <= this.#troubleUntilMs) return undefined;
    if (endedAtMs === undefined) return 'is still under way';
    const isTaken = delivered?.kind === 'answered' && delivered.complete && delivered.status < 300;
    return isTaken ? `brought ${delivered.status}` : undefined;
  }

  /** Events that the standby lacked never happened, and their sequence numbers are given again. */
  #forgetWhatIsGone(): void {
    this.#hasPromoted = true;
    const there = new Set(this.#sight.store.all(EVENTS_SQL, { after: 0 }).map((row) => String(row['id'])));
    for (const id of this.#events.keys()) if (!there.has(id)) this.#events.delete(id);
    this.#seenUpTo = Math.max(0, ...[...this.#events.values()].map(({ sequence }) => sequence));
  }
}

function isOf({ endpoint, request }: Exchange, id: string): boolean {
  return endpoint === 'notice' && arrivalIn(request).id === id;
}

const EVENTS_SQL = 'select id, type, sequence from events where sequence > :after order by sequence';
