import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileFailure, InstallFailure } from './install/failure.mjs';
import { npm } from './install/npm.mjs';
import { showProgress } from './install/progress.mjs';
import { assertCanUseProjectNode, fetchProjectNode, placeProjectNode, projectNode } from './install/project-node.mjs';
import { takeTurn } from './install/turn.mjs';
import {
  approvedScripts,
  assertLockFits,
  lacksPackages,
  lacksProjectNode,
  projectToInstall,
} from './install/wanted.mjs';
import { readState, wantedSet } from './install/wanted.mjs';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** After so long without a single package it is time to mention the network. */
const NOTHING_YET_S = 15;

/**
 * Sees to it that `node_modules` holds what a set needs, exactly as package-lock.json says: `run` is what `npm start`
 * needs, `all` adds the tools and what only tests need. A failure becomes one line and an exit code. Says whether
 * everything is there.
 */
export async function installOrExplain(set) {
  try {
    await install(set);
    return true;
  } catch (thrown) {
    const failure = fileFailure(thrown);
    if (!(failure instanceof InstallFailure)) throw failure;
    console.error(`kippu: ${failure.message}`);
    if (failure.details) console.error(failure.details);
    process.exitCode = failure.exitCode;
    return false;
  }
}

async function install(asked) {
  if (!isLacking(readState(ROOT), asked)) return;
  const stop = stopOnSignals();
  try {
    const turn = await takeTurn(ROOT, stop.signal);
    try {
      const state = readState(ROOT);
      if (isLacking(state, asked)) await installInTurn(state, wantedSet(state, asked), turn, stop.signal);
    } finally {
      turn.release();
    }
  } finally {
    stop.done();
  }
}

function isLacking(state, asked) {
  return lacksPackages(state, wantedSet(state, asked)) || lacksProjectNode(state);
}

async function installInTurn(state, set, turn, signal) {
  assertLockFits(state);
  if (state.usesProjectNode) assertCanUseProjectNode();
  const project = lacksPackages(state, set) ? projectToInstall(state, set) : undefined;
  const job = {
    state,
    set,
    turn,
    signal,
    nodeVersion: state.usesProjectNode ? state.manifest.devDependencies.node : undefined,
    /** Of the project's Node, while it is fetched. */
    nodeBytes: project === undefined ? 0 : undefined,
    modules: path.join(state.root, 'node_modules'),
    /** Where npm unpacks, and what must arrive there. */
    fresh: path.join(turn.folder, 'node_modules'),
    awaited: project === undefined ? [] : requiredLocations(project.lock),
  };
  const progress = showProgress((seconds) => describe(job, seconds));
  try {
    if (project !== undefined) await renewPackages(project, job);
    else placeProjectNode(job.modules, await obtainProjectNode(job), job.nodeVersion);
  } finally {
    progress.stop();
  }
  console.error(`kippu: installed ${purpose(set)} in ${progress.seconds()} s`);
}

/**
 * Everything is prepared beside the old packages and then renamed into place: an install that fails or is interrupted
 * leaves what was there, and a kippu that runs meanwhile keeps its files. No install script runs but those that
 * package.json approves by name, whichever version npm has and however it is set.
 */
async function renewPackages(project, job) {
  const folder = job.turn.folder;
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project.manifest));
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(project.lock));

  const options = { cwd: folder, signal: job.signal };
  const [, executable] = await bothSettled([
    npm(['ci', '--ignore-scripts', '--include=dev'], { ...options, what: 'Installing the packages' }),
    job.nodeVersion === undefined ? undefined : obtainProjectNode(job),
  ]);
  if (executable !== undefined) placeProjectNode(job.fresh, executable, job.nodeVersion);
  const scripted = approvedScripts(job.state).filter((name) => existsSync(path.join(job.fresh, name)));
  if (scripted.length > 0) {
    const what = `Running the install scripts of ${scripted.join(', ')}`;
    await npm(['rebuild', '--ignore-scripts=false', '--foreground-scripts', ...scripted], { ...options, what });
  }

  job.turn.assertMine();
  moveIntoPlace(job.fresh, job.modules, path.join(folder, 'old'));
}

/** The executable that is there already, if it is the right one; else a fresh one. */
async function obtainProjectNode(job) {
  const present = projectNode(job.state.root);
  const presentVersion = job.state.installed['node_modules/node']?.version;
  if (present !== undefined && presentVersion === job.nodeVersion) return present;
  return fetchProjectNode(path.join(job.turn.folder, 'fetch-node'), job.nodeVersion, {
    signal: job.signal,
    onBytes: (bytes) => (job.nodeBytes = bytes),
  });
}

/** npm's record of what is installed goes first and comes last: without it the next start knows that this was cut off. */
function moveIntoPlace(fresh, modules, old) {
  const record = '.package-lock.json';
  mkdirSync(old);
  rmSync(path.join(modules, record), { force: true });
  const present = new Set(readdirSync(modules));
  const arrived = new Set(readdirSync(fresh));
  for (const name of present) {
    const goesAway = !name.startsWith('.') || arrived.has(name);
    if (goesAway && name !== record) renameSync(path.join(modules, name), path.join(old, name));
    if (arrived.has(name) && name !== record) renameSync(path.join(fresh, name), path.join(modules, name));
  }
  for (const name of arrived) {
    if (!present.has(name) && name !== record) renameSync(path.join(fresh, name), path.join(modules, name));
  }
  renameSync(path.join(fresh, record), path.join(modules, record));
}

function describe(job, seconds) {
  const arrived = job.awaited.filter((location) =>
    existsSync(path.join(job.turn.folder, location, 'package.json')),
  ).length;
  const parts = [];
  if (job.awaited.length > 0) parts.push(`${arrived} of ${job.awaited.length} packages`);
  if (job.nodeBytes !== undefined) parts.push(`Node ${job.nodeVersion} ${Math.round(job.nodeBytes / 1e6)} MB`);
  const nothingYet = seconds > NOTHING_YET_S && arrived === 0 && !job.nodeBytes;
  return `installing ${purpose(job.set)}: ${parts.join(', ')}${nothingYet ? ' (is the network up?)' : ''}`;
}

/** Optional packages are for other platforms, most of them: npm picks. */
function requiredLocations({ packages }) {
  return Object.keys(packages).filter((location) => location !== '' && !packages[location].optional);
}

function purpose(set) {
  return set === 'run' ? 'what running needs' : 'what running and testing need';
}

/** Both must have ended before anybody removes the folder that they write into. */
async function bothSettled(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map(({ value }) => value);
}

function stopOnSignals() {
  const controller = new AbortController();
  const stop = (name) => {
    const exitCode = 128 + os.constants.signals[name];
    controller.abort(new InstallFailure('Stopped, nothing was changed.', { exitCode }));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    done() {
      for (const name of signals) process.off(name, stop);
    },
  };
}
