import { createHash } from 'node:crypto';
import type TwitterText from 'twitter-text';
import { installedPart } from '../../model/installed-part.ts';
import type { Post } from '../state.ts';

const LINK_ID_CHARS = 10;
const DISPLAY_CHARS_MAX = 26;

export interface LinkEntity {
  readonly start: number;
  readonly end: number;
  readonly url: string;
  readonly expanded_url: string;
  readonly display_url: string;
}

/** Whether X would count the text as at most 280 (configuration 3: emoji 2, links 23, CJK 2). */
export function isTooLong(text: string): boolean {
  return twitterText().parseTweet(text).weightedLength > 280;
}

export function hasUrl(text: string): boolean {
  return twitterText().extractUrls(text).length > 0;
}

export function cashtagCount(text: string): number {
  return twitterText().extractCashtags(text).length;
}

export function mentions(text: string, handle: string): boolean {
  return twitterText()
    .extractMentions(text)
    .some((name) => name.toLowerCase() === handle.toLowerCase());
}

/** A post's text as X gives it back: links are t.co links, whose targets are in the entities. */
export function shownText(
  post: Post,
  isEscaped: boolean,
): { readonly text: string; readonly urls: readonly LinkEntity[] } {
  const urls: LinkEntity[] = [];
  let text = '';
  let from = 0;
  for (const found of twitterText().extractUrlsWithIndices(post.text)) {
    text += escaped(post.text.slice(from, found.indices[0]), isEscaped);
    const url = `https://t.co/${linkId(post.id, urls.length)}`;
    // Positions count code points, not UTF-16 units.
    const start = Array.from(text).length;
    const target = /^https?:\/\//i.test(found.url) ? found.url : `http://${found.url}`;
    urls.push({ start, end: start + url.length, url, expanded_url: target, display_url: displayed(target) });
    text += url;
    from = found.indices[1];
  }
  return { text: text + escaped(post.text.slice(from), isEscaped), urls };
}

function linkId(postId: string, index: number): string {
  const digest = createHash('sha256').update(`${postId}/${index}`).digest('base64');
  return digest.replace(/[^A-Za-z0-9]/g, '').slice(0, LINK_ID_CHARS);
}

function displayed(url: string): string {
  const bare = url.replace(/^https?:\/\/(www\.)?/i, '').replace(/\/$/, '');
  return bare.length > DISPLAY_CHARS_MAX ? `${bare.slice(0, DISPLAY_CHARS_MAX)}…` : bare;
}

function escaped(text: string, isEscaped: boolean): string {
  return isEscaped ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') : text;
}

/** Loaded with the first post: most tests of an application make none. */
function twitterText(): typeof TwitterText {
  return installedPart('twitter-text', 'The simulated X') as typeof TwitterText;
}
