import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import type { HistoryLimits } from '../model/history-store.ts';
import { USUAL_HISTORY_DAYS } from './history-days.ts';
import type { App } from './open.ts';

/**
 * A spent refresh token may end its successors when somebody presents it, so it is refused here for longer than any
 * provider documents that a grant lives.
 */
export const SPENT_KEPT_MS = 400 * DAY_MS;
/** A connection that was not renewed for long still shows what became of its last renewals. */
const NEWEST_KEPT = 10;
/** Of one transaction, which on SQLite locks others out, and the process with them: some 20 ms. */
const ROWS_AT_ONCE = 100;
const CONNECTIONS_AT_ONCE = 100;
const ROUND_EVERY_MS = DAY_MS;
/** Forgetting takes a tenth of the time at most: the rest is for those who renew. */
const PAUSE_SHARE = 9;
const PAUSE_MIN_MS = 50;
/** The clock of a machine that has just started may still be set, and whoever starts has other things to do. */
const FIRST_LOOK_MS = 5 * MINUTE_MS;
const LOOK_MS = HOUR_MS;

/** Looks from time to time whether a round is due, until the signal. A round that fails goes on at the next look. */
export async function keepForgetting(
  app: App,
  stop: AbortSignal,
  guarded: (round: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { clock, random } = app.options.outside;
  const spread = (ms: number): number => Math.floor(ms * (0.75 + random.unit() / 2));
  await clock.sleep(spread(FIRST_LOOK_MS), stop);
  while (!stop.aborted) {
    await guarded(() => forgetHistory(app, stop));
    await clock.sleep(spread(LOOK_MS), stop);
  }
}

/** Goes on with the round that is due, portion by portion, until it is over, somebody else is at it, or the signal. */
export async function forgetHistory({ store, options, log }: App, stop: AbortSignal): Promise<void> {
  const { clock, random } = options.outside;
  const days = options.historyDays ?? USUAL_HISTORY_DAYS;
  if (days === 0) return;
  while (!stop.aborted) {
    const beganAtMs = clock.monotonicMs();
    const portion = await store.history.forget(historyLimits(days, { nowMs: clock.nowMs(), chance: random.unit() }));
    if (portion === undefined) return;
    if (portion.roundForgot !== undefined) {
      if (portion.roundForgot > 0) log.info({ rows: portion.roundForgot, days }, 'old history is forgotten');
      return;
    }
    const tookMs = Math.ceil(clock.monotonicMs() - beganAtMs);
    await clock.sleep(Math.max(PAUSE_MIN_MS, tookMs * PAUSE_SHARE), stop);
  }
}

export function historyLimits(
  days: number,
  { nowMs, chance }: { readonly nowMs: number; readonly chance: number },
): HistoryLimits {
  const endedBeforeMs = nowMs - days * DAY_MS;
  return {
    endedBeforeMs,
    spentBeforeMs: Math.min(endedBeforeMs, nowMs - SPENT_KEPT_MS),
    newestKept: NEWEST_KEPT,
    rowsMax: ROWS_AT_ONCE,
    connectionsMax: CONNECTIONS_AT_ONCE,
    nextRoundAtMs: nowMs + Math.floor(ROUND_EVERY_MS * (0.9 + chance / 5)),
  };
}
