import type TwitterText from 'twitter-text';
import { installedPart } from '../model/installed-part.ts';

let loaded: typeof TwitterText | undefined;

/** X's own rules of counting. Loaded at first use: that takes longer than all else that a command needs to start. */
export function twitterText(): typeof TwitterText {
  loaded ??= installedPart('twitter-text', 'A post') as typeof TwitterText;
  return loaded;
}
