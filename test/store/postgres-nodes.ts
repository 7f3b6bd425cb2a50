import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { freePort } from '../support/free-port.ts';

const ENTRY = fileURLToPath(new URL('../crash/killed-kippu.ts', import.meta.url));
/** Access tokens live nine seconds. */
const FAST = 800;
const PATIENCE_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface StartOptions {
  /** Another one than the others'. */
  readonly databaseUrl?: string;
  /** Of `kippu up`. */
  readonly flags?: readonly string[];
}

/** Real `kippu up`s, each with a data directory of its own as on a machine of its own, at one database. */
export class Nodes implements AsyncDisposable {
  readonly sim: Simulation;
  readonly directory = mkdtempSync(join(tmpdir(), 'kippu-nodes-'));
  readonly databaseUrl: string;
  readonly #keys = `k1:${randomBytes(32).toString('base64')}`;
  readonly #running: KippuProcess[] = [];

  private constructor(sim: Simulation, databaseUrl: string) {
    this.sim = sim;
    this.databaseUrl = databaseUrl;
  }

  static async at(databaseUrl: string, { fast = FAST }: { readonly fast?: number } = {}): Promise<Nodes> {
    return new Nodes(await simulate('x', { fast }), databaseUrl);
  }

  async start(name: string, { databaseUrl = this.databaseUrl, flags = [] }: StartOptions = {}): Promise<KippuProcess> {
    const directory = join(this.directory, name);
    mkdirSync(directory, { recursive: true });
    const node = new KippuProcess(directory, await freePort());
    this.#running.push(node);
    await node.start(this.#settings(databaseUrl), flags);
    return node;
  }

  /** A command at the machine of that node. */
  async run(name: string, command: readonly string[]): Promise<{ readonly stdout: string }> {
    const child = this.#command(name, command);
    let stdout = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    await once(child, 'close');
    return { stdout };
  }

  /** A worker alone, with that data directory. */
  work(name: string): AsyncDisposable & { end(): Promise<number | null> } {
    const child = this.#command(name, ['up', '--no-server', '--no-sandbox']);
    const over = once(child, 'exit');
    const end = async (): Promise<number | null> => {
      child.kill('SIGTERM');
      await over;
      return child.exitCode;
    };
    return {
      end,
      [Symbol.asyncDispose]: async () => {
        await end();
      },
    };
  }

  #command(name: string, command: readonly string[]): ChildProcess {
    const home = join(this.directory, name);
    return spawn(process.execPath, [ENTRY, ...command], {
      cwd: this.directory,
      env: {
        PATH: process.env['PATH'],
        KIPPU_HOME: home,
        KIPPU_TEST_FAULTS: home,
        ...this.#settings(this.databaseUrl),
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  #settings(databaseUrl: string): Record<string, string> {
    return {
      KIPPU_DATABASE_URL: databaseUrl,
      KIPPU_KEYS: this.#keys,
      KIPPU_X_CLIENT_ID: 'nodes',
      KIPPU_X_BASE_URL: this.sim.url,
    };
  }

  /** Walks through a consent as a browser would. */
  async connect(node: KippuProcess, user: string): Promise<void> {
    const session = await node.call('POST', '/v1/connect-sessions', { provider: 'x' });
    const departure = await fetch(String(session.body['url']), { redirect: 'manual' });
    const cookie = (departure.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const back = this.sim.consent(departure.headers.get('location') ?? '', { user });
    await (await fetch(back, { redirect: 'manual', headers: { cookie } })).text();
  }

  /** Refresh tokens that the provider was shown more than once. */
  presentedTwice(): number {
    return this.sim.state().tokens.filter(({ kind, reuses }) => kind === 'refresh' && reuses > 0).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((node) => node.end('SIGTERM')));
    await this.sim.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class KippuProcess {
  readonly #directory: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #log = '';

  constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
  }

  get log(): string {
    return this.#log;
  }

  async start(env: Readonly<Record<string, string>>, flags: readonly string[] = []): Promise<void> {
    const child = spawn(process.execPath, [ENTRY, 'up', '--no-sandbox', ...flags], {
      cwd: this.#directory,
      env: {
        PATH: process.env['PATH'],
        KIPPU_HOME: this.#directory,
        KIPPU_PORT: String(this.#port),
        KIPPU_RENEWAL_DEADLINE: '5s',
        KIPPU_LATE_ANSWER: '3s',
        KIPPU_REPLAY_MARGIN: '1s',
        KIPPU_LOG_FORMAT: 'json',
        KIPPU_TEST_FAULTS: this.#directory,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString('utf8');
      });
    await until(
      'the node to be ready',
      async () => ((await this.#isReady()) ? true : undefined),
      () => this.#log,
    );
  }

  arm(point: FaultPoint): void {
    writeFileSync(join(this.#directory, `armed-${point}`), '');
  }

  async killed(): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new Error('it was never started');
    if (child.signalCode === null && child.exitCode === null) await once(child, 'exit');
    if (child.signalCode !== 'SIGKILL') throw new Error(`it ended by itself:\n${this.#log}`);
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const { key } = JSON.parse(readFileSync(join(this.#directory, 'server.json'), 'utf8')) as { readonly key: string };
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(40_000),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async #isReady(): Promise<boolean> {
    if (this.#child?.exitCode !== null) throw new Error(`kippu up ended:\n${this.#log}`);
    const response = await fetch(`http://127.0.0.1:${this.#port}/readyz`, { signal: AbortSignal.timeout(1000) });
    return response.ok && existsSync(join(this.#directory, 'server.json'));
  }
}

/** Looks until there is something to see. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  evidence: () => string = () => '',
): Promise<T> {
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined) return seen;
    if (Date.now() > untilMs) throw new Error(`never happened: ${what}\n${evidence().slice(-4000)}`);
    await sleep(100);
  }
}
