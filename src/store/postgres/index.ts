/**
 * Tokens in PostgreSQL, for any number of machines.
 *
 * @module kippu/postgres
 */

import type { Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import type { FaultPoints } from '../../model/fault-points.ts';
import type { Random } from '../../model/random.ts';
import type { Store } from '../../model/store.ts';
import { serversOf, serversOfPool } from './connect.ts';
import { checkSchema, parseConnectionUrl } from './connection-url.ts';
import type { PostgresPool } from './driver.ts';
import { DEFAULT_SCHEMA } from './statement.ts';
import { openPostgresStore } from './store.ts';

export type { PostgresClient, PostgresPool, PostgresResult, PostgresRow, PostgresStatement } from './driver.ts';

/** Connections that the application has already. Kippu leaves the pool open, and holds one connection of it to listen. */
export interface GivenPool {
  /** Of two connections or more: beside the one that listens, there must be one to work with. */
  readonly pool: PostgresPool;
  /** Where Kippu's tables are. Absent: `kippu`. */
  readonly schema?: string;
  /** `false` where the pool's connections go through a pooler in transaction mode. */
  readonly listens?: boolean;
}

/**
 * A store in PostgreSQL, for any number of nodes. Its tables are in a schema of their own (`kippu`, or `?schema=` in the
 * URL). What leaves this machine is encrypted to a server whose certificate is checked, unless the URL says
 * `sslmode=disable`. Several hosts are asked in their order for the one that may be written.
 *
 * Throws `invalid` for a URL or a pool that cannot be used; opening throws `store_unavailable` when the server cannot be reached.
 *
 * @example
 * ```ts
 * import { postgres } from 'kippu/postgres';
 * export const store = postgres('postgres://kippu@127.0.0.1/app');
 * ```
 * With a pool of your own, `new pg.Pool({ … })`:
 * ```ts
 * import { postgres, type PostgresPool } from 'kippu/postgres';
 * export const storeIn = (pool: PostgresPool) => postgres({ pool, schema: 'kippu' });
 * ```
 */
export function postgres(
  where: string | GivenPool,
): (
  outside: { readonly clock: Clock; readonly random: Random; readonly faults: FaultPoints },
  options?: { readonly migrates?: boolean },
) => Promise<Store> {
  const url = typeof where === 'string' ? parseConnectionUrl(where) : undefined;
  const given = typeof where === 'string' ? undefined : usable(where);
  const schema = url?.schema ?? checkSchema(given?.schema ?? DEFAULT_SCHEMA);
  return async ({ clock, random, faults }, { migrates = true } = {}) =>
    openPostgresStore({
      servers: url === undefined ? serversOfPool((where as GivenPool).pool) : serversOf(url),
      schema,
      listens: url?.listens ?? given?.listens ?? true,
      timeOf: 'database',
      clock,
      random,
      faults,
      migrates,
    });
}

function usable(given: GivenPool): GivenPool {
  // Only JavaScript gets past the compiler with anything else.
  const { pool, listens = true } = (given as Partial<GivenPool> | undefined) ?? {};
  if (typeof pool?.connect !== 'function') throw noPool();
  const max = pool.options?.max;
  if (max === undefined || max >= 2 || !listens) return given;
  throw new KippuError(
    'invalid',
    `The pool has ${max} connection, and Kippu holds one of its connections to listen: for work there would be none, and every call ` +
      'would wait for ever. Give the pool a max of 2 or more, or say listens: false; then what other processes write is noticed after a second.',
    { where: 'pool' },
  );
}

function noPool(): KippuError {
  return new KippuError(
    'invalid',
    'postgres() takes an address, as in postgres://kippu@127.0.0.1/app, or { pool } with a Pool of the package pg.',
    { where: 'pool' },
  );
}
