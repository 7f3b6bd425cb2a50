import './node-version.mjs';
import { existsSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { installOrExplain, ROOT } from './install.mjs';
import { npm } from './install/npm.mjs';
import { projectNode } from './install/project-node.mjs';

const BENCH = path.join(ROOT, 'bench');

if (await installOrExplain('all')) process.exitCode = await runBench(process.argv.slice(2));

/** How quick Kippu is, beside others that do the same: see `bench/README.md`. */
async function runBench(args) {
  if (!(await installOthers())) return 1;
  const node = projectNode(ROOT) ?? process.execPath;
  const child = spawn(node, ['--expose-gc', path.join(BENCH, 'main.ts'), ...args], { cwd: ROOT, stdio: 'inherit' });
  // The terminal's Ctrl-C reaches the bench by itself; we only wait for it to clean up.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}

/** Those that Kippu is compared with are no dependencies of it, and are installed for this alone. */
async function installOthers() {
  if (isInstalled()) return true;
  console.error('kippu: installing what the bench compares with, into bench/node_modules');
  try {
    const what = 'Installing what the bench compares with';
    await npm(['ci', '--ignore-scripts'], { cwd: BENCH, what, signal: new AbortController().signal });
    return true;
  } catch (error) {
    console.error(`kippu: ${error.message}`);
    return false;
  }
}

/** npm notes what it has installed; it is compared with what is locked. */
function isInstalled() {
  const record = path.join(BENCH, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const { packages: installed } = readJson(record);
  const { packages: locked } = readJson(path.join(BENCH, 'package-lock.json'));
  return Object.entries(locked).every(
    ([location, { integrity, optional }]) =>
      location === '' || optional === true || installed[location]?.integrity === integrity,
  );
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
