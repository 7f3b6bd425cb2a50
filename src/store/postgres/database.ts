import type { Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import type { Random } from '../../model/random.ts';
import { MOVED_AWAY_STATE, movedAway } from '../moved-away.ts';
import type { Row } from '../rows/columns.ts';
import { COLUMN_TYPES } from './column-types.ts';
import type { PostgresClient, PostgresResult } from './driver.ts';
import { ConnectionLost, failureOf, isUniqueViolation, stateOf, unavailable } from './failures.ts';
import type { Servers } from './servers.ts';
import type { Params, Statements } from './statement.ts';

/** A write that meets another one, or a server that is away for a moment, is tried again for so long. */
const WRITE_PATIENCE_MS = 10_000;
/** Somebody waits for what is read. */
const READ_PATIENCE_MS = 2000;
const RETRY_MIN_MS = 10;
const RETRY_MAX_MS = 500;
/** A row that was inserted by somebody else at the same moment is there when we look again. */
const DUPLICATE_RETRIES_MAX = 3;

const STATEMENT_TIMEOUT_MS = 15_000;
const LOCK_TIMEOUT_MS = 5000;
/** A process that stands still in the middle of a transaction holds locks that all the others wait for. */
const IDLE_TIMEOUT_MS = 15_000;
/** The server has given up before; this is for a server that says nothing at all. */
const ANSWER_TIMEOUT_MS = 20_000;

export type { Row };

/** What a query sees: the same inside and outside a transaction. */
export interface Queryable {
  get(sql: string, params?: Params): Promise<Row | undefined>;
  all(sql: string, params?: Params): Promise<Row[]>;
  /** How many rows it changed. */
  run(sql: string, params?: Params): Promise<number>;
}

export interface DatabaseOptions {
  readonly servers: Servers;
  readonly statements: Statements;
  /** For patience alone; what is written gets its instants from elsewhere. */
  readonly clock: Clock;
  readonly random: Random;
}

export interface WriteOptions {
  /** `false`: what was changed is no news to anybody who reads. */
  readonly isNews?: boolean;
  /** Of each statement. */
  readonly statementTimeoutMs?: number;
}

/** Thrown inside a write: nothing of it happens, and the write gives this value. */
export class RollBack<T> extends Error {
  readonly value: T;

  constructor(value: T) {
    super('rolled back on purpose');
    this.value = value;
  }
}

/**
 * One PostgreSQL database. A write is a whole operation in one transaction at READ COMMITTED: what it decides from it
 * locks first, so that of several processes each sees what the one before has left. In each transaction the credential's
 * row comes before the rows that hang on it; where two still stand in each other's way, one is undone and tried again.
 * Nothing foreign is awaited inside a transaction, and its promise resolves only after the commit.
 */
export class PostgresDatabase implements Queryable {
  readonly #options: DatabaseOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #onNews: () => void = () => undefined;
  #closed = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** Told after each commit that has changed something. */
  onNews(tell: () => void): void {
    this.#onNews = tell;
  }

  async get(sql: string, params: Params = {}): Promise<Row | undefined> {
    const { rows } = await this.#read(sql, params);
    return rows[0];
  }

  async all(sql: string, params: Params = {}): Promise<Row[]> {
    const { rows } = await this.#read(sql, params);
    return rows;
  }

  async run(sql: string, params: Params = {}): Promise<number> {
    return this.write((tx) => tx.run(sql, params));
  }

  /** Runs `work` in a transaction; perhaps several times, of which one counts. */
  write<T>(work: (tx: Transaction) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    return this.#track(
      this.#patiently(WRITE_PATIENCE_MS, async () => {
        const { value, hasChanged } = await this.#transact(work, options);
        if (hasChanged && options.isNews !== false) this.#onNews();
        return value;
      }),
    );
  }

  /** A connection of one's own. Whoever takes it releases it. */
  async take(): Promise<PostgresClient> {
    if (this.#closed) throw closed();
    return this.#options.servers.take();
  }

  /** Waits for what is under way, then closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await this.#options.servers.end();
  }

  #read(sql: string, params: Params): Promise<PostgresResult> {
    const { text, values } = this.#options.statements.bind(sql, params);
    return this.#track(
      this.#patiently(READ_PATIENCE_MS, async () => {
        const client = await this.#options.servers.take();
        let isSound = false;
        try {
          const result = await send(client, text, values);
          isSound = true;
          return result;
        } finally {
          client.release(!isSound);
        }
      }),
    );
  }

  async #patiently<T>(patienceMs: number, attempt: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#options;
    const sinceMs = clock.monotonicMs();
    let duplicates = 0;
    for (let retryMs = RETRY_MIN_MS; ; retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)) {
      if (this.#closed) throw closed();
      try {
        return await attempt();
      } catch (error) {
        if (isUniqueViolation(error) && (duplicates += 1) <= DUPLICATE_RETRIES_MAX) continue;
        if (stateOf(error) === MOVED_AWAY_STATE) throw movedAway(error) ?? error;
        const failure = failureOf(error);
        if (failure === 'own') throw error;
        const isWorthIt = failure !== 'unable' && clock.monotonicMs() - sinceMs < patienceMs;
        if (!isWorthIt) throw unavailable(error);
      }
      await clock.sleep(retryMs * (0.5 + random.unit()));
    }
  }

  async #transact<T>(
    work: (tx: Transaction) => Promise<T>,
    { statementTimeoutMs = STATEMENT_TIMEOUT_MS }: WriteOptions,
  ): Promise<{ readonly value: T; readonly hasChanged: boolean }> {
    const client = await this.#options.servers.take();
    let isSound = false;
    try {
      await send(client, begin(statementTimeoutMs));
      const tx = new Transaction(client, this.#options.statements, statementTimeoutMs);
      const done = await attempted(work, tx);
      if (done.kind === 'commit') await commit(client);
      else await send(client, 'rollback');
      isSound = true;
      if (done.kind === 'fail') throw done.error;
      return { value: done.value, hasChanged: done.kind === 'commit' && tx.hasChanged };
    } finally {
      client.release(!isSound);
    }
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#underWay.add(settled);
    try {
      return await work;
    } finally {
      this.#underWay.delete(settled);
    }
  }
}

export class Transaction implements Queryable {
  readonly #client: PostgresClient;
  readonly #statements: Statements;
  readonly #timeoutMs: number;
  #hasChanged = false;

  constructor(client: PostgresClient, statements: Statements, statementTimeoutMs: number) {
    this.#client = client;
    this.#statements = statements;
    this.#timeoutMs = statementTimeoutMs + (ANSWER_TIMEOUT_MS - STATEMENT_TIMEOUT_MS);
  }

  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  async get(sql: string, params: Params = {}): Promise<Row | undefined> {
    return (await this.all(sql, params))[0];
  }

  async all(sql: string, params: Params = {}): Promise<Row[]> {
    const { text, values } = this.#statements.bind(sql, params);
    return (await this.#send(text, values)).rows;
  }

  async run(sql: string, params: Params = {}): Promise<number> {
    const { text, values } = this.#statements.bind(sql, params);
    return (await this.#send(text, values)).rowCount ?? 0;
  }

  /** Several statements without parameters. */
  async script(sql: string): Promise<void> {
    this.#hasChanged = true;
    await send(this.#client, this.#statements.script(sql), undefined, this.#timeoutMs);
  }

  async #send(text: string, values: readonly unknown[]): Promise<PostgresResult> {
    const result = await send(this.#client, text, values, this.#timeoutMs);
    if (result.command !== 'SELECT' && (result.rowCount ?? 0) > 0) this.#hasChanged = true;
    return result;
  }
}

type Attempted<T> =
  { readonly kind: 'commit' | 'roll_back'; readonly value: T } | { readonly kind: 'fail'; readonly error: unknown };

/** A lost connection needs no rollback, and cannot take one. */
async function attempted<T>(work: (tx: Transaction) => Promise<T>, tx: Transaction): Promise<Attempted<T>> {
  try {
    return { kind: 'commit', value: await work(tx) };
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    if (error instanceof RollBack) return { kind: 'roll_back', value: error.value as T };
    return { kind: 'fail', error };
  }
}

/** Set for this transaction alone: a connection that a pooler lends us is somebody else's the next moment. */
function begin(statementTimeoutMs: number): string {
  return [
    'begin isolation level read committed read write',
    `set local statement_timeout = ${statementTimeoutMs}`,
    `set local lock_timeout = ${LOCK_TIMEOUT_MS}`,
    `set local idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`,
    // What we call written is on the disk. A server that waits for its standbys too is not talked out of it.
    `select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`,
  ].join('; ');
}

async function commit(client: PostgresClient): Promise<void> {
  let result: PostgresResult;
  try {
    result = await send(client, 'commit');
  } catch (error) {
    if (failureOf(error) === 'away') throw unavailable(error, 'commit');
    throw error;
  }
  // A transaction in which a statement failed is rolled back by its commit, without an error.
  if (result.command !== 'COMMIT')
    throw new TypeError('A transaction was committed after one of its statements failed.');
}

async function send(
  client: PostgresClient,
  text: string,
  values?: readonly unknown[],
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<PostgresResult> {
  const query = {
    text,
    types: COLUMN_TYPES,
    query_timeout: timeoutMs,
    ...(values === undefined ? {} : { values: [...values] }),
  };
  try {
    return await client.query(query);
  } catch (error) {
    // What the server did not say, the way to it did.
    throw stateOf(error) === undefined ? new ConnectionLost(error) : error;
  }
}

function closed(): KippuError {
  return new KippuError('store_unavailable', 'The store is closed.');
}
