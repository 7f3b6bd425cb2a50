import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InstallFailure } from './failure.mjs';
import { canUseProjectNode, needsProjectNode, PROJECT_NODE_PACKAGES, projectNode } from './project-node.mjs';

/**
 * What belongs into `node_modules`, and what is there. There is no stamp of our own: npm writes a record,
 * `node_modules/.package-lock.json`, when it has finished, and that is compared with package-lock.json.
 */
export function readState(root) {
  const manifest = readJson(path.join(root, 'package.json'));
  const lock = readJson(path.join(root, 'package-lock.json'));
  if (manifest === undefined || lock === undefined) {
    throw new InstallFailure(`package.json or package-lock.json is missing in ${root}: take both from git again.`);
  }
  const installed = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages ?? {};
  return { root, manifest, lock, installed, usesProjectNode: usesProjectNode(root, installed) };
}

/** `run` may not take away the tools of somebody who has them. */
export function wantedSet(state, asked) {
  const tools = Object.keys(state.manifest.devDependencies).filter((name) => name !== 'node');
  return tools.some((name) => `node_modules/${name}` in state.installed) ? 'all' : asked;
}

export function lacksPackages(state, set) {
  const parts = partLocations(state);
  return wantedLocations(state, set).some((location) => {
    const wanted = state.lock.packages[location];
    const found = state.installed[location];
    if (found === undefined) return !wanted.optional || parts.has(location);
    return found.integrity !== wanted.integrity || !existsSync(path.join(state.root, location, 'package.json'));
  });
}

export function lacksProjectNode(state) {
  return state.usesProjectNode && projectNode(state.root) === undefined;
}

/**
 * The project as npm shall install it. `all` is the project itself; `run` has no development dependencies, and the
 * `node` package as a plain one. Versions and checksums are those of package-lock.json, so `npm ci` holds to them;
 * what is not locked is not installed. What users may leave out of the published package is needed in a clone, so it
 * is a plain dependency here: of an optional one that cannot be fetched, npm says nothing.
 */
export function projectToInstall(state, set) {
  const { manifest, lock } = state;
  const dependencies = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const devDependencies = set === 'all' ? { ...manifest.devDependencies } : {};
  delete devDependencies.node;
  if (state.usesProjectNode) dependencies.node = manifest.devDependencies.node;

  const root = { name: manifest.name, version: manifest.version, private: true, dependencies, devDependencies };
  const packages = { '': root };
  const parts = partLocations(state);
  for (const location of wantedLocations(state, set)) {
    packages[location] = lockedOnly(lock, lock.packages[location]);
    if (PROJECT_NODE_PACKAGES.includes(location)) delete packages[location].dev;
    if (parts.has(location)) delete packages[location].optional;
  }
  return {
    manifest: { ...root, allowScripts: manifest.allowScripts },
    lock: { name: lock.name, version: lock.version, lockfileVersion: lock.lockfileVersion, requires: true, packages },
  };
}

/** What users of the published package may leave out, with all that it needs. Other optional packages are npm's to pick. */
function partLocations({ manifest, lock }) {
  const found = new Set();
  const add = (name, from) => {
    const location = locate(name, from, lock.packages);
    if (location === undefined || found.has(location)) return;
    found.add(location);
    for (const needed of Object.keys(lock.packages[location].dependencies ?? {})) add(needed, location);
  };
  for (const name of Object.keys(manifest.optionalDependencies ?? {})) add(name, '');
  return found;
}

/** As Node looks for it: beside the one who asks, then further up. */
function locate(name, from, packages) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const location = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (location in packages) return location;
    if (base === '') return undefined;
  }
}

/**
 * A registry that lacks a package for some platform leaves it out of the lock file when that is made, and `npm ci` then
 * refuses the whole file. Without the mention it is content.
 */
function lockedOnly(lock, entry) {
  if (entry.optionalDependencies === undefined) return { ...entry };
  const locked = Object.entries(entry.optionalDependencies).filter(([name]) =>
    Object.keys(lock.packages).some((location) => location.endsWith(`node_modules/${name}`)),
  );
  return { ...entry, optionalDependencies: Object.fromEntries(locked) };
}

/** The packages whose install scripts package.json approves. Not `node`: project-node.mjs does what its script does. */
export function approvedScripts({ manifest }) {
  return Object.entries(manifest.allowScripts ?? {})
    .filter(([, approved]) => approved)
    .map(([name]) => name.replace(/(?<=.)@.*/, ''))
    .filter((name) => name !== 'node');
}

/** npm would find this too, but only after a while and in many more words. */
export function assertLockFits({ manifest, lock }) {
  const locked = lock.packages?.[''] ?? {};
  for (const field of ['dependencies', 'optionalDependencies', 'devDependencies']) {
    const names = new Set([...Object.keys(manifest[field] ?? {}), ...Object.keys(locked[field] ?? {})]);
    for (const name of names) {
      if (manifest[field]?.[name] === locked[field]?.[name]) continue;
      throw new InstallFailure(
        `package.json and package-lock.json do not agree about "${name}": run "npm install --package-lock-only", or take both from git again.`,
      );
    }
  }
}

function wantedLocations(state, set) {
  return Object.entries(state.lock.packages)
    .filter(([location, entry]) => {
      if (location === '') return false;
      if (PROJECT_NODE_PACKAGES.includes(location)) return state.usesProjectNode;
      return set === 'all' || !entry.dev;
    })
    .map(([location]) => location);
}

/** Once it is there it stays, whichever Node looks; where it could not run it is left out. */
function usesProjectNode(root, installed) {
  if (needsProjectNode(root)) return true;
  return 'node_modules/node' in installed && (projectNode(root) !== undefined || canUseProjectNode());
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
