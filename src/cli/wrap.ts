import { textWidth } from './text-width.ts';

/**
 * What stays together: a word of a script with spaces, or one wide character with the brackets before and the
 * punctuation after it, which must not begin a line (the rules that Japanese typesetting calls kinsoku, in short).
 */
const OPENING = '「『（(\\[';
const CLOSING = '、。，．・：；？！）」』)\\]ーぁぃぅぇぉっゃゅょァィゥェォッャュョ';
const WIDE = '\\u2e80-\\u9fff\\uac00-\\ud7a3\\uf900-\\ufaff\\uff00-\\uffef';
const UNITS = new RegExp(`[ \\n]+|[${OPENING}]*(?:[${WIDE}]|[^ \\n${WIDE}]+)[${CLOSING}]*`, 'gu');
/** Keeps a number and its unit on one line; it is printed as a plain space. */
export const HARD_SPACE = '\u00a0';

/** Lines of at most so many columns. A word that is longer than a line is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  const end = (): void => {
    lines.push(line.trimEnd().replaceAll(HARD_SPACE, ' '));
    line = '';
  };
  for (const [unit] of text.matchAll(UNITS)) {
    const isSpace = unit.trim() === '';
    if (textWidth(line + unit) > width && line !== '') end();
    if (isSpace && line === '') continue;
    for (const char of unit) {
      if (textWidth(line + char) > width && line !== '') end();
      line += char;
    }
  }
  if (line.trim() !== '') end();
  return lines;
}
