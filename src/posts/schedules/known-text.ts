import { assertNever } from '../../model/assert-never.ts';
import type { TextSource } from '../../model/schedule.ts';
import { fillIn, type Moment } from './template.ts';

/** How many of a connection's latest texts are looked at, so that none of them comes again too soon. */
export const RECENT_TEXTS_MAX = 200;

/**
 * The text for an occurrence, where it is known ahead; `undefined` where somebody outside is asked for it. `recent` is
 * what the connection published last, the latest first.
 */
export function knownText(source: TextSource, moment: Moment, recent: readonly string[]): string | undefined {
  switch (source.kind) {
    case 'text':
      return source.text;
    case 'list':
      return nextOfList(source.texts, moment.n, recent);
    case 'template':
      return fillIn(source.template, source.variables, moment);
    case 'command':
    case 'url':
    case 'function':
      return undefined;
    default:
      return assertNever(source);
  }
}

/**
 * One after the other, and from the start again. A text that the connection published lately is passed over for one that
 * it did not; when all of them are recent, it is the one whose last time is longest ago. Never the latest one.
 */
function nextOfList(texts: readonly string[], n: number, recent: readonly string[]): string {
  const start = (n - 1) % texts.length;
  const inTurn = [...texts.slice(start), ...texts.slice(0, start)];
  const lately = recent.map(plain);
  const ranks = inTurn.map((text) => lately.indexOf(plain(text)));
  const fresh = ranks.findIndex((rank) => rank === -1 || rank >= texts.length - 1);
  const chosen = fresh === -1 ? ranks.indexOf(Math.max(...ranks)) : fresh;
  return inTurn[chosen] ?? '';
}

/** Two texts that differ in no more than this are the same to a network. */
export function plain(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}
