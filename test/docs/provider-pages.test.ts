import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CATALOGUE } from '../../src/providers/index.ts';

/** What the pages about providers say is what their data say. */

/** Written by hand: what Kippu does not know by itself. */
const ABOUT_NONE = 'other.md';

const folder = new URL('../../docs/providers/', import.meta.url);
const made = (name: string): Promise<unknown> =>
  import(new URL(`../../scripts/provider-pages/${name}.mjs`, import.meta.url).href);
const { providerPages, handWritten } = (await made('pages')) as {
  providerPages(): ReadonlyMap<string, string>;
  handWritten(): readonly unknown[];
};
const { EN } = (await made('words-en')) as { readonly EN: object };
const { JA } = (await made('words-ja')) as { readonly JA: object };
const pages = providerPages();

for (const [name, text] of pages) {
  test(`${name} is what the data say`, () => {
    const file = new URL(name, folder);
    assert.ok(existsSync(file), 'run: node scripts/provider-pages.mjs');
    assert.equal(readFileSync(file, 'utf8'), text, 'run: node scripts/provider-pages.mjs');
  });
}

test('every page belongs to a provider, and so do notes', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.md'));
  assert.deepEqual(names.sort(), [...pages.keys(), ABOUT_NONE].sort());
  const notes = readdirSync(new URL('notes/', folder));
  assert.deepEqual(
    notes.filter((name) => !pages.has(name)),
    [],
  );
  assert.deepEqual(handWritten(), [], 'nothing written by hand is overwritten');
});

test('a page says what matters most: the callback, the lifetimes, the unconfirmed, the sources', () => {
  for (const { id, unverified, evidence, registration } of CATALOGUE) {
    const page = pages.get(`${id}.md`) ?? '';
    assert.ok(page.includes(`/callback/${id}\``), id);
    assert.ok(registration === undefined || page.includes(registration.console), id);
    for (const claim of [...unverified, ...Object.keys(evidence)])
      assert.ok(page.includes(`\`${claim}\``), `${id}: ${claim}`);
  }
});

test('the overview has a row for each provider', () => {
  const overview = pages.get('README.md') ?? '';
  for (const { id, name } of CATALOGUE) assert.ok(overview.includes(`| [${name}](${id}.md) |`), id);
});

test('both languages have the same words', () => {
  assert.deepEqual(shapeOf(JA), shapeOf(EN));
});

function shapeOf(words: object, path = ''): readonly string[] {
  return Object.entries(words).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? shapeOf(value as object, `${path}${name}.`)
      : [`${path}${name}: ${typeof value}`],
  );
}
