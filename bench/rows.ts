import type { Row } from './measure/row.ts';
import { liveToken } from './rows/live-token.ts';

/** Everything that is measured, in the order of the table. */
export const ROWS: readonly Row[] = [liveToken];
