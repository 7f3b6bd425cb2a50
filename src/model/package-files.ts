import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * A file of the package that this module is part of, by its path in there: `migrations/sqlite/`. It is the same one
 * wherever our modules stand, in a clone as they were written and in the published package several in one file.
 */
export function packageFile(path: string): URL {
  return new URL(path, root());
}

/** Whether the sources themselves run, as in a clone. */
export const RUNS_SOURCES = import.meta.url.endsWith('.ts');

function root(): string {
  const manifest = findPackageJSON(import.meta.url);
  if (manifest === undefined) throw new TypeError(`There is no package.json above ${import.meta.url}.`);
  return `${pathToFileURL(dirname(manifest)).href}/`;
}
