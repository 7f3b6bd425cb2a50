import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { HistoryStore } from '../../src/model/history-store.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { sqliteHistoryStore } from '../../src/store/sqlite/history-queries.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { OLD_ATTEMPTS_SQL } from '../../src/store/postgres/history-queries.ts';
import { Statements } from '../../src/store/postgres/statement.ts';
import { asAdministrator, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { RecordingDatabase } from '../support/recording-database.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const NOW_MS = 1_000_000;
const DAYS = 300;
const LIMITS = {
  endedBeforeMs: NOW_MS,
  spentBeforeMs: NOW_MS,
  newestKept: 10,
  rowsMax: 50,
  connectionsMax: 5,
  nextRoundAtMs: NOW_MS,
};

describe('forgetting costs the same whether a hundred rows are kept or a million', () => {
  it('in SQLite: nothing is searched through, and nothing sorted', async () => {
    const db = new RecordingDatabase(':memory:', new VirtualClock());
    await migrate(db);
    await fill(db);
    db.statements.clear();
    const history: HistoryStore = sqliteHistoryStore(db, { clock: new VirtualClock() });
    assert.deepEqual(await history.forget(LIMITS), { forgotten: 50, roundForgot: undefined });
    const tried = [...db.statements].filter((sql) => /^\s*(select|delete|update)/.test(sql));
    assert.ok(tried.length >= 5, 'too little was tried');
    for (const sql of tried) {
      const plan = db.all(`explain query plan ${sql}`, {}).map((row) => String(row['detail']));
      assert.deepEqual(
        // The round's own table has one row.
        plan.filter((step) => /^SCAN (?!forgetting$)|TEMP B-TREE/.test(step)),
        [],
        sql,
      );
    }
    const plan = db.all(`explain query plan ${tried.find((sql) => sql.includes('newestKept'))}`, {});
    assert.ok(
      plan.some(({ detail }) =>
        String(detail).includes('attempts_by_connection (connection_id=? AND started_at_ms<?)'),
      ),
      'a visit looks at what is young, too',
    );
    await db.close();
  });

  describe('in PostgreSQL', () => {
    let server: PostgresServer;
    before(async () => {
      server = await PostgresServer.start();
    });
    after(() => server.remove());

    it('old attempts are found by the connection and their age, what was told of them by its happening', async () => {
      const url = server.url();
      const store = await openStoreAt(url, { clock: new VirtualClock() });
      const { text, values } = new Statements(parseConnectionUrl(url).schema).bind(OLD_ATTEMPTS_SQL, {
        ids: ['con_1', 'con_2'],
        ...LIMITS,
      });
      const plan = await asAdministrator(url, async (client) => {
        // Empty tables are quickest read whole.
        await client.query('begin; set local enable_seqscan = off; set local enable_bitmapscan = off');
        const { rows } = await client.query<Record<string, string>>(`explain (costs off) ${text}`, [...values]);
        return rows.map((row) => row['QUERY PLAN'] ?? '').join('\n');
      });
      await store.close();
      assert.match(plan, /using attempts_by_connection on attempts a\n\s+Index Cond: .*started_at_ms < LEAST/);
      assert.match(plan, /on events e\n\s+Index Cond: \(happening = ANY/);
      assert.match(plan, /on deliveries d\n\s+Index Cond: \(event_sequence = /);
      assert.doesNotMatch(plan, /Seq Scan on (?!notice_cursors)/);
    });
  });
});

it('the attempt that a credential names stays, whatever became of it', async () => {
  const db = new SqliteDatabase(':memory:', new VirtualClock());
  await migrate(db);
  await fill(db);
  await db.write((tx) => tx.run(`update credentials set attempt_id = 'att_2'`));
  await sqliteHistoryStore(db, { clock: new VirtualClock() }).forget(LIMITS);
  const oldest = db.all('select id from attempts order by started_at_ms limit 2').map(({ id }) => id);
  assert.deepEqual(oldest, ['att_2', 'att_52']);
  await db.close();
});

/** One connection with a renewal a day. */
async function fill(db: SqliteDatabase): Promise<void> {
  await db.write((tx) => {
    tx.run(
      `insert into provider_apps (id, provider, issuer, client_id, secret_hash) values ('app', 'x', 'i', 'c', 'h')`,
    );
    tx.run(`insert into connections (id, name, provider, provider_app_id, owner, state, scopes, policy, metadata,
      granted_at_ms, jitter, created_at_ms) values ('con_1', 'x:alice', 'x', 'app', '', 'active', '[]', 'on-use', '{}', 0, 0, 0)`);
    tx.run(`insert into credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
      access_issued_at_ms) values ('con_1', ${DAYS + 1}, 1, 0, 'g', x'', 'a', 0)`);
    for (let n = 1; n <= DAYS; n += 1)
      tx.run(
        `insert into attempts (id, connection_id, purpose, version, fence, parent_fingerprint, sender, started_at_ms,
          ended_at_ms, outcome, replays) values (:id, 'con_1', 'renewal', :n, :n, :id, '{}', :n, :n, 'renewed', 0)`,
        { id: `att_${n}`, n },
      );
  });
}
