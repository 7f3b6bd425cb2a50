import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { noFaults } from '../../src/app/ports/no-faults.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { systemRandom } from '../../src/app/ports/system-random.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { NodeId } from '../../src/model/ids.ts';
import { postgres } from '../../src/store/postgres/index.ts';
import { parseConnectionUrl } from '../../src/store/postgres/connection-url.ts';
import type { PostgresStore } from '../../src/store/postgres/store.ts';
import { asAdministrator, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { APP, claimOf, connected, HOME, print, renewed, claimed, stored } from '../support/store-samples.ts';

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

const open: PostgresStore[] = [];
// One that a failed test has left open would keep the process from ending.
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});

const clock = systemClock;

async function opened(url: string, more: Partial<Parameters<typeof openStoreAt>[1]> = {}): Promise<PostgresStore> {
  const store = await openStoreAt(url, { clock, ...more });
  open.push(store);
  await store.home.registerApps([APP]);
  return store;
}

function schemaOf(url: string): string {
  return parseConnectionUrl(url).schema;
}

function clockThatIsOff(byMs: number): Clock {
  return { nowMs: () => clock.nowMs() + byMs, monotonicMs: clock.monotonicMs, sleep: clock.sleep };
}

describe('the schema in PostgreSQL', () => {
  it('is made once by starters that come at the same moment', async () => {
    const url = server.url();
    const stores = await Promise.all(Array.from({ length: 6 }, () => openStoreAt(url, { clock })));
    const reports = await Promise.all(stores.map((store) => store.migrations()));
    assert.deepEqual(
      reports.map(({ pending }) => pending),
      stores.map(() => []),
    );
    const [applied, ...others] = reports.map((report) => report.applied).filter(({ length }) => length > 0);
    assert.equal(applied?.[0], '0001_foundation.sql');
    assert.deepEqual(others, [], 'one did it, and the others say nothing of it');
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is left alone by who only looks, and what is missing is said', async () => {
    const store = await openStoreAt(server.url(), { clock, migrates: false });
    assert.deepEqual((await store.migrations()).pending.slice(0, 1), ['0001_foundation.sql']);
    assert.equal(await store.home.read(), undefined);
    await store.close();
  });

  it('of a newer Kippu is refused', async () => {
    const url = server.url();
    await (await opened(url)).close();
    await asAdministrator(url, (client) =>
      client.query(`insert into ${schemaOf(url)}.migrations values (9999, 'later')`),
    );
    for (const migrates of [true, false])
      await assert.rejects(openStoreAt(url, { clock, migrates }), { code: 'conflict', message: /9999/ });
  });

  it('is not made by a role that may not, which is told what to run', async () => {
    const url = server.url();
    await asAdministrator(url, (client) => client.query(`create role poor login password 'poor'`));
    const poor = url.replace(/\/\/.*@/, '//poor:poor@');
    await assert.rejects(openStoreAt(poor, { clock }), {
      code: 'store_unavailable',
      message: /create schema .* authorization "poor"/,
    });
    await asAdministrator(url, (client) => client.query(`create schema ${schemaOf(url)} authorization poor`));
    const store = await openStoreAt(poor, { clock });
    assert.match(store.home.identity() ?? '', /^postgres:(\d+|unknown):\d+:test_\d+$/);
    await store.close();
  });

  it('is the home: the same for whoever opens it, and another for another database or schema', async () => {
    const url = server.url();
    const [one, same, other] = await Promise.all([opened(url), opened(url), opened(server.url())]);
    assert.match(one.home.identity() ?? '', /^postgres:\d+:\d+:/);
    assert.equal(same.home.identity(), one.home.identity());
    assert.notEqual(other.home.identity(), one.home.identity());
    await asAdministrator(url, (client) => client.query('create database another'));
    const elsewhere = await opened(url.replace('/postgres?', '/another?'));
    assert.notEqual(elsewhere.home.identity(), one.home.identity());
    await Promise.all([one, same, other, elsewhere].map((store) => store.close()));
  });
});

describe('events in PostgreSQL', () => {
  it('are missed by no reader with a cursor, although one that was written first is committed last', async () => {
    const url = server.url();
    const store = await opened(url);
    const alice = await connected(store, 'alice', clock.nowMs());
    await asAdministrator(url, async (slow) => {
      await slow.query('begin');
      await slow.query(
        `insert into ${schemaOf(url)}.events (id, happening, type, at_ms, connection_id, data)
         values ('evt_slow', 'slow', 'connection.uncertain', 1, '${alice.id}', '{}')`,
      );
      await connected(store, 'bob', clock.nowMs());
      const seen = await store.events.list({ limit: 9 });
      assert.deepEqual(
        seen.map(({ type }) => type),
        ['connection.created', 'connection.created'],
      );
      await slow.query('commit');
      const later = await store.events.list({ after: seen.at(-1)!.sequence, limit: 9 });
      assert.deepEqual(
        later.map(({ id }) => id),
        ['evt_slow'],
      );
    });
    await store.close();
  });

  it('are seen once each, in order, by several readers beside many writers in several processes', async () => {
    const url = server.url();
    const stores = await Promise.all(Array.from({ length: 4 }, () => opened(url)));
    const writers = stores.slice(2);
    let isOver = false;
    const writing = Promise.all(
      Array.from({ length: 60 }, (_, n) => connected(writers[n % 2]!, `user${n}`, clock.nowMs())),
    ).finally(() => {
      isOver = true;
    });
    const read = async ({ events }: PostgresStore): Promise<readonly number[]> => {
      const seen: number[] = [];
      for (;;) {
        const wasOver = isOver;
        const page = await events.list({ after: seen.at(-1) ?? 0, limit: 7 });
        seen.push(...page.map(({ sequence }) => sequence));
        if (wasOver && page.length === 0) return seen;
      }
    };
    const [one, other] = await Promise.all([read(stores[0]!), read(stores[1]!), writing]);
    const all = Array.from({ length: 60 }, (_, n) => n + 1);
    assert.deepEqual([one, other], [all, all]);
  });
});

describe('news between processes at one PostgreSQL', () => {
  it('arrive without being asked for, and are no news to whoever wrote', async () => {
    const url = server.url();
    const [one, other] = await Promise.all([opened(url), opened(url)]);
    await other.caughtUp();
    const before = other.changes();
    await connected(one, 'alice', clock.nowMs());
    await one.caughtUp();
    await other.caughtUp();
    assert.notEqual(other.changes(), before);
    const own = one.changes();
    await one.caughtUp();
    assert.equal(one.changes(), own);
    await Promise.all([one.close(), other.close()]);
  });

  it('are not relied on when they cannot be heard: what was known counts for a second', async () => {
    const url = server.url();
    const store = await opened(url);
    await store.caughtUp();
    const before = store.changes();
    await asAdministrator(url, (client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen "kippu ${schemaOf(url)}"%' or query = 'select 1'`,
      ),
    );
    await sleep(200);
    assert.notEqual(store.changes(), before, 'a broken connection is a reason to look again');
    await store.close();
  });

  it('behind a pooler are replaced by looking again every second', async () => {
    const url = server.url();
    const store = await opened(`${url}&listen=off`);
    const before = store.changes();
    await sleep(1050);
    assert.notEqual(store.changes(), before);
    const { rows } = await asAdministrator(url, (client) =>
      client.query(`select 1 from pg_stat_activity where query like 'listen "kippu ${schemaOf(url)}"%'`),
    );
    assert.deepEqual(rows, []);
    await store.close();
  });
});

describe('time in PostgreSQL', () => {
  it('is the database’s, for nodes whose own clocks are wrong', async () => {
    const url = server.url();
    const early = await opened(url, { clock: clockThatIsOff(-600_000), timeOf: 'database' });
    const late = await opened(url, { clock: clockThatIsOff(600_000), timeOf: 'database' });
    for (const store of [early, late]) assert.ok(Math.abs(store.clock!.nowMs() - Date.now()) < 2000);
    const alice = await connected(early, 'alice', early.clock!.nowMs());
    const seen = await stored(late, alice);
    await claimed(early, alice, { leaseMs: 60_000 });
    const again = { ...claimOf(await stored(late, alice)), version: seen.version };
    assert.equal(await late.credentials.claim(again), undefined, 'the lease lives for both');
    await Promise.all([early.close(), late.close()]);
  });

  it('takes nothing from anybody by a clock that was set a moment ago', async () => {
    const url = server.url();
    let aheadMs = 0;
    const settable: Clock = { ...clock, nowMs: () => clock.nowMs() + aheadMs };
    const holder = await opened(url, { clock, timeOf: 'database' });
    const other = await opened(url, { clock: settable, timeOf: 'database' });
    const alice = await connected(holder, 'alice', holder.clock!.nowMs());
    await claimed(holder, alice, { leaseMs: 60_000 });
    const { openAttempt } = await stored(holder, alice);
    for (const act of [
      async () => assert.equal(await other.credentials.claim(claimOf(await stored(other, alice))), undefined),
      async () => assert.equal(await other.credentials.markUncertain(alice.id, openAttempt!.id, 0), false),
      async () => assert.deepEqual(await other.credentials.takeDue({ againAtMs: 0, limit: 10 }), []),
    ]) {
      aheadMs += 600_000;
      await act();
      assert.ok(Math.abs(other.clock!.nowMs() - Date.now()) < 2000, 'and it is right again');
    }
    assert.equal((await stored(holder, alice)).openAttempt?.outcome, undefined, 'nobody doubts it');
    await Promise.all([holder.close(), other.close()]);
  });

  it('keeps no word of a node that its spool is empty at a time to come, and the next one again', async () => {
    let aheadMs = 0;
    const settable: Clock = { ...clock, nowMs: () => clock.nowMs() + aheadMs };
    const store = await opened(server.url(), { clock: settable, timeOf: 'database' });
    const node = 'node whose clock was set' as NodeId;
    const said = async (): Promise<number> => {
      const atMs = store.clock!.nowMs();
      await store.home.reportSpoolEmpty(node, atMs);
      return atMs;
    };
    const first = await said();
    aheadMs = 100_000;
    const wrong = await said();
    assert.ok(wrong > Date.now() + 50_000, 'the clock did not know yet that it was set');
    assert.equal(await store.home.spoolEmptyAtMs(node), first);
    await store.home.reportSpoolEmpty(node, wrong);
    assert.equal(await store.home.spoolEmptyAtMs(node), first, 'nor when the clock is right again');
    const next = await said();
    assert.equal(await store.home.spoolEmptyAtMs(node), next);
    await store.close();
  });
});

describe('a given pool', () => {
  it('is used in a schema of its own and left open', async () => {
    const { hosts, user, password, database } = parseConnectionUrl(server.url());
    const pool = new pg.Pool({ host: hosts[0]!.host, port: hosts[0]!.port, user, password, database });
    pg.types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text));
    const store = await postgres({ pool, schema: 'given' })({ clock, random: systemRandom, faults: noFaults });
    await store.home.registerApps([APP]);
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal((await stored(store, alice)).version, 1, 'whatever the application has told the driver about types');
    await store.close();
    const { rows } = await pool.query<{ readonly count: string }>(
      'select count(*)::text as count from given.connections',
    );
    assert.equal(rows[0]?.count, '1');
    await pool.end();
    pg.types.setTypeParser(pg.types.builtins.INT8, (text) => text);
  });
});

describe('a server that goes away', () => {
  it('that was never there is said at once, with its place and without the password', async () => {
    const nowhere = server.url().replace(`:${server.port}/`, ':1/');
    await assert.rejects(openStoreAt(nowhere, { clock }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'store_unavailable');
      assert.match(error.message, /127\.0\.0\.1:1/);
      assert.doesNotMatch(error.message, /p@ss/);
      return true;
    });
  });

  it('with several hosts, the next one is asked', async () => {
    const url = server.url().replace('@127.0.0.1', '@127.0.0.1:1,127.0.0.1');
    const store = await opened(url);
    await connected(store, 'alice', clock.nowMs());
    await store.close();
  });

  it('and comes back in the middle of a storm of renewals: nothing is lost, nothing is counted twice', async () => {
    const url = server.url();
    const stores = await Promise.all([opened(url), opened(url)]);
    await stores[0].home.found(HOME);
    const users = await Promise.all(
      Array.from({ length: 12 }, (_, n) => connected(stores[0], `user${n}`, clock.nowMs())),
    );
    const storm = users.map(async (user, n) => {
      const store = stores[n % 2]!;
      for (let round = 1; round <= 6; round += 1) {
        const claim = await untilThere(() => claimed(store, user));
        const answer = renewed(claim, `user${n} ${round}`, `user${n} ${round + 1}`, clock.nowMs());
        await untilThere(() => store.credentials.settleRenewed(answer));
        await sleep(30);
      }
    });
    await sleep(60);
    await server.stop();
    await server.startAgain();
    await Promise.all(storm);
    for (const [n, user] of users.entries()) {
      const credential = await stored(stores[1], user);
      assert.equal(credential.refreshFingerprint, print(`user${n} 7`));
      assert.equal(credential.lease, undefined);
      assert.equal((await stores[1].connections.find(user.id))?.renewals, 6);
      assert.deepEqual(await stores[1].credentials.orphans(user.id), []);
    }
    await Promise.all(stores.map((store) => store.close()));
  });

  it('and stays away is said, and what was asked of it may be asked again', async () => {
    const url = server.url();
    const store = await opened(url);
    const alice = await connected(store, 'alice', clock.nowMs());
    await server.stop();
    await assert.rejects(store.credentials.read(alice.id), { code: 'store_unavailable', retryable: true });
    await server.startAgain();
    assert.equal((await stored(store, alice)).version, 1, 'the pool has survived');
    await store.close();
  });
});

/** As the product does: what it has is offered until it is taken. On a busy machine a restart outlasts the store's own patience. */
async function untilThere<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === 20 || (error as { code?: string }).code !== 'store_unavailable') throw error;
      await sleep(100);
    }
  }
}
