import { constants } from 'node:os';
import process from 'node:process';

/** Ctrl-C, or a supervisor that wants us to end: no failure, and nothing to explain. */
export class Interrupted extends Error {
  /** As a shell reports a process that a signal ended. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm and a terminal both deliver the same Ctrl-C; what comes within this span is one. */
const SAME_SIGNAL_MS = 1000;

/**
 * Runs `work` so that a signal ends it in good order: its `AbortSignal` aborts with {@link Interrupted}, and the
 * process goes on until `work` has settled what is under way. A second signal ends the process where it is.
 */
export async function interruptible<T>(work: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let firstAtMs = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    const atMs = performance.now();
    if (!stop.signal.aborted) {
      firstAtMs = atMs;
      stop.abort(new Interrupted(signal));
    } else if (atMs - firstAtMs > SAME_SIGNAL_MS) {
      process.exit(new Interrupted(signal).exitCode);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** The work's own end, or the interruption if that comes first; the work itself is not stopped by it. */
export async function orInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T> {
  interrupted.throwIfAborted();
  const done = new AbortController();
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        interrupted.addEventListener('abort', () => reject(interrupted.reason as Interrupted), { signal: done.signal });
      }),
    ]);
  } finally {
    done.abort();
    // Whoever was interrupted has left; how the work ended is settled where it happened.
    work.catch(() => undefined);
  }
}
