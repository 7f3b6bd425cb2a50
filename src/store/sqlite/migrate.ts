import { KippuError } from '../../model/errors.ts';
import { integer, text } from '../rows/columns.ts';
import type { SqliteDatabase } from './database.ts';
import { migrationSteps } from './migration-files.ts';
import { knownNames } from './table-names.ts';

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/**
 * Brings the schema up to date. The version row is written first inside each migration's transaction: that is the
 * lock, so that processes that start together do each step once.
 *
 * Throws `conflict` for a store that a newer Kippu has migrated (an older one would write rows the newer cannot trust),
 * and for a file with tables of the same names that are not Kippu's.
 */
export async function migrate(
  db: SqliteDatabase,
  options: { readonly check?: boolean } = {},
): Promise<MigrationReport> {
  const steps = migrationSteps();
  refuseForeignTables(db);
  if (options.check === true && !hasMigrations(db)) return { applied: [], pending: steps.map((step) => step.name) };
  await db.write((tx) =>
    tx.run('create table if not exists migrations (version integer primary key, name text not null) strict'),
  );
  refuseNewerSchema(db, steps.at(-1)?.version ?? 0);
  const pending = steps.filter((step) => !isApplied(db, step.version));
  if (options.check === true) return { applied: [], pending: pending.map((step) => step.name) };
  const applied: string[] = [];
  for (const step of pending) {
    const didApply = await db.write((tx) => {
      const isFirst = tx.run('insert or ignore into migrations (version, name) values (:version, :name)', {
        version: step.version,
        name: step.name,
      });
      if (isFirst === 0) return false;
      db.exec(step.sql);
      return true;
    });
    if (didApply) applied.push(step.name);
  }
  return { applied, pending: [] };
}

function hasMigrations(db: SqliteDatabase): boolean {
  return (
    db.get('select 1 as found from pragma_table_info(:table)', { table: `${db.names.prefix}migrations` }) !== undefined
  );
}

/**
 * Before anything is made: a file in which an application has tables that are called as Kippu's are. One statement sees
 * one moment: between two, another process that starts may make all of ours.
 */
function refuseForeignTables(db: SqliteDatabase): void {
  const { prefix } = db.names;
  const rows = db.all(
    `select 'table' as kind, name from sqlite_schema union all select 'column', name from pragma_table_info(:table)`,
    { table: `${prefix}migrations` },
  );
  const named = (kind: string): string[] =>
    rows.filter((row) => text(row, 'kind') === kind).map((row) => text(row, 'name'));
  if (named('column').join(' ') === 'version name') return;
  const ours = new Set([...knownNames()].map((name) => prefix + name));
  const taken = named('table').map((name) => name.toLowerCase());
  const foreign = taken.filter((name) => ours.has(name)).sort();
  if (foreign.length === 0) return;
  throw new KippuError(
    'conflict',
    `This database has ${foreign.slice(0, 3).join(', ')}${foreign.length > 3 ? ' and others' : ''} already, and not from Kippu. ` +
      "Give Kippu's tables another prefix: sqlite(file, { prefix: 'kippu_' }), or sqlite:PATH?prefix=kippu_ in KIPPU_DATABASE_URL.",
    { where: 'prefix' },
  );
}

function isApplied(db: SqliteDatabase, version: number): boolean {
  return db.get('select version from migrations where version = :version', { version }) !== undefined;
}

function refuseNewerSchema(db: SqliteDatabase, known: number): void {
  const row = db.get('select coalesce(max(version), 0) as version from migrations');
  const version = row === undefined ? 0 : integer(row, 'version');
  if (version <= known) return;
  throw new KippuError(
    'conflict',
    `This database has schema version ${version}, and this Kippu knows ${known}. A newer Kippu has used it: install that one.`,
  );
}
