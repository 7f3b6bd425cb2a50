import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { SPOOLED, type DoomedOrder } from './doomed.ts';

const KIPPU = fileURLToPath(new URL('../../../bin/kippu.mjs', import.meta.url));
/** A slow machine needs a while to start a process; a broken one is not waited for. */
const PATIENCE_MS = 20_000;

/** A real process of Kippu, made to be killed. */
export class DoomedProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** Whatever way we end, it does not outlive us. */
  readonly #killWithUs = (): void => void this.#child.kill('SIGKILL');

  constructor(order: DoomedOrder) {
    this.#child = spawn(process.execPath, [KIPPU, 'demo', '--renew-and-die'], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#ended = once(this.#child, 'exit');
    process.once('exit', this.#killWithUs);
    this.#child.stdin?.end(JSON.stringify(order));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when its answer is in the spool and on the disk, or when it is clear that it never will be. */
  async spooled(interrupted: AbortSignal): Promise<void> {
    const { stdout } = this.#child;
    if (stdout === null) return;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, interrupted, AbortSignal.timeout(PATIENCE_MS)]);
    const said = (async (): Promise<void> => {
      let text = '';
      while (!text.includes(SPOOLED)) text += String(((await once(stdout, 'data', { signal })) as Buffer[])[0]);
    })();
    try {
      await Promise.race([said, this.#ended]);
    } catch (error) {
      // Too long, or interrupted: what came of it is seen in how it ends.
      if (!signal.aborted) throw error;
    } finally {
      stop.abort();
      said.catch(() => undefined);
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
