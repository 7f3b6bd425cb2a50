import type { Row } from './measure/row.ts';
import { callers } from './rows/callers.ts';
import { coldStart } from './rows/cold-start.ts';
import { cookie } from './rows/cookie.ts';
import { dueWork } from './rows/due-work.ts';
import { liveToken } from './rows/live-token.ts';
import { manyRenewals } from './rows/many-renewals.ts';
import { memory } from './rows/memory.ts';
import { oneRenewal } from './rows/one-renewal.ts';
import { tokenOverHttp } from './rows/token-over-http.ts';

/** Everything that is measured, in the order of the table. */
export const ROWS: readonly Row[] = [
  liveToken,
  tokenOverHttp,
  oneRenewal,
  manyRenewals,
  callers,
  dueWork,
  memory,
  coldStart,
  cookie,
];
