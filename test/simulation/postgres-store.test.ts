import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { PostgresDatabase, Transaction } from '../../src/store/postgres/database.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { Chance } from './chance.ts';
import { Life, Machine } from './life.ts';
import { postgresEngine, type PostgresEngine } from './postgres-engine.ts';
import type { SimulatedPostgres } from './postgres-store.ts';
import { Scheduler } from './scheduler.ts';
import { startServerForHistories } from './server-for-histories.ts';

/** Two processes at one server, and what each of them has come to. */
interface Two {
  readonly scheduler: Scheduler;
  readonly store: SimulatedPostgres;
  readonly lives: readonly [Life, Life];
  readonly dbs: readonly [PostgresDatabase, PostgresDatabase];
  readonly met: string[];
}

const NODES = ['one', 'other'] as const;

describe('the simulated server', () => {
  let server: PostgresServer;
  let engine: PostgresEngine;

  before(async () => {
    server = await startServerForHistories();
    engine = await postgresEngine(server.url());
  });
  after(async () => {
    await engine.close();
    await server.remove();
  });

  async function two(seed = 1): Promise<Two> {
    const scheduler = new Scheduler(new Chance(seed, 'order'));
    const store = await engine.open({ scheduler, standbyBehindMax: 4 });
    const met: string[] = [];
    const reach = (name: string): { readonly life: Life; readonly db: PostgresDatabase } => {
      const life = new Life(name, new Machine(name), scheduler, () => undefined);
      const { db } = store.reachedBy({
        ...{ life, trouble: { isFull: false, acknowledgementsToLose: 0, stallMs: 0 } },
        settling: { clock: life.clock, random: new Chance(seed, name), faults: life },
        watch: {
          refused: () => undefined,
          acknowledgementLost: () => undefined,
          met: (what) => void met.push(`${name} ${what}`),
        },
      });
      return { life, db };
    };
    const [one, other] = [reach('first'), reach('second')];
    const begun = one.db.write(async (tx) => {
      for (const id of NODES) await tx.run('insert into kippu.nodes values (:id, 0)', { id });
    });
    await scheduler.run(1_000);
    await begun;
    return { scheduler, store, met, lives: [one.life, other.life], dbs: [one.db, other.db] };
  }

  const raise = async (tx: Transaction, id: string): Promise<void> => {
    await tx.run('update kippu.nodes set spool_empty_at_ms = spool_empty_at_ms + 1 where id = :id', { id });
  };
  const countsOf = (store: SimulatedPostgres): readonly number[] =>
    store.all('select spool_empty_at_ms as count from nodes order by id').map(({ count }) => Number(count));

  it('lets two transactions go on side by side, and one of them wait for what the other has locked', async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const { scheduler, store, dbs, met } = await two(seed);
      const [first, second] = dbs;
      const work = [first.write((tx) => raise(tx, 'one')), second.write((tx) => raise(tx, 'one'))];
      await scheduler.run(scheduler.nowMs + 60_000);
      await Promise.all(work);
      assert.deepEqual(countsOf(store), [2, 0]);
      assert.ok(met.every((what) => what.endsWith('waits for a lock')));
      orders.add(met.join());
      await store.close();
    }
    assert.deepEqual([...orders].sort(), ['', 'first waits for a lock', 'second waits for a lock']);
  });

  it('undoes one of two that wait for each other, and that one is done again', async () => {
    let deadlocks = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const { scheduler, store, dbs, met } = await two(seed);
      const both = (db: PostgresDatabase, [one, other]: readonly [string, string]): Promise<void> =>
        db.write(async (tx) => {
          await raise(tx, one);
          await raise(tx, other);
        });
      const work = [both(dbs[0], ['one', 'other']), both(dbs[1], ['other', 'one'])];
      await scheduler.run(scheduler.nowMs + 60_000);
      await Promise.all(work);
      assert.deepEqual(countsOf(store), [2, 2]);
      deadlocks += met.filter((what) => what.endsWith('is in a deadlock')).length;
      await store.close();
    }
    assert.ok(deadlocks > 0, 'no order of twelve leads to a deadlock');
  });

  it('waits for a lock no longer than the product asks it to, by the simulated clock', async () => {
    const { scheduler, store, dbs, lives, met } = await two();
    const held = dbs[0].write(async (tx) => {
      await raise(tx, 'one');
      lives[0].isPaused = true;
      await raise(tx, 'other');
    });
    held.catch(() => undefined);
    await scheduler.run(scheduler.nowMs + 1_000);
    const refused = dbs[1].write((tx) => raise(tx, 'one'));
    const [atMs, failure] = [scheduler.nowMs, assert.rejects(refused, { code: 'store_unavailable' })];
    await scheduler.run(atMs + 4_900);
    assert.deepEqual(met, ['second waits for a lock']);
    await scheduler.run(atMs + 5_100);
    await failure;
    assert.equal(met.at(-1), 'second has waited too long for a lock');
    await scheduler.run(atMs + 20_000);
    assert.equal(met.at(-1), 'first has idled too long');
    assert.deepEqual(countsOf(store), [0, 0]);
    await store.close();
  });

  it('undoes what a process leaves open when it dies', async () => {
    const { scheduler, store, dbs, lives } = await two();
    void dbs[0].write(async (tx) => {
      await raise(tx, 'one');
      lives[0].die();
      await raise(tx, 'other');
    });
    await scheduler.run(scheduler.nowMs + 1_000);
    const next = dbs[1].write((tx) => raise(tx, 'one'));
    await scheduler.run(scheduler.nowMs + 1_000);
    await next;
    assert.deepEqual(countsOf(store), [1, 0]);
    await store.close();
  });

  it('is followed by a standby that lacks the last commits, and breaks whatever is open', async () => {
    const { scheduler, store, dbs, lives } = await two();
    for (const id of ['one', 'other', 'one']) {
      const done = dbs[0].write((tx) => raise(tx, id));
      await scheduler.run(scheduler.nowMs + 1_000);
      await done;
    }
    let tries = 0;
    const open = dbs[1].write(async (tx) => {
      await raise(tx, 'one');
      tries += 1;
      lives[1].isPaused = tries === 1;
      await raise(tx, 'other');
    });
    await scheduler.run(scheduler.nowMs + 1_000);
    assert.deepEqual(countsOf(store), [2, 1]);
    assert.equal(store.failOver(2), 2);
    await scheduler.run(scheduler.nowMs + 1_000);
    assert.deepEqual(countsOf(store), [1, 0]);
    lives[1].isPaused = false;
    await scheduler.run(scheduler.nowMs + 60_000);
    await open;
    assert.equal(tries, 2);
    // What was open is done again, at the new server.
    assert.deepEqual(countsOf(store), [2, 1]);
    await store.close();
  });
});
