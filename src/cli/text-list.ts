import { KippuError } from '../model/errors.ts';

export interface TextList {
  readonly texts: readonly string[];
  /** The line on which each text begins, from 1. */
  readonly lines: readonly number[];
  /** Blank lines stand between them, so that a text may have several lines. */
  readonly isInBlocks: boolean;
}

/**
 * Reads the texts of a file: one a line; or, where a blank line stands between texts, one from blank line to blank line.
 * Blank lines at the beginning and at the end say nothing. Throws `invalid` for a file without texts, naming it.
 */
export function parseTextList(content: string, name: string): TextList {
  const lines = content.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const blocks = blocksOf(lines);
  if (blocks.length === 0) throw new KippuError('invalid', `There is no text in ${name}. Write one a line.`);
  const isInBlocks = blocks.length > 1;
  const [only] = blocks;
  const found = isInBlocks
    ? blocks
    : (only?.texts ?? []).map((text, index) => ({ line: (only?.line ?? 1) + index, texts: [text] }));
  return {
    texts: found.map(({ texts }) => texts.join('\n')),
    lines: found.map(({ line }) => line),
    isInBlocks,
  };
}

interface Block {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly texts: string[];
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let isOpen = false;
  lines.forEach((line, index) => {
    const isBlank = line.trim() === '';
    if (!isBlank && !isOpen) blocks.push({ line: index + 1, texts: [] });
    if (!isBlank) blocks.at(-1)?.texts.push(line.trimEnd());
    isOpen = !isBlank;
  });
  return blocks;
}

/** An error about a text of the list, as one about the line of its file. Other errors stay as they are. */
export function atItsLine(error: unknown, { lines }: TextList, name: string): unknown {
  if (!(error instanceof KippuError)) return error;
  const index = /^\/list\/(\d+)$/.exec(error.where ?? '')?.[1];
  const line = index === undefined ? undefined : lines[Number(index)];
  if (line === undefined) return error;
  const message = error.message.replace(/^Line \d+: /, '');
  // Two texts are the same: both lines are named by their numbers in the file.
  const translated = message.replaceAll(/\b([Ll])ine (\d+)\b/g, (said, first: string, number: string) => {
    const inFile = lines[Number(number) - 1];
    return inFile === undefined ? said : `${first}ine ${inFile}`;
  });
  return new KippuError(error.code, `${name}, line ${line}: ${translated}`, { cause: error, where: '--list' });
}
