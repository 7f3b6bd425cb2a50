import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Installs the packed package in an empty folder, as a user would: production dependencies only. Then it runs the
 * command, imports every entry point, and compiles a file that uses their types.
 */
export async function tryPackage({ tarball, folder, root, run }) {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const entryPoints = Object.keys(manifest.exports)
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => path.posix.join(manifest.name, subpath));
  mkdirSync(folder);
  const write = (name, text) => writeFileSync(path.join(folder, name), text);
  write('package.json', JSON.stringify({ name: 'tries-kippu', private: true, type: 'module' }));
  write('use.mjs', usesAtRunTime(entryPoints));
  write('use.ts', entryPoints.map((name, index) => `export * as e${index} from '${name}';\n`).join(''));
  write('tsconfig.json', JSON.stringify({ compilerOptions: strictConsumer(root), files: ['use.ts'] }));

  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const steps = [
    ['npm', 'install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball],
    ['npm', 'exec', '--offline', '--', manifest.name, '--version'],
    ['node', 'use.mjs'],
    ['node', tsc, '-p', '.'],
  ];
  for (const [command, ...args] of steps) {
    const done = await run(command, args, { cwd: folder });
    if (!done.ok) return { ok: false, output: `${command} ${args.join(' ')}\n${done.output}` };
    if (args.includes('--version') && !done.output.includes(manifest.version)) {
      return { ok: false, output: `"${manifest.name} --version" does not say ${manifest.version}:\n${done.output}` };
    }
  }
  return { ok: true, output: '' };
}

/** Tells all entry points that fail, not only the first. */
function usesAtRunTime(entryPoints) {
  return `
for (const name of ${JSON.stringify(entryPoints)}) {
  try {
    if (Object.keys(await import(name)).length === 0) throw new Error('it exports nothing');
  } catch (error) {
    console.error(\`import '\${name}': \${error.message}\`);
    process.exitCode = 1;
  }
}
`;
}

function strictConsumer(root) {
  return {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  };
}
