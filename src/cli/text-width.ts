/** East Asian wide and full-width characters and emoji take two columns of a terminal (Unicode Standard Annex 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const WITHOUT_WIDTH = /\p{Mn}|\p{Cf}|\p{Cc}/u;
// eslint-disable-next-line no-control-regex -- colours are control sequences, and take no column
const COLOUR = /\u001b\[\d+m/g;

/** How many columns a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text.replace(COLOUR, '')) {
    if (WITHOUT_WIDTH.test(char)) continue;
    width += WIDE.test(char) ? 2 : 1;
  }
  return width;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** Cut to a width, with an ellipsis where something is missing. For text without colours. */
export function cutTo(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  for (const char of text) {
    if (textWidth(cut + char) > width - 3) break;
    cut += char;
  }
  return `${cut}...`;
}

/** A word, or a sign of a script that is written without spaces; what closes a sentence stays with it. */
const PIECES = /[\u0021-\u007e]+[、。」)]*|\s+|.[、。」):]*/gsu;

/** Broken into lines of this width where the script allows it. For text without colours. */
export function wrapTo(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const [piece] of text.matchAll(PIECES)) {
    if (line !== '' && textWidth((line + piece).trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += line === '' ? piece.trimStart() : piece;
  }
  return [...lines, line.trimEnd()];
}
