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

test('at a server there are all the faults of servers and machines too, and a node that is given up is left alone', () => {
  const options = { ...OPTIONS, nodes: ['a', 'b', 'c'], hasDisk: false, hasServer: true };
  const plan = planFaults(options);
  const kinds = new Set(plan.map(({ act }) => act.kind));
  for (const kind of ['restart', 'restart_database', 'cut', 'set_clock', 'give_up'] as const)
    assert.ok(kinds.has(kind), kind);
  assert.deepEqual(
    planFaults({ ...options, forMs: 300_000 }),
    plan.slice(0, planFaults({ ...options, forMs: 300_000 }).length),
  );
  for (const { atMs, act } of plan) {
    if (act.kind !== 'give_up') continue;
    const meanwhile = plan.filter((other) => other.atMs > atMs && other.atMs < atMs + 45_000);
    const disturbing = meanwhile.filter(
      (other) =>
        ['kill', 'pause', 'restart', 'cut'].includes(other.act.kind) && 'who' in other.act && other.act.who === act.who,
    );
    assert.deepEqual(disturbing, []);
  }
  assert.ok(
    planFaults({ ...options, played: PLAYED.auth0 }).every(
      ({ act }) => act.kind !== 'give_up' || act.by === 'directory',
    ),
  );
});

test('without a server its faults are not planned', () => {
  const kinds = new Set<string>(planFaults(OPTIONS).map(({ act }) => act.kind));
  for (const kind of ['restart', 'restart_database', 'cut', 'set_clock', 'give_up']) assert.ok(!kinds.has(kind), kind);
});

test('where no disk can be mounted, none is filled', () => {
  const plan = planFaults({ ...OPTIONS, hasDisk: false });
  assert.ok(plan.every(({ act }) => act.kind !== 'fill_disk'));
});
