import './node-version.mjs';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { installOrExplain, ROOT } from './install.mjs';
import { projectNode } from './install/project-node.mjs';

/** The suite fails below these, in per cent of what `src` holds. */
const COVERAGE_FLOORS = { lines: 95, branches: 87, functions: 88 };

/** Many tests wait for processes of their own, so even a small machine gains from three files at a time; more would starve it. */
const CONCURRENCY = Math.max(3, Math.min(4, os.availableParallelism?.() ?? os.cpus().length));

/** A test that hangs fails instead of keeping CI busy. */
const TEST_TIMEOUT_MS = 600_000;

if (await installOrExplain('all')) process.exitCode = await runTests(process.argv.slice(2));

/**
 * `npm test` runs everything with the coverage floors. Arguments narrow it down, and then there are no floors: a file
 * or a folder (`npm test -- test/renewal`), a part of a test's name (`npm test -- uncertain`), or a flag of
 * `node --test` (`npm test -- --watch`).
 */
function runTests(args) {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const paths = args.filter((arg) => !arg.startsWith('-') && existsSync(path.resolve(arg)));
  const names = args.filter((arg) => !arg.startsWith('-') && !paths.includes(arg));
  const files = (paths.length > 0 ? paths : [path.join(ROOT, 'test')]).flatMap((given) =>
    testFiles(path.resolve(given)),
  );
  if (files.length === 0) {
    console.error(`kippu: no *.test.ts below ${paths.join(', ') || 'test'}`);
    return 1;
  }
  return runNode([
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    ...(args.length === 0 ? coverageFlags() : []),
    ...names.map((name) => `--test-name-pattern=${name}`),
    ...flags,
    ...files.map((file) => path.relative(ROOT, file)),
  ]);
}

function coverageFlags() {
  const floors = Object.entries(COVERAGE_FLOORS).map(([what, floor]) => `--test-coverage-${what}=${floor}`);
  return ['--experimental-test-coverage', '--test-coverage-include=src/**', ...floors];
}

function testFiles(given) {
  if (!statSync(given).isDirectory()) return [given];
  return readdirSync(given, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => path.join(given, name));
}

/** The terminal's Ctrl-C reaches the runner by itself; we only wait for it to finish. */
function runNode(args) {
  // What comes from a compile cache is counted less exactly.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
  const child = spawn(projectNode(ROOT) ?? process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + os.constants.signals[signal]));
  });
}
