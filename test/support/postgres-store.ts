import pg from 'pg';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { serversOf } from '../../src/store/postgres/connect.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '../../src/store/postgres/store.ts';
import { seededRandom } from './seeded-random.ts';

/** One process's store. Instants are the given clock's; how long it waits for others is real time. */
export async function openStoreAt(
  url: string,
  options: Pick<PostgresStoreOptions, 'clock'> & Partial<PostgresStoreOptions>,
): Promise<PostgresStore> {
  const { schema, listens, ...parsed } = parseConnectionUrl(url);
  return openPostgresStore({
    servers: serversOf({ ...parsed, schema, listens }),
    schema,
    listens,
    timeOf: 'clock',
    patience: systemClock,
    random: seededRandom(`${Math.random()}`),
    faults: { reach: () => undefined },
    migrates: true,
    ...options,
  });
}

/** Leaves the schema as its migrations made it, which is quicker than to make it anew. */
export async function emptyTables(url: string): Promise<void> {
  await asAdministrator(url, async (client) => {
    const { schema } = parseConnectionUrl(url);
    const { rows } = await client.query<{ readonly tablename: string }>(
      `select tablename from pg_tables where schemaname = $1 and tablename not in ('migrations', 'notice_cursors', 'event_numbers')`,
      [schema],
    );
    if (rows.length === 0) return;
    const deletions = rows.map(({ tablename }) => `delete from ${schema}.${tablename}`).join(';');
    await client.query(
      `begin; drop function if exists ${schema}.refuse_moved() cascade; set local session_replication_role = replica; ${deletions}; delete from ${schema}.notice_cursors;
       update ${schema}.event_numbers set last = 0;
       insert into ${schema}.notice_cursors values ('webhook', 0); commit`,
    );
  });
}

/** Speaks to the server past all that is ours. */
export async function asAdministrator<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { hosts, database, user, password } = parseConnectionUrl(url);
  const client = new pg.Client({ host: hosts[0]!.host, port: hosts[0]!.port, database, user, password });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
