import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as indexModule from '../../src/index.ts';
import type * as providersModule from '../../src/providers/index.ts';
import type * as sqliteModule from '../../src/store/sqlite/index.ts';
import type * as postgresModule from '../../src/store/postgres/index.ts';
import type * as openModule from '../../src/app/open.ts';
import type * as optionsModule from '../../src/app/library/options.ts';
import type * as worldModule from '../../src/app/ports/real-world.ts';
import type * as idsModule from '../../src/model/ids.ts';
import type * as secretModule from '../../src/model/secret.ts';
import type * as tokensModule from '../../src/protocol/stored-tokens.ts';
import type * as rowsModule from '../../src/store/rows/credential-rows.ts';
import type * as cookieJarModule from '../../src/session/cookie-jar.ts';
import type * as signedInModule from '../../src/session/signed-in.ts';
import type * as vaultModule from '../../src/vault/vault.ts';
import type * as fingerprintsModule from '../../src/vault/fingerprints.ts';
import type * as keyRingModule from '../../src/vault/key-ring.ts';

export const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** What `npm install kippu` brings, as `files` in package.json says. */
const PUBLISHED = ['bin', 'dist', 'migrations', 'package.json'];

/**
 * The built product in a place of its own, below a `node_modules` as it is for its users: there it runs its compiled
 * code, with the compile cache that its command keeps.
 */
export class Installed {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The command, to be run by Node. */
  get command(): string {
    return path.join(this.folder, 'bin', 'kippu.mjs');
  }

  /** A module of it, by its path in the source without the ending: `app/open`. */
  import(module: string): Promise<unknown> {
    return import(pathToFileURL(path.join(openedFolder(this.folder), 'dist', `${module}.js`)).href);
  }
}

/** Beside it, the same once more, with modules in it that are not published. */
function openedFolder(folder: string): string {
  return `${folder}-opened`;
}

/** Installs afresh what `npm run bench` has built. */
export function installBuilt(): Installed {
  // Below the project's own `node_modules`: there it finds its packages, and git does not look.
  const folder = path.join(ROOT, 'node_modules', '.cache', 'kippu-bench', 'node_modules', 'kippu');
  rmSync(folder, { recursive: true, force: true });
  for (const name of PUBLISHED) cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  const opened = openedFolder(folder);
  rmSync(opened, { recursive: true, force: true });
  for (const name of PUBLISHED.filter((name) => name !== 'dist'))
    cpSync(path.join(ROOT, name), path.join(opened, name), { recursive: true });
  const build = [path.join(ROOT, 'scripts', 'build.mjs'), path.join(opened, 'dist'), ...Object.values(PATHS)];
  if (spawnSync(process.execPath, build, { stdio: 'inherit' }).status !== 0)
    throw new Error('The modules that are measured could not be built.');
  return new Installed(folder);
}

/** The modules of the product that the bench works with, by their types in the source. */
export interface Modules {
  readonly index: typeof indexModule;
  readonly providers: typeof providersModule;
  readonly sqlite: typeof sqliteModule;
  readonly postgres: typeof postgresModule;
  readonly open: typeof openModule;
  readonly options: typeof optionsModule;
  readonly world: typeof worldModule;
  readonly ids: typeof idsModule;
  readonly secret: typeof secretModule;
  readonly tokens: typeof tokensModule;
  readonly rows: typeof rowsModule;
  readonly cookieJar: typeof cookieJarModule;
  readonly signedIn: typeof signedInModule;
  readonly vault: typeof vaultModule;
  readonly fingerprints: typeof fingerprintsModule;
  readonly keyRing: typeof keyRingModule;
}

const PATHS: Readonly<Record<keyof Modules, string>> = {
  index: 'index',
  providers: 'providers/index',
  sqlite: 'store/sqlite/index',
  postgres: 'store/postgres/index',
  open: 'app/open',
  options: 'app/library/options',
  world: 'app/ports/real-world',
  ids: 'model/ids',
  secret: 'model/secret',
  tokens: 'protocol/stored-tokens',
  rows: 'store/rows/credential-rows',
  cookieJar: 'session/cookie-jar',
  signedIn: 'session/signed-in',
  vault: 'vault/vault',
  fingerprints: 'vault/fingerprints',
  keyRing: 'vault/key-ring',
};

/** One module of the built product. What the source says of its types holds for it: it was built from there. */
export async function moduleOf<M extends keyof Modules>(installed: Installed, name: M): Promise<Modules[M]> {
  return (await installed.import(PATHS[name])) as Modules[M];
}
