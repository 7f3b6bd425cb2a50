import { describe, it } from 'node:test';
import { APP, HOME, OTHER_APP } from '../support/store-samples.ts';
import { CLAIMS } from './store/claims.ts';
import { CONNECTIONS } from './store/connections.ts';
import { CONSENTS } from './store/consents.ts';
import { DUE } from './store/due-work.ts';
import { ENDS } from './store/ends.ts';
import { EVENTS } from './store/events.ts';
import { HISTORY } from './store/history.ts';
import { HISTORY_ROUNDS } from './store/history-rounds.ts';
import { HOMES } from './store/homes.ts';
import { KEYS } from './store/keys.ts';
import { LEDGER } from './store/ledger.ts';
import { MOVES } from './store/moves.ts';
import { NOTICES } from './store/notices.ts';
import { REUSE } from './store/reuse.ts';
import { SCHEDULES } from './store/schedules.ts';
import { SETTLEMENTS } from './store/settlements.ts';
import { SURVEYS } from './store/surveys.ts';
import type { StoreUnderTest } from './store/under-test.ts';

const SUITES = [
  CLAIMS,
  SETTLEMENTS,
  ENDS,
  DUE,
  CONNECTIONS,
  CONSENTS,
  EVENTS,
  KEYS,
  HOMES,
  NOTICES,
  REUSE,
  SCHEDULES,
  LEDGER,
  MOVES,
  HISTORY,
  HISTORY_ROUNDS,
  SURVEYS,
];

/** What every engine has to keep to; posts have a contract of their own. */
export function storeContract(engine: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the store in ${engine}`, () => {
    for (const [says, check] of SUITES.flatMap((suite) => Object.entries(suite))) {
      it(says, async () => {
        const under = await open();
        try {
          await under.store.home.found(HOME);
          await under.store.home.registerApps([APP, OTHER_APP]);
          await check(under);
        } finally {
          await under.close();
        }
      });
    }
  });
}
