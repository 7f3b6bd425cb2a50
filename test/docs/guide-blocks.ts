import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../package/entry-points.ts';
import type { Example } from './compile-examples.ts';

const FOLDER = 'docs/guides';

export function guides(): readonly string[] {
  return readdirSync(path.join(root, FOLDER))
    .filter((name) => name.endsWith('.md'))
    .sort();
}

export function guideText(guide: string): string {
  return readFileSync(path.join(root, FOLDER, guide), 'utf8');
}

/** The TypeScript of a guide. What stands behind `ts` names the block. */
export function blocksOf(guide: string): readonly Example[] {
  const fences = guideText(guide).matchAll(/^ *```(?:ts|typescript|tsx)\b ?([^\n]*)\n([\s\S]*?)^ *```$/gm);
  return [...fences].map(([, name = '', code = ''], index) => ({
    name: `${guide} ${name === '' ? `block ${index + 1}` : name}`,
    text: code,
  }));
}

/** The file that a block is a part of, where it is named after one: that is compiled with the packages of its example. */
export function exampleFileOf({ name }: Example): string | undefined {
  return / (examples\/\S+)$/.exec(name)?.[1];
}
