import { readdirSync, readFileSync } from 'node:fs';
import { KippuError } from '../../model/errors.ts';
import { packageFile } from '../../model/package-files.ts';
import { integer } from '../rows/columns.ts';
import type { PostgresDatabase, Queryable, Transaction } from './database.ts';
import { quoted } from './statement.ts';
import { takeTurn } from './turns.ts';

/** An index of a large table takes its time. */
const STATEMENT_TIMEOUT_MS = 600_000;

/**
 * Brings the schema up to date: all steps that are missing, in one transaction under one lock, so that processes that
 * start together do each step once, and one that dies leaves nothing half done.
 *
 * Throws `conflict` for a store that a newer Kippu has migrated: an older one would write rows the newer cannot trust.
 */
export async function migrate(db: PostgresDatabase, schema: string): Promise<readonly string[]> {
  if ((await pendingSteps(db, schema)).length === 0) return [];
  return db.write(
    async (tx) => {
      await takeTurn(tx, 'migrations');
      if (!(await hasSchema(tx, schema))) await createSchema(tx, schema);
      await tx.run('create table if not exists kippu.migrations (version integer primary key, name text not null)');
      const pending = await pendingSteps(tx, schema);
      for (const { version, name, sql } of pending) {
        await tx.run('insert into kippu.migrations (version, name) values (:version, :name)', { version, name });
        await tx.script(sql);
      }
      return pending.map(({ name }) => name);
    },
    { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
  );
}

/** What the database lacks; what is not there yet lacks everything. */
export async function pendingMigrations(db: Queryable, schema: string): Promise<readonly string[]> {
  return (await pendingSteps(db, schema)).map(({ name }) => name);
}

interface MigrationStep {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

async function pendingSteps(db: Queryable, schema: string): Promise<readonly MigrationStep[]> {
  const steps = migrationSteps();
  if (!(await hasTable(db, schema, 'migrations'))) return steps;
  const rows = await db.all('select version from kippu.migrations');
  const applied = new Set(rows.map((row) => integer(row, 'version')));
  const newest = Math.max(0, ...applied);
  const known = steps.at(-1)?.version ?? 0;
  if (newest > known) {
    throw new KippuError(
      'conflict',
      `This database has schema version ${newest}, and this Kippu knows ${known}. A newer Kippu has used it: install that one.`,
    );
  }
  return steps.filter(({ version }) => !applied.has(version));
}

function migrationSteps(): readonly MigrationStep[] {
  const folder = packageFile('migrations/postgres/');
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return files.sort().map((name) => ({
    version: Number(name.slice(0, 4)),
    name,
    sql: readFileSync(new URL(name, folder), 'utf8'),
  }));
}

/** By the catalogue: to ask a table that is not there would undo the transaction. */
async function hasTable(db: Queryable, schema: string, table: string): Promise<boolean> {
  const row = await db.get('select 1 as found from pg_tables where schemaname = :schema and tablename = :table', {
    schema,
    table,
  });
  return row !== undefined;
}

async function hasSchema(db: Queryable, schema: string): Promise<boolean> {
  return (await db.get('select 1 as found from pg_namespace where nspname = :schema', { schema })) !== undefined;
}

/** A role that may not create one in this database can still use one that somebody made for it. */
async function createSchema(tx: Transaction, schema: string): Promise<void> {
  const row = await tx.get(
    `select has_database_privilege(current_database(), 'CREATE')::integer as may, current_user::text as role,
       current_database()::text as database`,
  );
  if (row?.['may'] === 1) {
    await tx.script(`create schema ${quoted(schema)}`);
    return;
  }
  throw new KippuError(
    'store_unavailable',
    `The role ${String(row?.['role'])} may not create the schema ${schema} in the database ${String(row?.['database'])}. ` +
      `Let its owner run: create schema ${quoted(schema)} authorization ${quoted(String(row?.['role']))}`,
  );
}
