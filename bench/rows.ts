import type { Row } from './measure/row.ts';
import { liveToken } from './rows/live-token.ts';
import { manyRenewals } from './rows/many-renewals.ts';
import { oneRenewal } from './rows/one-renewal.ts';
import { tokenOverHttp } from './rows/token-over-http.ts';

/** Everything that is measured, in the order of the table. */
export const ROWS: readonly Row[] = [liveToken, tokenOverHttp, oneRenewal, manyRenewals];
