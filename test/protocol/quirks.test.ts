import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { FEATURES_USED, QUIRKS_COPED_WITH } from '../../src/protocol/client-authentication.ts';
import { CATALOGUE } from '../../src/providers/index.ts';

describe('a quirk', () => {
  for (const [quirk, place] of Object.entries(QUIRKS_COPED_WITH)) {
    it(`${quirk} names the file that copes with it, and a provider that has it`, () => {
      const file = place.split(':')[0] ?? '';
      assert.ok(existsSync(new URL(`../../src/${file}`, import.meta.url)), file);
      assert.ok(
        CATALOGUE.some(({ quirks }) => Object.hasOwn(quirks, quirk)),
        `no provider has ${quirk}`,
      );
    });
  }
});

describe('a feature', () => {
  for (const [feature, place] of Object.entries(FEATURES_USED)) {
    it(`${feature} names the file that uses it`, () => {
      const file = place.split(/[:, ]/)[0] ?? '';
      assert.ok(existsSync(new URL(`../../src/${file}`, import.meta.url)), file);
    });
  }
});
