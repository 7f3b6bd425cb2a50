import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { ScriptedBrowser } from './browser.ts';
import { freePort } from '../support/free-port.ts';
import { simulate, type SimulateOptions, type Simulation } from '../../src/sim/index.ts';

const KIPPU = fileURLToPath(new URL('../../bin/kippu.mjs', import.meta.url));
export const CLIENT_ID = 'cli-tests';
export const CONNECT_LINK = /http:\/\/127\.0\.0\.1:\d+\/connect\/cns_\w+/;
const PATIENCE_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A folder of its own with a database, a simulated X, and the real command line as child processes. */
export class CliWorld implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'kippu-cli-'));
  readonly port: number;
  readonly #sim: Simulation | undefined;
  readonly #children = new Set<ChildProcess>();

  private constructor(port: number, sim: Simulation | undefined) {
    this.port = port;
    this.#sim = sim;
  }

  static async create(options: SimulateOptions = {}): Promise<CliWorld> {
    return new CliWorld(await freePort(), await simulate('x', options));
  }

  static async withoutProvider(): Promise<CliWorld> {
    return new CliWorld(await freePort(), undefined);
  }

  get sim(): Simulation {
    if (this.#sim === undefined) throw new TypeError('This world has no provider.');
    return this.#sim;
  }

  get databasePath(): string {
    return join(this.directory, 'kippu.db');
  }

  get homePath(): string {
    return join(this.directory, 'home');
  }

  environment(): Record<string, string | undefined> {
    return {
      PATH: process.env['PATH'],
      HOME: this.directory,
      TZ: 'Asia/Tokyo',
      KIPPU_HOME: this.homePath,
      KIPPU_DATABASE_URL: `sqlite:${this.databasePath}`,
      KIPPU_PORT: String(this.port),
      ...(this.#sim === undefined ? {} : { KIPPU_X_CLIENT_ID: CLIENT_ID, KIPPU_X_BASE_URL: this.#sim.url }),
    };
  }

  /** Runs a command to its end. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  start(args: readonly string[], { stdin, env = {} }: RunOptions = {}): Running {
    const child = spawn(process.execPath, [KIPPU, ...args], {
      cwd: this.directory,
      env: { ...this.environment(), ...env },
      stdio: 'pipe',
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    child.stdin.end(stdin ?? '');
    return new Running(child);
  }

  /** A server that is ready. */
  async up(options: RunOptions = {}): Promise<Running> {
    const server = this.start(['up'], options);
    await server.said(/Ctrl-C/);
    return server;
  }

  /** Consents as somebody, with whatever serves the callback. */
  async connect(
    args: readonly string[] = [],
    { user = 'alice', env = {} }: { readonly user?: string; readonly env?: RunOptions['env'] } = {},
  ): Promise<Ended> {
    const connecting = this.start(['connect', 'x', '--no-open', ...args], { env });
    const [link] = await connecting.said(CONNECT_LINK);
    await new ScriptedBrowser().consent(link, { user });
    return connecting.ended;
  }

  /** Changes the database from behind, as no command would. */
  query(sql: string): void {
    const database = new DatabaseSync(this.databasePath);
    database.exec(sql);
    database.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.#sim?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A command under way. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString('utf8');
      this.#wake();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString('utf8');
      this.#wake();
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        clearTimeout(timer);
        this.#wake();
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Asks it to end in good order, and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) await this.stop();
  }

  /** What a pattern finds in what was said so far, as soon as it is there. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stderr) ?? pattern.exec(this.stdout);
      if (match !== null) return match;
      if (!this.isRunning) throw new Error(`ended without saying ${pattern}:\n${this.stderr}${this.stdout}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
