import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

/** The oldest Node that runs Kippu's TypeScript as it is and has `node:sqlite` without a flag. */
export const NODE_MAJOR_MIN = 24;

/** npm hands on a signal that the terminal has delivered already; what comes within this span is the same one. */
const SAME_SIGNAL_MS = 1_000;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Runs the command line in this process, or, where this Node is too old, in a child of the newer Node that is
 * installed beside it. Built-ins only, and nothing that Node 18 does not have.
 */
export async function launch(args) {
  if (nodeMajor() >= NODE_MAJOR_MIN) {
    // Halves the start: Node keeps the types it has stripped. In our own folder, never in one that others can write to.
    module.enableCompileCache?.(here('../node_modules/.cache/kippu'));
    const main = await loadCommandLine();
    process.exitCode = main === undefined ? 1 : await main(args);
    return;
  }
  const node = newerNode();
  if (node === undefined) {
    console.error(`kippu: needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}: ${whatToDo()}`);
    process.exitCode = 1;
    return;
  }
  process.exitCode = await runInChild(node, [here('kippu.mjs'), ...args]);
}

/** Without the packages that it needs (`npm install --omit=optional`), Node would show where it looked for the first. */
async function loadCommandLine() {
  try {
    return (await import(commandLine())).main;
  } catch (error) {
    const [, name] = /^Cannot find package '([^']+)'/.exec(error.message) ?? [];
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || name === undefined) throw error;
    const install = isClone()
      ? 'run "npm start" once, it installs what is needed.'
      : 'it was left out with the optional parts. Put it back with "npm install --include=optional".';
    console.error(`kippu: the command line needs the package "${name}", which is not installed: ${install}`);
    return undefined;
  }
}

export function nodeMajor() {
  return Number(process.versions.node.split('.')[0]);
}

function isClone() {
  return existsSync(here('../src'));
}

/** A clone runs its sources. The published package has no sources, and Node strips no types below `node_modules`. */
function commandLine() {
  return isClone() ? '../src/cli/main.ts' : '../dist/cli/main.js';
}

function whatToDo() {
  return isClone()
    ? 'run "npm start" once, it installs one beside the project.'
    : `install a newer Node, or put one into your project with "npm install node@${NODE_MAJOR_MIN}".`;
}

/** The `node` package of the clone, or of the project that Kippu is installed in. */
function newerNode() {
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  return ['../node_modules/node/bin/', '../../node/bin/'].map((folder) => here(folder + executable)).find(existsSync);
}

/**
 * The child shares the terminal, so Ctrl-C reaches it without us: handing that on as well would look like a second,
 * impatient Ctrl-C and cut its shutdown short. Without a terminal (a supervisor, CI) only we get the signal.
 */
function runInChild(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' });
  const handedOnAtMs = new Map();
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const nowMs = Date.now();
      const again = nowMs - (handedOnAtMs.get(signal) ?? -Infinity) < SAME_SIGNAL_MS;
      if (again || (signal !== 'SIGTERM' && onTerminal)) return;
      handedOnAtMs.set(signal, nowMs);
      child.kill(signal);
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(
        `kippu: ${node} does not start (${error.message}): install Node ${NODE_MAJOR_MIN} for this system.`,
      );
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}
