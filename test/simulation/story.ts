import type { History } from './history.ts';
import { INVARIANTS } from './invariants.ts';
import { isAct, type Plan, type Step } from './plan.ts';

/** Calls that every history is full of, and that no reader misses. */
const DULL = /^(?:credentials\.setDue|home\.reportSpoolEmpty|posts\.nextDueAtMs|consents\.advance|connections\.update)/;

/** A history as somebody would tell it who had seen it all. */
export function storyOf({ plan, violation, entries, steps }: History): string {
  const lines = entries
    .filter(({ what }) => !DULL.test(what))
    .map(({ atMs, who, what }) => `  ${clockOf(atMs)}  ${who.padEnd(9)} ${what}`);
  const end =
    violation === undefined
      ? ['Every promise was kept.']
      : [
          `Broken: ${violation.invariant}`,
          `  the promise: ${INVARIANTS[violation.invariant]}`,
          `  what happened: ${violation.detail}`,
        ];
  return [
    ...settingOf(plan),
    '',
    'What was to happen',
    ...plan.steps.map(planned),
    '',
    `What happened (${steps} steps)`,
    ...lines,
    '',
    ...end,
  ].join('\n');
}

function settingOf(plan: Plan): readonly string[] {
  const machines = plan.separateMachines ? 'each on a machine of its own' : 'on one machine';
  return [
    `Seed ${plan.seed}`,
    `  provider: ${plan.provider}; access tokens live ${plan.accessLifetimeMs / 60_000} min; replays are ${plan.replay ? 'allowed' : 'forbidden'}`,
    `  ${plan.nodes} node${plan.nodes === 1 ? '' : 's'}, ${machines}; users: ${plan.users.join(', ')}; policy: ${plan.policy}${plan.hasReceiver ? '; a receiver of notices' : ''}${plan.forgets ? '; what is over is forgotten at once' : ''}`,
  ];
}

function planned(step: Step): string {
  const { atMs, kind, ...rest } = step;
  const details = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return `  ${clockOf(atMs)}  ${isAct(step) ? 'act  ' : 'fault'} ${kind}${details.length === 0 ? '' : `: ${details.join(', ')}`}`;
}

/** Hours, minutes, seconds and milliseconds since the history began. */
function clockOf(atMs: number): string {
  const whole = Math.floor(atMs);
  const part = (divisor: number, modulo: number, digits: number): string =>
    String(Math.floor(whole / divisor) % modulo).padStart(digits, '0');
  return `${part(3_600_000, 1_000, 2)}:${part(60_000, 60, 2)}:${part(1_000, 60, 2)}.${part(1, 1_000, 3)}`;
}
