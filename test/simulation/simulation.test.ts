import assert from 'node:assert/strict';
import os from 'node:os';
import { before, describe, it } from 'node:test';
import { unmet } from './coverage.ts';
import { runFleet } from './fleet.ts';
import type { ShareReport } from './history-process.ts';

const HISTORIES = 2_000;
/** A run of `npm run simulate:long` takes others. */
const SEED_FROM = 1;
/** A minute or so on two cores that have nothing else to do. On a machine that is busy, what fits into this. */
const STOP_AFTER_MS = 8 * 60_000;

describe('the simulation', () => {
  let report: ShareReport;

  before(async () => {
    const processes = Math.min(4, os.availableParallelism());
    report = await runFleet({
      ...{ seedFrom: SEED_FROM, histories: HISTORIES, processes, stopAfterMs: STOP_AFTER_MS, covers: true },
    });
  });

  it('finds no history in which a promise is broken', (t) => {
    const broken = report.failures.map(
      ({ seed, invariant, detail }) => `npm run simulate -- --seed ${seed} (${invariant}: ${detail})`,
    );
    assert.deepEqual(broken, []);
    t.diagnostic(`${report.histories} histories, ${report.steps} steps`);
  });

  it('meets every rule, every state, every fault', (t) => {
    if (report.histories < HISTORIES) {
      t.skip(`because this machine was busy: only ${report.histories} of ${HISTORIES} histories fitted into the time`);
      return;
    }
    assert.deepEqual(unmet(report.met, report.missed), []);
  });
});
