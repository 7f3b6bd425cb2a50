import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../app/ports/system-clock.ts';
import { packageFile } from '../../model/package-files.ts';
import { SPOOLED, type DoomedOrder } from './doomed.ts';

/** A slow machine needs a while to start a process; a broken one is not waited for. */
const PATIENCE_MS = 20_000;

/** A real process of Kippu, made to be killed. */
export class DoomedProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #spooled: Promise<void>;
  /** Whatever way we end, it does not outlive us. */
  readonly #killWithUs = (): void => void this.#child.kill('SIGKILL');

  constructor(order: DoomedOrder) {
    const child = spawn(process.execPath, [fileURLToPath(packageFile('bin/kippu.mjs')), 'demo', '--renew-and-die'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#child = child;
    this.#ended = once(child, 'exit');
    process.once('exit', this.#killWithUs);
    this.#spooled = new Promise((resolve) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8');
        if (said.includes(SPOOLED)) resolve();
      });
    });
    // If it ends before it has read this, that is seen in how it ended.
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(order));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when its answer is in the spool and on the disk, or when it is no use to wait for that. */
  async spooled(interrupted: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const patience = systemClock.sleep(PATIENCE_MS, AbortSignal.any([stop.signal, interrupted]));
    try {
      await Promise.race([this.#spooled, this.#ended, patience]);
    } finally {
      stop.abort();
    }
  }

  /** Kills it with SIGKILL. Gives what ended it: that signal, unless it was over before. */
  async kill(): Promise<string> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    process.off('exit', this.#killWithUs);
    return this.#child.signalCode ?? `exit code ${this.#child.exitCode ?? 'none'}`;
  }
}
