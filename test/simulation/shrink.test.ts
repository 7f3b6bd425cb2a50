import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHistory } from './history.ts';
import type { Plan, Step } from './plan.ts';
import { shrink } from './shrink.ts';
import { storyOf } from './story.ts';

/** A clock that is set by five minutes while an exchange is open: more than the margin, and no drawn history has it. */
const TELLING: readonly Step[] = [
  { atMs: 609_000, kind: 'wire', endpoint: 'token', fault: { kind: 'answer_slow', ms: 100_000 } },
  { atMs: 610_000, kind: 'use', node: 0, user: 'alice' },
  { atMs: 630_000, kind: 'clock_jump', node: 1, where: { places: 0 }, byMs: 300_000 },
  { atMs: 635_000, kind: 'use', node: 1, user: 'alice' },
];
const NOISE: readonly Step[] = [
  { atMs: 20_000, kind: 'use', node: 2, user: 'bob' },
  { atMs: 30_000, kind: 'use', node: 1, user: 'alice' },
  { atMs: 300_000, kind: 'disk_full', node: 2, where: { places: 2 }, lastsMs: 3_000 },
  { atMs: 632_000, kind: 'use', node: 2, user: 'bob' },
];
const FAILING: Plan = {
  ...{ seed: 1, provider: 'strict', nodes: 3, separateMachines: true, users: ['alice', 'bob'], policy: 'on-use' },
  ...{ replay: true, hasReceiver: false, forgets: false, accessLifetimeMs: 600_000, faultsEndAtMs: 1_000_000 },
  steps: [...TELLING, ...NOISE].sort((one, other) => one.atMs - other.atMs),
};

test('a failing history is made smaller, and breaks the same promise', async () => {
  const failing = await runHistory(FAILING);
  assert.equal(failing.violation?.invariant, 'no false doubt');
  const smallest = await shrink(failing, undefined);
  assert.equal(smallest.violation?.invariant, 'no false doubt');
  assert.ok(smallest.plan.steps.length <= TELLING.length, `${smallest.plan.steps.length} steps are left`);
  assert.ok(smallest.plan.nodes < FAILING.nodes, 'the node that only makes noise is gone');
});

test('the story of a failing history ends with the promise, and with what happened', async () => {
  const story = storyOf(await runHistory(FAILING, { isTelling: true }));
  assert.match(story, /machine-1 +sets its wall clock by 300000 ms/);
  assert.match(story, /Broken: no false doubt\n {2}the promise: .+\n {2}what happened: alice, while n0\.1 listens/);
});
