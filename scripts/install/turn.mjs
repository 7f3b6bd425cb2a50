import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InstallFailure } from './failure.mjs';
import { showProgress } from './progress.mjs';

const LOOK_AGAIN_MS = 300;
const SIGN_OF_LIFE_MS = 2_000;
/** Longer without a sign of life: the owner is gone, even where its process id cannot be asked for (a container). */
const SILENT_MS_MAX = 30_000;

/**
 * Installs take turns. The turn is a folder, because making one either succeeds or finds it there; it is also where
 * the install is prepared, so that an owner that died leaves nothing behind but this folder. It lies in `node_modules`,
 * so that moving the result into place is renaming.
 */
export async function takeTurn(root, signal) {
  const turn = path.join(root, 'node_modules', '.kippu-install');
  makeFolder(path.dirname(turn));
  let waiting;
  try {
    while (!tryTake(turn)) {
      signal.throwIfAborted();
      const owner = readOwner(turn);
      if (isGone(owner, turn)) {
        removeStale(turn, owner);
        continue;
      }
      if (waiting === undefined) {
        waiting = showProgress(() => `waiting for the install in another terminal (process ${owner?.pid ?? '?'})`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  } finally {
    waiting?.stop();
  }
  removeLeftovers(turn);
  // A name of its own: the npm of an owner that was killed may live on and write to where it was told.
  const folder = path.join(turn, `${process.pid}-${Date.now()}`);
  mkdirSync(folder);
  const life = setInterval(() => touch(turn), SIGN_OF_LIFE_MS);
  return {
    folder,
    /** To be asked before anything is moved into place: a process that slept too long has lost its turn. */
    assertMine() {
      if (isMine(turn)) return;
      throw new InstallFailure('Another terminal took over this install, because this one was suspended: try again.');
    },
    release() {
      clearInterval(life);
      if (!isMine(turn)) return;
      renameSync(turn, asideName(turn));
      removeLeftovers(turn);
    },
  };
}

/** Whether it was not there before. */
function makeFolder(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function tryTake(turn) {
  if (!makeFolder(turn)) return false;
  writeFileSync(ownerFile(turn), JSON.stringify({ pid: process.pid, host: os.hostname() }));
  return true;
}

function isMine(turn) {
  const owner = readOwner(turn);
  return owner?.pid === process.pid && owner.host === os.hostname();
}

function isGone(owner, turn) {
  if (owner !== undefined && owner.host === os.hostname() && !isRunning(owner.pid)) return true;
  const seen = statSync(ownerFile(turn), { throwIfNoEntry: false }) ?? statSync(turn, { throwIfNoEntry: false });
  return seen !== undefined && Date.now() - seen.mtimeMs > SILENT_MS_MAX;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Renaming lets only one of several waiting processes clear away; one that came too late gives the new owner's back. */
function removeStale(turn, owner) {
  const aside = asideName(turn);
  try {
    renameSync(turn, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readOwner(aside)?.pid !== owner?.pid) renameSync(aside, turn);
}

function asideName(turn) {
  return `${turn}-${process.pid}-${Date.now()}`;
}

/** What was renamed out of the way. An orphaned npm may be writing there still: then the next install clears it away. */
function removeLeftovers(turn) {
  const modules = path.dirname(turn);
  for (const name of readdirSync(modules)) {
    if (!name.startsWith(`${path.basename(turn)}-`)) continue;
    try {
      rmSync(path.join(modules, name), { recursive: true, force: true });
    } catch {
      // See above.
    }
  }
}

function touch(turn) {
  try {
    utimesSync(ownerFile(turn), new Date(), new Date());
  } catch {
    // Taken over: `assertMine` says so where it matters.
  }
}

function readOwner(turn) {
  try {
    return JSON.parse(readFileSync(ownerFile(turn), 'utf8'));
  } catch {
    // Not written yet, or given up just now: the age of the folder decides.
    return undefined;
  }
}

function ownerFile(turn) {
  return path.join(turn, 'owner.json');
}
