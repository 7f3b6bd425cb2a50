import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InstallFailure } from './failure.mjs';
import { npm } from './npm.mjs';

/**
 * Sees to it that a folder with packages of its own has those that its lock file names. No install script runs. Says
 * whether everything is there; why not, it has said by then.
 */
export async function installFolder(folder) {
  if (isInstalled(folder)) return true;
  const name = path.basename(folder);
  console.error(`kippu: installing the packages of ${name}/`);
  const job = { cwd: folder, what: `Installing the packages of ${name}/`, signal: new AbortController().signal };
  try {
    await npm(['ci', '--ignore-scripts'], job);
    return true;
  } catch (failure) {
    if (!(failure instanceof InstallFailure)) throw failure;
    console.error(`kippu: ${failure.message}`);
    if (failure.details) console.error(failure.details);
    return false;
  }
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
