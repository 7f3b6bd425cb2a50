import { Calm } from '../../src/store/postgres/calm.ts';
import { postgresConnectionStore } from '../../src/store/postgres/connection-queries.ts';
import { postgresConsentStore } from '../../src/store/postgres/consent-queries.ts';
import { postgresCredentialStore } from '../../src/store/postgres/credential-queries.ts';
import { PostgresDatabase } from '../../src/store/postgres/database.ts';
import type { PostgresResult, PostgresStatement } from '../../src/store/postgres/driver.ts';
import { postgresHistoryStore } from '../../src/store/postgres/history-queries.ts';
import { postgresHomeStore } from '../../src/store/postgres/home-queries.ts';
import { postgresNoticeStore } from '../../src/store/postgres/notice-queries.ts';
import { storeClock } from '../../src/store/postgres/shared-clock.ts';
import { postgresPostStore } from '../../src/store/postgres/post-queries.ts';
import { postgresScheduleStore } from '../../src/store/postgres/schedule-queries.ts';
import { Servers } from '../../src/store/postgres/servers.ts';
import { quoted, type Statements } from '../../src/store/postgres/statement.ts';
import type { Params, Row } from '../../src/store/sqlite/database.ts';
import { changesOf, type OpenOptions, type ProcessStores, type SimulatedStore, type StoreProcess } from './engine.ts';
import { SCHEMA, type Contents, type Mirror } from './mirror.ts';
import type { Lines } from './postgres-engine.ts';
import { poolOf, type Session } from './postgres-session.ts';
import { ask, serverError, Transactions, type Transaction } from './postgres-transactions.ts';
import { Standstill, type Work } from './standstill.ts';

export interface SimulatedPostgresOptions extends OpenOptions {
  readonly lines: Lines;
  readonly mirror: Mirror;
  readonly identity: string;
  readonly statements: Statements;
}

/** As often as the product does it. Without a standby it would find nothing, and take most of a history's real time. */
const LOOKS_BACK_EVERY_MS = 5_000;

/**
 * The database that all nodes share: a real PostgreSQL under the real queries. The scheduler stands still while the server
 * does anything.
 */
export class SimulatedPostgres implements SimulatedStore {
  commits = 0;
  changes = 0;
  onChange: (what: 'commit' | 'promotion') => void = () => undefined;
  /** Of the server that is the primary now. */
  timeline = 1;
  readonly #options: SimulatedPostgresOptions;
  readonly #standstill = new Standstill();
  readonly #transactions: Transactions;
  /** What was there before the last commits, the youngest last: what a standby may have. */
  readonly #behind: Contents[] = [];

  constructor(options: SimulatedPostgresOptions) {
    const { scheduler } = options;
    this.#options = options;
    this.#transactions = new Transactions({ ...options, standstill: this.#standstill });
    scheduler.settled = () => {
      this.#transactions.undoOfTheGone();
      return this.#standstill.settled();
    };
  }

  get mayFailOver(): boolean {
    return this.#options.standbyBehindMax > 0;
  }

  get looksBackEveryMs(): number {
    return this.mayFailOver ? LOOKS_BACK_EVERY_MS : Number.POSITIVE_INFINITY;
  }

  get(sql: string, params?: Params): Row | undefined {
    return this.#options.mirror.get(sql, params);
  }

  all(sql: string, params?: Params): readonly Row[] {
    return this.#options.mirror.all(sql, params);
  }

  bytes(): Uint8Array {
    return this.#options.mirror.bytes();
  }

  storesOf(process: StoreProcess): ProcessStores {
    const { identity } = this.#options;
    const settling = { ...process.settling, clock: storeClock(process.settling.clock) };
    const { clock } = settling;
    const { db, servers } = this.reachedBy(process);
    let ownWrites = 0;
    db.onNews(() => void (ownWrites += 1));
    return {
      credentials: postgresCredentialStore(db, settling, new Calm(servers, clock)),
      connections: postgresConnectionStore(db, settling),
      consents: postgresConsentStore(db, clock),
      posts: postgresPostStore(db, settling),
      schedules: postgresScheduleStore(db, settling),
      notices: postgresNoticeStore(db, settling),
      home: postgresHomeStore(db, identity, settling),
      history: postgresHistoryStore(db, settling),
      changes: changesOf(
        clock,
        () => this.commits,
        () => ownWrites,
      ),
    };
  }

  /** The product's way to the server, as one process has it. */
  reachedBy(process: StoreProcess): { readonly db: PostgresDatabase; readonly servers: Servers } {
    const { statements } = this.#options;
    const { clock, random } = process.settling;
    const servers = new Servers([{ name: 'the simulated server', pool: poolOf(this, process) }]);
    return { servers, db: new PostgresDatabase({ servers, statements, clock, random }) };
  }

  /** What a process sends. */
  carryOut(session: Session, statement: PostgresStatement): Promise<PostgresResult> {
    return this.#standstill.begin((work) => this.#do(session, statement, work));
  }

  failOver(lackingMax: number): number {
    const lacking = Math.min(lackingMax, this.#behind.length);
    const standby = this.#behind.at(-lacking);
    if (lacking === 0 || standby === undefined) return 0;
    this.#behind.splice(-lacking);
    this.timeline += 1;
    void this.#standstill.begin(async () => {
      await this.#transactions.dropAll();
      await this.#options.mirror.restore(this.#options.lines.bystander, standby);
      this.changes += 1;
      this.onChange('promotion');
    });
    return lacking;
  }

  async close(): Promise<void> {
    await this.#transactions.dropAll();
  }

  async #do(session: Session, statement: PostgresStatement, work: Work): Promise<PostgresResult> {
    const { text } = statement;
    const { trouble, watch } = session.process;
    this.#refuseBroken(session);
    if (text.startsWith('begin ')) {
      if (trouble.isFull) {
        watch.refused();
        throw serverError('53100', 'simulated: could not extend a file: no space left on device');
      }
      const begun = await this.#transactions.begin(session, text, work);
      // It may have waited while another server took over.
      this.#refuseBroken(session);
      return begun;
    }
    const { transaction } = session;
    if (transaction === undefined) return ask(this.#options.lines.reads, statement);
    if (text === 'rollback') return this.#transactions.end(transaction, 'rollback');
    if (text !== 'commit') return this.#transactions.run(transaction, statement, work);
    const committed = await this.#commit(transaction);
    if (trouble.acknowledgementsToLose > 0) {
      trouble.acknowledgementsToLose -= 1;
      watch.acknowledgementLost();
      throw broken(session);
    }
    return committed;
  }

  #refuseBroken(session: Session): void {
    if (session.isBroken || session.timeline !== this.timeline) throw broken(session);
  }

  #commit(transaction: Transaction): Promise<PostgresResult> {
    const { mirror, lines, standbyBehindMax } = this.#options;
    const tables = tablesIn(transaction.changes);
    if (tables.size === 0) return this.#transactions.end(transaction, 'commit');
    const before = mirror.contents;
    return this.#transactions.end(transaction, 'commit', async () => {
      // As with a file: what changes nothing is no commit that anybody could notice.
      if (!(await mirror.refresh(lines.bystander, tables))) return;
      if (standbyBehindMax > 0) {
        this.#behind.push(before);
        if (this.#behind.length > standbyBehindMax) this.#behind.shift();
      }
      this.commits += 1;
      this.changes += 1;
      this.onChange('commit');
    });
  }
}

/** As the driver says it; there is no code in it. */
function broken(session: Session): Error {
  session.isBroken = true;
  return new Error('Connection terminated unexpectedly');
}

const WRITTEN = new RegExp(String.raw`(?:insert\s+into|update|delete\s+from)\s+${quoted(SCHEMA)}\.(\w+)`, 'gi');

function tablesIn(statements: readonly string[]): ReadonlySet<string> {
  return new Set(statements.flatMap((text) => [...text.matchAll(WRITTEN)].map(([, table = '']) => table)));
}
