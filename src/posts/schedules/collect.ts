import { MINUTE_MS, SECOND_MS } from '../../model/clock.ts';
import type { Measurement } from '../../model/metric.ts';
import type { Measure } from '../../model/schedule.ts';
import { nextOccurrence } from '../recurrence.ts';
import type { SchedulePorts } from './ports.ts';
import { putOff, settle } from './settle.ts';
import { movedOn, occurrence, type Occasion } from './settlement.ts';

const RETRY_MIN_MS = 30 * SECOND_MS;
const RETRY_FACTOR = 2;
const RETRY_MAX_MS = 10 * MINUTE_MS;

/** Measures now. What fails is tried again until the latest time; then the series has a gap there, and says why. */
export async function collectFor(occasion: Occasion, measure: Measure, ports: SchedulePorts): Promise<void> {
  const { schedule, making } = occasion;
  const collected = await ports.collect(schedule.connectionId, measure);
  const nowMs = ports.clock.nowMs();
  if (collected.kind === 'measured') {
    const { value, costMicroUsd } = collected;
    return write(occasion, { measure, value, detail: undefined, costMicroUsd }, ports);
  }
  const delayMs = Math.min(RETRY_MIN_MS * RETRY_FACTOR ** schedule.failures, RETRY_MAX_MS);
  const dueAtMs = Math.max(nowMs + delayMs, collected.retryAtMs ?? 0);
  if (dueAtMs <= making.latestAtMs) return putOff(schedule, { dueAtMs, failures: schedule.failures + 1 }, ports);
  return write(occasion, { measure, value: undefined, detail: collected.detail, costMicroUsd: 0 }, ports);
}

async function write(
  { schedule, making: { atMs } }: Occasion,
  measured: Pick<Measurement, 'measure' | 'value' | 'detail' | 'costMicroUsd'>,
  ports: SchedulePorts,
): Promise<void> {
  const nowMs = ports.clock.nowMs();
  const outcome = measured.value === undefined ? 'failed' : 'collected';
  const settlement = {
    next: movedOn(schedule, nextOccurrence(schedule, atMs), { made: 0, nowMs }),
    occurrences: [occurrence(schedule, atMs, { outcome, detail: measured.detail }, nowMs)],
    post: undefined,
    measurement: { ...measured, connectionId: schedule.connectionId, atMs },
    missed: undefined,
  };
  await settle(schedule, settlement, ports);
}
