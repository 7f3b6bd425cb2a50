import { readdirSync, readFileSync } from 'node:fs';
import { KippuError } from '../../model/errors.ts';
import { integer } from './rows.ts';
import type { SqliteDatabase } from './database.ts';

const MIGRATIONS = new URL('../../../migrations/sqlite/', import.meta.url);

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
}

/**
 * Brings the schema up to date. The version row is written first inside each migration's transaction: that is the
 * lock, so that processes that start together do each step once.
 *
 * Throws `conflict` for a store that a newer Kippu has migrated: an older one would write rows the newer cannot trust.
 */
export async function migrate(
  db: SqliteDatabase,
  options: { readonly check?: boolean } = {},
): Promise<MigrationReport> {
  const steps = migrationSteps();
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
  return db.get("select 1 as found from sqlite_schema where name = 'migrations'") !== undefined;
}

interface MigrationStep {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

function migrationSteps(): MigrationStep[] {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
  return files.sort().map((name) => ({
    version: Number(name.slice(0, 4)),
    name,
    sql: readFileSync(new URL(name, MIGRATIONS), 'utf8'),
  }));
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
