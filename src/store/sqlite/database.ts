import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import { movedAway } from '../moved-away.ts';
import type { Row } from '../rows/columns.ts';
import { OWN_FILE, type TableNames } from './table-names.ts';

/** How long SQLite itself waits for another process's write before we retry with our own patience. */
const BUSY_TIMEOUT_MS = 40;
/** How long a write keeps trying against other processes before it is reported as not possible now. */
const WRITE_PATIENCE_MS = 10_000;
const RETRY_MIN_MS = 5;
const RETRY_MAX_MS = 100;
/** How many waiting writes one transaction takes: bounds the time for which it locks the others out. */
const GROUP_MAX = 256;

export type { Row };
export type Params = Readonly<Record<string, SQLInputValue>>;

/** What a query sees: the same inside and outside a transaction. */
export interface Queryable {
  get(sql: string, params?: Params): Row | undefined;
  all(sql: string, params?: Params): Row[];
  /** How many rows it changed. */
  run(sql: string, params?: Params): number;
}

interface WaitingWrite {
  readonly work: (db: Queryable) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly sinceMs: number;
}

/**
 * One SQLite file, safe for several processes on one machine.
 *
 * Writes that wait together are committed together (group commit): each is a whole, synchronous operation in its own
 * savepoint, so that one that fails takes nothing from the others. Nothing awaits inside a transaction. A write's
 * promise resolves only after the commit, which under `synchronous=FULL` means after the fsync.
 */
export class SqliteDatabase implements Queryable {
  /** What the tables are called in this file; statements are written without the prefix. */
  readonly names: TableNames;
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #statements = new Map<string, StatementSync>();
  #waiting: WaitingWrite[] = [];
  #flushing: Promise<void> | undefined;
  #closed = false;
  #rowsChanged = 0;
  /** Whether something ran since they were counted that may have changed some. */
  #mayHaveChanged = true;

  /** `path` may be `:memory:`. Throws `store_unavailable` when the file cannot be opened. */
  constructor(path: string, clock: Clock, names: TableNames = OWN_FILE) {
    this.names = names;
    this.#clock = clock;
    try {
      // Its contents are sealed, and who is connected is still nobody else's business.
      if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
      this.#db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
      this.#setUp();
    } catch (error) {
      throw new KippuError(
        'store_unavailable',
        `The database ${path} cannot be opened: ${messageOf(error)}. Check that its folder exists and can be written.`,
        { cause: error },
      );
    }
  }

  #setUp(): void {
    for (let attempt = 0; ; attempt += 1) {
      try {
        // Switching to WAL needs the file for itself for a moment; two processes that start together may collide.
        this.#db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
        return;
      } catch (error) {
        if (!isBusy(error) || attempt >= 50) throw error;
      }
    }
  }

  get(sql: string, params: Params = {}): Row | undefined {
    try {
      return this.#statement(sql).get(params);
    } catch (error) {
      // A statement that writes may give back what it wrote.
      throw movedAway(error) ?? error;
    }
  }

  all(sql: string, params: Params = {}): Row[] {
    return this.#statement(sql).all(params);
  }

  run(sql: string, params: Params = {}): number {
    this.#mayHaveChanged = true;
    try {
      return Number(this.#statement(sql).run(params).changes);
    } catch (error) {
      throw movedAway(error) ?? error;
    }
  }

  /** Several statements at once, outside any transaction: migrations, pragmas, `vacuum into`. */
  exec(sql: string): void {
    this.#mayHaveChanged = true;
    this.#db.exec(this.names.rename(sql));
  }

  /** Runs `work` in a transaction, together with the other writes that wait. `work` must not await. */
  write<T>(work: (db: Queryable) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new KippuError('store_unavailable', 'The store is closed.'));
    const result = new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        work,
        resolve: resolve as (value: unknown) => void,
        reject,
        sinceMs: this.#clock.monotonicMs(),
      });
    });
    this.#flushing ??= this.#flush();
    return result;
  }

  /** Changes whenever another connection, in this process or another, has committed. */
  dataVersion(): number {
    return Number(this.get('pragma data_version')?.['data_version']);
  }

  /** How many rows this connection has changed so far. */
  ownChanges(): number {
    if (this.#mayHaveChanged) {
      this.#mayHaveChanged = false;
      this.#rowsChanged = Number(this.get('select total_changes() as changes')?.['changes']);
    }
    return this.#rowsChanged;
  }

  /** Waits for the writes under way, then closes. */
  async close(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#closed) return;
    this.#closed = true;
    this.#statements.clear();
    this.#db.close();
  }

  async #flush(): Promise<void> {
    // One turn of the event loop gathers what arrived in the same moment.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    let retryMs = RETRY_MIN_MS;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_MAX);
      const busy = this.#commitTogether(group);
      if (busy === undefined) {
        retryMs = RETRY_MIN_MS;
        continue;
      }
      this.#waiting.unshift(...this.#giveUpOn(group, busy));
      await this.#clock.sleep(retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    }
    this.#flushing = undefined;
  }

  /** Commits the group, or gives back the error of a store that is busy with another process. */
  #commitTogether(group: readonly WaitingWrite[]): unknown {
    const settled: (() => void)[] = [];
    try {
      this.#db.exec('begin immediate');
      for (const write of group) settled.push(this.#runOne(write));
      this.#db.exec('commit');
    } catch (error) {
      this.#rollBack();
      if (isBusy(error)) return error;
      for (const write of group) write.reject(unavailable(error));
      return undefined;
    } finally {
      // A statement that gives back its rows (`returning`) changes some, too, and none does that outside of here.
      this.#mayHaveChanged = true;
    }
    for (const settle of settled) settle();
    return undefined;
  }

  /** Runs one write in its savepoint and says how to settle it once the transaction is durable. */
  #runOne(write: WaitingWrite): () => void {
    this.#db.exec('savepoint one');
    try {
      const value = write.work(this);
      this.#db.exec('release one');
      return () => {
        write.resolve(value);
      };
    } catch (error) {
      // A full disk or a failing one ends the whole transaction; a refused operation ends only itself.
      if (isStoreError(error)) throw error;
      this.#db.exec('rollback to one; release one');
      return () => {
        write.reject(error);
      };
    }
  }

  #giveUpOn(group: readonly WaitingWrite[], busy: unknown): WaitingWrite[] {
    const nowMs = this.#clock.monotonicMs();
    const patient = group.filter((write) => nowMs - write.sinceMs < WRITE_PATIENCE_MS);
    for (const write of group) if (!patient.includes(write)) write.reject(unavailable(busy));
    return patient;
  }

  #rollBack(): void {
    try {
      this.#db.exec('rollback');
    } catch {
      // SQLite has already rolled back by itself, as it does when the disk is full: there is nothing left to undo.
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(this.names.rename(sql));
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function unavailable(error: unknown): KippuError {
  return new KippuError(
    'store_unavailable',
    `The database cannot be written now: ${messageOf(error)}. Nothing was changed; try again.`,
    {
      cause: error,
    },
  );
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CONSTRAINT = 19;
/**
 * Errors of the store itself, after which nothing of the transaction can be trusted: ABORT, BUSY, LOCKED, NOMEM,
 * READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB. All others are the statement's own.
 */
const STORE_ERRORS: ReadonlySet<number> = new Set([4, SQLITE_BUSY, SQLITE_LOCKED, 7, 8, 9, 10, 11, 13, 14, 15, 26]);

function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

function isStoreError(error: unknown): boolean {
  const code = primaryCode(error);
  return code !== undefined && STORE_ERRORS.has(code);
}

/** The unique or foreign key that refused a row, so that a query can turn it into its own answer. */
export function isConstraintViolation(error: unknown): boolean {
  return primaryCode(error) === SQLITE_CONSTRAINT;
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
