import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';

export const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
/** The first start installs the example's packages, and builds Kippu. */
const PATIENCE_MS = 240_000;
const LOOK_EVERY_MS = 100;

export interface RunningExample {
  /** Where it listens, as in `http://127.0.0.1:40213`. */
  readonly url: string;
  /** Its data directory, which goes with the test unless it was given one. */
  readonly home: string;
  /** What it has printed so far, on both streams. */
  output(): string;
  /** Its exit code, once it has ended by itself. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

/**
 * `npm start` in an example's folder. With `KIPPU_X_CLIENT_ID` and `KIPPU_X_BASE_URL` in `env` it talks to the test's own
 * simulator of X; without, it starts one by itself. `KIPPU_HOME` and `PORT` are for one that is started again.
 */
export async function startExample(
  t: TestContext,
  name: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<RunningExample> {
  const { PORT: port = String(await freePort()), KIPPU_HOME: given } = env;
  const home = given ?? mkdtempSync(path.join(tmpdir(), `kippu-${name}-`));
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: path.join(EXAMPLES, name),
    env: {
      ...wayToTheRegistry(),
      PATH: process.env['PATH'],
      HOME: home,
      SIMULATOR_PORT: '0',
      ...env,
      KIPPU_HOME: home,
      PORT: port,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that nothing of it outlives the test.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stop = async (): Promise<void> => {
    await endGroup(child, ended);
    if (given === undefined) rmSync(home, { recursive: true, force: true });
  };
  t.after(stop);
  return { url: `http://127.0.0.1:${port}`, home, output: () => output, ended, stop };
}

const OF_THE_REGISTRY = /^(?:npm_config_.+|(?:https?|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR))$/i;

/** The first start installs: from where, and past whom, is this machine's and its user's own. */
function wayToTheRegistry(): Record<string, string | undefined> {
  const given = Object.entries(process.env).filter(([name]) => OF_THE_REGISTRY.test(name));
  const inHome = (name: string): string => path.join(process.env['HOME'] ?? '', name);
  return { npm_config_userconfig: inHome('.npmrc'), npm_config_cache: inHome('.npm'), ...Object.fromEntries(given) };
}

/** Installs an example's packages and builds Kippu, where that is not done yet; gives the example's folder. */
export async function installExample(name: string): Promise<string> {
  const folder = path.join(EXAMPLES, name);
  await promisify(execFile)(process.execPath, [path.join(EXAMPLES, 'start.mjs')], { cwd: folder });
  return folder;
}

/** One of an example's packages, loaded. */
export async function packageOf(name: string, packageName: string): Promise<unknown> {
  return createRequire(path.join(await installExample(name), 'package.json'))(packageName);
}

/** Waits for the example's server. Throws with what it has printed if it ends before, or does not come. */
export async function untilListening({ url, ended, output }: RunningExample): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && !isOver; waitedMs += LOOK_EVERY_MS) {
    if (await answers(url)) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`Nothing listens at ${url}. The example said:\n${output()}`);
}

/** Waits for the example to print what matches, and gives it. */
export async function untilPrinted(
  { ended, output }: RunningExample,
  pattern: RegExp,
  patienceMs = PATIENCE_MS,
): Promise<string> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += LOOK_EVERY_MS) {
    const [found] = pattern.exec(output()) ?? [];
    if (found !== undefined) return found;
    if (isOver) break;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`Nothing that matches ${pattern} was printed. The example said:\n${output()}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    return true;
  } catch {
    return false;
  }
}

/** A calendar that the test puts forward, for an example and whatever it has started. */
export class Calendar {
  readonly #file = path.join(mkdtempSync(path.join(tmpdir(), 'kippu-calendar-')), 'ahead-ms');
  readonly env = {
    NODE_OPTIONS: `--import=${new URL('shifted-clock.mjs', import.meta.url).href}`,
    CLOCK_AHEAD_FILE: this.#file,
  };
  #aheadMs = 0;

  constructor(t: TestContext) {
    this.advance(0);
    t.after(() => {
      rmSync(path.dirname(this.#file), { recursive: true });
    });
  }

  get nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
    // In one piece: a reader never finds it empty.
    writeFileSync(`${this.#file}.new`, String(this.#aheadMs));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

async function endGroup(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.pid === undefined) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      return; // Nobody is left in it.
    }
    await Promise.race([ended, sleep(5_000, undefined, { ref: false })]);
    await sleep(LOOK_EVERY_MS);
  }
}
