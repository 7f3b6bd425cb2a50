import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { Store } from '../../src/model/store.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { asAdministrator, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { print } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const RENEWALS = 30;
const MIGRATIONS = {
  sqlite: ['foundation', 'posts', 'schedules', 'notices', 'steady_clock', 'id_tokens', 'grants', 'ledger'],
  postgres: ['foundation', 'ledger'],
};

/** What a Kippu that never forgot anything has left: a connection with all its renewals, of which everybody was told. */
function rowsOf(prefix: string, noBytes: string): readonly string[] {
  const renewals = Array.from({ length: RENEWALS }, (_, n) => n + 1);
  return [
    `insert into ${prefix}provider_apps (id, provider, issuer, client_id, secret_hash) values ('app', 'x', 'i', 'c', 'h')`,
    `insert into ${prefix}connections (id, name, provider, provider_app_id, owner, state, scopes, policy, metadata,
       granted_at_ms, renewals, jitter, created_at_ms)
     values ('con_1', 'x:alice', 'x', 'app', '', 'active', '[]', 'on-use', '{}', 0, ${RENEWALS}, 0, 0)`,
    `insert into ${prefix}credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
       refresh_fingerprint, access_issued_at_ms)
     values ('con_1', ${RENEWALS + 1}, 1, 0, 'g', ${noBytes}, 'a', '${print('the last')}', 0)`,
    ...renewals.flatMap((n) => [
      `insert into ${prefix}attempts (id, connection_id, purpose, version, fence, parent_fingerprint, sender, started_at_ms,
         ended_at_ms, outcome, replays)
       values ('att_${n}', 'con_1', 'renewal', ${n}, ${n}, '${print(`no. ${n}`)}',
         '{"nodeId":"n","machine":"m","pid":1,"started":"1"}', ${n}, ${n}, 'renewed', 0)`,
      `insert into ${prefix}spent_tokens (fingerprint, connection_id, spent_at_ms) values ('${print(`no. ${n}`)}', 'con_1', ${n})`,
      `insert into ${prefix}events (id, sequence, happening, type, at_ms, connection_id, data)
       values ('evt_${n}', ${n}, 'renewed:att_${n}', 'connection.renewed', ${n}, 'con_1', '{}')`,
    ]),
    `update ${prefix}notice_cursors set sequence = ${RENEWALS}`,
  ];
}

function migration(engine: keyof typeof MIGRATIONS, n: number): { readonly name: string; readonly sql: string } {
  const name = `${String(n + 1).padStart(4, '0')}_${MIGRATIONS[engine][n]}.sql`;
  return { name, sql: readFileSync(new URL(`../../migrations/${engine}/${name}`, import.meta.url), 'utf8') };
}

async function checkForgetting(store: Store, nowMs: number): Promise<void> {
  const id = 'con_1' as ConnectionId;
  const limits = { endedBeforeMs: nowMs, spentBeforeMs: 0, newestKept: 10, rowsMax: 100, connectionsMax: 9 };
  assert.deepEqual(await store.history.forget({ ...limits, nextRoundAtMs: nowMs }), { forgotten: 20, roundForgot: 20 });
  assert.deepEqual(
    (await store.credentials.attempts(id, 99)).map((attempt) => attempt.id),
    Array.from({ length: 10 }, (_, n) => `att_${RENEWALS - n}`),
  );
  assert.equal((await store.events.list({ limit: 99 })).length, 10);
  assert.equal((await store.credentials.knownRefreshToken(print('no. 1')))?.spent, true);
  assert.equal((await store.connections.find(id))?.renewals, RENEWALS);
}

describe('a store from before anything was forgotten', () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.start();
  });
  after(() => server.remove());

  it('in SQLite is brought up to date, and its old renewals are forgotten as new ones are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kippu-upgrade-'));
    const clock = new VirtualClock();
    const path = join(folder, 'kippu.db');
    const earlier = new SqliteDatabase(path, clock);
    earlier.exec('create table migrations (version integer primary key, name text not null) strict');
    for (const [n] of MIGRATIONS.sqlite.entries()) {
      const { name, sql } = migration('sqlite', n);
      earlier.exec(sql);
      earlier.run('insert into migrations (version, name) values (:version, :name)', { version: n + 1, name });
    }
    for (const sql of rowsOf('', `x''`)) earlier.exec(sql);
    await earlier.close();
    const faults = { reach: () => undefined };
    const store = await openSqliteStore({ path, clock, faults, random: seededRandom(), migrates: true });
    await checkForgetting(store, clock.nowMs());
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('in PostgreSQL, too', async () => {
    const url = server.url();
    const { schema } = parseConnectionUrl(url);
    await asAdministrator(url, async (client) => {
      await client.query(`create schema ${schema}`);
      await client.query(`create table ${schema}.migrations (version integer primary key, name text not null)`);
      for (const [n] of MIGRATIONS.postgres.entries()) {
        const { name, sql } = migration('postgres', n);
        await client.query(sql.replaceAll('kippu.', `${schema}.`));
        await client.query(`insert into ${schema}.migrations (version, name) values ($1, $2)`, [n + 1, name]);
      }
      for (const sql of rowsOf(`${schema}.`, `''`)) await client.query(sql);
      await client.query(`update ${schema}.event_numbers set last = ${RENEWALS}`);
    });
    const clock = new VirtualClock();
    const store = await openStoreAt(url, { clock });
    await checkForgetting(store, clock.nowMs());
    await store.close();
  });
});
