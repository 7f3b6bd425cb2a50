import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const NPM_CI = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];

/**
 * Sees to it that a folder with packages of its own has those that its lock file names. No install script runs. Says
 * whether everything is there; why not, npm has said by then.
 */
export function installFolder(folder) {
  if (isInstalled(folder)) return true;
  const done = spawnSync('npm', NPM_CI, {
    cwd: folder,
    // Data goes to stdout, in some of them.
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error(`kippu: the packages of ${path.basename(folder)}/ could not be installed: npm says why above.`);
  }
  return done.status === 0;
}

function isInstalled(folder) {
  const record = path.join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const read = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = read(record);
  return Object.entries(read(path.join(folder, 'package-lock.json'))).every(
    ([location, { version, optional, link }]) =>
      location === '' ||
      link ||
      optional ||
      !location.startsWith('node_modules/') ||
      installed[location]?.version === version,
  );
}
