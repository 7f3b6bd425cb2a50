import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

/** What the compiler says of an example, with its own packages: they must be installed by then, and Kippu built. */
export function typeErrors(name: string): Promise<string> {
  const args = [TSC, '--noEmit', '-p', path.join(ROOT, 'examples', name)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve(error === null ? '' : stdout + stderr);
    });
  });
}
