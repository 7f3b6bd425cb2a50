import type { PostContent } from '../model/post.ts';
import { twitterText } from './twitter-text.ts';

/** What stands in the way of a text, or is worth knowing before it is published. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code:
    | 'empty_text'
    | 'text_too_long'
    | 'invalid_characters'
    | 'too_many_cashtags'
    | 'invalid_reply_to'
    | 'link_costs_more'
    | 'reply_needs_summons'
    | 'ai_label_is_for_media'
    /** The connection may not live until the post's time. */
    | 'reauth_required'
    | 'revoked'
    | 'ends_before_next_run';
  /** Which part of the input, as a JSON pointer. */
  readonly where: '/text' | '/reply_to' | '/made_with_ai' | '/connection';
  readonly message: string;
}

export interface DraftCheck {
  readonly weightedLength: number;
  readonly weightedLengthMax: number;
  /** As the network finds them, with or without a scheme. */
  readonly links: readonly string[];
  readonly problems: readonly Problem[];
  /** No problem is an error. */
  readonly isValid: boolean;
  /** In millionths of a US dollar. */
  readonly costMicroUsd: number;
}

/** X's counting, version 3: https://github.com/twitter/twitter-text/blob/master/config/v3.json */
const WEIGHTED_LENGTH_MAX = 280;
const COUNTING = {
  version: 3,
  maxWeightedTweetLength: WEIGHTED_LENGTH_MAX,
  scale: 100,
  defaultWeight: 200,
  transformedURLLength: 23,
  emojiParsingEnabled: true,
  ranges: [
    { start: 0x0000, end: 0x10ff, weight: 100 },
    { start: 0x2000, end: 0x200d, weight: 100 },
    { start: 0x2010, end: 0x201f, weight: 100 },
    { start: 0x2032, end: 0x2037, weight: 100 },
  ],
};

/** https://docs.x.com/x-api/getting-started/pricing, of April 2026. */
const PRICE_MICRO_USD = { post: 15_000, postWithLink: 200_000, summonedReply: 10_000 } as const;

/** Without an Enterprise contract. */
const CASHTAGS_MAX = 1;

/** Checks a text as X would, and says what it costs. */
export function checkDraft(content: PostContent): DraftCheck {
  const { text } = content;
  const weightedLength = weigh(text);
  const links = twitterText().extractUrls(text);
  const problems = [
    ...textProblems(text, weightedLength),
    ...replyProblems(content),
    ...labelProblems(content),
    ...linkProblems(links),
  ];
  return {
    weightedLength,
    weightedLengthMax: WEIGHTED_LENGTH_MAX,
    links,
    problems,
    isValid: problems.every((problem) => problem.severity === 'warning'),
    costMicroUsd: costOf(content, links),
  };
}

/**
 * Every emoji sequence counts as one emoji. The library's own table of sequences is of 2019 and would count the parts
 * of a newer one, so they are put in one form first; an unpaired surrogate is left for the check to find.
 */
function weigh(text: string): number {
  return twitterText().parseTweet(text.replace(/\p{RGI_Emoji}/gv, '\u{1f600}'), COUNTING).weightedLength;
}

function textProblems(text: string, weightedLength: number): Problem[] {
  const problems: Problem[] = [];
  const add = (code: Problem['code'], message: string): void => {
    problems.push({ severity: 'error', code, where: '/text', message });
  };
  if (text.trim() === '') add('empty_text', 'There is no text. Write something to publish.');
  if (weightedLength > WEIGHTED_LENGTH_MAX) {
    const excess = weightedLength - WEIGHTED_LENGTH_MAX;
    add(
      'text_too_long',
      `The text counts ${weightedLength} and may count ${WEIGHTED_LENGTH_MAX}: shorten it by ${excess}. A letter counts 1, a Japanese character or an emoji 2, a link 23.`,
    );
  }
  if (twitterText().hasInvalidCharacters(text) || !text.isWellFormed()) {
    add(
      'invalid_characters',
      'The text holds characters that X refuses (a byte order mark, a half of a character). Type it anew instead of pasting it.',
    );
  }
  const cashtags = twitterText().extractCashtags(text);
  if (cashtags.length > CASHTAGS_MAX) {
    add(
      'too_many_cashtags',
      `The text has ${cashtags.length} cashtags ($${cashtags.join(', $')}), and X takes one a post from apps. Keep one.`,
    );
  }
  return problems;
}

function replyProblems({ replyTo }: PostContent): Problem[] {
  if (replyTo === undefined) return [];
  if (!/^[0-9]{1,19}$/.test(replyTo)) {
    const message = `"${replyTo}" is not the id of a post. Give its number, the last part of the post's address.`;
    return [{ severity: 'error', code: 'invalid_reply_to', where: '/reply_to', message }];
  }
  const message = 'X lets apps reply only to your own posts, and to those whose author mentioned or quoted you.';
  return [{ severity: 'warning', code: 'reply_needs_summons', where: '/reply_to', message }];
}

function labelProblems({ madeWithAi }: PostContent): Problem[] {
  if (!madeWithAi) return [];
  const message = "X's label is for images and videos made by AI; this post has none.";
  return [{ severity: 'warning', code: 'ai_label_is_for_media', where: '/made_with_ai', message }];
}

function linkProblems(links: readonly string[]): Problem[] {
  if (links.length === 0) return [];
  const message = `A link makes the post cost $0.20 instead of $0.015 (${links[0]}).`;
  return [{ severity: 'warning', code: 'link_costs_more', where: '/text', message }];
}

/** The dearer one where two prices might apply. */
function costOf(content: PostContent, links: readonly string[]): number {
  if (links.length > 0) return PRICE_MICRO_USD.postWithLink;
  return content.replyTo === undefined ? PRICE_MICRO_USD.post : PRICE_MICRO_USD.summonedReply;
}
