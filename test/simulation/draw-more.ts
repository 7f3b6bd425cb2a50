import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { Chance } from './chance.ts';
import { drawWireFault } from './draw-faults.ts';
import type { Act, NodeFault, NewRuns, Plan, Step } from './plan.ts';

type Basis = Pick<Plan, 'seed' | 'provider' | 'nodes' | 'users' | 'steps' | 'faultsEndAtMs'>;

/**
 * What goes on beside the episodes: somebody imports tokens, the account posts by other means, schedules run, and somebody
 * wants to hear of it all; with faults that are aimed at these. Drawn by a chance of its own, so that the episodes of a seed
 * are the same with and without it.
 */
export function drawMore(basis: Basis): Pick<Plan, 'hasReceiver'> & { readonly steps: readonly Step[] } {
  const chance = new Chance(basis.seed, 'more');
  const hasReceiver = chance.isLucky(0.2);
  const steps = [
    ...(chance.isLucky(0.15) ? [drawImport(basis, chance)] : []),
    ...(basis.provider === 'x' ? postsElsewhere(basis, chance) : []),
    ...(basis.provider === 'x' && chance.isLucky(0.4) ? scheduling(basis, chance) : []),
    ...(hasReceiver && chance.isLucky(0.7) ? disturbedNotices(basis, chance) : []),
    ...(chance.isLucky(0.05) ? accessEndsEarly(basis, chance) : []),
  ];
  return { hasReceiver, steps };
}

function drawImport({ nodes, users, faultsEndAtMs }: Basis, chance: Chance): Step {
  return {
    atMs: chance.between(MINUTE_MS, faultsEndAtMs),
    kind: 'import',
    ...{ node: chance.between(0, nodes - 1), user: chance.pick(users) },
    brought: chance.weighted({ fresh: 3, stored: 1, spent: 2 }),
    knowsSubject: chance.isLucky(0.5),
  };
}

/** And whoever uses it is refused, and says so. */
function accessEndsEarly({ nodes, users, faultsEndAtMs }: Basis, chance: Chance): readonly Step[] {
  const user = chance.pick(users);
  const atMs = chance.between(MINUTE_MS, faultsEndAtMs);
  return [
    { atMs, kind: 'end_access', user },
    { atMs: atMs + chance.between(0, 3 * SECOND_MS), kind: 'use', node: chance.between(0, nodes - 1), user },
  ];
}

/** Before some posts of ours the same text was there already, as yesterday's greeting is; and others come after it. */
function postsElsewhere({ steps }: Basis, chance: Chance): readonly Step[] {
  return steps.flatMap((step): readonly Step[] => {
    if (step.kind !== 'post') return [];
    const { user, text } = step;
    const before = { atMs: step.atMs - chance.between(6 * MINUTE_MS, 25 * MINUTE_MS), text };
    const after = { atMs: step.atMs + step.inMs + chance.between(SECOND_MS, MINUTE_MS), text: 'something else' };
    const kind = chance.weighted({ before: 3, after: 2, neither: 5 });
    if (kind === 'neither') return [];
    const elsewhere = kind === 'before' ? before : after;
    return elsewhere.atMs < 0 ? [] : [{ ...elsewhere, kind: 'post_elsewhere', user }];
  });
}

/** One schedule or two, changed now and then; and trouble at the moments at which a run is made or sent. */
function scheduling(basis: Basis, chance: Chance): readonly Step[] {
  const { nodes, users, faultsEndAtMs } = basis;
  const labels = chance.isLucky(0.3) ? ['s1', 's2'] : ['s1'];
  return labels.flatMap((label): readonly Step[] => {
    const by = { node: chance.between(0, nodes - 1), user: chance.pick(users) };
    const runs = drawRuns(label, faultsEndAtMs, chance);
    const atMs = chance.between(10 * SECOND_MS, Math.max(20 * SECOND_MS, faultsEndAtMs - 30 * MINUTE_MS));
    const troubles = Array.from({ length: chance.between(1, 3) }, () => troubleOfRun(basis, { runs, atMs }, chance));
    return [
      { atMs, kind: 'schedule', ...by, ...runs },
      ...changes({ ...by, label }, atMs, basis, chance),
      ...troubles.flat(),
    ];
  });
}

const RUNS_MAX = 8;

function drawRuns(label: string, withinMs: number, chance: Chance): NewRuns {
  const fitting = [10, 20, 30, 60].filter((minutes) => withinMs / (minutes * MINUTE_MS) <= RUNS_MAX);
  return {
    label,
    makes: chance.weighted({ known: 5, composed: 4, measurements: 1 }),
    everyMinutes: fitting.length === 0 ? 60 : chance.pick(fitting),
    missed: chance.pick(['skip', 'once'] as const),
    latestAfterMs: chance.pick([2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS]),
  };
}

function changes(
  { node, user, label }: { readonly node: number; readonly user: string; readonly label: string },
  atMs: number,
  { faultsEndAtMs }: Basis,
  chance: Chance,
): readonly Step[] {
  const later = (): number => chance.between(atMs + SECOND_MS, Math.max(atMs + MINUTE_MS, faultsEndAtMs));
  const change = (what: Extract<Act, { kind: 'change_schedule' }>['change'], whenMs: number): Step => ({
    ...{ atMs: whenMs, kind: 'change_schedule', node, user, label, change: what },
  });
  const kind = chance.weighted({ nothing: 5, other_text: 2, pause: 2, remove: 1 });
  if (kind === 'nothing') return [];
  const whenMs = later();
  if (kind === 'pause') return [change('pause', whenMs), change('resume', whenMs + chance.between(SECOND_MS, HOUR_MS))];
  return [change(kind, whenMs)];
}

const RUN_POINTS: readonly FaultPoint[] = [
  'schedule.composed',
  'schedule.composed',
  'schedule.settled',
  'publishing.claimed',
  'publishing.sent',
];

/** Armed shortly before one of its runs is made, on the nodes that may make it. */
function troubleOfRun(
  { nodes, faultsEndAtMs }: Basis,
  { runs, atMs }: { readonly runs: NewRuns; readonly atMs: number },
  chance: Chance,
): readonly Step[] {
  const everyMs = runs.everyMinutes * MINUTE_MS;
  const runAtMs = (Math.floor(atMs / everyMs) + chance.between(1, 4)) * everyMs;
  const aheadMs = runs.makes === 'known' ? 5 * MINUTE_MS : runs.makes === 'composed' ? 2 * MINUTE_MS : 0;
  const armedAtMs = Math.min(runAtMs - aheadMs - chance.between(SECOND_MS, MINUTE_MS), faultsEndAtMs);
  if (armedAtMs <= atMs) return [];
  const kind = chance.weighted({
    crash: 3,
    pause: 3,
    acknowledgement_lost: 3,
    nobody: 2,
    store_full: 1,
    clocks: 1,
    fail_over: 1,
  });
  const all = Array.from({ length: nodes }, (_, node) => node);
  const where = { point: chance.pick(RUN_POINTS) };
  const on = (hit: readonly number[], fault: (node: number) => NodeFault): readonly Step[] =>
    hit.map((node) => ({ atMs: armedAtMs, ...fault(node) }));
  switch (kind) {
    case 'crash':
      return on(all, (node) => ({
        kind,
        node,
        where,
        downMs: chance.pick([100, 60_000]),
        losesPower: chance.isLucky(0.2),
      }));
    case 'pause':
      return on([chance.pick(all)], (node) => ({
        kind,
        node,
        where,
        lastsMs: chance.pick([20_000, 100_000, 300_000]),
      }));
    case 'acknowledgement_lost':
      return on([chance.pick(all)], (node) => ({ kind, node, where, count: 1 }));
    case 'nobody': {
      const downMs = Math.round(everyMs * chance.pick([0.7, 1.5, 2.5]));
      return on(all, (node) => ({ kind: 'crash', node, where: { places: 0 }, downMs, losesPower: false }));
    }
    case 'store_full':
      return on(all, (node) => ({ kind, node, where: { places: 0 }, lastsMs: chance.pick([60_000, everyMs]) }));
    case 'clocks':
      return on([chance.pick(all)], (node) => ({
        kind: 'clock_jump',
        node,
        where: { places: 0 },
        byMs: chance.pick([-90_000, 90_000]),
      }));
    case 'fail_over':
      return on([chance.pick(all)], (node) => ({ kind, node, where, lacking: chance.between(1, 3) }));
  }
}

const NOTICE_POINTS: readonly FaultPoint[] = ['notice.planned', 'notice.taken', 'notice.sent', 'notice.settled'];

/** Whatever happens in the first episodes is told at once: there the receiver, or who tells it, fails. */
function disturbedNotices({ nodes, steps, faultsEndAtMs }: Basis, chance: Chance): readonly Step[] {
  return Array.from({ length: chance.between(1, 3) }, (): Step => {
    const atMs = Math.min(
      steps.length === 0 ? SECOND_MS : Math.max(1, chance.pick(steps).atMs - SECOND_MS),
      faultsEndAtMs,
    );
    const node = chance.between(0, nodes - 1);
    const where = { point: chance.pick(NOTICE_POINTS) };
    const kind = chance.weighted({ wire: 5, crash: 4, pause: 2, acknowledgement_lost: 2, store_full: 1 });
    switch (kind) {
      case 'wire':
        return { atMs, kind, endpoint: 'notice', fault: drawWireFault(chance) };
      case 'crash':
        return { atMs, kind, node, where, downMs: chance.pick([100, 5_000, 60_000]), losesPower: chance.isLucky(0.3) };
      case 'pause':
        return { atMs, kind, node, where, lastsMs: chance.pick([20_000, 50_000, 100_000]) };
      case 'acknowledgement_lost':
        return { atMs, kind, node, where, count: chance.between(1, 2) };
      case 'store_full':
        return { atMs, kind, node, where, lastsMs: chance.pick([3_000, 60_000]) };
    }
  });
}
