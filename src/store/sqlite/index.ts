/**
 * Tokens in one SQLite file, on what Node has built in.
 *
 * @module kippu/sqlite
 */

import type { Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import type { FaultPoints } from '../../model/fault-points.ts';
import type { Random } from '../../model/random.ts';
import type { Store } from '../../model/store.ts';
import { openSqliteStore } from './store.ts';
import { namesWith } from './table-names.ts';

/** How Kippu shares a file. */
export interface SqliteOptions {
  /**
   * Stands before the name of every table and index of Kippu, as in `kippu_`: for a file that holds an application's own
   * tables too. Lower-case letters, digits and `_`, at most 32. Absent: the file is Kippu's own.
   */
  readonly prefix?: string | undefined;
}

/**
 * A store in one SQLite file (WAL, `synchronous=FULL`), safe for several processes on one machine. The file's folder
 * must exist. Kippu opens a connection of its own, so that no transaction of the application is ever mixed with one of
 * Kippu's: give it the path, and not an open database.
 *
 * Throws {@link KippuError} with `code` `invalid` for what is no path and for a prefix that cannot be one. Opening throws
 * `conflict` where tables of the same names are there that are not Kippu's, and `store_unavailable`.
 *
 * @example
 * ```ts
 * import { sqlite } from 'kippu/sqlite';
 * export const store = sqlite('kippu.db');
 * // Or beside an application's own tables:
 * export const shared = sqlite('app.db', { prefix: 'kippu_' });
 * ```
 */
export function sqlite(
  file: string,
  { prefix = '' }: SqliteOptions = {},
): (outside: { readonly clock: Clock; readonly random: Random; readonly faults: FaultPoints }) => Promise<Store> {
  if (typeof file !== 'string') throw openDatabase();
  namesWith(prefix);
  return (outside) => openSqliteStore({ path: file, prefix, ...outside, migrates: true });
}

/** Only JavaScript gets here: what the compiler would have refused. */
function openDatabase(): KippuError {
  return new KippuError(
    'invalid',
    'sqlite() takes the path of a file, and not an open database: in one connection the transactions of the application ' +
      "and of Kippu would be mixed. For a DatabaseSync give its path: sqlite(database.location(), { prefix: 'kippu_' }).",
    { where: 'file' },
  );
}
