import { assertNever } from '../model/assert-never.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import type { TakenDelivery } from '../model/notice.ts';
import type { DeliveryOutcome } from '../model/notice-store.ts';
import type { Handover } from './handover.ts';

/** After each failed try, the wait for the next one: the table that the Standard Webhooks specification recommends. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** Each wait is longer by up to this share, so that what failed together does not come back together. */
export const JITTER = 0.2;

/** Tries may be used up early, where a destination comes and goes; it is given up only after this long as well. */
export const TRIED_FOR_MS = 3 * DAY_MS;

/** A receiver may ask for a longer wait than ours, but not for one without end. */
export const RETRY_AFTER_MAX_MS = DAY_MS;

/** What follows from an attempt. `chance` is a number in [0, 1). */
export function outcomeOf(
  handover: Handover,
  taken: TakenDelivery,
  { nowMs, chance }: { readonly nowMs: number; readonly chance: number },
): DeliveryOutcome {
  switch (handover.kind) {
    case 'delivered':
      return { kind: 'delivered' };
    case 'refused':
      return { kind: 'failed' };
    case 'gone':
      return { kind: 'unwanted', because: handover.error };
    case 'not_now':
      return again(handover, taken, { nowMs, chance });
    default:
      return assertNever(handover);
  }
}

function again(
  { retryAfterMs }: Extract<Handover, { kind: 'not_now' }>,
  taken: TakenDelivery,
  { nowMs, chance }: { readonly nowMs: number; readonly chance: number },
): DeliveryOutcome {
  const holdUntilMs = retryAfterMs === undefined ? undefined : nowMs + Math.min(retryAfterMs, RETRY_AFTER_MAX_MS);
  // It was only asked whether the destination is back: its own time still comes.
  if (taken.isProbe) return { kind: 'again', dueAtMs: taken.dueAtMs, tries: taken.tries, holdUntilMs };
  const tries = taken.tries + 1;
  const isUsedUp = tries > RETRY_DELAYS_MS.length && nowMs - taken.roundBeganAtMs >= TRIED_FOR_MS;
  if (isUsedUp) return { kind: 'failed' };
  const dueAtMs = Math.max(nowMs + delayAfter(tries, chance), holdUntilMs ?? 0);
  return { kind: 'again', dueAtMs, tries, holdUntilMs };
}

function delayAfter(tries: number, chance: number): number {
  const delayMs = RETRY_DELAYS_MS[tries - 1] ?? RETRY_DELAYS_MS.at(-1) ?? DAY_MS;
  return Math.round(delayMs * (1 + JITTER * chance));
}
