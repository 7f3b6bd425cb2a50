import '../scripts/node-version.mjs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runInChild } from '../bin/launch.mjs';
import { buildIfOld } from '../scripts/build/build.mjs';
import { installOrExplain, ROOT } from '../scripts/install.mjs';
import { installFolder } from '../scripts/install/folder.mjs';
import { projectNode } from '../scripts/install/project-node.mjs';
import { stopWithNpm } from '../scripts/stop-with-npm.mjs';

/**
 * What `npm start` does in each example's folder: installs what is missing, starts a simulator of each provider that
 * the example talks to, and runs the example with the variables of that simulator. A provider whose
 * `KIPPU_<PROVIDER>_CLIENT_ID` is set already is the real one, and gets no simulator.
 *
 *     node ../start.mjs --simulate x -- node server.ts
 */
const FIRST_SIMULATOR_PORT = 4191;

const { values, positionals: command } = parseArgs({
  allowPositionals: true,
  options: { simulate: { type: 'string', multiple: true, default: [] } },
});
const folder = process.cwd();
const home = (process.env.KIPPU_HOME ??= path.join(folder, '.kippu'));

if ((await installOrExplain('all')) && installFolder(folder) && buildIfOld()) {
  stopWithNpm();
  const simulators = [];
  try {
    for (const provider of values.simulate) {
      if (!process.env[`KIPPU_${provider.toUpperCase()}_CLIENT_ID`])
        simulators.push(await simulate(provider, simulators.length));
    }
    process.exitCode = await run(Object.assign({}, ...simulators.map(({ env }) => env)));
  } finally {
    for (const { child } of simulators) child.kill('SIGTERM');
  }
} else {
  process.exitCode ??= 1;
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

function run(env) {
  const [name, ...args] = command;
  const executable = name === 'node' ? node() : path.join(folder, 'node_modules', '.bin', name);
  // `next` and its like look for a Node there.
  const PATH = [path.dirname(node()), process.env.PATH].join(path.delimiter);
  Object.assign(process.env, env, { PATH });
  return runInChild(executable, args);
}

function node() {
  return projectNode(ROOT) ?? process.execPath;
}
