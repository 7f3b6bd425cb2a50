import { text } from '../rows/columns.ts';
import type { Queryable } from './database.ts';

/**
 * Where the store is: the cluster's own number, the database and the schema. A standby that takes over has the same; a
 * dump that is restored elsewhere has another, as a cluster that was upgraded by `pg_upgrade` has.
 */
export async function findIdentity(db: Queryable, schema: string): Promise<string> {
  const row = await db.get(`select oid::text as database from pg_database where datname = current_database()`);
  if (row === undefined) throw new TypeError('The database that answers is not in its own catalogue.');
  return `postgres:${await clusterNumber(db)}:${text(row, 'database')}:${schema}`;
}

/** Some hosts keep it from their customers: then the database's own number has to do. */
async function clusterNumber(db: Queryable): Promise<string> {
  const may = await db.get(`select has_function_privilege('pg_control_system()', 'execute')::integer as may`);
  if (may?.['may'] !== 1) return 'unknown';
  const row = await db.get('select system_identifier::text as number from pg_control_system()');
  return row === undefined ? 'unknown' : text(row, 'number');
}
