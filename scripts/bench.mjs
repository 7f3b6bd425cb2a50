import './node-version.mjs';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { buildIfOld } from './build/build.mjs';
import { installOrExplain, ROOT } from './install.mjs';
import { installFolder } from './install/folder.mjs';
import { projectNode } from './install/project-node.mjs';

const BENCH = path.join(ROOT, 'bench');

/** Those that Kippu is compared with are no dependencies of it, and are installed for this alone. */
const isReady = (await installOrExplain('all')) && (await installFolder(BENCH)) && (await buildIfOld());
process.exitCode = isReady ? await runBench(process.argv.slice(2)) : 1;

/** How quick Kippu is, beside others that do the same: see `bench/README.md`. */
function runBench(args) {
  const node = projectNode(ROOT) ?? process.execPath;
  const child = spawn(node, ['--expose-gc', path.join(BENCH, 'main.ts'), ...args], { cwd: ROOT, stdio: 'inherit' });
  // The terminal's Ctrl-C reaches the bench by itself; we only wait for it to clean up.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}
