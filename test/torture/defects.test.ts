import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DEFECTS } from './defects.ts';

for (const { name, edits } of DEFECTS) {
  test(`the deliberate defect "${name}" still fits the source`, () => {
    for (const { file, from, to } of edits) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      assert.equal(source.split(from).length, 2, `${file} must hold this once: ${from}`);
      assert.notEqual(from, to);
    }
  });
}
