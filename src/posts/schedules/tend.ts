import { assertNever } from '../../model/assert-never.ts';
import { SECOND_MS } from '../../model/clock.ts';
import type { ScheduleId } from '../../model/ids.ts';
import { collectFor } from './collect.ts';
import { composeFor } from './compose.ts';
import { makeKnown } from './make.ts';
import { planFor } from './plan.ts';
import type { SchedulePorts } from './ports.ts';
import { putOff, settle } from './settle.ts';
import { settledAsMissed, type Occasion } from './settlement.ts';
import { isComposed } from './timing.ts';

export interface TendedSchedules {
  readonly tended: readonly ScheduleId[];
  /** Each stands alone: one schedule's trouble keeps no other waiting. These are due again by themselves. */
  readonly failures: readonly { readonly scheduleId: ScheduleId; readonly error: unknown }[];
}

export interface Round {
  readonly limit: number;
  /** The worker stops: whoever is being asked for a text is not waited for. */
  readonly stop?: AbortSignal;
}

const NOTHING_DUE: TendedSchedules = { tended: [], failures: [] };

/** How long a schedule that was taken is left to its taker: longer than anybody is waited for. */
const TAKEN_MS = 90 * SECOND_MS;

/**
 * One round of what schedules need by themselves: a post ahead of each time, a text for it, a measurement, an end for
 * what was missed. The posts' own worker sends the posts. Texts from outside and measurements are waited for in the
 * background, so that a slow one holds nobody up.
 */
export async function tendDueSchedules(ports: SchedulePorts, { limit, stop }: Round): Promise<TendedSchedules> {
  const { schedules, clock } = ports;
  // Asking is cheap, taking is a transaction.
  if (((await schedules.nextDueAtMs()) ?? Number.POSITIVE_INFINITY) > clock.nowMs()) return NOTHING_DUE;
  const tended = await schedules.takeDue({ againAtMs: clock.nowMs() + TAKEN_MS, limit });
  const results = await Promise.allSettled(tended.map((id) => tend(id, ports, stop ?? new AbortController().signal)));
  const failures = results.flatMap((result, index) => {
    const scheduleId = tended[index];
    return result.status === 'rejected' && scheduleId !== undefined
      ? [{ scheduleId, error: result.reason as unknown }]
      : [];
  });
  return { tended, failures };
}

async function tend(id: ScheduleId, ports: SchedulePorts, stop: AbortSignal): Promise<void> {
  const schedule = await ports.schedules.read(id);
  if (schedule === undefined) return;
  const nowMs = ports.clock.nowMs();
  const plan = planFor(schedule, nowMs);
  switch (plan.kind) {
    case 'nothing':
      return;
    case 'wait':
      return putOff(schedule, { dueAtMs: plan.dueAtMs, failures: schedule.failures }, ports);
    case 'make':
      return make({ schedule, making: plan, gap: undefined }, ports, stop);
    case 'missed':
      if (plan.once !== undefined) return make({ schedule, making: plan.once, gap: plan.gap }, ports, stop);
      return settle(schedule, settledAsMissed(schedule, plan.gap, plan.nextAtMs, nowMs), ports);
    default:
      assertNever(plan);
  }
}

async function make(occasion: Occasion, ports: SchedulePorts, stop: AbortSignal): Promise<void> {
  const { task } = occasion.schedule;
  if (task.kind === 'collect') {
    ports.background(collectFor(occasion, task.what, ports));
    return;
  }
  const { text } = task;
  if (isComposed(text)) {
    ports.background(composeFor(occasion, text, ports, stop));
    return;
  }
  await makeKnown(occasion, ports);
}
