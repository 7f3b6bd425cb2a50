import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Clock } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';

const START_PATIENCE_MS = 15_000;
const STOP_PATIENCE_MS = 5000;
const LOOK_EVERY_MS = 1000;
const ASK_TIMEOUT_MS = 2000;

/** A simulator that was started for a sandbox, as its record on disk says it. */
interface SimulatorRecord {
  readonly url: string;
  readonly pid: number;
}

export interface SandboxOptions {
  /** The sandbox's data directory. */
  readonly home: string;
  readonly providers: readonly string[];
  /** The first simulator's port if it is free; the others follow. */
  readonly firstPort: number;
  readonly fast: number | undefined;
  readonly clock: Clock;
  /** The command line itself: `node` arguments that come before `simulate`. */
  readonly command: readonly string[];
  readonly say: (text: string) => void;
}

/** Where a sandbox's simulator is, or was: its tokens are bound to the sandbox and not to this address. */
export function simulatorUrl(home: string, provider: string): string | undefined {
  return readRecord(home, provider)?.url;
}

/**
 * The simulated providers beside a sandboxed Kippu: processes of their own with their own durable state, so that
 * killing Kippu, or them, loses nothing that a real provider would not lose. A simulator that a killed Kippu left
 * behind is used again; one that dies is started again at the same address.
 */
export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #children = new Map<string, ChildProcess>();
  readonly #stop = new AbortController();
  #watching: Promise<void> | undefined;

  constructor(options: SandboxOptions) {
    this.#options = options;
  }

  /** Gives each provider's address when all of them answer. Throws `unavailable`. */
  async start(): Promise<ReadonlyMap<string, string>> {
    const { providers, firstPort } = this.#options;
    // All at once: a start is as quick as the slowest of them.
    const started = await Promise.all(
      providers.map(async (provider, index) => [provider, await this.#ensure(provider, firstPort + index)] as const),
    );
    const urls = new Map(started);
    this.#watching = this.#watch();
    return urls;
  }

  /** Ends the simulators, also those that a former Kippu started. Their state stays. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    for (const provider of this.#options.providers) await this.#end(provider);
  }

  async #ensure(provider: string, preferredPort: number): Promise<string> {
    const record = readRecord(this.#options.home, provider);
    if (record !== undefined && (await answers(record.url))) return record.url;
    const wantedPort = record === undefined ? preferredPort : Number(new URL(record.url).port);
    const url = `http://127.0.0.1:${await freePort(wantedPort)}`;
    await this.#launch(provider, url);
    return url;
  }

  async #launch(provider: string, url: string): Promise<void> {
    const { home, fast, clock, command } = this.#options;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const log = openSync(join(home, `simulator-${provider}.log`), 'a', 0o600);
    const flags = ['--port', new URL(url).port, '--directory', join(home, `simulator-${provider}`), '--sandbox'];
    const speed = fast === undefined ? [] : ['--fast', String(fast)];
    // In a session of its own: the terminal's Ctrl-C is for Kippu, which lets its renewals finish first.
    const child = spawn(process.execPath, [...command, 'simulate', provider, ...flags, ...speed], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.unref();
    this.#children.set(provider, child);
    const untilMs = clock.monotonicMs() + START_PATIENCE_MS;
    while (!(await answers(url))) {
      if (child.exitCode !== null || clock.monotonicMs() > untilMs) {
        throw new KippuError(
          'unavailable',
          `The simulated ${provider} does not start. ${join(home, `simulator-${provider}.log`)} says why.`,
        );
      }
      await clock.sleep(50);
    }
    writeFileSync(recordPath(home, provider), JSON.stringify({ url, pid: child.pid }), { mode: 0o600 });
  }

  async #watch(): Promise<void> {
    const { clock, home, providers, say } = this.#options;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, this.#stop.signal);
      for (const provider of providers) {
        const record = readRecord(home, provider);
        if (this.#stop.signal.aborted || record === undefined || isRunning(record.pid)) continue;
        try {
          await this.#launch(provider, record.url);
          say(`The simulated ${provider} had ended and was started again at ${record.url}.`);
        } catch (error) {
          say(error instanceof Error ? error.message : String(error));
        }
      }
    }
  }

  async #end(provider: string): Promise<void> {
    const { home, clock } = this.#options;
    const record = readRecord(home, provider);
    if (record === undefined || !isRunning(record.pid) || !(await answers(record.url))) return;
    process.kill(record.pid, 'SIGTERM');
    const untilMs = clock.monotonicMs() + STOP_PATIENCE_MS;
    while (isRunning(record.pid) && clock.monotonicMs() < untilMs) await clock.sleep(50);
  }
}

function recordPath(home: string, provider: string): string {
  return join(home, `simulator-${provider}.json`);
}

function readRecord(home: string, provider: string): SimulatorRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(home, provider), 'utf8')) as SimulatorRecord;
  } catch {
    // Never started here, or killed while it was written: then it is started anew.
    return undefined;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/_sim/state`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not there (yet): that is the answer.
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process. (One of another user cannot be our simulator.)
    return false;
  }
}

/** The wanted port, or another one where that is taken. */
async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(undefined);
    });
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : undefined);
      });
    });
  });
}
