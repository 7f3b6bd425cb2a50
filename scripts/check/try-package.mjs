import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fetchProjectNode } from '../install/project-node.mjs';
import { isOneLine, prepareConsumer } from './consumer.mjs';

/** The newest Node beside the one that the project runs on. */
const NEWER_NODE = '26.10.0';

/** Entry points that are of no use without a part that may be left out. All others must load, and have types, without. */
const NEED_PARTS = ['kippu/sim', 'kippu/postgres'];

/** How far the sizes may be from what the documentation says. */
const SIZE_TOLERANCE = 0.1;
const SIZES_ARE_IN = 'docs/dependencies.md';

/**
 * Installs the packed package in empty folders, as users do: with its optional parts, and without. In both, and on two
 * versions of Node, it imports every entry point, opens the library and runs the command; and it compiles files that use
 * the types, resolved in two ways. What needs a missing part must say so in one line.
 */
export async function tryPackage({ tarball, folder, root, run }) {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const names = Object.keys(manifest.exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => path.posix.join(manifest.name, subpath));
  const parts = Object.keys(manifest.optionalDependencies);
  const whole = { folder: path.join(folder, 'whole'), names, without: [], flags: [] };
  const bare = { folder: path.join(folder, 'bare'), names, without: parts, flags: ['--omit=optional'] };
  const newer = await newerNode(path.join(folder, 'node'));

  for (const install of [whole, bare]) {
    prepareConsumer(install.folder, { names, needParts: NEED_PARTS, isBare: install === bare, root });
    const failure =
      (await installInto(install, { tarball, run })) ??
      (await useOn('node', install, { manifest, run })) ??
      (newer.executable === undefined ? undefined : await useOn(newer.executable, install, { manifest, run })) ??
      (await compile(install, { root, run }));
    if (failure !== undefined) return { ok: false, output: `in ${path.basename(install.folder)}: ${failure}` };
  }
  const sizes = { withParts: megabytes(whole.folder), without: megabytes(bare.folder) };
  const wrong = wrongSizes(sizes, readFileSync(path.join(root, SIZES_ARE_IN), 'utf8'));
  if (wrong !== undefined) return { ok: false, output: wrong };
  const note = `installed ${sizes.withParts} MB, without the optional parts ${sizes.without} MB; ${newer.note}`;
  return { ok: true, output: '', note };
}

async function installInto({ folder, without, flags }, { tarball, run }) {
  const args = ['install', '--omit=dev', ...flags, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const done = await run('npm', [...args, tarball], { cwd: folder });
  if (!done.ok) return `npm ${args.join(' ')}\n${done.output}`;
  const installed = readdirSync(path.join(folder, 'node_modules'));
  const left = without.filter((name) => installed.includes(name.split('/')[0]));
  return left.length === 0 ? undefined : `these are optional, and are installed all the same: ${left.join(', ')}`;
}

async function useOn(node, { folder, without }, { manifest, run }) {
  const used = await run(node, ['use.mjs'], { cwd: folder });
  if (!used.ok) return `${node} use.mjs\n${used.output}`;
  const command = path.join('node_modules', manifest.name, 'bin', 'kippu.mjs');
  const asked = await run(node, [command, '--version'], { cwd: folder });
  if (without.length === 0) {
    return asked.ok && asked.output.includes(manifest.version)
      ? undefined
      : `"kippu --version" does not say ${manifest.version}:\n${asked.output}`;
  }
  const isExplained = !asked.ok && isOneLine(asked.output) && asked.output.includes('npm install --include=optional');
  return isExplained ? undefined : `"kippu --version" does not say in one line what is missing:\n${asked.output}`;
}

async function compile({ folder }, { root, run }) {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const project of ['tsconfig.nodenext.json', 'tsconfig.bundler.json']) {
    const done = await run('node', [tsc, '-p', project], { cwd: folder });
    if (!done.ok) return `tsc -p ${project}\n${done.output}`;
  }
  return undefined;
}

async function newerNode(folder) {
  try {
    const signal = new AbortController().signal;
    const executable = await fetchProjectNode(folder, NEWER_NODE, { onBytes: () => undefined, signal });
    return { executable, note: `also on Node ${NEWER_NODE}` };
  } catch (error) {
    return { executable: undefined, note: `not tried on Node ${NEWER_NODE}, because: ${error.message}` };
  }
}

/** Of all files, in the units that a download is told in. */
function megabytes(folder) {
  const modules = path.join(folder, 'node_modules');
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0);
  return Math.round(bytes / 1e5) / 10;
}

function wrongSizes(sizes, page) {
  const [, withParts, without] = /installs ([\d.]+) MB with them and ([\d.]+) MB without/.exec(page) ?? [];
  const isFar = (said, measured) => !(Math.abs(Number(said) - measured) <= measured * SIZE_TOLERANCE);
  if (!isFar(withParts, sizes.withParts) && !isFar(without, sizes.without)) return undefined;
  return `${SIZES_ARE_IN} must say: "installs ${sizes.withParts} MB with them and ${sizes.without} MB without"`;
}
