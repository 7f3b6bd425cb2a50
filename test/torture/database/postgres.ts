import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostgresServer } from '../../support/postgres-server.ts';
import { Records, type Dialect } from '../records.ts';
import { nodeOf, type CutKind, type DatabaseEnd, type DatabaseServer, type TortureDatabase } from './database.ts';
import { DatabaseProxy } from './proxy.ts';

const SCHEMA = 'torture';
/** Longer than it is ever away. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 100;
const STARTS_MAX = 20;

/** A real server of its own, with a way to it for each node. Everything else reaches it directly. */
export async function postgresDatabase(nodes: readonly string[]): Promise<TortureDatabase> {
  // What it calls written is on the disk: else nothing would be learnt from its end.
  const server = await PostgresServer.start({ flags: ['fsync=on'] });
  const endAtExit = (): void => server.endAtOnce();
  process.on('exit', endAtExit);
  const ways = new Map<string, DatabaseProxy>();
  for (const node of nodes) ways.set(node, await DatabaseProxy.before(server.port));
  const url = server.url(`schema=${SCHEMA}`);
  return {
    urlFor(home) {
      const way = ways.get(nodeOf(home));
      return way === undefined ? url : url.replace(`:${server.port}/`, `:${way.port}/`);
    },
    records: () => new Records(new Beside(server.port, url)),
    server: new Away(server, ways),
    async close() {
      await Promise.all([...ways.values()].map((way) => way.close()));
      await server.remove();
      process.off('exit', endAtExit);
    },
  };
}

class Away implements DatabaseServer {
  readonly #server: PostgresServer;
  readonly #ways: ReadonlyMap<string, DatabaseProxy>;

  constructor(server: PostgresServer, ways: ReadonlyMap<string, DatabaseProxy>) {
    this.#server = server;
    this.#ways = ways;
  }

  async restart(how: DatabaseEnd, downMs: number): Promise<void> {
    await (how === 'kill' ? this.#server.kill() : this.#server.stopAtOnce());
    await sleep(downMs);
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#server.startAgain();
        return;
      } catch (error) {
        // What is left of the one before may take a moment to go.
        if (tries === STARTS_MAX) throw new Error('PostgreSQL does not start again', { cause: error });
        await sleep(AGAIN_MS);
      }
    }
  }

  cut(node: string, how: CutKind): () => void {
    const way = this.#ways.get(node);
    if (way === undefined) throw new TypeError(`There is no way from ${node} to the database.`);
    return way.cut(how);
  }
}

/** Reads without a node's way, and waits while the server is away. */
class Beside implements Dialect {
  readonly pid = `(sender::json->>'pid')::integer`;
  /** Events that nobody has read have no number yet. */
  readonly eventOrder = 'coalesce(sequence, 9007199254740991), arrival';
  readonly #pool: pg.Pool;

  constructor(port: number, url: string) {
    const { username: user, password } = new URL(url);
    this.#pool = new pg.Pool({
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user,
      password: decodeURIComponent(password),
      max: 4,
      options: `-c search_path=${SCHEMA}`,
      types: { getTypeParser: readerOf },
      connectionTimeoutMillis: 5000,
    });
    this.#pool.on('error', () => undefined);
  }

  async ask(sql: string, ...params: readonly string[]): Promise<Readonly<Record<string, unknown>>[]> {
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const { rows } = await this.#pool.query<Readonly<Record<string, unknown>>>(sql.replace('?', '$1'), [...params]);
        return rows;
      } catch (error) {
        if (isOurs(error) || performance.now() > untilMs) throw error;
        await sleep(AGAIN_MS);
      }
    }
  }

  /** Every page of every table is read, and its checksum with it. */
  async damages(): Promise<string[]> {
    const tables = await this.ask(`select tablename as name from pg_tables where schemaname = '${SCHEMA}'`);
    const found: string[] = [];
    for (const { name } of tables) {
      await this.ask(`select sum(length(t::text)) from ${String(name)} t`).catch((error: unknown) => {
        found.push(`${String(name)}: ${String(error)}`);
      });
    }
    return found;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23]);

/** All columns that are read here are texts, or whole numbers far below 2^53. */
function readerOf(type: number): (text: string) => unknown {
  return INTEGERS.has(type) ? Number : String;
}

/** Not that the server is away or starting: connection exceptions, and operator intervention. */
function isOurs(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[0-9A-Z]{5}$/.test(code) && !/^(08|57|53)/.test(code);
}
