import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { languageOf } from '../../src/cli/language.ts';
import { en } from '../../src/cli/texts/en.ts';
import { ja } from '../../src/cli/texts/ja.ts';

describe('the language', () => {
  const cases: readonly (readonly [string, readonly string[], Record<string, string>])[] = [
    ['en', [], {}],
    ['en', [], { LANG: 'de_DE.UTF-8' }],
    ['ja', [], { LANG: 'ja_JP.UTF-8' }],
    ['ja', [], { LANG: 'ja' }],
    ['en', [], { LANG: 'jam_JM' }],
    ['en', [], { LANG: 'ja_JP.UTF-8', LC_ALL: 'C' }],
    ['ja', [], { LANG: 'en_US.UTF-8', LC_MESSAGES: 'ja_JP.UTF-8' }],
    ['ja', [], { LANG: 'ja_JP.UTF-8', LC_ALL: '' }],
    ['en', ['--lang', 'en', 'token'], { LANG: 'ja_JP.UTF-8' }],
    ['ja', ['token', 'x:alice', '--lang=ja'], { LANG: 'en_US.UTF-8' }],
    ['en', ['token', '--lang'], {}],
  ];
  for (const [language, argv, environment] of cases) {
    it(`is ${language} for ${JSON.stringify(argv)} with ${JSON.stringify(environment)}`, () => {
      assert.equal(languageOf(argv, environment), language);
    });
  }
});

describe('the texts', () => {
  it('exist in Japanese wherever they do in English, and are Japanese', () => {
    const texts = [...leaves(ja)];
    assert.deepEqual(
      texts
        .map(([path]) => path)
        .filter((path) => !path.startsWith('program.titles') && !path.startsWith('errors.advice')),
      [...leaves(en)].map(([path]) => path),
    );
    const allowed =
      /^(program\.usage|.*\.(id|indent|seals|zone|url|status|second|between)|doctor\.sources\..*|demo\.actors\.(kippu|x)|commands\.doctor|.*headings\.id)$/;
    const english = texts.filter(
      ([path, text]) => typeof text === 'string' && !/[\u3040-\u30ff\u4e00-\u9fff]/.test(text) && !allowed.test(path),
    );
    assert.deepEqual(english, []);
  });

  it('have no typographic characters that a Windows console cannot show, in English', () => {
    for (const [path, text] of leaves(en)) if (typeof text === 'string') assert.match(text, /^[\x20-\x7e\n]*$/, path);
  });
});

function* leaves(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null) {
    yield [path, value];
    return;
  }
  for (const [key, child] of Object.entries(value)) yield* leaves(child, path === '' ? key : `${path}.${key}`);
}
