import { readdirSync, readFileSync } from 'node:fs';
import { packageFile } from '../../model/package-files.ts';

export interface MigrationStep {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** The steps that the schema is made of, in order. */
export function migrationSteps(): readonly MigrationStep[] {
  const folder = packageFile('migrations/sqlite/');
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return files.sort().map((name) => ({
    version: Number(name.slice(0, 4)),
    name,
    sql: readFileSync(new URL(name, folder), 'utf8'),
  }));
}
