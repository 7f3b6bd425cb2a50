import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { storeContract } from '../contract/store.ts';
import { asAdministrator, emptyTables, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { connected, APP } from '../support/store-samples.ts';
import { TransactionPooler } from '../support/transaction-pooler.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** Fewer than the transactions that the contract begins at once. */
const BACKENDS = 3;

let server: PostgresServer;
let pooler: TransactionPooler;
let direct: string;
let pooled: string;
before(async () => {
  server = await PostgresServer.start({ authMethod: 'password' });
  pooler = await TransactionPooler.before(server.port, BACKENDS);
  direct = server.url();
  pooled = `${direct.replace(`:${server.port}/`, `:${pooler.port}/`)}&listen=off`;
});
after(async () => {
  await pooler.close();
  await server.remove();
});

storeContract('PostgreSQL behind a pooler in transaction mode', async () => {
  const clock = new VirtualClock();
  await emptyTables(direct);
  const store = await openStoreAt(pooled, { clock });
  const other = await openStoreAt(pooled, { clock });
  const close = async (): Promise<void> => {
    await Promise.all([store.close(), other.close()]);
  };
  return { store, other, clock, hearsNothing: true, close };
});

it('a session that a pooler lends is left as it was: nothing prepared, set, locked or listened to', async () => {
  await emptyTables(direct);
  const clock = new VirtualClock();
  const store = await openStoreAt(pooled, { clock });
  await store.home.registerApps([APP]);
  const before = pooler.lent;
  for (let n = 0; n < 5; n += 1) await connected(store, `user${n}`, clock.nowMs());
  await store.events.list({ limit: 9 });
  assert.ok(pooler.lent - before > 5, 'it went through the pooler');
  await asAdministrator(direct, async (client) => {
    const { rows } = await client.query<{ readonly kind: string }>(
      `select 'advisory lock' as kind from pg_locks where locktype = 'advisory'
       union all select 'listening' from pg_stat_activity where query ilike 'listen%'`,
    );
    assert.deepEqual(rows, []);
  });
  // One after the other, so that each session is asked.
  const pool = await Promise.all(Array.from({ length: BACKENDS }, () => asAdministrator(pooled, leftovers)));
  for (const left of pool)
    assert.deepEqual(left, { prepared: '0', statement_timeout: '0', lock_timeout: '0', path: '"$user", public' });
  await store.close();
});

type Client = Parameters<Parameters<typeof asAdministrator>[1]>[0];

async function leftovers(client: Client): Promise<unknown> {
  const { rows } = await client.query(
    `select (select count(*) from pg_prepared_statements)::text as prepared, current_setting('statement_timeout') as statement_timeout,
       current_setting('lock_timeout') as lock_timeout, current_setting('search_path') as path`,
  );
  return { ...(rows[0] as object) };
}
