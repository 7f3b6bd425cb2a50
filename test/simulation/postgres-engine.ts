import process from 'node:process';
import pg from 'pg';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { serversOf } from '../../src/store/postgres/connect.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import { PostgresDatabase } from '../../src/store/postgres/database.ts';
import { findIdentity } from '../../src/store/postgres/identity.ts';
import { migrate } from '../../src/store/postgres/migrate.ts';
import { Statements } from '../../src/store/postgres/statement.ts';
import { Chance } from './chance.ts';
import type { Engine, OpenOptions } from './engine.ts';
import { Mirror, SCHEMA, tablesOf } from './mirror.ts';
import { SimulatedPostgres } from './postgres-store.ts';

export interface PostgresEngine extends Engine {
  open(options: OpenOptions): Promise<SimulatedPostgres>;
  close(): Promise<void>;
}

/** Real connections to a database that nobody else uses. */
export interface Lines {
  /** Whatever is in a transaction has one of these for so long. */
  readonly transactions: readonly Line[];
  readonly reads: pg.Client;
  /** For whoever stands beside: what is committed, who waits for whom. */
  readonly bystander: pg.Client;
}

export interface Line {
  readonly client: pg.Client;
  /** As the server calls it. */
  readonly pid: number;
}

/** The product's queries for PostgreSQL, in a database of this process's own at the given server. */
export async function postgresEngine(url: string): Promise<PostgresEngine> {
  const database = `simulation_${process.pid}_${Math.trunc(performance.timeOrigin)}`;
  const administrator = await connect(url);
  await administrator.query(`create database ${database}`);
  const own = url.replace(/\/postgres\?.*$/, `/${database}?schema=${SCHEMA}`);
  const identity = await migrated(own);
  const [first, second, reads, bystander] = [
    await connect(own),
    await connect(own),
    await connect(own),
    await connect(own),
  ];
  const lines = { transactions: [await lineOf(first), await lineOf(second)], reads, bystander };
  const tables = await tablesOf(bystander);
  const mirror = new Mirror(tables);
  await mirror.refresh(
    bystander,
    tables.map(({ name }) => name),
  );
  const beginning = mirror.contents;
  return {
    name: 'postgres',
    async open(options) {
      await mirror.empty(bystander, beginning);
      return new SimulatedPostgres({ ...options, lines, mirror, identity, statements: new Statements(SCHEMA) });
    },
    async close() {
      for (const client of [first, second, reads, bystander]) await client.end();
      await administrator.query(`drop database ${database}`);
      await administrator.end();
    },
  };
}

async function migrated(url: string): Promise<string> {
  const { schema, listens, ...parsed } = parseConnectionUrl(url);
  const servers = serversOf({ ...parsed, schema, listens });
  const random = new Chance(1, 'migrations');
  const db = new PostgresDatabase({ servers, statements: new Statements(schema), clock: systemClock, random });
  await migrate(db, schema);
  const identity = await findIdentity(db, schema);
  await db.close();
  return identity;
}

async function connect(url: string): Promise<pg.Client> {
  const { hosts, database, user, password } = parseConnectionUrl(url);
  const [host] = hosts;
  const client = new pg.Client({ host: host?.host, port: host?.port, database, user, password });
  await client.connect();
  return client;
}

async function lineOf(client: pg.Client): Promise<Line> {
  const { rows } = await client.query<{ readonly pid: number }>('select pg_backend_pid() as pid');
  return { client, pid: Number(rows[0]?.pid) };
}
