import type {
  PostgresClient,
  PostgresPool,
  PostgresResult,
  PostgresStatement,
} from '../../src/store/postgres/driver.ts';
import type { StoreProcess } from './engine.ts';
import type { SimulatedPostgres } from './postgres-store.ts';
import type { Transaction } from './postgres-transactions.ts';

/**
 * A process's connection, as the driver gives it. Each statement is two tasks, as each call of a port is: one in which the
 * server does it, one in which the process hears of it.
 */
export class Session implements PostgresClient {
  readonly process: StoreProcess;
  /** Of the server that it was opened to: with the next one it is broken. */
  readonly timeline: number;
  isBroken = false;
  isClosed = false;
  transaction: Transaction | undefined;
  #last: Promise<void> = Promise.resolve();
  readonly #store: SimulatedPostgres;
  readonly #giveBack: (session: Session) => void;

  constructor(store: SimulatedPostgres, process: StoreProcess, giveBack: (session: Session) => void) {
    this.#store = store;
    this.process = process;
    this.timeline = store.timeline;
    this.#giveBack = giveBack;
  }

  /** The server notices, and undoes what was not committed. */
  get isGone(): boolean {
    const { life } = this.process;
    return this.isClosed || (life !== 'bystander' && life.isDead);
  }

  query(statement: PostgresStatement): Promise<PostgresResult> {
    const about = aboutServer(statement.text, this.timeline);
    if (about !== undefined) return Promise.resolve(about);
    // One after another, as the driver does it.
    const told = this.#last.then(() => this.#send(statement));
    this.#last = told.then(nothing, nothing);
    return told;
  }

  on(): void {
    // Nothing comes on it by itself.
  }

  off(): void {
    // As above.
  }

  release(isBroken = false): void {
    if (isBroken) this.isClosed = true;
    else this.#giveBack(this);
  }

  #send(statement: PostgresStatement): Promise<PostgresResult> {
    const { life, trouble, settling } = this.process;
    const carriedOut = (): Promise<PostgresResult> => this.#store.carryOut(this, statement);
    if (life === 'bystander') return carriedOut();
    // A transaction of several statements takes longer than a call of one, and holds its locks meanwhile.
    const { stallMs } = trouble;
    return life.call(carriedOut, stallMs > 0 ? Math.floor((settling.random.unit() * stallMs) / 2) : 0);
  }
}

function nothing(): void {
  // Whoever asked hears of it.
}

/** A process's connections, opened as they are needed. */
export function poolOf(store: SimulatedPostgres, process: StoreProcess): PostgresPool {
  let idle: Session[] = [];
  const giveBack = (session: Session): void => void idle.push(session);
  return {
    async connect() {
      // A connection that breaks while nobody has it is dropped.
      idle = idle.filter((session) => !session.isBroken && session.timeline === store.timeline);
      return idle.pop() ?? new Session(store, process, giveBack);
    },
    on: () => undefined,
  };
}

/** What a new connection is asked: these answers are the simulated server's, and cost nobody any time. */
function aboutServer(text: string, timeline: number): PostgresResult | undefined {
  if (text.includes('pg_is_in_recovery()')) return answer({ standby: 0 });
  return text.includes('pg_walfile_name(') ? answer({ timeline: String(timeline) }) : undefined;
}

function answer(row: PostgresResult['rows'][number]): PostgresResult {
  return { command: 'SELECT', rowCount: 1, rows: [row] };
}
