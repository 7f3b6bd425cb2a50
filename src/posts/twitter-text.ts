import { createRequire } from 'node:module';
import type TwitterText from 'twitter-text';

let loaded: typeof TwitterText | undefined;

/** X's own rules of counting. Loaded at first use: that takes longer than all else that a command needs to start. */
export function twitterText(): typeof TwitterText {
  loaded ??= createRequire(import.meta.url)('twitter-text') as typeof TwitterText;
  return loaded;
}
