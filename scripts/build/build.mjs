import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectNode } from '../install/project-node.mjs';

const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const DIST = path.join(ROOT, 'dist');

/** Compiles `src` into `dist`, beside the old one and then in its place: what a source that is gone left behind goes too. */
export async function build() {
  const fresh = mkdtempSync(path.join(ROOT, 'node_modules', '.dist-'));
  try {
    const tsc = [
      path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
      '-p',
      'tsconfig.build.json',
      '--outDir',
      fresh,
    ];
    const node = projectNode(ROOT) ?? process.execPath;
    // Data goes to stdout, in those that build first.
    const compiler = spawn(node, tsc, { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] });
    const [code] = await once(compiler, 'exit');
    if (code !== 0) return false;
    rmSync(DIST, { recursive: true, force: true });
    renameSync(fresh, DIST);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** For those that use Kippu as its users do, from `dist`: whether it is there now, as new as `src`. */
export async function buildIfOld() {
  const built = path.join(DIST, 'index.js');
  if (existsSync(built) && statSync(built).mtimeMs >= newest(path.join(ROOT, 'src'))) return true;
  console.error('kippu: building it');
  return build();
}

function newest(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Math.max(...entries.map((entry) => statSync(path.join(entry.parentPath ?? entry.path, entry.name)).mtimeMs));
}
