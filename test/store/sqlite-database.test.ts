import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { migrationSteps } from '../../src/store/sqlite/migration-files.ts';
import { namesWith } from '../../src/store/sqlite/table-names.ts';
import { settle, VirtualClock } from '../support/virtual-clock.ts';

const directory = mkdtempSync(join(tmpdir(), 'kippu-database-'));
after(() => {
  rmSync(directory, { recursive: true });
});
let files = 0;

function file(): string {
  files += 1;
  return join(directory, `${files}.db`);
}

function opened(path = file(), clock = new VirtualClock()): SqliteDatabase {
  const db = new SqliteDatabase(path, clock);
  db.exec('create table if not exists notes (id integer primary key, text text not null unique) strict');
  return db;
}

const insert =
  (text: string | number) =>
  (tx: { run(sql: string, params: { text: string | number }): number }): number =>
    tx.run('insert into notes (text) values (:text)', { text });

function texts(db: SqliteDatabase): readonly unknown[] {
  return db.all('select text from notes order by id').map((row) => row['text']);
}

test('every commit is synchronous to the disk, foreign keys are checked, and readers do not block', () => {
  const db = opened();
  assert.deepEqual(
    ['journal_mode', 'synchronous', 'foreign_keys'].map((name) => Object.values(db.get(`pragma ${name}`) ?? {})[0]),
    ['wal', 2, 1],
  );
});

test('writes that wait together are committed together', async () => {
  const path = file();
  const db = opened(path);
  const observer = new DatabaseSync(path);
  let commits = 0;
  const count = (): void => {
    const version = (observer.prepare('pragma data_version').get() as { data_version: number }).data_version;
    commits = version;
  };
  count();
  const before = commits;
  await Promise.all(Array.from({ length: 100 }, (_, index) => db.write(insert(`note ${index}`))));
  count();
  assert.equal(commits - before, 1);
  assert.equal(texts(db).length, 100);
  observer.close();
});

test('in a group, a write that fails takes none of the others with it, whatever the reason', async () => {
  const db = opened();
  const outcomes = await Promise.allSettled([
    db.write(insert('one')),
    db.write(insert('one')),
    db.write((tx) => tx.run('insert into nowhere values (1)')),
    db.write((tx) => {
      insert('half')(tx);
      throw new TypeError('a defect in the middle');
    }),
    db.write((tx) => tx.run('insert into notes (id, text) values (:id, :text)', { id: 'not a number', text: 'x' })),
    db.write(insert('two')),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(texts(db), ['one', 'two']);
});

test('a write is resolved when it is committed, and not before', async () => {
  const path = file();
  const db = opened(path);
  const observer = new DatabaseSync(path);
  const seen: unknown[] = [];
  await db.write(insert('one')).then(() => seen.push(observer.prepare('select count(*) as count from notes').get()));
  assert.deepEqual({ ...(seen[0] as object) }, { count: 1 });
  observer.close();
});

test('a full disk refuses the whole group, says so, and the next writes work again', async () => {
  const db = opened();
  const pages = Number(db.get('pragma page_count')?.['page_count']);
  db.exec(`pragma max_page_count = ${pages + 2}`);
  const big = (index: number): string => `${index}${'x'.repeat(50_000)}`;
  const outcomes = await Promise.allSettled([db.write(insert('small')), db.write(insert(big(1)))]);
  for (const outcome of outcomes) {
    assert.ok(
      outcome.status === 'rejected' &&
        outcome.reason instanceof KippuError &&
        outcome.reason.code === 'store_unavailable',
    );
    assert.match(outcome.reason.message, /Nothing was changed/);
  }
  assert.deepEqual(texts(db), []);
  db.exec('pragma max_page_count = 1000000');
  await db.write(insert('again'));
  assert.deepEqual(texts(db), ['again']);
});

test('while another process writes, a write waits with patience, and no turn of the event loop is blocked for long', async () => {
  const path = file();
  const clock = new VirtualClock();
  const db = opened(path, clock);
  const other = new DatabaseSync(path);
  other.exec('begin immediate');
  const write = db.write(insert('one'));
  const startedAtMs = performance.now();
  await settle();
  await clock.advance(5000);
  other.exec('commit');
  await clock.advance(200);
  await write;
  assert.deepEqual(texts(db), ['one']);
  assert.ok(performance.now() - startedAtMs < 20_000);
  other.close();
});

test('after ten seconds of another process’s write it is not possible now, and can be tried again', async () => {
  const path = file();
  const clock = new VirtualClock();
  const db = opened(path, clock);
  const other = new DatabaseSync(path);
  other.exec('begin immediate');
  const write = db.write(insert('one'));
  const refused = assert.rejects(
    write,
    (error: unknown) => error instanceof KippuError && error.code === 'store_unavailable' && error.retryable,
  );
  await clock.advance(10_500);
  await refused;
  other.exec('rollback');
  await db.write(insert('two'));
  assert.deepEqual(texts(db), ['two']);
  other.close();
});

test('closing waits for the writes under way, and then takes none', async () => {
  const db = opened();
  const write = db.write(insert('one'));
  await db.close();
  await write;
  await db.close();
  await assert.rejects(db.write(insert('two')), /closed/);
});

test('a database that cannot be opened says which, and what to do', () => {
  assert.throws(
    () => new SqliteDatabase(join(directory, 'no', 'such', 'folder.db'), new VirtualClock()),
    /cannot be opened.*Check that its folder/,
  );
});

test('a newer schema is refused, an older one is brought up to date, and checking changes nothing', async () => {
  const path = file();
  const db = new SqliteDatabase(path, new VirtualClock());
  const checked = await migrate(db, { check: true });
  assert.deepEqual(checked.applied, []);
  assert.ok(checked.pending.includes('0001_foundation.sql'));
  assert.equal(db.get(`select 1 as there from sqlite_master where name = 'credentials'`), undefined);
  assert.deepEqual((await migrate(db)).applied, checked.pending);
  assert.deepEqual(await migrate(db), { applied: [], pending: [] });
  await db.write((tx) => tx.run(`insert into migrations (version, name) values (9000, 'from the future')`));
  await assert.rejects(
    migrate(db),
    (error: unknown) => error instanceof KippuError && error.code === 'conflict' && /newer Kippu/.test(error.message),
  );
});

test('whoever migrates while another process does finds its tables and nobody else’s, at whatever moment', async () => {
  const steps = migrationSteps();
  let overtaken = 0;
  for (let reads = 1; overtaken === reads - 1; reads += 1) {
    const path = file();
    const db = new SlowReader(path, reads, () => {
      overtaken += 1;
      const other = new DatabaseSync(path);
      other.exec('create table migrations (version integer primary key, name text not null) strict');
      for (const { version, name, sql } of steps) {
        other.exec(sql);
        other.prepare('insert into migrations (version, name) values (?, ?)').run(version, name);
      }
      other.close();
    });
    assert.deepEqual((await migrate(db)).pending, []);
    const { version } = db.get('select max(version) as version from migrations') ?? {};
    assert.equal(version, steps.at(-1)?.version);
    await db.close();
  }
  assert.ok(overtaken >= 1, 'nothing was read before the first write');
});

/** Between one of its reads and what it does next, something else happens: as long as it has written nothing. */
class SlowReader extends SqliteDatabase {
  #left: number;
  readonly #meanwhile: () => void;

  constructor(path: string, reads: number, meanwhile: () => void) {
    super(path, new VirtualClock());
    this.#left = reads;
    this.#meanwhile = meanwhile;
  }

  override all(...query: Parameters<SqliteDatabase['all']>): ReturnType<SqliteDatabase['all']> {
    const rows = super.all(...query);
    this.#wasRead();
    return rows;
  }

  override get(...query: Parameters<SqliteDatabase['get']>): ReturnType<SqliteDatabase['get']> {
    const row = super.get(...query);
    this.#wasRead();
    return row;
  }

  #wasRead(): void {
    this.#left -= 1;
    if (this.#left === 0 && super.get(`select 1 from sqlite_schema where name = 'migrations'`) === undefined)
      this.#meanwhile();
  }
}

interface Plan {
  readonly says: string;
  readonly sql: string;
  readonly uses: RegExp;
}

/** What must not grow with the table is asked of SQLite's own plan. */
const PLANS: readonly Plan[] = [
  {
    says: 'claiming what is due',
    sql: 'select connection_id from credentials where due_at_ms is not null and due_at_ms <= 1 order by due_at_ms limit 1',
    uses: /SEARCH credentials USING COVERING INDEX credentials_due/,
  },
  {
    says: 'looking for pending consents',
    sql: `select * from consents where state = 'pending' and redeem_hash is null and expires_at_ms > 1 and coalesce(ask_after_ms, 0) <= 1 order by answered_at_ms desc limit 1`,
    uses: /USING INDEX consents_pending/,
  },
  {
    says: 'failing what was never finished',
    sql: `update consents set state = 'failed' where state not in ('attached', 'failed') and expires_at_ms <= 1`,
    uses: /USING (COVERING )?INDEX consents_unfinished/,
  },
  {
    says: 'forgetting what ended long ago',
    sql: `delete from consents where state in ('attached', 'failed') and created_at_ms < 1`,
    uses: /USING (COVERING )?INDEX consents_ended/,
  },
  {
    says: 'counting rejections',
    sql: `select count(distinct connection_id) as count from attempts where outcome = 'rejected' and ended_at_ms > 1
      and (select provider_app_id from connections n where n.id = connection_id) = 'a'`,
    uses: /SEARCH attempts USING INDEX attempts_rejected/,
  },
  {
    says: 'finding whom a consent supersedes',
    sql: `select id from connections where provider_app_id = 'a' and subject = 's' and id <> 'c' and state in ('active', 'uncertain')`,
    uses: /USING INDEX connections_by_subject/,
  },
  {
    says: 'listing an owner’s connections',
    sql: `select n.* from connections n join credentials c on c.connection_id = n.id where n.id > '' and n.owner = 'o' order by n.id limit 1`,
    uses: /USING INDEX connections_by_owner/,
  },
  {
    says: 'finding a connection by id or name',
    sql: `select n.* from connections n join credentials c on c.connection_id = n.id where n.id = 'x' or n.name = 'x' order by n.id = 'x' desc limit 1`,
    uses: /MULTI-INDEX OR/,
  },
  {
    says: 'finding out whether a refresh token is known',
    sql: `select connection_id, 0 as spent from credentials where refresh_fingerprint = 'f'
      union all select connection_id, 1 from spent_tokens where fingerprint = 'f'
      union all select connection_id, 0 from orphans where refresh_fingerprint = 'f'`,
    uses: /SEARCH credentials[^]*SEARCH spent_tokens[^]*SEARCH orphans/,
  },
  {
    says: 'paging through sealed credentials',
    sql: `select c.connection_id from credentials c join connections n on n.id = c.connection_id where c.connection_id > 'x' and length(c.sealed) > 0 order by c.connection_id limit 1`,
    uses: /SEARCH c USING PRIMARY KEY/,
  },
];

for (const { says, sql, uses } of PLANS) {
  test(`${says} costs the same with a hundred rows and with a million`, async () => {
    for (const prefix of ['', 'kippu_']) {
      const db = new SqliteDatabase(':memory:', new VirtualClock(), namesWith(prefix));
      await migrate(db);
      const plan = db
        .all(`explain query plan ${sql}`)
        .map((row) => String(row['detail']).replaceAll('kippu_', ''))
        .join('\n');
      assert.match(plan, uses);
      assert.doesNotMatch(plan, /^SCAN (?!consents USING INDEX consents_pending)/m, 'a whole table');
      await db.close();
    }
  });
}
