import { spawn, type ChildProcess } from 'node:child_process';
import process from 'node:process';
import type { Composed, ComposeFacts } from '../../model/composer.ts';
import { SECOND_MS } from '../../model/clock.ts';
import { printable } from './printable.ts';

export const COMMAND_TIMEOUT_MS = 60 * SECOND_MS;
const OUTPUT_BYTES_MAX = 64 * 1024;
const COMPLAINT_BYTES_MAX = 2000;
const LAST_WORDS_MS = 250;

export interface CommandLimits {
  readonly timeoutMs: number;
}

/**
 * Runs a program and takes what it prints as the text. It gets a small environment of its own, in which no setting of ours
 * and no secret is, and nothing to read. At the time limit it is killed with everything that it has started.
 */
export function askCommand(
  command: string,
  facts: ComposeFacts,
  stop: AbortSignal,
  { timeoutMs }: CommandLimits = { timeoutMs: COMMAND_TIMEOUT_MS },
): Promise<Composed> {
  return new Promise((resolve) => {
    const child = spawn(command, {
      shell: true,
      // A process group of its own, so that it can be killed as a whole.
      detached: process.platform !== 'win32',
      windowsHide: true,
      env: environmentOf(facts),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = new BoundedText(OUTPUT_BYTES_MAX);
    const complaint = new BoundedText(COMPLAINT_BYTES_MAX);
    const settle = (composed: Composed): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      killGroup(child);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(composed);
    };
    const onStop = (): void => {
      settle({ kind: 'stopped' });
    };
    let timer = setTimeout(() => {
      settle(failed(`no answer within ${timeoutMs / SECOND_MS} s`, complaint));
    }, timeoutMs);
    stop.addEventListener('abort', onStop, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      output.add(chunk);
      if (output.isOver) settle(failed(`it printed more than ${OUTPUT_BYTES_MAX / 1024} kB`, complaint));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint.add(chunk);
    });
    child.on('error', (error) => {
      settle(failed(`it could not be started: ${'code' in error ? String(error.code) : error.name}`, complaint));
    });
    const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (code === 0) settle({ kind: 'composed', text: output.text.trim(), madeWithAi: undefined });
      else settle(failed(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`, complaint));
    };
    child.on('close', onEnd);
    child.on('exit', (code, signal) => {
      // What it left running may hold its output open for ever: what it printed itself has arrived soon after its end.
      clearTimeout(timer);
      timer = setTimeout(() => {
        onEnd(code, signal);
      }, LAST_WORDS_MS);
    });
    if (stop.aborted) onStop();
  });
}

/** What a program needs to be found and to run, and what it may know. */
function environmentOf(facts: ComposeFacts): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', ...(process.platform === 'win32' ? ['SystemRoot', 'TEMP'] : [])];
  const own = Object.fromEntries(kept.map((name) => [name, process.env[name]]));
  const told: Record<string, string> = {
    SCHEDULE_ID: facts.schedule,
    SCHEDULE_CONNECTION: facts.connection,
    SCHEDULE_TIME: new Date(facts.occurrenceAtMs).toISOString(),
    SCHEDULE_LOCAL_TIME: facts.localTime,
    SCHEDULE_TIMEZONE: facts.timezone,
    SCHEDULE_N: String(facts.n),
    SCHEDULE_RECENT_TEXTS: JSON.stringify(facts.recentTexts),
  };
  return { ...own, ...told };
}

/** Whatever it has started goes with it, also what went on in the background. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

function failed(why: string, complaint: BoundedText): Composed {
  const words = printable(complaint.text).trim();
  return { kind: 'failed', detail: words === '' ? why : `${why}: ${words}` };
}

class BoundedText {
  readonly #bytesMax: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(chunk: Buffer): void {
    if (this.#size < this.#bytesMax) this.#chunks.push(chunk.subarray(0, this.#bytesMax - this.#size));
    this.#size += chunk.length;
  }

  get isOver(): boolean {
    return this.#size > this.#bytesMax;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
