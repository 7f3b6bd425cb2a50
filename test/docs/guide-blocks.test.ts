import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileExamples } from './compile-examples.ts';
import { blocksOf, guides } from './guide-blocks.ts';

describe('the TypeScript of the guides', () => {
  const english = guides().filter((name) => !name.endsWith('.ja.md'));

  it('compiles, every block of it', async () => {
    const blocks = english.flatMap(blocksOf);
    assert.ok(blocks.length >= 15, `only ${blocks.length} blocks were found`);
    assert.deepEqual(await compileExamples(blocks), []);
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
