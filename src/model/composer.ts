import type { TextSource } from './schedule.ts';

/** Asks somebody outside for the text of a post. Whatever he does is the answer: nothing is thrown. */
export interface Composer {
  /** Ends within its time limit; on the signal at once, with whatever was started for it killed. */
  compose(source: ComposeSource, facts: ComposeFacts, signal: AbortSignal): Promise<Composed>;
}

export type ComposeSource = Extract<TextSource, { readonly kind: 'command' | 'url' | 'function' }>;

/** What is told to whoever writes the text. Never a secret. */
export interface ComposeFacts {
  readonly schedule: string;
  /** The connection's name. */
  readonly connection: string;
  readonly occurrenceAtMs: number;
  /** What the clocks of the schedule's zone show then, as in `2026-11-21T09:00`. */
  readonly localTime: string;
  readonly timezone: string;
  /** The how manieth post of this schedule it is, from 1. */
  readonly n: number;
  /** What the connection published last, the latest first. */
  readonly recentTexts: readonly string[];
}

export type Composed =
  | {
      readonly kind: 'composed';
      readonly text: string;
      /** Absent: as the schedule says. */
      readonly madeWithAi: boolean | undefined;
    }
  | { readonly kind: 'failed'; readonly detail: string }
  /** The signal came first. */
  | { readonly kind: 'stopped' };
