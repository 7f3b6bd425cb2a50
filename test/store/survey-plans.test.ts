import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import { Statements } from '../../src/store/postgres/statement.ts';
import { ENDED_BY_REUSE_SQL, UNANSWERED_SQL, WITH_ORPHANS_SQL } from '../../src/store/postgres/survey-queries.ts';
import { sqliteConnectionStore } from '../../src/store/sqlite/connection-queries.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { sqliteSurveyStore } from '../../src/store/sqlite/survey-queries.ts';
import { asAdministrator, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { RecordingDatabase } from '../support/recording-database.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

describe('what doctor asks over all connections does not read all of them', () => {
  it('in SQLite', async () => {
    const clock = new VirtualClock();
    const db = new RecordingDatabase(':memory:', clock);
    await migrate(db);
    db.statements.clear();
    const survey = sqliteSurveyStore(db);
    await survey.unanswered({ heardForMs: 0, namesMax: 1 });
    await survey.endedByReuse({ namesMax: 1 });
    await survey.withOrphans({ namesMax: 1 });
    const connections = sqliteConnectionStore(db, { clock, random: seededRandom('p'), faults: { reach: () => {} } });
    await connections.list({ state: 'uncertain', limit: 1 });
    const plans = [...db.statements].map((sql) =>
      db.all(`explain query plan ${sql}`, {}).map(({ detail }) => String(detail)),
    );
    assert.equal(plans.length, 4);
    for (const plan of plans) {
      assert.deepEqual(
        // Orphans are few, and each connection's own rows of what was found fewer still.
        plan.filter((step) =>
          /^SCAN (?!attempts USING INDEX attempts_without_answer|orphans USING COVERING)\w*[a-z]{2}/.test(step),
        ),
        [],
        plan.join('\n'),
      );
    }
    assert.match(plans[0]?.join('\n') ?? '', /SCAN attempts USING INDEX attempts_without_answer/);
    assert.match(plans[1]?.join('\n') ?? '', /SEARCH n USING INDEX connections_by_state \(state=\?\)/);
    assert.match(plans[3]?.join('\n') ?? '', /connections_by_state \(state=\? AND id>\?\)/);
    await db.close();
  });

  describe('in PostgreSQL', () => {
    let server: PostgresServer;
    before(async () => {
      server = await PostgresServer.start();
    });
    after(() => server.remove());

    it('the same', async () => {
      const url = server.url();
      const store = await openStoreAt(url, { clock: new VirtualClock() });
      const statements = new Statements(parseConnectionUrl(url).schema);
      const plans = await asAdministrator(url, async (client) => {
        // Empty tables are quickest read whole.
        await client.query('begin; set local enable_seqscan = off; set local enable_bitmapscan = off');
        const found: string[] = [];
        for (const sql of [UNANSWERED_SQL, ENDED_BY_REUSE_SQL, WITH_ORPHANS_SQL]) {
          const { text, values } = statements.bind(sql, { namesMax: 5, heardForMs: 0 });
          const { rows } = await client.query<Record<string, string>>(`explain (costs off) ${text}`, [...values]);
          found.push(rows.map((row) => row['QUERY PLAN'] ?? '').join('\n'));
        }
        return found;
      });
      await store.close();
      const [unanswered = '', endedByReuse = '', withOrphans = ''] = plans;
      assert.match(unanswered, /using attempts_without_answer on attempts/);
      assert.match(endedByReuse, /using connections_by_state on connections n\n\s+Index Cond: \(state = /);
      assert.match(endedByReuse, /Index Scan Backward using events_by_connection/);
      assert.match(withOrphans, /using orphans_by_connection on orphans/);
      for (const plan of plans) assert.doesNotMatch(plan, /Seq Scan/);
    });
  });
});
