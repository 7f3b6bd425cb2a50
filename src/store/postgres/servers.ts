import { COLUMN_TYPES } from './column-types.ts';
import type { PostgresClient, PostgresPool } from './driver.ts';
import { ConnectionLost, stateOf, wordsOf } from './failures.ts';

export interface Server {
  /** As an error names it, without a password. */
  readonly name: string;
  readonly pool: PostgresPool;
  /** Absent: somebody else's pool, which is left open at the end. */
  close?(): Promise<void>;
}

/**
 * The servers of one database, of which one may be written. They are asked in their order, beginning with the one that
 * answered last; a standby is passed over. After a fail-over the connections to the old primary are broken, and the next
 * one is opened to whoever may be written then. `onFailOver` is told of it before that one is lent to anybody.
 */
export class Servers {
  readonly #servers: readonly Server[];
  readonly #checked = new WeakSet<PostgresClient>();
  readonly #timeline = new Timeline();
  #current = 0;

  constructor(servers: readonly Server[]) {
    this.#servers = servers;
    for (const { pool } of servers)
      pool.on('error', () => {
        // An idle connection broke. The pool has dropped it already, and the next one is opened when it is needed.
      });
  }

  /** Told when a standby has taken the primary's place since the connection before. */
  onFailOver(tell: () => void): void {
    this.#timeline.onChange = tell;
  }

  /** A connection to the server that may be written. Throws what the last one that was asked said. */
  async take(): Promise<PostgresClient> {
    const failures: unknown[] = [];
    for (let asked = 0; asked < this.#servers.length; asked += 1) {
      const index = (this.#current + asked) % this.#servers.length;
      const server = this.#servers[index];
      if (server === undefined) break;
      try {
        const client = await this.#takeFrom(server);
        this.#current = index;
        return client;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    throw new ConnectionLost(new AggregateError(failures));
  }

  async end(): Promise<void> {
    await Promise.all(this.#servers.map(async (server) => server.close?.()));
  }

  async #takeFrom({ name, pool }: Server): Promise<PostgresClient> {
    const client = await connect(pool, name);
    if (this.#checked.has(client)) return client;
    // While nobody has asked it anything, a connection that breaks would end the process.
    client.on('error', () => undefined);
    try {
      await refuseStandby(client, name);
      await this.#timeline.look(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
    this.#checked.add(client);
    return client;
  }
}

async function connect(pool: PostgresPool, name: string): Promise<PostgresClient> {
  try {
    return await pool.connect();
  } catch (error) {
    // The server's own refusals keep their codes; all others are of the way to it.
    if (stateOf(error) !== undefined) throw error;
    throw new ConnectionLost(new Error(`${name}: ${wordsOf(error)}`, { cause: error }));
  }
}

async function refuseStandby(client: PostgresClient, name: string): Promise<void> {
  const { rows } = await client.query({
    text: 'select pg_is_in_recovery()::integer as standby',
    types: COLUMN_TYPES,
  });
  if (rows[0]?.['standby'] === 1) throw new ConnectionLost(new Error(`${name} is a standby, which cannot be written`));
}

/** Each promotion of a standby begins a new timeline, whatever the server is called and wherever its name points. */
class Timeline {
  onChange: () => void = () => undefined;
  #last: string | undefined;

  async look(client: PostgresClient): Promise<void> {
    const timeline = await timelineOf(client);
    if (timeline === undefined || timeline === this.#last) return;
    const isFirst = this.#last === undefined;
    this.#last = timeline;
    if (!isFirst) this.onChange();
  }
}

/** `undefined`: this server tells nobody. Some that only speak PostgreSQL's language have no such thing. */
async function timelineOf(client: PostgresClient): Promise<string | undefined> {
  try {
    const { rows } = await client.query({
      text: 'select left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline',
      types: COLUMN_TYPES,
    });
    const timeline = rows[0]?.['timeline'];
    return typeof timeline === 'string' ? timeline : undefined;
  } catch (error) {
    if (stateOf(error) === undefined) throw new ConnectionLost(error);
    return undefined;
  }
}
