import { readdirSync, readFileSync } from 'node:fs';

const MIGRATIONS = new URL('../../../migrations/sqlite/', import.meta.url);

export interface MigrationStep {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** The steps that the schema is made of, in order. */
export function migrationSteps(): readonly MigrationStep[] {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
  return files.sort().map((name) => ({
    version: Number(name.slice(0, 4)),
    name,
    sql: readFileSync(new URL(name, MIGRATIONS), 'utf8'),
  }));
}
