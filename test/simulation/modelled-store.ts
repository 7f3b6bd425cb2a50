import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from '../../src/model/clock.ts';
import { SqliteDatabase, type Params, type Queryable, type Row } from '../../src/store/sqlite/database.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import type { OpenOptions, ProcessStores, SimulatedStore, StoreProcess } from './engine.ts';

/** The product does it in every round of its chores; here it is every third. */
const LOOKS_BACK_EVERY_MS = 15_000;

/** The queries, as one process has them. */
type StoresOf = (store: ModelledStore, process: StoreProcess) => ProcessStores;

/**
 * The database that all nodes share: a real SQLite in memory under the real queries. Transactions are whole and one
 * after another, as they are on a file; what differs per process (a full disk, a lost acknowledgement) is in
 * `sqlite-engine.ts`.
 */
export class ModelledStore implements Queryable, SimulatedStore {
  readonly looksBackEveryMs = LOOKS_BACK_EVERY_MS;
  commits = 0;
  /** Commits and promotions. */
  changes = 0;
  /** Told after every commit and every promotion. */
  onChange: (what: 'commit' | 'promotion') => void = () => undefined;
  #db: DatabaseSync;
  #statements: Map<string, StatementSync>;
  /** Copies of before the last commits, the youngest last: what a standby may have. */
  readonly #behind: Uint8Array[] = [];
  readonly #behindMax: number;
  readonly #empty: EmptyStore;
  readonly #storesOf: StoresOf;
  #rowsChanged = 0;

  constructor(empty: EmptyStore, { standbyBehindMax }: Pick<OpenOptions, 'standbyBehindMax'>, stores: StoresOf) {
    this.#storesOf = stores;
    this.#behindMax = standbyBehindMax;
    ({ db: this.#db, statements: this.#statements } = empty.take());
    this.#empty = empty;
    this.#rowsChanged = this.#countChanges();
  }

  storesOf(process: StoreProcess): ProcessStores {
    return this.#storesOf(this, process);
  }

  /** What was committed may be gone later. */
  get mayFailOver(): boolean {
    return this.#behindMax > 0;
  }

  get(sql: string, params: Params = {}): Row | undefined {
    return this.#statement(sql).get(params);
  }

  all(sql: string, params: Params = {}): Row[] {
    return this.#statement(sql).all(params);
  }

  run(sql: string, params: Params = {}): number {
    return Number(this.#statement(sql).run(params).changes);
  }

  /** All of it, or nothing. */
  transact<T>(work: (tx: Queryable) => T): T {
    const before = this.#behindMax > 0 ? this.#db.serialize() : undefined;
    this.run('begin immediate');
    let value: T;
    try {
      value = work(this);
      this.run('commit');
    } catch (error) {
      this.#db.exec('rollback');
      throw error;
    }
    const rowsChanged = this.#countChanges();
    // As with a file: what changes nothing is no commit that anybody could notice.
    if (rowsChanged === this.#rowsChanged) return value;
    this.#rowsChanged = rowsChanged;
    if (before !== undefined) {
      this.#behind.push(before);
      if (this.#behind.length > this.#behindMax) this.#behind.shift();
    }
    this.commits += 1;
    this.changes += 1;
    this.onChange('commit');
    return value;
  }

  /** A standby that lacks the last commits takes over. Gives how many it lacked. */
  failOver(lackingMax: number): number {
    const lacking = Math.min(lackingMax, this.#behind.length);
    const standby = this.#behind.at(-lacking);
    if (lacking === 0 || standby === undefined) return 0;
    this.#behind.splice(-lacking);
    this.#db.close();
    this.#db = openCopy(standby);
    this.#statements = new Map();
    this.#rowsChanged = 0;
    this.changes += 1;
    this.onChange('promotion');
    return lacking;
  }

  /** Every byte that is stored. */
  bytes(): Uint8Array {
    return this.#db.serialize();
  }

  async close(): Promise<void> {
    this.#empty.giveBack({ db: this.#db, statements: this.#statements });
  }

  #countChanges(): number {
    return Number(this.get('select total_changes() as rows')?.['rows']);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

const TABLES_SQL = `select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`;

function openCopy(bytes: Uint8Array): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.deserialize(bytes);
  db.exec('pragma foreign_keys = on; pragma journal_mode = memory');
  return db;
}

interface Opened {
  readonly db: DatabaseSync;
  readonly statements: Map<string, StatementSync>;
}

/**
 * A store as the migrations leave it, for one history after another. To read every statement anew for each would take
 * longer than to empty the tables.
 */
export class EmptyStore {
  readonly #bytes: Uint8Array;
  /** With what the migrations have put into them. */
  readonly #tables: ReadonlyMap<string, readonly Row[]>;
  #spare: Opened | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const db = openCopy(bytes);
    this.#tables = new Map(
      db
        .prepare(TABLES_SQL)
        .all()
        .map(({ name }) => [String(name), db.prepare(`select * from ${String(name)}`).all()]),
    );
    db.close();
  }

  take(): Opened {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? { db: openCopy(this.#bytes), statements: new Map() };
  }

  giveBack({ db, statements }: Opened): void {
    const emptied = [...this.#tables.keys(), 'sqlite_sequence'].map((table) => `delete from ${table};`).join('');
    db.exec(`pragma foreign_keys = off; begin; ${emptied}`);
    for (const [table, rows] of this.#tables) for (const row of rows) insert(db, table, row);
    db.exec('commit; pragma foreign_keys = on');
    this.#spare = { db, statements };
  }
}

export async function emptyStore(): Promise<EmptyStore> {
  const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => undefined };
  const database = new Copyable(clock);
  await migrate(database);
  const bytes = database.copy();
  await database.close();
  return new EmptyStore(bytes);
}

/** `vacuum into` wants a file, so the schema is read back and run again, and what migrations have put into it with it. */
class Copyable extends SqliteDatabase {
  constructor(clock: Clock) {
    super(':memory:', clock);
  }

  copy(): Uint8Array {
    const db = new DatabaseSync(':memory:');
    const statements = this.all('select sql from sqlite_schema where sql is not null and name not like :internal', {
      internal: 'sqlite_%',
    });
    for (const { sql } of statements) db.exec(String(sql));
    for (const { name } of this.all(TABLES_SQL))
      for (const row of this.all(`select * from ${String(name)}`)) insert(db, String(name), row);
    const bytes = db.serialize();
    db.close();
    return bytes;
  }
}

function insert(db: DatabaseSync, table: string, row: Row): void {
  const columns = Object.keys(row);
  const sql = `insert into ${table} (${columns.join(', ')}) values (${columns.map((column) => `:${column}`).join(', ')})`;
  db.prepare(sql).run(row);
}
