import { chmodSync, closeSync, openSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { KippuError } from '../model/errors.ts';
import type { Store } from '../model/store.ts';
import { wasMoved } from '../model/store-move.ts';
import { doubtWhatWasDue } from '../posts/restored.ts';
import { noBackup } from '../store/postgres/no-backup.ts';
import type { Config } from './config.ts';
import { isPostgres, mayHoldData } from './database-url.ts';
import { copiedBecause, type Copied } from './copied.ts';
import type { Outside } from './open.ts';
import { storeOpener } from './system.ts';

/** Which migrations the database lacks. One that is not there yet lacks all, and is not made. */
export async function pendingMigrations({ databaseUrl }: Config, outside: Outside): Promise<readonly string[]> {
  return withStore(
    mayHoldData(databaseUrl) ? databaseUrl : 'memory:',
    { outside, migrates: false },
    async (store) => (await store.migrations()).pending,
  );
}

/** Brings the schema up to date and gives what was applied here. Throws `conflict` for a schema of a newer Kippu. */
export async function migrateStore({ databaseUrl }: Config, outside: Outside): Promise<readonly string[]> {
  return withStore(databaseUrl, { outside, migrates: true }, async (store) => (await store.migrations()).applied);
}

const PRIVATE_FILE = 0o600;

/**
 * Writes a consistent copy of the database, stamped as one, while others go on writing. Readable by nobody else; the
 * key ring is not in it.
 *
 * Throws `conflict` if there is such a file, `not_found` without a database, `invalid` for a server's.
 */
export async function backUp(file: string, { databaseUrl }: Config, outside: Outside): Promise<string> {
  if (isPostgres(databaseUrl)) throw noBackup();
  if (!mayHoldData(databaseUrl))
    throw new KippuError('not_found', `There is no database at ${databaseUrl}. Nothing was backed up.`);
  const path = resolve(file);
  claimFile(path);
  try {
    await withStore(databaseUrl, { outside, migrates: false }, (store) => store.home.backup(path));
    chmodSync(path, PRIVATE_FILE);
  } catch (error) {
    unlinkSync(path);
    throw error instanceof KippuError
      ? error
      : new KippuError(
          'store_unavailable',
          `The copy ${path} could not be written: ${messageOf(error)}. Make room on that disk.`,
          { cause: error },
        );
  }
  return path;
}

/** Empty and ours: whoever has that file already keeps it. */
function claimFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', PRIVATE_FILE));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new KippuError('conflict', `${path} exists, and a backup overwrites nothing. Choose another name.`, {
        where: 'FILE',
        cause: error,
      });
    }
    throw new KippuError('invalid', `${path} cannot be written: ${messageOf(error)}. Choose another place.`, {
      where: 'FILE',
      cause: error,
    });
  }
}

/** Why this store counts as a copy. `undefined`: it does not. */
export async function copyNotice({ databaseUrl }: Config, outside: Outside): Promise<Copied | undefined> {
  if (!mayHoldData(databaseUrl)) return undefined;
  return withStore(databaseUrl, { outside, migrates: false }, (store) => noticeOf(store));
}

/**
 * This store is the real one from now on. As a copy it may hold refresh tokens that were spent after it was made, so
 * every grant becomes `uncertain` and is resolved like an unanswered renewal; and what was to be published meanwhile is
 * looked for, and not sent. A store that was only moved (`hasMoved`) has missed nothing. A copy of an older schema is
 * brought up to date.
 */
export async function adoptStore(
  { hasMoved }: { readonly hasMoved: boolean },
  { databaseUrl }: Config,
  outside: Outside,
): Promise<void> {
  await withStore(databaseUrl, { outside, migrates: true }, async (store) => {
    const identity = store.home.identity();
    const home = await store.home.read();
    if (identity === undefined || home === undefined || copiedBecause(home, identity) === undefined) return;
    // Where it was moved to, renewals went on: then it is behind, whatever was said.
    const isRestored = !hasMoved || wasMoved(home.stamp);
    if (home.stamp !== undefined) await store.move.refuse('claims', { was: home.stamp, now: home.stamp });
    // As long as it counts as a copy no worker touches it: dying in between means that adopting begins again.
    if (isRestored)
      await doubtWhatWasDue({
        ...outside,
        clock: store.clock ?? outside.clock,
        posts: store.posts,
        schedules: store.schedules,
      });
    await store.home.adopt(identity, isRestored);
  });
}

async function noticeOf(store: Store): Promise<Copied | undefined> {
  const home = await store.home.read();
  return home === undefined ? undefined : copiedBecause(home, store.home.identity());
}

async function withStore<T>(
  databaseUrl: string,
  how: { readonly outside: Outside; readonly migrates: boolean },
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await storeOpener(databaseUrl, how.migrates)(how.outside);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
