import { spawn } from 'node:child_process';
import os from 'node:os';
import { ROOT } from '../install.mjs';
import { projectNode } from '../install/project-node.mjs';

/** Runs a file with the project's own Node, and gives the exit code. */
export function runProjectNode(args) {
  const child = spawn(projectNode(ROOT) ?? process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  process.on('SIGINT', () => {});
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}
