import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../../src/app/read-settings.ts';
import { compileExamples } from './compile-examples.ts';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const PAGE = 'docs/providers/other.md';

interface Example {
  /** Behind the language: the file that it is. */
  readonly file: string;
  readonly text: string;
}

function examples(): readonly Example[] {
  const fences = readFileSync(path.join(root, PAGE), 'utf8').matchAll(/^```ts ?([^\n]*)\n([\s\S]*?)^```$/gm);
  return [...fences].map(([, file = '', text = '']) => ({ file, text }));
}

describe('the examples of the page on other providers', () => {
  it('compile', async () => {
    const all = examples();
    assert.ok(all.length >= 5);
    assert.deepEqual(await compileExamples(all.map(({ file, text }) => ({ name: `${PAGE} ${file}`, text }))), []);
  });

  it('are configuration files that Kippu reads', async () => {
    const files = examples().filter(({ file }) => file === 'kippu.config.ts');
    assert.equal(files.length, 2);
    for (const { file, text } of files) {
      const directory = mkdtempSync(path.join(tmpdir(), 'kippu-example-'));
      try {
        writeFileSync(path.join(directory, file), text);
        const settings = await readSettings({ flags: {}, environment: {}, directory });
        assert.equal(settings.ownProviders.length, 1);
      } finally {
        rmSync(directory, { recursive: true });
      }
    }
  });
});
