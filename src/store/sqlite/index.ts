/**
 * Tokens in one SQLite file, on what Node has built in.
 *
 * @module kippu/sqlite
 */

import type { Clock } from '../../model/clock.ts';
import type { FaultPoints } from '../../model/fault-points.ts';
import type { Random } from '../../model/random.ts';
import type { Store } from '../../model/store.ts';
import { openSqliteStore } from './store.ts';

/**
 * A store in one SQLite file (WAL, `synchronous=FULL`), safe for several processes on one machine. The file's folder
 * must exist.
 *
 * @example
 * ```ts
 * import { sqlite } from 'kippu/sqlite';
 * export const store = sqlite('kippu.db');
 * ```
 */
export function sqlite(
  file: string,
): (outside: { readonly clock: Clock; readonly random: Random; readonly faults: FaultPoints }) => Promise<Store> {
  return (outside) => openSqliteStore({ path: file, ...outside, migrates: true });
}
