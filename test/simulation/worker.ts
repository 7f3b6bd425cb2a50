import { settlePendings } from '../../src/connect/pending.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { tendDueSchedules } from '../../src/posts/schedules/tend.ts';
import { tendDuePosts } from '../../src/posts/worker.ts';
import { reapplySpool } from '../../src/renewal/reapply.ts';
import { tendDue } from '../../src/renewal/tend.ts';
import type { SimulatedStore } from './engine.ts';
import { EPOCH_MS, type Life } from './life.ts';
import type { Scheduler } from './scheduler.ts';
import type { Running, SimulatedNode } from './simulated-node.ts';

const ROUND_MS = 500;
const CHORES_MS = 5 * SECOND_MS;
/** While a connection waits for a word from another node's spool. */
const DOUBT_MS = MINUTE_MS;
/** So long what was brought to the store is looked for there again. */
const FRESH_MS = 10 * MINUTE_MS;
const IDLE_MS = 20 * MINUTE_MS;
const TIDY_MS = HOUR_MS;
const ROUNDS_AT_ONCE = 4;
const POSTS_A_ROUND = 20;
const SCHEDULES_A_ROUND = 20;
const EVENTS_AT_ONCE = 1000;

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
    void this.#guarded(life, () => reapplySpool(renewal, { acknowledged: 'all' }));
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
      void this.#guarded(life, () => reapplySpool(renewal, { acknowledged: 'all' }));
      this.#tidy();
    });
  }

  #round(): void {
    const { life, renewal, connect, posts, schedules, courier, history, flights } = this.#node.now;
    if (this.#rounds >= ROUNDS_AT_ONCE) return;
    const report = (_id: unknown, error: unknown): void => {
      this.#stumbled(life, error);
    };
    const reportAll = ({ failures }: { readonly failures: readonly { readonly error: unknown }[] }): void => {
      for (const { error } of failures) this.#stumbled(life, error);
    };
    this.#rounds += 1;
    const work: Promise<void>[] = [];
    const nowMs = life.clock.nowMs();
    const due = this.#agenda.now();
    if (due.credentialsAtMs <= nowMs) work.push(this.#guarded(life, () => tendDue(flights, renewal, report)));
    if (due.postsAtMs <= nowMs || due.hasPublishing)
      work.push(this.#guarded(life, async () => reportAll(await tendDuePosts(posts, { limit: POSTS_A_ROUND }))));
    if (due.schedulesAtMs <= nowMs) {
      const limit = SCHEDULES_A_ROUND;
      work.push(this.#guarded(life, async () => reportAll(await tendDueSchedules(schedules, { limit }))));
    }
    if (courier !== undefined && due.hasNews) work.push(this.#guarded(life, () => courier.fanOut()));
    if (courier !== undefined && due.noticesAtMs <= nowMs) work.push(this.#guarded(life, () => courier.sendDue()));
    if (history !== undefined) work.push(this.#guarded(life, () => forgetAtOnce(this.#node.now)));
    if (this.#scheduler.nowMs - this.#choresAtMs >= CHORES_MS) {
      this.#choresAtMs = this.#scheduler.nowMs;
      work.push(
        this.#guarded(life, async () => {
          if ((await reapplySpool(renewal)) === 0) this.#node.hasSpooled = false;
        }),
      );
      if (due.hasPending) work.push(this.#guarded(life, () => settlePendings(connect, report)));
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
    if (this.#scheduler.nowMs - this.#node.spooledAtMs < FRESH_MS)
      return Math.min(this.#agenda.looksBackEveryMs, IDLE_MS);
    return hasDoubt && this.#agenda.waitsForSpools ? DOUBT_MS : IDLE_MS;
  }
}

/** In portions as small as can be, and sparing nothing that is not needed. Fingerprints are needed for longer than a history. */
async function forgetAtOnce({ history, notices, courier, life }: Running): Promise<void> {
  if (courier === undefined) await notices.notices.fanOut({ channel: 'webhook', limit: EVENTS_AT_ONCE });
  const nowMs = life.clock.nowMs();
  const limits = { endedBeforeMs: nowMs, spentBeforeMs: 0, newestKept: 1, rowsMax: 2, connectionsMax: 2 };
  await history?.forget({ ...limits, nextRoundAtMs: nowMs });
}

/** When something comes due, by the clocks that wrote it down. */
interface Due {
  readonly credentialsAtMs: number;
  readonly postsAtMs: number;
  readonly schedulesAtMs: number;
  readonly noticesAtMs: number;
  /** The earliest of these. */
  readonly dueAtMs: number;
  /** Something has happened of which nobody was told yet. */
  readonly hasNews: boolean;
  readonly hasPublishing: boolean;
  readonly hasPending: boolean;
  readonly hasDoubt: boolean;
}

/** What the store holds for the workers to do, looked up once a commit. */
export class Agenda {
  /** Whether a replay waits for a word from the sender's spool. */
  readonly waitsForSpools: boolean;
  readonly #store: SimulatedStore;
  readonly #sql: string;
  #due: Due | undefined;
  #asOf = -1;

  constructor(
    store: SimulatedStore,
    { waitsForSpools, tellsOthers }: { readonly waitsForSpools: boolean; readonly tellsOthers: boolean },
  ) {
    this.#store = store;
    this.#sql = tellsOthers ? `${AGENDA_SQL}, ${NOTICES_SQL}` : AGENDA_SQL;
    this.waitsForSpools = waitsForSpools;
  }

  get looksBackEveryMs(): number {
    return this.#store.looksBackEveryMs;
  }

  now(): Due {
    if (this.#due !== undefined && this.#asOf === this.#store.changes) return this.#due;
    this.#asOf = this.#store.changes;
    const row = this.#store.get(this.#sql) ?? {};
    const at = (column: string): number => (typeof row[column] === 'number' ? row[column] : Number.POSITIVE_INFINITY);
    const due = {
      credentialsAtMs: at('credentials'),
      postsAtMs: at('posts'),
      schedulesAtMs: at('schedules'),
      noticesAtMs: at('notices'),
      hasNews: row['news'] === 1,
      hasPublishing: row['publishing'] === 1,
      hasPending: row['pending'] === 1,
      hasDoubt: row['doubt'] === 1,
    };
    const dueAtMs = due.hasNews ? 0 : Math.min(due.credentialsAtMs, due.postsAtMs, due.schedulesAtMs, due.noticesAtMs);
    this.#due = { ...due, dueAtMs };
    return this.#due;
  }
}

const AGENDA_SQL = `select
  (select min(due_at_ms) from credentials where due_at_ms is not null) as credentials,
  (select min(due_at_ms) from posts where due_at_ms is not null) as posts,
  (select min(due_at_ms) from schedules where due_at_ms is not null) as schedules,
  exists (select 1 from posts where status = 'publishing') as publishing,
  exists (select 1 from consents where state = 'pending' and redeem_hash is null) as pending,
  exists (select 1 from credentials where attempt_id is not null) as doubt`;

/** There is one receiver: whoever has one of its notices has its lane. */
const NOTICES_SQL = `
  (select max(min(due_at_ms), coalesce(max(taken_until_ms), 0)) from deliveries where due_at_ms is not null) as notices,
  (select sequence from notice_cursors where channel = 'webhook') < (select max(sequence) from events)
    or exists (select 1 from events where sequence is null) as news`;
