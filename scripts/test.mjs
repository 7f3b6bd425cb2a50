import './node-version.mjs';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { installOrExplain, ROOT } from './install.mjs';
import { projectNode } from './install/project-node.mjs';

/** Many tests wait for processes of their own, so even a small machine gains from three files at a time; more would starve it. */
const CONCURRENCY = Math.max(3, Math.min(4, os.availableParallelism?.() ?? os.cpus().length));

/** The tests start some thousand processes. What `kippu` keeps of its sources (bin/launch.mjs) serves them all. */
const NODE_COMPILE_CACHE = path.join(ROOT, 'node_modules/.cache/kippu');

/** A test that hangs fails instead of keeping CI busy. */
const TEST_TIMEOUT_MS = 600_000;

if (await installOrExplain('all')) process.exitCode = await runTests(process.argv.slice(2));

/**
 * `npm test` runs everything, and says what of `src` it ran (coverage.mjs). Arguments narrow it down, and then it does
 * not: a file or a folder (`npm test -- test/renewal`), a part of a test's name (`npm test -- uncertain`), or a flag of
 * `node --test` (`npm test -- --watch`).
 */
async function runTests(args) {
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
  const inRoot = files.map((file) => path.relative(ROOT, file));
  if (args.length === 0)
    return withCoverage(['scripts/test-suite.mjs', String(CONCURRENCY), String(TEST_TIMEOUT_MS), ...inRoot]);
  return runNode([
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    ...names.map((name) => `--test-name-pattern=${name}`),
    ...flags,
    ...inRoot,
  ]);
}

async function withCoverage(command) {
  const counts = mkdtempSync(path.join(os.tmpdir(), 'kippu-coverage-'));
  try {
    const failed = await runNode(command, { NODE_V8_COVERAGE: counts });
    if (failed > 128) return failed;
    const uncovered = await runNode(['--disable-warning=ExperimentalWarning', 'scripts/coverage.mjs', counts]);
    return failed || uncovered;
  } finally {
    rmSync(counts, { recursive: true, maxRetries: 5 });
  }
}

function testFiles(given) {
  if (!statSync(given).isDirectory()) return [given];
  return readdirSync(given, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => path.join(given, name));
}

/** The terminal's Ctrl-C reaches the runner by itself; we only wait for it to finish. */
function runNode(args, more = {}) {
  const env = { ...process.env, NODE_COMPILE_CACHE, ...more };
  const child = spawn(projectNode(ROOT) ?? process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
  const wait = () => {};
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', passOn);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      process.off('SIGINT', wait).off('SIGTERM', passOn);
      resolve(code ?? 128 + os.constants.signals[signal]);
    });
  });
}
