/**
 * A provider's own words about an error, fit for a log and a screen. One that quotes what it was sent would put a token
 * there: what looks like one is left out.
 */
export function errorWords(words: string): string {
  return words
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/[^\s"'`,;:()[\]{}<>]{20,}/g, (run) => (/^[a-z_]+$/.test(run) ? run : '[…]'))
    .slice(0, ERROR_CHARS_MAX);
}

const ERROR_CHARS_MAX = 300;
