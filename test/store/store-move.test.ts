import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { adoptStore } from '../../src/app/maintenance.ts';
import { moveStore, type MovedStore } from '../../src/app/move-store.ts';
import type { Config } from '../../src/app/config.ts';
import { SYSTEM } from '../../src/app/ports/real-world.ts';
import { systemProcesses } from '../../src/app/ports/system-processes.ts';
import { storeOpener } from '../../src/app/system.ts';
import type { NodeId } from '../../src/model/ids.ts';
import type { Store } from '../../src/model/store.ts';
import type { StoredRow } from '../../src/model/store-move.ts';
import { TABLES } from '../../src/store/tables.ts';
import { asAdministrator } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { APP, claimed, connected, HOME, renewed, stored } from '../support/store-samples.ts';
import { EVERY_ROW, EVERY_TABLE } from './every-table.ts';
import { until } from './postgres-nodes.ts';

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

describe('a store that is moved', { timeout: 120_000 }, () => {
  let directory: string;
  let opened: Store[];
  let files: number;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kippu-move-'));
    opened = [];
    files = 0;
  });
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  const sqliteUrl = (more = ''): string => `sqlite:${join(directory, `store${(files += 1)}.db`)}${more}`;
  const open = async (url: string): Promise<Store> => {
    const store = await storeOpener(url, true)(SYSTEM);
    opened.push(store);
    return store;
  };
  const move = (from: string, to: string, waiting?: (count: number) => void): Promise<MovedStore> =>
    moveStore({ from, to, directory, waiting }, SYSTEM);
  /** One connection, at home where it is. */
  const withAlice = async (url: string): Promise<{ readonly store: Store; readonly id: { id: never } }> => {
    const store = await open(url);
    await store.home.found({ ...HOME, identity: store.home.identity() });
    await store.home.registerApps([APP]);
    const alice = await connected(store, 'alice', Date.now());
    return { store, id: alice as unknown as { id: never } };
  };

  it('arrives whole, every row of every table, there and back', async () => {
    assert.deepEqual(Object.keys(EVERY_TABLE).sort(), TABLES.map(({ name }) => name).sort());
    const urls = [sqliteUrl(), server.url(), server.url(), sqliteUrl('?prefix=kippu_'), sqliteUrl()];
    const first = await open(urls[0]!);
    await first.move.receive(EVERY_ROW);
    for (const [n, to] of urls.slice(1).entries()) {
      const moved = await move(urls[n]!, to);
      assert.deepEqual(moved, { connections: 2, unsettled: 0, before: false });
      const [left, arrived] = [await open(urls[n]!), await open(to)];
      for (const { name } of TABLES)
        assert.deepEqual(await allRows(arrived, name), await allRows(left, name), `${name} in ${to}`);
      const home = await arrived.home.read();
      assert.deepEqual([home?.identity, home?.stamp], [arrived.home.identity(), undefined]);
      assert.equal(await arrived.move.lastSequence(), 12);
    }
    for (const { name } of TABLES) {
      const rows = await allRows(await open(urls.at(-1)!), name);
      const expected = (EVERY_TABLE[name] ?? []).map((row) => (name === 'home' ? withoutPlace(row) : row));
      assert.deepEqual(rows, expected, name);
    }
  });

  it('numbers its next event after all that there ever were', async () => {
    const urls = [sqliteUrl(), server.url(), sqliteUrl()];
    await (await open(urls[0]!)).move.receive(EVERY_ROW);
    for (const n of [1, 2]) {
      await move(urls[n - 1]!, urls[n]!);
      const store = await open(urls[n]!);
      await connected(store, `late ${n}`, Date.now(), { providerAppId: 'app_1' as never });
      assert.equal((await store.events.list({ limit: 1, newestFirst: true }))[0]?.sequence, 12 + n);
    }
  });

  for (const [way, from, to] of [
    ['SQLite to PostgreSQL', () => sqliteUrl(), () => server.url()],
    ['PostgreSQL to SQLite', () => server.url(), () => sqliteUrl()],
  ] as const) {
    it(`from ${way}, is closed for whoever had it open, and renews from where it went`, async () => {
      const [source, target] = [from(), to()];
      const { store: running, id: alice } = await withAlice(source);
      const seen = await stored(running, alice);
      await move(source, target);
      const refused = { code: 'store_copied', message: /was moved to .*and takes nothing any more/s };
      await assert.rejects(claimed(running, alice), refused);
      await assert.rejects(connected(running, 'bob', Date.now()), refused);
      assert.deepEqual(await stored(running, alice), seen, 'what it has is still read');
      const moved = await open(target);
      const claim = await claimed(moved, alice);
      const as = await moved.credentials.settleRenewed(renewed(claim, 'alice 1', 'alice 2', Date.now()));
      assert.equal(as, 'settled');
    });

    it(`from ${way}, waits for an exchange that is under way, and takes its outcome along`, async () => {
      const [source, target] = [from(), to()];
      const { store, id: alice } = await withAlice(source);
      const bob = await connected(store, 'bob', Date.now());
      const sender = systemProcesses('nod_here' as NodeId).self;
      const claim = await claimed(store, alice, { sender });
      const waits: number[] = [];
      const moving = move(source, target, (count) => waits.push(count));
      await until('it to wait', async () => (waits.length > 0 ? true : undefined));
      await assert.rejects(claimed(store, bob), { code: 'store_copied', message: /is being moved to/ });
      const answer = renewed(claim, 'alice 1', 'alice 2', Date.now());
      assert.equal(await store.credentials.settleRenewed(answer), 'settled');
      assert.deepEqual(await moving, { connections: 2, unsettled: 0, before: false });
      assert.deepEqual(waits, [1]);
      assert.equal((await stored(await open(target), alice)).version, 2);
    });

    it(`from ${way}, does not wait for an exchange whose sender is gone: its attempt is open there too`, async () => {
      const [source, target] = [from(), to()];
      const { store, id: alice } = await withAlice(source);
      const { machine } = systemProcesses('nod_here' as NodeId).self;
      await claimed(store, alice, {
        sender: { nodeId: 'nod_gone' as NodeId, machine, pid: 4_194_000, started: 'long ago' },
      });
      assert.equal((await move(source, target)).unsettled, 1);
      const credential = await stored(await open(target), alice);
      assert.equal(credential.openAttempt?.outcome, undefined);
      assert.equal(credential.openAttempt?.sender.nodeId, 'nod_gone');
    });

    it(`from ${way}, is told that it was done when it is asked for again`, async () => {
      const [source, target] = [from(), to()];
      await withAlice(source);
      assert.equal((await move(source, target)).before, false);
      assert.deepEqual(await move(source, target), { connections: 1, unsettled: 0, before: true });
      await assert.rejects(move(source, sqliteUrl()), { code: 'conflict', message: /was moved to/ });
    });

    it(`from ${way}, goes on where it was cut off between the two, and is whole`, async () => {
      const [source, target] = [from(), to()];
      const { store, id: alice } = await withAlice(source);
      await brokenTarget(target, () => assert.rejects(move(source, target)));
      await assert.rejects(claimed(store, alice), { code: 'store_copied' });
      assert.equal(await (await open(target)).home.read(), undefined, 'nothing of it is there');
      assert.equal((await move(source, target)).before, false);
      assert.equal((await stored(await open(target), alice)).version, 1);
    });

    it(`from ${way}, is refused by a store that has something in it, and goes on as if nothing had been`, async () => {
      const [source, target] = [from(), to()];
      const { store, id: alice } = await withAlice(source);
      const other = await withAlice(target);
      await assert.rejects(move(source, target), { code: 'conflict', message: /Nothing was moved/ });
      for (const each of [store, other.store]) assert.equal((await each.home.read())?.stamp, undefined);
      await claimed(store, alice);
    });

    it(`from ${way}, by two at once to different places, goes to one of them`, async () => {
      const [source, targets] = [from(), [to(), to()]];
      await withAlice(source);
      const done = await Promise.allSettled(targets.map((target) => move(source, target)));
      assert.deepEqual(done.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      const homes = await Promise.all(targets.map(async (target) => (await open(target)).home.read()));
      assert.equal(homes.filter((home) => home !== undefined).length, 1);
    });

    it(`from ${way}, and adopted all the same, doubts every grant, whatever is said of it`, async () => {
      const [source, target] = [from(), to()];
      const { store, id: alice } = await withAlice(source);
      await move(source, target);
      await adoptStore({ hasMoved: true }, { databaseUrl: source } as Config, SYSTEM);
      assert.equal((await store.home.read())?.stamp, undefined);
      assert.equal((await store.connections.find((alice as { id: string }).id))?.state, 'uncertain');
    });
  }

  it('waits no longer than an exchange may take, and says what it left open', async () => {
    const [source, target] = [sqliteUrl(), sqliteUrl()];
    const { store, id: alice } = await withAlice(source);
    await claimed(store, alice, { sender: systemProcesses('nod_here' as NodeId).self });
    let nowMs = 0;
    const clock = {
      ...SYSTEM.clock,
      nowMs: () => Date.now(),
      monotonicMs: () => nowMs,
      sleep: async (ms: number) => void (nowMs += ms),
    };
    const moved = await moveStore({ from: source, to: target, directory }, { ...SYSTEM, clock });
    assert.deepEqual([moved.unsettled, nowMs >= 180_000, nowMs < 190_000], [1, true, true]);
  });

  it('is not moved out of a copy, out of nothing, into itself, or into memory', async () => {
    const source = sqliteUrl();
    const { store } = await withAlice(source);
    const copy = join(directory, 'copy.db');
    await store.home.backup(copy);
    await assert.rejects(move(`sqlite:${copy}`, sqliteUrl()), { code: 'store_copied', message: /backup of/ });
    await assert.rejects(move(`sqlite:${directory}/none.db`, server.url()), { code: 'not_found' });
    await assert.rejects(move(server.url(), sqliteUrl()), { code: 'not_found' });
    for (const to of [source, 'memory:', 'sqlite:./store1.db'])
      await assert.rejects(move(source, to), { code: 'invalid' });
    await assert.rejects(move(source, 'mysql://x/y'), { code: 'invalid' });
    assert.equal((await store.home.read())?.stamp, undefined);
  });

  it('closes each of its tables against each kind of write', async () => {
    const file = sqliteUrl();
    await withAlice(file);
    const url = server.url();
    await move(file, url);
    const db = new DatabaseSync(file.slice('sqlite:'.length));
    const closed = db
      .prepare("select tbl_name, count(*) as n from sqlite_schema where type = 'trigger' group by 1")
      .all();
    db.close();
    const everyTable = TABLES.map(({ name }) => name).sort();
    assert.deepEqual(closed.map((row) => String(row['tbl_name'])).sort(), everyTable);
    assert.ok(closed.every((row) => row['n'] === 3));
    await move(url, sqliteUrl());
    const schema = new URL(url).searchParams.get('schema');
    for (const name of everyTable) {
      const write = asAdministrator(url, (client) => client.query(`delete from ${schema}.${name}`));
      await assert.rejects(write, { code: 'KP001', message: /was moved to/ }, name);
    }
  });

  /** Takes the rows until the last table, and fails there. */
  async function brokenTarget(url: string, work: () => Promise<unknown>): Promise<void> {
    await open(url);
    const [broken, mended] = url.startsWith('sqlite:')
      ? [`create trigger broken before update on home begin select raise(abort, 'broken'); end`, 'drop trigger broken']
      : [
          `create function SCHEMA.broken() returns trigger language plpgsql as 'begin raise exception ''broken''; end';
           create trigger broken before update on SCHEMA.home for each row execute function SCHEMA.broken()`,
          'drop function SCHEMA.broken() cascade',
        ];
    await atDatabase(url, broken);
    await work();
    await atDatabase(url, mended);
  }

  async function atDatabase(url: string, sql: string): Promise<void> {
    if (url.startsWith('sqlite:')) {
      const db = new DatabaseSync(url.slice('sqlite:'.length));
      db.exec(sql);
      db.close();
      return;
    }
    const schema = new URL(url).searchParams.get('schema') ?? '';
    await asAdministrator(url, (client) => client.query(sql.replaceAll('SCHEMA', schema)));
  }
});

async function allRows({ move }: Store, table: string): Promise<readonly StoredRow[]> {
  const rows = await move.rows(table, undefined, 100_000);
  return rows.map((row) => plain(table === 'home' ? withoutPlace(row) : row));
}

/** Where a store is at home changes; who it is does not. */
function withoutPlace({ identity: _identity, stamp: _stamp, ...row }: StoredRow): StoredRow {
  return row;
}

/** The engines agree on the values, not on the order of columns, nor on the prototype of a row. */
function plain(row: StoredRow): StoredRow {
  return { ...row };
}
