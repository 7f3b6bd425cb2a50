import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import process from 'node:process';

export interface Killing {
  readonly name: string;
  readonly pid: number;
  readonly atMs: number;
}

export interface Pause {
  readonly name: string;
  readonly pid: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Launch {
  readonly name: string;
  /** Arguments of `node`. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where stderr goes, and stdout unless it is wanted. */
  readonly log: string;
  readonly wantsOutput?: boolean;
}

/**
 * Every process that a run starts, by its id, with all that was done to it. Whatever ends the run, none of them is
 * left: they are killed when this process exits, and they look themselves whether it is still there.
 */
export class ProcessTable {
  readonly killings: Killing[] = [];
  readonly pauses: Pause[] = [];
  readonly #running = new Set<RunningProcess>();
  readonly #atExit = (): void => {
    for (const running of this.#running) running.signal('SIGKILL');
  };

  constructor() {
    process.on('exit', this.#atExit);
  }

  start(launch: Launch): RunningProcess {
    const log = openSync(launch.log, 'a', 0o600);
    const child = spawn(process.execPath, launch.args, {
      cwd: launch.cwd,
      env: { PATH: process.env['PATH'] ?? '', ...launch.env },
      stdio: ['ignore', launch.wantsOutput === true ? 'pipe' : log, log],
    });
    closeSync(log);
    const running = new RunningProcess(launch.name, child);
    this.#running.add(running);
    child.once('exit', () => this.#running.delete(running));
    return running;
  }

  async kill(running: RunningProcess): Promise<void> {
    if (running.isOver) return;
    this.killings.push({ name: running.name, pid: running.pid, atMs: Date.now() });
    running.signal('SIGKILL');
    await running.ended;
  }

  /** Stops it; what is returned lets it go on. */
  pause(running: RunningProcess): () => void {
    const fromMs = Date.now();
    running.signal('SIGSTOP');
    return () => {
      running.signal('SIGCONT');
      this.pauses.push({ name: running.name, pid: running.pid, fromMs, toMs: Date.now() });
    };
  }

  async endAll(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (running) => {
        running.signal('SIGKILL');
        await running.ended;
      }),
    );
    process.off('exit', this.#atExit);
  }
}

export class RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.child = child;
    if (child.pid === undefined) throw new Error(`${name} could not be started`);
    this.pid = child.pid;
    this.ended = once(child, 'exit');
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.isOver) this.child.kill(signal);
  }
}

const LAST_WORDS = 2000;

/** The end of a process's log, for whoever has to say that it is gone. */
export function lastWords(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-LAST_WORDS) : '';
}
