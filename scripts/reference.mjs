import './node-version.mjs';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { installOrExplain, ROOT } from './install.mjs';
import { installFolder } from './install/folder.mjs';
import { projectNode } from './install/project-node.mjs';

/**
 * Builds the API reference into `reference/site`, from the doc comments of what the package offers. A warning is an
 * error. It has packages of its own: typedoc needs an older TypeScript than the project.
 */
const FOLDER = path.join(ROOT, 'reference');

if (await installOrExplain('all')) process.exitCode = (await installFolder(FOLDER)) && build() ? 0 : 1;

function build() {
  const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const sources = Object.values(exports)
    .filter((target) => typeof target !== 'string')
    .map((target) => target.default.replace('./dist/', '../src/').replace(/\.js$/, '.ts'));
  const typedoc = path.join('node_modules', 'typedoc', 'bin', 'typedoc');
  const args = [typedoc, ...sources.flatMap((source) => ['--entryPoints', source])];
  return spawnSync(projectNode(ROOT) ?? process.execPath, args, { cwd: FOLDER, stdio: 'inherit' }).status === 0;
}
