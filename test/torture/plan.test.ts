import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFaultOrder } from '../../src/sim/faults.ts';
import { planFaults, PROVIDER, type PlanOptions } from './plan.ts';
import { PLAYED } from './played.ts';

const OPTIONS: PlanOptions = {
  played: PLAYED.x,
  seed: '7',
  forMs: 600_000,
  nodes: ['a', 'b'],
  lateAnswerMs: 2000,
  hasDisk: true,
  hasServer: false,
};

test('a plan of faults is the same for the same seed, and another for another', () => {
  assert.deepEqual(planFaults(OPTIONS), planFaults(OPTIONS));
  assert.notDeepEqual(planFaults(OPTIONS), planFaults({ ...OPTIONS, seed: '8' }));
});

test('a longer plan begins as the shorter one', () => {
  const short = planFaults({ ...OPTIONS, forMs: 60_000 });
  assert.ok(short.length > 50);
  assert.deepEqual(planFaults(OPTIONS).slice(0, short.length), short);
});

test('nobody is killed or stopped while he is down or stopped', () => {
  const untilMs = new Map<string, number>();
  for (const { atMs, act } of planFaults(OPTIONS)) {
    if (act.kind !== 'kill' && act.kind !== 'pause') continue;
    assert.ok(atMs >= (untilMs.get(act.who) ?? 0), `${act.who} at ${atMs}`);
    untilMs.set(act.who, atMs + (act.kind === 'kill' ? act.downMs : act.forMs));
  }
  assert.deepEqual([...untilMs.keys()].sort(), ['a', 'b', PROVIDER]);
});

test('a plan has every kind of act, and only faults that the provider understands', () => {
  const plan = planFaults(OPTIONS);
  const kinds = new Set(plan.map(({ act }) => act.kind));
  assert.deepEqual([...kinds].sort(), ['answer_fault', 'fill_disk', 'kill', 'kill_caller', 'pause']);
  for (const { act } of plan) if (act.kind === 'answer_fault') parseFaultOrder(act.order);
});

test('where no disk can be mounted, none is filled', () => {
  const plan = planFaults({ ...OPTIONS, hasDisk: false });
  assert.ok(plan.every(({ act }) => act.kind !== 'fill_disk'));
});
