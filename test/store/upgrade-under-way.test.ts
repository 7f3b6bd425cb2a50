import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Store } from '../../src/model/store.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { asAdministrator, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { APP, claimed, connected, print, renewed, stored } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);
/** Of each statement of a migration. What an older Kippu reads and writes is as it was after any of them. */
const ADDITIONS = [
  /^create (unique )?index /,
  /^create table /,
  /^insert into /,
  /^alter table \S+ add column \S+ \w+( not null default \S+)?( check \(.+\))?$/,
];

/** The statements of a migration that do more than add. */
function changes(sql: string): readonly string[] {
  const statements = sql
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.replaceAll(/\s+/g, ' ').trim());
  return statements.filter((statement) => statement !== '' && !ADDITIONS.some((form) => form.test(statement)));
}

/** What a newer version may bring, while nodes of this one are at work. */
function newerSchema(prefix: string): readonly string[] {
  const tables = [
    'connections',
    'credentials',
    'attempts',
    'events',
    'orphans',
    'spent_tokens',
    'provider_apps',
    'posts',
  ];
  return [
    ...tables.map((table) => `alter table ${prefix}${table} add column later text`),
    ...tables.map((table) => `alter table ${prefix}${table} add column later_still integer not null default 7`),
    `create table ${prefix}later (id text primary key)`,
    `create index later_index on ${prefix}credentials (later)`,
    `insert into ${prefix}migrations (version, name) values (9999, '9999_later.sql')`,
  ];
}

async function renewOnce(store: Store, clock: VirtualClock, number: number): Promise<void> {
  const found = await store.connections.find('x:alice');
  assert.ok(found !== undefined);
  const claim = await claimed(store, found);
  const settlement = renewed(claim, `alice ${number}`, `alice ${number + 1}`, clock.nowMs());
  assert.equal(await store.credentials.settleRenewed(settlement), 'settled');
  assert.equal((await stored(store, found)).refreshFingerprint, print(`alice ${number + 1}`));
}

async function goesOn(store: Store, clock: VirtualClock, upgrade: () => Promise<void>): Promise<void> {
  await store.home.registerApps([APP]);
  await connected(store, 'alice', clock.nowMs());
  await renewOnce(store, clock, 1);
  await upgrade();
  await renewOnce(store, clock, 2);
  await connected(store, 'bob', clock.nowMs());
  assert.equal((await store.connections.list({ limit: 9 })).items.length, 2);
  const types = (await store.events.list({ limit: 9 })).map(({ type }) => type);
  assert.deepEqual(types, ['connection.created', 'connection.renewed', 'connection.renewed', 'connection.created']);
}

describe('an upgrade without downtime', () => {
  it('is possible, since every migration only adds', () => {
    let files = 0;
    for (const engine of ['sqlite/', 'postgres/']) {
      const folder = new URL(engine, MIGRATIONS);
      for (const name of readdirSync(folder)) {
        files += 1;
        assert.deepEqual(changes(readFileSync(new URL(name, folder), 'utf8')), [], `${engine}${name}`);
      }
    }
    assert.ok(files >= 12);
  });

  for (const statement of [
    'drop table posts',
    'alter table posts drop column text',
    'alter table posts rename column text to words',
    'alter table posts add column more text not null',
    'update posts set text = 1',
    'create trigger t after insert on posts begin select 1',
  ])
    it(`would not be with: ${statement}`, () => {
      assert.deepEqual(changes(`create table fine (id text); ${statement};`), [statement]);
    });

  it('in SQLite, a process goes on while a newer one brings its schema', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'kippu-upgrade-'));
    t.after(() => {
      rmSync(directory, { recursive: true });
    });
    const clock = new VirtualClock();
    const options = { path: join(directory, 'kippu.db'), clock, random: seededRandom('upgrade'), migrates: true };
    const faults = { reach: () => undefined };
    const store = await openSqliteStore({ ...options, faults });
    await goesOn(store, clock, async () => {
      const newer = new DatabaseSync(options.path);
      newer.exec(newerSchema('').join(';'));
      newer.close();
    });
    await store.close();
    await assert.rejects(
      openSqliteStore({ ...options, faults }),
      { code: 'conflict' },
      'and does not start on it again',
    );
  });

  it('in PostgreSQL, a node goes on while a newer one brings its schema', async (t) => {
    const server = await PostgresServer.start();
    t.after(() => server.remove());
    const clock = new VirtualClock();
    const url = server.url();
    const store = await openStoreAt(url, { clock });
    const { schema } = parseConnectionUrl(url);
    await goesOn(store, clock, () =>
      asAdministrator(url, async (client) => {
        await client.query(`begin; ${newerSchema(`${schema}.`).join(';')}; commit`);
      }),
    );
    await store.close();
    await assert.rejects(openStoreAt(url, { clock }), { code: 'conflict' }, 'and does not start on it again');
  });
});
