import { endOf } from './draw.ts';
import type { Engine } from './engine.ts';
import { runHistory, type History } from './history.ts';
import type { Plan, Step } from './plan.ts';

/** So many smaller histories are tried at most. */
const TRIES_MAX = 400;

/**
 * Looks for the smallest history that breaks the same promise: fewer steps, fewer nodes, fewer users. Leaving something
 * out changes the order of what remains, so not every smaller history fails; those that do are taken.
 */
export async function shrink(failing: History, engine: Engine | undefined): Promise<History> {
  const broken = failing.violation?.invariant;
  let smallest = failing;
  let triesLeft = TRIES_MAX;
  const isTaken = async (plan: Plan): Promise<boolean> => {
    if (triesLeft <= 0) return false;
    triesLeft -= 1;
    const history = await runHistory(plan, { engine });
    if (history.violation?.invariant !== broken) return false;
    smallest = history;
    return true;
  };
  for (let before = -1; before !== sizeOf(smallest.plan);) {
    before = sizeOf(smallest.plan);
    await dropSteps(() => smallest.plan, isTaken);
    for (const simplify of SIMPLIFICATIONS) {
      const simpler = simplify(smallest.plan);
      if (simpler !== undefined) await isTaken(simpler);
    }
  }
  return smallest;
}

/** Half of the steps at once, then a quarter, down to single ones. */
async function dropSteps(current: () => Plan, isTaken: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(current().steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < current().steps.length;) {
      const { steps } = current();
      const without = withSteps(current(), [...steps.slice(0, at), ...steps.slice(at + size)]);
      if (!(await isTaken(without))) at += size;
    }
  }
}

const SIMPLIFICATIONS: readonly ((plan: Plan) => Plan | undefined)[] = [
  (plan) => (plan.nodes > 1 ? { ...plan, nodes: plan.nodes - 1 } : undefined),
  (plan) => (plan.users.length > 1 ? { ...plan, users: plan.users.slice(0, 1) } : undefined),
  (plan) => (plan.separateMachines ? { ...plan, separateMachines: false } : undefined),
  (plan) => (plan.forgets ? { ...plan, forgets: false } : undefined),
  (plan) => (plan.hasReceiver ? { ...plan, hasReceiver: false } : undefined),
  (plan) => (plan.policy === 'always' ? { ...plan, policy: 'on-use' } : undefined),
];

function withSteps(plan: Plan, steps: readonly Step[]): Plan {
  return { ...plan, steps, faultsEndAtMs: endOf(steps.at(-1)?.atMs ?? 0, steps) };
}

function sizeOf({ steps, nodes, users }: Plan): number {
  return steps.length * 10 + nodes + users.length;
}
