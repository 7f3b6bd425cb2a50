import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXPLAIN_TEXTS } from '../../src/cli/texts/explain-texts.ts';

/** The pages for people who are learning say what the code says, in the same words. */
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const PAGES = [
  ['en', 'docs/oauth.md'],
  ['ja', 'docs/oauth.ja.md'],
] as const;

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** Links whose text is the name of a test. */
function linkedTests(page: string): { readonly name: string; readonly file: string }[] {
  return [...read(page).matchAll(/\[([^\]]+)\]\(([^)]+\.test\.ts)\)/g)].map(([, name = '', target = '']) => ({
    name: name.replaceAll(/\s+/g, ' '),
    file: path.join(path.dirname(page), target),
  }));
}

describe('the pages about OAuth', () => {
  for (const [language, page] of PAGES) {
    it(`number and name the steps as the command does: ${page}`, () => {
      const headings = [...read(page).matchAll(/^### (\d\. .+)$/gm)].map(([, heading]) => heading);
      const titles = Object.entries(EXPLAIN_TEXTS[language].titles);
      assert.deepEqual(
        headings,
        titles.map(([number, title]) => `${number}. ${title}`),
      );
    });

    it(`name tests that there are: ${page}`, () => {
      const tests = linkedTests(page);
      assert.ok(tests.length >= 5, `only ${tests.length} tests are named`);
      for (const { name, file } of tests) assert.ok(read(file).includes(`test('${name}'`), `${file} has no "${name}"`);
    });
  }

  it('tell the same in both languages: steps, tests, pictures and prices', () => {
    const [english, japanese] = PAGES.map(([, page]) => read(page));
    const counted = (pattern: RegExp): void => {
      assert.deepEqual(english?.match(pattern), japanese?.match(pattern), String(pattern));
    };
    assert.deepEqual(
      linkedTests(PAGES[0][1]).map(({ name }) => name),
      linkedTests(PAGES[1][1]).map(({ name }) => name),
    );
    counted(/^```mermaid$/gm);
    counted(/^(sequenceDiagram|gantt)$/gm);
    counted(/(?<=\| )0\.\d{3}(?= \|)/g);
    counted(/\d{4}-\d{2}-\d{2}, \d+d/g);
  });
});
