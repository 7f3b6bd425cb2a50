import type pg from 'pg';
import type { PostgresResult, PostgresStatement } from '../../src/store/postgres/driver.ts';
import type { StoreProcess } from './engine.ts';
import type { Line, Lines } from './postgres-engine.ts';
import type { Session } from './postgres-session.ts';
import type { Scheduler } from './scheduler.ts';
import type { Standstill, Work } from './standstill.ts';

/** The server has so long for a statement before it is asked whether that one waits for a lock. */
const LOOK_AGAIN_MS = 2;

/** What may befall a transaction that meets another one. */
export type Meeting = 'waits for a lock' | 'is in a deadlock' | 'has waited too long for a lock' | 'has idled too long';

export interface Transaction {
  readonly session: Session;
  readonly line: Line;
  readonly lockTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Statements that may have changed something. */
  readonly changes: string[];
  /** Its statement that waits for a lock of the other one. */
  waits: Work | undefined;
  /** Its statement is over. */
  over: Promise<void> | undefined;
  stopIdling: () => void;
}

export interface TransactionsOptions {
  readonly scheduler: Scheduler;
  readonly standstill: Standstill;
  readonly lines: Lines;
}

/**
 * The transactions that are open on the real server: two at most, statement by statement in whatever order the scheduler
 * chooses; a third waits until one of them is over, as behind a pooler. Of two, one can wait for the other and for nobody
 * else, so what a commit sets free is never a matter of who is quicker. Whatever PostgreSQL measures by its own clock
 * (how long a lock is waited for, how long a transaction idles, when a deadlock is looked for) is left to the simulated one.
 */
export class Transactions {
  readonly open = new Set<Transaction>();
  readonly #scheduler: Scheduler;
  readonly #standstill: Standstill;
  readonly #bystander: pg.Client;
  readonly #free: Line[];
  readonly #queue: { readonly session: Session; readonly work: Work; readonly take: (line: Line) => void }[] = [];

  constructor({ scheduler, standstill, lines }: TransactionsOptions) {
    this.#scheduler = scheduler;
    this.#standstill = standstill;
    this.#bystander = lines.bystander;
    this.#free = [...lines.transactions];
  }

  async begin(session: Session, text: string, work: Work): Promise<PostgresResult> {
    const line = this.#free.shift() ?? (await this.#turn(session, work));
    const [begin = ''] = text.split(';');
    session.transaction = {
      ...{ session, line, changes: [], waits: undefined, over: undefined, stopIdling: () => undefined },
      lockTimeoutMs: settingIn(text, 'lock_timeout'),
      idleTimeoutMs: settingIn(text, 'idle_in_transaction_session_timeout'),
    };
    this.open.add(session.transaction);
    return this.#within(session.transaction, work, { text: begin });
  }

  async run(transaction: Transaction, statement: PostgresStatement, work: Work): Promise<PostgresResult> {
    if (CHANGES.test(statement.text)) transaction.changes.push(statement.text);
    return this.#within(transaction, work, statement);
  }

  /** `onEnd` is waited for before anybody else has its line. */
  async end(
    transaction: Transaction,
    how: 'commit' | 'rollback',
    onEnd: () => Promise<void> = async () => undefined,
  ): Promise<PostgresResult> {
    const { session, line } = transaction;
    transaction.stopIdling();
    session.transaction = undefined;
    this.open.delete(transaction);
    // Whoever has waited for this one goes on.
    for (const { waits } of this.open) if (waits !== undefined) waits.isWaiting = false;
    const result = await ask(line.client, { text: how });
    await onEnd();
    this.#giveBack(line);
    return result;
  }

  /** Whose process is dead, or whose connection is closed: nobody is there any more who could end them. */
  undoOfTheGone(): void {
    for (const transaction of this.open)
      if (transaction.session.isGone && transaction.over === undefined) void this.#drop(transaction);
  }

  /** The server is gone, and with it all that was not committed. */
  async dropAll(): Promise<void> {
    // One that waits is answered when the other is undone.
    const [waiting, others] = [[...this.open].filter(isWaiting), [...this.open].filter((one) => !isWaiting(one))];
    for (const transaction of [...others, ...waiting]) {
      await transaction.over;
      transaction.session.isBroken = true;
      await this.end(transaction, 'rollback');
    }
  }

  async #within(transaction: Transaction, work: Work, statement: PostgresStatement): Promise<PostgresResult> {
    transaction.stopIdling();
    const answered = ask(transaction.line.client, statement);
    const over = answered.then(
      () => undefined,
      () => undefined,
    );
    transaction.over = over;
    try {
      if (await this.#isHeldUp(transaction, over)) await this.#waitForLock(transaction, work, over);
      return await answered;
    } finally {
      transaction.over = undefined;
      transaction.stopIdling = this.#scheduler.after(transaction.idleTimeoutMs, undefined, () => {
        meet(transaction.session.process, 'has idled too long');
        void this.#drop(transaction);
      });
    }
  }

  /** Whether it waits for a lock. Only the other transaction can have that, and does nothing at the moment. */
  async #isHeldUp({ line }: Transaction, over: Promise<void>): Promise<boolean> {
    if (this.open.size < 2) return false;
    while (!(await isOverWithin(over, LOOK_AGAIN_MS))) {
      const { rows } = await this.#bystander.query('select 1 where cardinality(pg_blocking_pids($1)) > 0', [line.pid]);
      if (rows.length > 0) return true;
    }
    return false;
  }

  async #waitForLock(transaction: Transaction, work: Work, over: Promise<void>): Promise<void> {
    const { process } = transaction.session;
    if ([...this.open].some((other) => other.waits !== undefined)) {
      meet(process, 'is in a deadlock');
      await this.#cancel(transaction, over);
      throw serverError('40P01', 'deadlock detected');
    }
    meet(process, 'waits for a lock');
    let isTooLong = false;
    const stop = this.#scheduler.after(transaction.lockTimeoutMs, undefined, () => {
      isTooLong = true;
      meet(process, 'has waited too long for a lock');
      void this.#standstill.begin(() => this.#cancel(transaction, over));
      work.isWaiting = false;
    });
    transaction.waits = work;
    work.isWaiting = true;
    this.#standstill.look();
    await over;
    stop();
    transaction.waits = undefined;
    if (isTooLong) throw serverError('55P03', 'canceling statement due to lock timeout');
  }

  async #cancel({ line }: Transaction, over: Promise<void>): Promise<void> {
    await this.#bystander.query('select pg_cancel_backend($1)', [line.pid]);
    await over;
  }

  #drop(transaction: Transaction): Promise<unknown> {
    transaction.session.isBroken = true;
    return this.#standstill.begin(() => this.end(transaction, 'rollback'));
  }

  #turn(session: Session, work: Work): Promise<Line> {
    work.isWaiting = true;
    return new Promise((take) => this.#queue.push({ session, work, take }));
  }

  #giveBack(line: Line): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.session.isGone) continue;
      next.work.isWaiting = false;
      next.take(line);
      return;
    }
    this.#free.push(line);
  }
}

const CHANGES = /\b(?:insert|update|delete)\b/i;

function isWaiting({ waits }: Transaction): boolean {
  return waits !== undefined;
}

function settingIn(text: string, name: string): number {
  const [, value] = new RegExp(String.raw`set local ${name} = (\d+)`).exec(text) ?? [];
  if (value === undefined) throw new TypeError(`A transaction begins without ${name}: ${text}`);
  return Number(value);
}

function meet({ watch }: StoreProcess, what: Meeting): void {
  watch.met(what);
}

export async function ask(client: pg.Client, { text, values, types }: PostgresStatement): Promise<PostgresResult> {
  const query = { text, ...(values === undefined ? {} : { values }), ...(types === undefined ? {} : { types }) };
  return (await client.query(query as pg.QueryConfig)) as PostgresResult;
}

/** As the driver throws what the server says. */
export function serverError(code: string, message: string): Error {
  return Object.assign(new Error(message), { severity: 'ERROR', code });
}

function isOverWithin(over: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void over.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
