import { cpSync, existsSync, lstatSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

const PUBLISHED = ['package.json', 'dist', 'migrations'];
/** Whatever is built is built whole, so that one file tells the age of all. */
const NEWEST = path.join('dist', 'index.js');

/**
 * Puts what the published package holds into a folder's `node_modules`, in the place of npm's link. Bundlers follow a link,
 * and take what lies behind it for the application's own code; what lies in `node_modules` they can be told to leave alone.
 * The packages that Kippu needs are found in the folders above, as by the link.
 */
export function copyKippu(root, folder) {
  const copy = path.join(folder, 'node_modules', 'kippu');
  if (isAsNew(path.join(copy, NEWEST), path.join(root, NEWEST)) && !lstatSync(copy).isSymbolicLink()) return;
  rmSync(copy, { recursive: true, force: true });
  for (const name of PUBLISHED)
    cpSync(path.join(root, name), path.join(copy, name), { recursive: true, preserveTimestamps: true });
}

function isAsNew(copy, original) {
  return existsSync(copy) && statSync(copy).mtimeMs >= statSync(original).mtimeMs;
}
