/** Colours for a terminal; without colour every function gives back what it got. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly soft: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
}

const plain = (text: string): string => text;
const PLAIN: Style = { bold: plain, soft: plain, good: plain, warn: plain, bad: plain };

const ESC = '\u001b[';
const coloured =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `${ESC}${on}m${text}${ESC}${off}m`;
const COLOURED: Style = {
  bold: coloured(1, 22),
  soft: coloured(2, 22),
  good: coloured(32, 39),
  warn: coloured(33, 39),
  bad: coloured(31, 39),
};

/** See https://no-color.org: any value but an empty one turns colours off. */
export function styleFor(
  stream: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  const isPlain = stream.isTTY !== true || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isPlain ? PLAIN : COLOURED;
}
