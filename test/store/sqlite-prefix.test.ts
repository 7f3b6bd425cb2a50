import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KippuError } from '../../src/model/errors.ts';
import type { Store } from '../../src/model/store.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { sqliteEventStore } from '../../src/store/sqlite/event-queries.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { sqlitePostStore } from '../../src/store/sqlite/post-queries.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { knownNames, namesWith } from '../../src/store/sqlite/table-names.ts';
import { storeContract } from '../contract/store.ts';
import { postStoreContract } from '../contract/post-store.ts';
import type { StoreUnderTest } from '../contract/store/under-test.ts';
import { insertConnection } from '../support/posts-database.ts';
import { APP, connected, HOME } from '../support/store-samples.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const faults = { reach: () => undefined };

/** An application that had its own words for everything first: each of its tables refuses whoever writes to it. */
const APPLICATION = [...knownNames()]
  .map(
    (name) =>
      `create table ${name} (mine text); create trigger no_${name} before insert on ${name} begin select raise(abort, 'mine'); end;`,
  )
  .join('\n');

storeContract('an application’s SQLite file', async (): Promise<StoreUnderTest> => {
  const file = await ApplicationFile.migrated();
  const store = await file.open('kippu_', 'one');
  const other = await file.open('kippu_', 'other');
  const neighbour = await file.open('neighbour_', 'neighbour');
  const close = async (): Promise<void> => {
    assert.deepEqual(
      (await neighbour.events.list({ limit: 9 })).length,
      0,
      'the other Kippu of this file was disturbed',
    );
    assert.deepEqual((await neighbour.connections.list({ limit: 9 })).items, []);
    await Promise.all([store.close(), other.close(), neighbour.close()]);
    file.remove();
  };
  const { clock } = file;
  const openBackup = (path: string): Promise<Store> =>
    openSqliteStore({ path, prefix: 'kippu_', clock, faults, migrates: false, random: seededRandom('backup') });
  return { store, other, clock, openBackup, close };
});

postStoreContract('an application’s SQLite file', async () => {
  const file = await ApplicationFile.migrated();
  const [db, otherDb] = [await file.database('kippu_'), await file.database('kippu_')];
  const random = seededRandom('posts of kippu_');
  return {
    store: sqlitePostStore(db, { clock: file.clock, random }),
    other: sqlitePostStore(otherDb, { clock: file.clock, random: seededRandom('other posts') }),
    clock: file.clock,
    connect: (name) => insertConnection(db, name, random),
    events: () => sqliteEventStore(db).list({ limit: 100 }),
    async close() {
      await Promise.all([db.close(), otherDb.close()]);
      file.remove();
    },
  };
});

test('an application’s tables are as they were, whatever Kippu does beside them', async () => {
  using file = new ApplicationFile();
  const before = file.schemaOf('application');
  const store = await file.open('kippu_', 'one');
  await founded(store);
  await connected(store, 'alice', file.clock.nowMs());
  await store.close();
  assert.deepEqual(file.schemaOf('application'), before);
  assert.ok(file.schemaOf('kippu_').length > 40);
});

test('every table and every index has the prefix', async () => {
  using file = new ApplicationFile();
  await (await file.open('kippu_', 'one')).close();
  const made = file.schemaOf('kippu_');
  assert.deepEqual(made, [...knownNames()].map((name) => `kippu_${name}`).sort());
});

test('two prefixes in one file are two stores', async () => {
  using file = new ApplicationFile();
  const [one, other] = [await file.open('one_', 'one'), await file.open('other_', 'other')];
  await founded(one);
  await founded(other);
  const alice = await connected(one, 'alice', file.clock.nowMs());
  assert.equal(await other.connections.find('x:alice'), undefined);
  const otherAlice = await connected(other, 'alice', file.clock.nowMs());
  assert.notEqual(otherAlice.id, alice.id);
  assert.equal((await one.connections.list({ limit: 9 })).items.length, 1);
  await one.close();
  await other.close();
});

test('a backup holds the application’s tables, and every Kippu in it is stamped', async () => {
  using file = new ApplicationFile();
  const stores = [await file.open('one_', 'one'), await file.open('other_', 'other')];
  for (const store of stores) await founded(store);
  const copy = join(file.directory, 'copy.db');
  await stores[0]?.home.backup(copy);
  for (const store of stores) await store.close();
  assert.deepEqual(file.schemaOf('application', copy), file.schemaOf('application'));
  for (const prefix of ['one_', 'other_']) {
    const copied = await file.open(prefix, 'copied', { path: copy, migrates: false });
    assert.match((await copied.home.read())?.stamp ?? '', /^backup of /, prefix);
    await copied.close();
  }
});

test('processes that start together make the schema once', async () => {
  using file = new ApplicationFile();
  const stores = await Promise.all(['a', 'b', 'c'].map((seed) => file.open('kippu_', seed)));
  for (const store of stores) await store.close();
  assert.equal(
    file.rows('select version from kippu_migrations').length,
    file.rows('select distinct version from kippu_migrations').length,
  );
});

test('without a prefix a file with tables of the same names is refused, and nothing is made in it', async () => {
  for (const sql of [
    'create table posts (mine text)',
    'create table migrations (id integer, batch integer)',
    'create table article (mine text); create index posts_due on article (mine)',
    'create table Sessions (mine text)',
  ]) {
    using file = new ApplicationFile(sql);
    const before = file.schemaOf('application');
    await assert.rejects(
      file.open('', 'one'),
      (error: KippuError) => error.code === 'conflict' && error.message.includes("{ prefix: 'kippu_' }"),
      sql,
    );
    assert.deepEqual(file.schemaOf('application'), before);
  }
});

test('a prefix with which a name would be one of another Kippu is refused', async () => {
  using file = new ApplicationFile('');
  await (await file.open('', 'one')).close();
  await assert.rejects(file.open('post_', 'two'), { code: 'conflict' });
  await (await file.open('kippu_', 'three')).close();
});

test('a prefix that cannot be one is refused, and says what can', () => {
  for (const prefix of [
    'Kippu_',
    '1_',
    'a-b',
    'a b',
    'a"',
    "'; drop table users; --",
    'sqlite_',
    '_',
    'x'.repeat(33),
  ]) {
    assert.throws(
      () => sqlite('app.db', { prefix }),
      (error: KippuError) => error.code === 'invalid' && /lower-case letters/.test(error.message),
      prefix,
    );
  }
});

test('an open database is refused: two programs would share its transactions', () => {
  const open = new DatabaseSync(':memory:');
  // @ts-expect-error the compiler refuses it too
  assert.throws(() => sqlite(open), /transactions of the application and of Kippu would be mixed.*location\(\)/);
  open.close();
});

test('names are told from columns, texts, parameters and comments by where they stand', () => {
  const { rename } = namesWith('k_');
  const cases: readonly (readonly [string, string])[] = [
    ['select connections from api_keys', 'select connections from k_api_keys'],
    ["select 'posts' as tbl from posts p", "select 'posts' as tbl from k_posts p"],
    ['update posts set a = :posts where posts.id = :id', 'update k_posts set a = :posts where k_posts.id = :id'],
    ['select n.connections, webhooks.events from webhooks', 'select n.connections, k_webhooks.events from k_webhooks'],
    ['select a from x join posts on posts.id = x.id', 'select a from x join k_posts on k_posts.id = x.id'],
    [
      'select count(*) as connections -- from posts\nfrom events',
      'select count(*) as connections -- from posts\nfrom k_events',
    ],
    ['/* from posts */ delete from /* home */ home', '/* from posts */ delete from /* home */ k_home'],
    ['create unique index posts_due on posts (due_at_ms)', 'create unique index k_posts_due on k_posts (due_at_ms)'],
    [
      'create trigger t after insert on posts begin delete from home; end',
      'create trigger t after insert on k_posts begin delete from k_home; end',
    ],
    [
      'create table home (connections text references connections (id))',
      'create table k_home (connections text references k_connections (id))',
    ],
    [
      'insert into posts (id) values (1) on conflict (id) do update set id = excluded.id',
      'insert into k_posts (id) values (1) on conflict (id) do update set id = excluded.id',
    ],
    ["select 'it''s from posts', \"from posts\" from posts", "select 'it''s from posts', \"from posts\" from k_posts"],
    ['select * from application where 0.5 < a', 'select * from application where 0.5 < a'],
  ];
  for (const [written, renamed] of cases) assert.equal(rename(written), renamed);
});

async function founded(store: Store): Promise<void> {
  await store.home.found(HOME);
  await store.home.registerApps([APP]);
}

/** A file that an application made first, with tables that are called as Kippu's are. */
class ApplicationFile implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'kippu-prefix-'));
  readonly path = join(this.directory, 'app.db');
  readonly clock = new VirtualClock();

  constructor(schema = APPLICATION) {
    const db = new DatabaseSync(this.path);
    db.exec(`begin; ${schema}; commit`);
    db.close();
  }

  static #migrated: Promise<Uint8Array> | undefined;

  /** With the tables of two Kippus in it: made once, and a copy for each test. */
  static async migrated(): Promise<ApplicationFile> {
    this.#migrated ??= this.#make();
    const contents = await this.#migrated;
    const file = new ApplicationFile('');
    writeFileSync(file.path, contents);
    return file;
  }

  static async #make(): Promise<Uint8Array> {
    using file = new ApplicationFile();
    for (const prefix of ['kippu_', 'neighbour_']) await (await file.database(prefix)).close();
    return readFileSync(file.path);
  }

  open(prefix: string, seed: string, { path = this.path, migrates = true } = {}): Promise<Store> {
    return openSqliteStore({ path, prefix, clock: this.clock, random: seededRandom(seed), faults, migrates });
  }

  async database(prefix: string): Promise<SqliteDatabase> {
    const db = new SqliteDatabase(this.path, systemClock, namesWith(prefix));
    await migrate(db);
    return db;
  }

  /** Names of what is there: with this prefix, or the application's own. */
  schemaOf(whose: 'application' | `${string}_`, path = this.path): string[] {
    const names = this.rows(
      `select name from sqlite_schema where sql is not null and name not like 'sqlite%'`,
      path,
    ).map(String);
    const isPrefixed = (name: string) => /^(kippu|one|other|neighbour)_/.test(name);
    return names.filter((name) => (whose === 'application' ? !isPrefixed(name) : name.startsWith(whose))).sort();
  }

  /** The first column of every row. */
  rows(sql: string, path = this.path): unknown[] {
    const db = new DatabaseSync(path);
    const rows = db.prepare(sql).all();
    db.close();
    return rows.map((row) => Object.values(row)[0]);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
