import './node-version.mjs';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tryPackage } from './check/try-package.mjs';
import { installOrExplain, ROOT } from './install.mjs';
import { projectNode } from './install/project-node.mjs';

/** oxlint draws in colour wherever it thinks that it runs in CI. */
const LINT_FORMAT = process.stdout.isTTY ? [] : ['--format=unix'];

/**
 * What must hold before anything is handed in. A step that needs another's result names it; the others run beside each
 * other, as many as there are processors: first whichever stands first of those that can.
 */
const STEPS = [
  { name: 'build', run: () => node(['scripts/build.mjs']) },
  { name: 'pack', needs: 'build', run: pack },
  {
    name: 'install and use the package',
    needs: 'pack',
    run: () => tryPackage({ tarball: tarball(), folder: path.join(temporary, 'try'), root: ROOT, run }),
  },
  { name: 'format', run: () => tool('prettier', 'prettier', ['--check', '--log-level=warn', '.']) },
  { name: 'types', run: () => tool('typescript', 'tsc', ['--noEmit']) },
  {
    name: 'lint',
    run: () => tool('oxlint', 'oxlint', [...LINT_FORMAT, 'src', 'test', 'scripts', 'bin', 'examples', 'bench']),
  },
  { name: 'unused code', run: () => tool('knip', 'knip', ['--no-progress']) },
  {
    name: 'types of the package',
    needs: 'pack',
    run: () => tool('@arethetypeswrong/cli', 'attw', [tarball(), '--profile', 'esm-only', '--no-definitely-typed']),
  },
  { name: 'publint', needs: 'pack', run: () => tool('publint', 'publint', ['run', tarball(), '--strict']) },
];

const temporary = mkdtempSync(path.join(os.tmpdir(), 'kippu-check-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

if (await installOrExplain('all')) process.exitCode = (await runSteps(process.argv.slice(2))) ? 0 : 1;

/** `npm run check -- lint types` runs only these; a step that is not asked for has not failed. */
async function runSteps(only) {
  const unknown = only.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined) {
    console.error(`kippu: there is no check "${unknown}": take of ${STEPS.map(({ name }) => `"${name}"`).join(', ')}`);
    return false;
  }
  const wanted = (step) => only.length === 0 || only.some((name) => name === step.name || isNeededBy(step.name, name));
  const inTurn = turns(Math.max(2, os.availableParallelism?.() ?? os.cpus().length));
  const passed = new Map();
  for (const step of STEPS.filter(wanted)) passed.set(step.name, runAfter(passed.get(step.needs), step, inTurn));
  const names = [...passed.keys()];
  const areOk = await Promise.all(passed.values());
  const failed = names.filter((_, at) => !areOk[at]);
  if (failed.length > 0) console.error(`\ncheck failed: ${failed.join(', ')}`);
  return failed.length === 0;
}

async function runAfter(needed, step, inTurn) {
  if ((await needed) !== false) return inTurn(STEPS.indexOf(step), () => runStep(step));
  console.log(`- ${step.name}: skipped, because of ${step.needs}`);
  return false;
}

/** Lets so many run at once. Of those that wait, the one with the lowest place is the next. */
function turns(most) {
  const waiting = [];
  let running = 0;
  return async (place, work) => {
    if (running < most) running += 1;
    else await new Promise((start) => waiting.push({ place, start }));
    try {
      return await work();
    } finally {
      const [next] = waiting.sort((one, other) => one.place - other.place).splice(0, 1);
      if (next === undefined) running -= 1;
      else next.start();
    }
  };
}

function isNeededBy(needed, name) {
  const { needs } = STEPS.find((step) => step.name === name);
  return needs !== undefined && (needs === needed || isNeededBy(needed, needs));
}

async function runStep({ name, run: work }) {
  const startedAtMs = performance.now();
  const { ok, output, note } = await work();
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${ok ? '✔' : '✘'} ${name} (${seconds} s)${note === undefined ? '' : `: ${note}`}`);
  if (!ok) console.log(`\n${output.trim()}\n`);
  return ok;
}

async function pack() {
  const packed = await run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', temporary]);
  if (!packed.ok || existsSync(tarball())) return packed;
  return { ok: false, output: `npm pack did not write ${tarball()}` };
}

function tarball() {
  const { name, version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  return path.join(temporary, `${name}-${version}.tgz`);
}

/** Runs a command of an installed package on the project's Node, without the shell scripts in `.bin`. */
function tool(packageName, command, args) {
  const folder = path.join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return node([path.join(folder, typeof bin === 'string' ? bin : bin[command]), ...args]);
}

function node(args) {
  return run(projectNode(ROOT) ?? process.execPath, args);
}

/** Runs a command and keeps what it says, which matters only if it fails. */
function run(command, args, { cwd = ROOT } = {}) {
  const nodeFolder = path.dirname(projectNode(ROOT) ?? process.execPath);
  const colour = process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: undefined };
  const env = { ...process.env, ...colour, PATH: `${nodeFolder}${path.delimiter}${process.env.PATH}` };
  const child = spawn(command, args, { cwd, env, shell: process.platform === 'win32' && command === 'npm' });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ok: false, output: `${command}: ${error.message}` }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}
