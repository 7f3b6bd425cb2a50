import { SECOND_MS, type Clock } from '../../model/clock.ts';
import type { Composed, ComposeFacts } from '../../model/composer.ts';

/** What an application's function is told that writes a text. */
export interface ComposeCall extends ComposeFacts {
  /** Ends with the time limit, and when the worker stops. */
  readonly signal: AbortSignal;
}

/**
 * Writes the text of a scheduled post, within a minute. What it throws is tried again until the post's latest time, so it
 * must not publish anything itself.
 */
export type ComposeFunction = (call: ComposeCall) => ComposedText | Promise<ComposedText>;

/** What a function writes: a text, or one with more about it. */
export type ComposedText = string | { readonly text: string; readonly madeWithAi?: boolean | undefined };

const FUNCTION_TIMEOUT_MS = 60 * SECOND_MS;

/** Asks a function of this process. It cannot be stopped: at its time limit it is told, and waited for no more. */
export async function askFunction(
  name: string,
  facts: ComposeFacts,
  stop: AbortSignal,
  { functions, clock }: { readonly functions: ReadonlyMap<string, ComposeFunction>; readonly clock: Clock },
): Promise<Composed> {
  const compose = functions.get(name);
  if (compose === undefined) {
    return {
      kind: 'failed',
      detail: `this process has no function "${name}": run the program that has it, or stop this worker`,
    };
  }
  const ended = new AbortController();
  const signal = AbortSignal.any([stop, ended.signal]);
  const limit = clock.sleep(FUNCTION_TIMEOUT_MS, signal).then((): Composed => tooLate(stop));
  try {
    return await Promise.race([written(compose, { ...facts, signal }), limit]);
  } finally {
    ended.abort();
  }
}

async function written(compose: ComposeFunction, call: ComposeCall): Promise<Composed> {
  try {
    const answer: unknown = await compose(call);
    const { text, madeWithAi } = typeof answer === 'string' ? { text: answer } : (answer as Record<string, unknown>);
    if (typeof text !== 'string') return { kind: 'failed', detail: 'the function gave no text' };
    return {
      kind: 'composed',
      text: text.trim(),
      madeWithAi: typeof madeWithAi === 'boolean' ? madeWithAi : undefined,
    };
  } catch (error) {
    return { kind: 'failed', detail: `the function failed: ${error instanceof Error ? error.name : typeof error}` };
  }
}

function tooLate(stop: AbortSignal): Composed {
  if (stop.aborted) return { kind: 'stopped' };
  return { kind: 'failed', detail: `no answer within ${FUNCTION_TIMEOUT_MS / SECOND_MS} s` };
}
