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

/** The TypeScript of a guide. What stands behind `ts` names the block. */
export function blocksOf(guide: string): readonly Example[] {
  const text = readFileSync(path.join(root, FOLDER, guide), 'utf8');
  const fences = text.matchAll(/^ *```(?:ts|typescript|tsx)\b ?([^\n]*)\n([\s\S]*?)^ *```$/gm);
  return [...fences].map(([, name = '', code = ''], index) => ({
    name: `${guide} ${name === '' ? `block ${index + 1}` : name}`,
    text: code,
  }));
}
