import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { KippuError } from './errors.ts';
import { packageFile } from './package-files.ts';

const require = createRequire(import.meta.url);

/**
 * Loads one of the packages that `npm install --omit=optional` leaves out, at once: a missing one shall be said in one
 * line, and a static import of it would fail before any line of ours runs.
 *
 * @param user What needs it, as the beginning of a sentence.
 * Throws `not_installed`.
 */
export function installedPart(name: string, user: string): unknown {
  try {
    return require(name);
  } catch (error) {
    throw notInstalled(error, user) ?? error;
  }
}

/** Only looks whether it is there: for what is loaded later, by somebody who could no longer say so. Throws `not_installed`. */
export function assertInstalled(name: string, user: string): void {
  try {
    require.resolve(name);
  } catch (error) {
    throw notInstalled(error, user) ?? error;
  }
}

/** What there is to say of an error of Node's loader; `undefined` where it is not about a package that is missing. */
export function notInstalled(error: unknown, user: string): KippuError | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return undefined;
  // A file that is missing is named by its path: that is no package, and our mistake.
  const [, name] = /^Cannot find (?:package|module) '([^'./:][^':]*)'/.exec(error.message) ?? [];
  if (name === undefined) return undefined;
  return new KippuError(
    'not_installed',
    `${user} needs the package "${name}", which is not installed: npm install ${exactly(name)} ` +
      `(or all of Kippu's optional parts: npm install --include=optional).`,
    { cause: error },
  );
}

/** In the version that Kippu is tested with. */
function exactly(name: string): string {
  const { optionalDependencies, dependencies } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const version = optionalDependencies[name] ?? dependencies[name];
  return version === undefined ? name : `${name}@${version}`;
}
