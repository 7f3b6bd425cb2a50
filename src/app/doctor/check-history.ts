import { HISTORY_COUNT_MAX } from '../../model/history-store.ts';
import type { Store } from '../../model/store.ts';
import type { Config } from '../config.ts';
import type { Finding } from './finding.ts';

/** How much is kept of renewals that are over, for how long, and what the last round of forgetting did. */
export async function checkHistory(store: Store, { historyDays }: Pick<Config, 'historyDays'>): Promise<Finding> {
  const { attempts, spentTokens, events, lastRound } = await store.history.standing();
  return {
    kind: 'history',
    level: 'ok',
    days: historyDays,
    rows: [attempts, spentTokens, events],
    rowsMax: HISTORY_COUNT_MAX,
    lastRound: historyDays === 0 ? undefined : lastRound,
  };
}
