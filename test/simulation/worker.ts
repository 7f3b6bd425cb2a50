import { settlePendings } from '../../src/connect/pending.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { tendDuePosts } from '../../src/posts/worker.ts';
import { reapplySpool } from '../../src/renewal/reapply.ts';
import { tendDue } from '../../src/renewal/tend.ts';
import { EPOCH_MS, type Life } from './life.ts';
import type { ModelledStore } from './modelled-store.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedNode } from './simulated-node.ts';

const ROUND_MS = 500;
const CHORES_MS = 5 * SECOND_MS;
/** While a connection waits for a word from another node's spool. */
const DOUBT_MS = MINUTE_MS;
/** What was acknowledged lately is applied again in every round; here in every third. */
const FRESH_MS = 10 * MINUTE_MS;
const FRESH_CHORES_MS = 15 * SECOND_MS;
const IDLE_MS = 20 * MINUTE_MS;
const TIDY_MS = HOUR_MS;
const ROUNDS_AT_ONCE = 4;
const POSTS_A_ROUND = 20;

/**
 * The product's worker, round by round. It sleeps over the time in which it would find nothing, which is what makes a
 * day's history cheap; a round itself is the real thing.
 */
export class Worker {
  readonly #node: SimulatedNode;
  readonly #scheduler: Scheduler;
  readonly #agenda: Agenda;
  readonly #stumbled: (life: Life, error: unknown) => void;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => undefined;
  #choresAtMs = 0;
  #rounds = 0;

  constructor(
    node: SimulatedNode,
    { scheduler, agenda }: { readonly scheduler: Scheduler; readonly agenda: Agenda },
    stumbled: (life: Life, error: unknown) => void,
  ) {
    this.#node = node;
    this.#scheduler = scheduler;
    this.#agenda = agenda;
    this.#stumbled = stumbled;
  }

  /** A process has just started: it brings what waits in its spool to the store, and goes to work. */
  begin(): void {
    this.#rounds = 0;
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    const { life, renewal } = this.#node.now;
    void this.#guarded(life, () => reapplySpool(renewal, { again: true }));
    this.#tidy();
    this.arrange();
  }

  /** Something may have come due earlier than was known. */
  arrange(): void {
    if (!this.#node.isAlive) return;
    const { nowMs } = this.#scheduler;
    const wakesAtMs = Math.max(nowMs + ROUND_MS, Math.min(this.#dueAtMs(), nowMs + this.#choresInMs()));
    if (wakesAtMs >= this.#wakesAtMs && this.#wakesAtMs > nowMs) return;
    this.#cancel();
    this.#wakesAtMs = wakesAtMs;
    this.#cancel = this.#scheduler.after(wakesAtMs - nowMs, this.#node.now.life, () => {
      this.#wakesAtMs = Number.POSITIVE_INFINITY;
      this.#round();
      this.arrange();
    });
  }

  #tidy(): void {
    const { life, renewal } = this.#node.now;
    this.#scheduler.after(TIDY_MS, life, () => {
      void this.#guarded(life, () => reapplySpool(renewal, { again: true }));
      this.#tidy();
    });
  }

  #round(): void {
    const { life, renewal, connect, posts, flights } = this.#node.now;
    if (this.#rounds >= ROUNDS_AT_ONCE) return;
    const report = (_id: unknown, error: unknown): void => {
      this.#stumbled(life, error);
    };
    this.#rounds += 1;
    const work = [
      this.#guarded(life, () => tendDue(flights, renewal, report)),
      this.#guarded(life, async () => {
        const { failures } = await tendDuePosts(posts, { limit: POSTS_A_ROUND });
        for (const { error } of failures) this.#stumbled(life, error);
      }),
    ];
    if (this.#scheduler.nowMs - this.#choresAtMs >= CHORES_MS) {
      this.#choresAtMs = this.#scheduler.nowMs;
      work.push(
        this.#guarded(life, async () => {
          if ((await reapplySpool(renewal)) === 0) this.#node.hasSpooled = false;
        }),
        this.#guarded(life, () => settlePendings(connect, report)),
      );
    }
    void Promise.all(work).then(() => {
      if (this.#node.now.life === life) this.#rounds -= 1;
    });
  }

  async #guarded(life: Life, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#stumbled(life, error);
    }
  }

  /** By this machine's clock, told in true time. */
  #dueAtMs(): number {
    return this.#agenda.now().dueAtMs - EPOCH_MS - this.#node.machine.wallAheadMs;
  }

  #choresInMs(): number {
    const { hasPending, hasDoubt } = this.#agenda.now();
    if (this.#node.hasSpooled || hasPending) return CHORES_MS;
    if (this.#scheduler.nowMs - this.#node.spooledAtMs < FRESH_MS) return FRESH_CHORES_MS;
    return hasDoubt && this.#agenda.waitsForSpools ? DOUBT_MS : IDLE_MS;
  }
}

interface Due {
  readonly dueAtMs: number;
  readonly hasPending: boolean;
  readonly hasDoubt: boolean;
}

/** What the store holds for the workers to do, looked up once a commit. */
export class Agenda {
  /** Whether a replay waits for a word from the sender's spool. */
  readonly waitsForSpools: boolean;
  readonly #store: ModelledStore;
  #due: Due = { dueAtMs: 0, hasPending: false, hasDoubt: false };
  #asOf = -1;

  constructor(store: ModelledStore, { waitsForSpools }: { readonly waitsForSpools: boolean }) {
    this.#store = store;
    this.waitsForSpools = waitsForSpools;
  }

  now(): Due {
    if (this.#asOf === this.#store.changes) return this.#due;
    this.#asOf = this.#store.changes;
    const row = this.#store.get(AGENDA_SQL) ?? {};
    this.#due = {
      dueAtMs: typeof row['due'] === 'number' ? row['due'] : Number.POSITIVE_INFINITY,
      hasPending: row['pending'] === 1,
      hasDoubt: row['doubt'] === 1,
    };
    return this.#due;
  }
}

const AGENDA_SQL = `select
  (select min(due) from (
    select min(due_at_ms) as due from credentials where due_at_ms is not null
    union all select min(due_at_ms) from posts where due_at_ms is not null)) as due,
  exists (select 1 from consents where state = 'pending' and redeem_hash is null) as pending,
  exists (select 1 from credentials where attempt_id is not null) as doubt`;
