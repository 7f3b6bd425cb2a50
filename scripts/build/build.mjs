import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectNode } from '../install/project-node.mjs';

const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const DIST = path.join(ROOT, 'dist');

/**
 * Compiles `src` into `dist`, beside the old one and then in its place: what a source that is gone left behind goes too.
 *
 * @param to Another folder in its place.
 * @param besides Modules that can be imported by their own paths besides those that are published.
 */
export async function build({ to = DIST, besides = [] } = {}) {
  const fresh = mkdtempSync(path.join(ROOT, 'node_modules', '.dist-'));
  const compiled = mkdtempSync(path.join(ROOT, 'node_modules', '.compiled-'));
  try {
    const tsc = [
      path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
      '-p',
      'tsconfig.build.json',
      '--outDir',
      compiled,
    ];
    const node = projectNode(ROOT) ?? process.execPath;
    // Data goes to stdout, in those that build first.
    const compiler = spawn(node, tsc, { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] });
    const [code] = await once(compiler, 'exit');
    if (code !== 0) return false;
    // Whoever imports this may still have to install what that needs.
    const { bundle, publishedEntries } = await import('./bundle.mjs');
    await bundle({ from: compiled, to: fresh, entries: [...publishedEntries(ROOT), ...besides] });
    cpSync(compiled, fresh, { recursive: true, filter: (file) => !file.endsWith('.js') });
    rmSync(to, { recursive: true, force: true });
    renameSync(fresh, to);
    return true;
  } finally {
    rmSync(compiled, { recursive: true, force: true });
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
