import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { installOrExplain, ROOT } from './install.mjs';
import { projectNode } from './install/project-node.mjs';

/**
 * Builds the API reference into `reference/site`, from the doc comments of what the package offers. A warning is an
 * error. It has packages of its own: typedoc needs an older TypeScript than the project.
 */
const FOLDER = path.join(ROOT, 'reference');

if (await installOrExplain('all')) process.exitCode = install() && build() ? 0 : 1;

function install() {
  if (isInstalled()) return true;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const done = spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' });
  if (done.status !== 0)
    console.error('kippu: typedoc could not be installed into reference/: what npm said is above.');
  return done.status === 0;
}

/** In the versions that the lock file names. */
function isInstalled() {
  const record = path.join(FOLDER, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = read(record);
  return Object.entries(read(path.join(FOLDER, 'package-lock.json'))).every(
    ([location, { version }]) => location === '' || installed[location]?.version === version,
  );
}

function build() {
  const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const sources = Object.values(exports)
    .filter((target) => typeof target !== 'string')
    .map((target) => target.default.replace('./dist/', '../src/').replace(/\.js$/, '.ts'));
  const typedoc = path.join('node_modules', 'typedoc', 'bin', 'typedoc');
  const args = [typedoc, ...sources.flatMap((source) => ['--entryPoints', source])];
  return spawnSync(projectNode(ROOT) ?? process.execPath, args, { cwd: FOLDER, stdio: 'inherit' }).status === 0;
}
