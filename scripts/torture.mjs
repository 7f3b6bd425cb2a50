import './node-version.mjs';
import { spawn, spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { installOrExplain, ROOT } from './install.mjs';
import { projectNode } from './install/project-node.mjs';

if (await installOrExplain('all')) process.exitCode = await runTorture(process.argv.slice(2));

/**
 * Real processes, killed, stopped and starved for a while, and then the books: see `docs/guarantees.md`.
 *
 *     npm run torture -- --minutes 5 --seed 7
 *     npm run torture -- --store postgres --minutes 5 --seed 7
 *
 * Where the system allows it, a run on SQLite gets a mount namespace of its own, so that it can fill a disk of its own.
 */
function runTorture(args) {
  const node = projectNode(ROOT) ?? process.execPath;
  const run = [path.join(ROOT, 'test/torture/torture-process.ts'), ...args];
  const namespaces = args.some((arg) => arg.includes('postgres')) ? [] : [['--mount'], ['--map-root-user', '--mount']];
  const namespace = namespaces.find(
    (flags) => spawnSync('unshare', [...flags, 'true'], { stdio: 'ignore' }).status === 0,
  );
  const [command, all] =
    namespace === undefined ? [node, run] : ['unshare', [...namespace, node, ...run, '--may-mount']];
  const child = spawn(command, all, { cwd: ROOT, stdio: 'inherit' });
  // The terminal's Ctrl-C reaches the run by itself; we only wait for it to clean up.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}
