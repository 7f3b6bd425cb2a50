import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { root } from '../package/entry-points.ts';
import { compileExamples } from './compile-examples.ts';
import { blocksOf, exampleFileOf, guides } from './guide-blocks.ts';

describe('the TypeScript of the guides', () => {
  const english = guides().filter((name) => !name.endsWith('.ja.md'));

  it('compiles, every block of it', async () => {
    const blocks = english.flatMap(blocksOf).filter((block) => exampleFileOf(block) === undefined);
    assert.ok(blocks.length >= 15, `only ${blocks.length} blocks were found`);
    assert.deepEqual(await compileExamples(blocks), []);
  });

  it('is a part of the example whose file it is named after', () => {
    const parts = english.flatMap(blocksOf).filter((block) => exampleFileOf(block) !== undefined);
    assert.ok(parts.length > 0, 'no block is a part of an example');
    const missing = parts.filter(
      (block) => !readFileSync(path.join(root, exampleFileOf(block) ?? ''), 'utf8').includes(block.text),
    );
    assert.deepEqual(
      missing.map(({ name }) => name),
      [],
    );
  });

  for (const guide of english) {
    const japanese = guide.replace(/\.md$/, '.ja.md');
    it(`is the same in the Japanese version: ${guide}`, () => {
      assert.ok(guides().includes(japanese), `there is no ${japanese}`);
      const codeOf = (name: string): string[] => blocksOf(name).map(({ text }) => text);
      assert.deepEqual(codeOf(japanese), codeOf(guide));
    });
  }
});
