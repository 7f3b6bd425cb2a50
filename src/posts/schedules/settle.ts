import type { Schedule } from '../../model/schedule.ts';
import type { OccurrenceSettlement } from '../../model/schedule-store.ts';
import { nextOccurrence } from '../recurrence.ts';
import type { SchedulePorts } from './ports.ts';
import { movedOn } from './settlement.ts';

/**
 * Writes down what became of an occurrence. Somebody who has changed the schedule meanwhile has said when it is due
 * again; an occurrence that has its record already is passed over.
 */
export async function settle(
  seen: Schedule,
  settlement: OccurrenceSettlement,
  ports: Pick<SchedulePorts, 'schedules' | 'clock' | 'faults'>,
): Promise<void> {
  ports.faults.reach('schedule.composed');
  const settled = await ports.schedules.settle(settlement);
  if (settled === 'settled') ports.faults.reach('schedule.settled');
  if (settled !== 'known') return;
  // Only the first can have one: the times after it are still to be told.
  const nextAtMs = nextOccurrence(seen, seen.nextAtMs ?? ports.clock.nowMs());
  const next = movedOn(seen, nextAtMs, { made: 0, nowMs: ports.clock.nowMs() });
  await ports.schedules.change({ next, posts: [], reopened: [] });
}

/** Looks again then; nothing else changes. */
export async function putOff(
  seen: Schedule,
  { dueAtMs, failures }: { readonly dueAtMs: number; readonly failures: number },
  ports: SchedulePorts,
): Promise<void> {
  const next = { ...seen, version: seen.version + 1, dueAtMs, failures };
  await ports.schedules.change({ next, posts: [], reopened: [] });
}
