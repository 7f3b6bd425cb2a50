import { checkDraft } from '../../posts/compose.ts';

/** A text as its network would see it. */
export interface TextCheck {
  /** As the network counts: at X a letter is 1, a Japanese character or an emoji 2, a link 23. */
  readonly length: number;
  readonly lengthMax: number;
  readonly isValid: boolean;
  /** What stands in the way, and what is worth knowing first, in English. */
  readonly problems: readonly TextProblem[];
  /** What publishing it costs by the network's price list, in millionths of a US dollar. */
  readonly costMicroUsd: number;
}

/** An error stands in the way of a text; a warning is worth knowing before it is published. */
export interface TextProblem {
  readonly severity: 'error' | 'warning';
  /** Stable, as in `text_too_long`. */
  readonly code: string;
  readonly message: string;
}

/**
 * Counts and checks a text as X does, without a network and without a connection: for a counter beside a text box, and
 * before posting in cookie mode.
 *
 * Throws {@link KippuError} with `code` `not_installed` where the optional package `twitter-text` was left out.
 *
 * @example
 * ```ts
 * import { checkText } from 'kippu';
 *
 * const { length, lengthMax, problems } = checkText('おはようございます https://example.com/');
 * console.log(`${length} of ${lengthMax}`, problems);
 * ```
 */
export function checkText(text: string): TextCheck {
  const content = { text, replyTo: undefined, replySettings: undefined, madeWithAi: false };
  const { weightedLength: length, weightedLengthMax: lengthMax, isValid, problems, costMicroUsd } = checkDraft(content);
  return {
    ...{ length, lengthMax, isValid, costMicroUsd },
    problems: problems.map(({ severity, code, message }) => ({ severity, code, message })),
  };
}
