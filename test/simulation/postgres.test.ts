import assert from 'node:assert/strict';
import os from 'node:os';
import { after, before, describe, it } from 'node:test';
import type { PostgresServer } from '../support/postgres-server.ts';
import { caughtBy } from './catching.ts';
import { drawPlan } from './draw.ts';
import { runFleet } from './fleet.ts';
import { runHistory } from './history.ts';
import { postgresEngine } from './postgres-engine.ts';
import { startServerForHistories } from './server-for-histories.ts';
import { storyOf } from './story.ts';

/** As many histories as fit into this. `npm run simulate -- --store postgres --histories M` runs more. */
const STOP_AFTER_MS = 25_000;
const HISTORIES_MAX = 1_000;
const SEED_FROM = 1;

/** In some of them transactions wait for each other, in one a standby takes over. */
const REPLAYED = [10, 28, 44, 231];

/** With the seed that shows each. `npm run mutants -- --store postgres` runs them all. */
const QUICK = [
  ['writes no attempt down', 3],
  ['writes no spent token down', 6],
  ['sends a notice that somebody else is sending', 14],
  ['takes notices without a turn', 14],
  ['numbers events without a turn', 14],
  ['makes a run that somebody else has made', 81],
] as const;
/** Another change may draw another history for the same seed. */
const MUTANT_HISTORIES_MAX = 40;

describe('the simulation on PostgreSQL', () => {
  let server: PostgresServer;

  before(async () => {
    server = await startServerForHistories();
  });
  after(() => server.remove());

  it('finds no history in which a promise is broken', async (t) => {
    const report = await runFleet({
      ...{ seedFrom: SEED_FROM, histories: HISTORIES_MAX, processes: Math.min(2, os.availableParallelism()) },
      ...{ stopAfterMs: STOP_AFTER_MS, postgresUrl: server.url() },
    });
    const broken = report.failures.map(
      ({ seed, invariant, detail }) => `npm run simulate -- --store postgres --seed ${seed} (${invariant}: ${detail})`,
    );
    assert.deepEqual(broken, []);
    t.diagnostic(`${report.histories} histories, ${report.steps} steps`);
  });

  it('has the same history for the same seed, byte for byte, with transactions that wait for each other', async () => {
    const engine = await postgresEngine(server.url());
    const first = new Map<number, string>();
    let waits = 0;
    for (const seed of REPLAYED) {
      const history = await runHistory(drawPlan(seed), { isTelling: true, engine });
      first.set(seed, storyOf(history));
      waits += history.met.get('transaction: waits for a lock') ?? 0;
    }
    assert.ok(waits > 0, 'no transaction has waited for another one');
    // In another order, so that nothing that one history leaves behind is taken for chance by the next.
    for (const seed of REPLAYED.toReversed())
      assert.equal(
        storyOf(await runHistory(drawPlan(seed), { isTelling: true, engine })),
        first.get(seed),
        `seed ${seed}`,
      );
    await engine.close();
  });

  for (const [name, seedFrom] of QUICK) {
    it(`catches whoever ${name}`, async () => {
      const run = { seedFrom, histories: MUTANT_HISTORIES_MAX, postgresUrl: server.url() };
      const { failure, histories } = await caughtBy(name, run);
      assert.notEqual(failure, undefined, `it survived ${histories} histories`);
    });
  }
});
