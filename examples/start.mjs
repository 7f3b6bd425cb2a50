import '../scripts/node-version.mjs';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runInChild } from '../bin/launch.mjs';
import { buildIfOld } from '../scripts/build/build.mjs';
import { installOrExplain, ROOT } from '../scripts/install.mjs';
import { copyKippu } from '../scripts/install/copied-kippu.mjs';
import { installFolder } from '../scripts/install/folder.mjs';
import { takeTurn } from '../scripts/install/turn.mjs';
import { projectNode } from '../scripts/install/project-node.mjs';
import { stopWithNpm } from '../scripts/stop-with-npm.mjs';

/**
 * What `npm start` does in each example's folder: installs what is missing, starts a simulator of each provider that
 * the example talks to, and runs the example with the variables of that simulator. A provider whose
 * `KIPPU_<PROVIDER>_CLIENT_ID` is set already is the real one, and gets no simulator.
 *
 *     node ../start.mjs --simulate x -- node server.ts
 *
 * Without a command it only installs and builds. Several commands run one after the other, with `--` between them, as
 * long as none of them fails. With `--copy` Kippu lies in the example's `node_modules` as a copy and no link.
 */
const FIRST_SIMULATOR_PORT = 4191;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { simulate: { type: 'string', multiple: true, default: [] }, copy: { type: 'boolean', default: false } },
});
const folder = process.cwd();
readEnvFile(path.join(folder, '.env'));
const home = (process.env.KIPPU_HOME ??= path.join(folder, '.kippu'));

if ((await installOrExplain('all')) && (await prepare())) {
  stopWithNpm();
  process.env.KIPPU_KEYS ??= keyRing();
  const simulators = [];
  try {
    for (const provider of positionals.length === 0 ? [] : values.simulate) {
      if (!process.env[`KIPPU_${provider.toUpperCase()}_CLIENT_ID`])
        simulators.push(await simulate(provider, simulators.length));
    }
    if (positionals.length > 0) process.exitCode = await run(Object.assign({}, ...simulators.map(({ env }) => env)));
  } finally {
    for (const { child } of simulators) child.kill('SIGTERM');
  }
} else {
  process.exitCode ??= 1;
}

/** The real app's id and secret, kept out of the shell's history. */
function readEnvFile(file) {
  if (!existsSync(file)) return;
  if (process.loadEnvFile === undefined)
    throw new Error(`Node ${process.versions.node} does not read ${file}: take Node 22 or newer.`);
  process.loadEnvFile(file);
}

/** One after the other, however many start at once: they share what is built, and two of one example its packages. */
async function prepare() {
  const turn = await takeTurn(ROOT, new AbortController().signal);
  try {
    if (!(await installFolder(folder)) || !(await buildIfOld())) return false;
    if (values.copy) copyKippu(ROOT, folder);
    return true;
  } finally {
    turn.release();
  }
}

/** For those that take the ring from their surroundings, as a server does. Kept: with another one nobody would be signed in. */
function keyRing() {
  const file = path.join(home, 'example-keys');
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(file, `example:${randomBytes(32).toString('base64')}`, { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}

/** A simulator that remembers its accounts and tokens, at a port of its own or any (`SIMULATOR_PORT=0`). */
async function simulate(provider, index) {
  const first = Number(process.env.SIMULATOR_PORT ?? FIRST_SIMULATOR_PORT);
  const args = ['simulate', provider, '--json', '--directory', path.join(home, `simulated-${provider}`)];
  const port = String(first === 0 ? 0 : first + index);
  const child = spawn(node(), [path.join(ROOT, 'bin', 'kippu.mjs'), ...args, '--port', port], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`The simulator of ${provider} does not start: is port ${port} in use?`)));
    child.stdout.once('data', (line) => resolve(JSON.parse(String(line)).url));
  });
  console.error(`kippu: a simulated ${provider} runs at ${url}`);
  const name = `KIPPU_${provider.toUpperCase()}`;
  return {
    child,
    env: { [`${name}_CLIENT_ID`]: 'example', [`${name}_CLIENT_SECRET`]: 'example-secret', [`${name}_BASE_URL`]: url },
  };
}

async function run(env) {
  // `next` and its like look for a Node there. Who tries an example has not agreed to be counted.
  const PATH = [path.dirname(node()), process.env.PATH].join(path.delimiter);
  Object.assign(process.env, env, { PATH, NEXT_TELEMETRY_DISABLED: '1' });
  for (const [name, ...args] of commandsIn(positionals)) {
    const executable = name === 'node' ? node() : path.join(folder, 'node_modules', '.bin', name);
    const code = await runInChild(executable, args);
    if (code !== 0) return code;
  }
  return 0;
}

function commandsIn(words) {
  const end = words.indexOf('--');
  return end === -1 ? [words] : [words.slice(0, end), ...commandsIn(words.slice(end + 1))];
}

function node() {
  return projectNode(ROOT) ?? process.execPath;
}
