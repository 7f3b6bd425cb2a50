import { twitterText } from './twitter-text.ts';

/**
 * Whether a text that came back from the network is the text that was sent. Networks normalise what they take: they
 * trim, compose characters, escape `&`, `<` and `>`, complete links, and put the names of those who are answered in front.
 */
export function isSameText(ours: string, theirs: string, options: { readonly isReply: boolean }): boolean {
  return plain(ours, options) === plain(theirs, options);
}

function plain(text: string, { isReply }: { readonly isReply: boolean }): string {
  const unescaped = text.normalize('NFC').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const spaced = plainLinks(unescaped).replace(/\s+/gu, ' ').trim();
  return isReply ? spaced.replace(/^(?:[@＠][A-Za-z0-9_]{1,15}(?: |$))+/u, '') : spaced;
}

/** `example.com`, `http://example.com/` and `HTTPS://Example.com` are one link. */
function plainLinks(text: string): string {
  let result = '';
  let end = 0;
  for (const { url, indices } of twitterText().extractUrlsWithIndices(text)) {
    result += text.slice(end, indices[0]) + plainLink(url);
    end = indices[1];
  }
  return result + text.slice(end);
}

function plainLink(link: string): string {
  const absolute = /^https?:\/\//i.test(link) ? link : `http://${link}`;
  if (!URL.canParse(absolute)) return link;
  const { host, pathname, search, hash } = new URL(absolute);
  return `${host}${pathname}${search}${hash}`.replace(/\/$/, '');
}
