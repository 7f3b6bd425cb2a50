import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '../../src/providers/index.ts';
import { MARK, overviewOf, pageOf } from './page.mjs';
import { EN } from './words-en.mjs';
import { JA } from './words-ja.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/providers/', import.meta.url));
/** Whose pages are in Japanese too. */
const TRANSLATED = ['x', 'github', 'auth0'];

/** Every page of `docs/providers/`, by its path there. */
export function providerPages() {
  const translated = TRANSLATED.filter((id) => CATALOGUE.some((provider) => provider.id === id));
  const pages = CATALOGUE.flatMap((provider) => {
    const { id } = provider;
    const isTranslated = translated.includes(id);
    const english = pageOf(provider, EN, {
      notes: notesOf(`${id}.md`),
      other: isTranslated ? `${id}.ja.md` : undefined,
    });
    if (!isTranslated) return [[`${id}.md`, english]];
    return [
      [`${id}.md`, english],
      [`${id}.ja.md`, pageOf(provider, JA, { notes: notesOf(`${id}.ja.md`), other: `${id}.md` })],
    ];
  });
  return new Map([...pages, ['README.md', overviewOf(CATALOGUE, EN, { translated })]]);
}

/** Pages that were written by hand before there was one of these: what they say becomes the notes. Gives paths and texts. */
export function handWritten() {
  return CATALOGUE.flatMap(({ id }) => [`${id}.md`, `${id}.ja.md`]).flatMap((name) => {
    const text = read(name);
    if (text === undefined || text.startsWith(MARK) || notesOf(name) !== undefined) return [];
    const moved = text.replaceAll(/\]\((?![a-z]+:|#)/g, '](../');
    return [[`notes/${name}`, moved]];
  });
}

function notesOf(name) {
  return read(`notes/${name}`);
}

function read(name) {
  return existsSync(FOLDER + name) ? readFileSync(FOLDER + name, 'utf8') : undefined;
}
