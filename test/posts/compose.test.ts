import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PostContent } from '../../src/model/post.ts';
import { checkDraft } from '../../src/posts/compose.ts';

const content = (text: string, more: Partial<PostContent> = {}): PostContent => ({
  text,
  replyTo: undefined,
  replySettings: undefined,
  madeWithAi: false,
  ...more,
});

const codes = (text: string, more?: Partial<PostContent>): string[] =>
  checkDraft(content(text, more)).problems.map((problem) => problem.code);

const COUNTED: readonly (readonly [string, number, string])[] = [
  ['Hello, world! 👋', 16, "the documentation's own sample"],
  ['', 0, 'nothing'],
  ['a', 1, 'a Latin letter'],
  ['é', 1, 'a composed letter'],
  ['e\u0301', 1, 'the same letter in two code points, composed first (NFC)'],
  ['日本語', 6, 'Japanese, 2 each'],
  ['おはよう、世界', 14, 'kana, a comma and kanji'],
  ['カ\u3099', 2, 'a kana with its own voicing mark, composed first'],
  ['ｶﾞ', 4, 'half-width kana are outside the light ranges'],
  ['한국어', 6, 'Hangul syllables'],
  ['Привет', 6, 'Cyrillic'],
  ['\u200d', 1, 'the last of the light general punctuation'],
  ['\u200e', 2, 'a mark just outside'],
  ['\u2010', 1, 'a hyphen'],
  ['\u2032', 1, 'a prime'],
  ['\u2026', 2, 'an ellipsis'],
  ['😀', 2, 'an emoji'],
  ['👍🏽', 2, 'with a skin tone'],
  ['👨‍👩‍👧‍👦', 2, 'a family of four, joined'],
  ['🇯🇵', 2, 'a flag'],
  ['1️⃣', 2, 'a keycap'],
  ['☺️', 2, 'with a variation selector'],
  ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', 2, 'a flag of seven code points'],
  ['🧑‍🎄', 2, 'a sequence of 2020'],
  ['🐦‍🔥', 2, 'a sequence of 2023'],
  ['🫱🏻‍🫲🏿', 2, 'two skin tones'],
  ['https://example.com/a/very/long/path?with=a&query=too#and-more', 23, 'a link'],
  ['http://a.co', 23, 'a link shorter than that'],
  ['example.com', 23, 'a link without a scheme'],
  ['see example.com now', 31, 'a link in a sentence'],
  ['見てhttps://example.jp/あ', 29, 'a link after Japanese, ended by Japanese'],
  ['a.b', 3, 'no link'],
  ['@alice hi', 9, 'a mention'],
  ['line\nline', 9, 'a line break'],
];

describe('weighted length', () => {
  for (const [text, weight, why] of COUNTED) {
    it(`of ${JSON.stringify(text)} is ${weight}: ${why}`, () => {
      assert.equal(checkDraft(content(text)).weightedLength, weight);
    });
  }

  it('280 fit and 281 do not', () => {
    assert.deepEqual(codes('a'.repeat(280)), []);
    assert.deepEqual(codes('a'.repeat(281)), ['text_too_long']);
    assert.deepEqual(codes('あ'.repeat(140)), []);
    assert.deepEqual(codes('あ'.repeat(141)), ['text_too_long']);
    assert.deepEqual(codes('👋'.repeat(140)), []);
  });

  it('says by how much a text is too long', () => {
    assert.match(checkDraft(content('a'.repeat(300))).problems[0]?.message ?? '', /shorten it by 20/);
  });
});

describe('what is wrong with a draft', () => {
  it('no text, or only space', () => {
    assert.deepEqual(codes(''), ['empty_text']);
    assert.deepEqual(codes(' \n\t'), ['empty_text']);
    assert.deepEqual(codes('　'), ['empty_text']);
  });

  it('characters that X refuses', () => {
    assert.deepEqual(codes('a\ufeffb'), ['invalid_characters']);
    assert.deepEqual(codes('a\uffff'), ['invalid_characters']);
    assert.deepEqual(codes('half a character: \ud83d'), ['invalid_characters']);
  });

  it('one cashtag is fine, two are not', () => {
    assert.deepEqual(codes('buy $AAPL'), []);
    assert.deepEqual(codes('buy $AAPL and $TSLA'), ['too_many_cashtags']);
    assert.deepEqual(codes('it costs $5 and $10'), []);
  });

  it('a reply needs the number of a post', () => {
    assert.deepEqual(codes('hi', { replyTo: 'https://x.com/a/status/1' }), ['invalid_reply_to']);
    assert.deepEqual(codes('hi', { replyTo: '1445880548472328192' }), ['reply_needs_summons']);
  });

  it('the label for AI is about media', () => {
    assert.deepEqual(codes('hi', { madeWithAi: true }), ['ai_label_is_for_media']);
  });

  it('warnings do not make a draft invalid, errors do', () => {
    assert.equal(checkDraft(content('see example.com', { replyTo: '1', madeWithAi: true })).isValid, true);
    assert.equal(checkDraft(content('')).isValid, false);
  });
});

describe('what a post costs', () => {
  it('a plain one 15,000 millionths of a dollar, one with a link 200,000, a reply 10,000', () => {
    assert.equal(checkDraft(content('good morning')).costMicroUsd, 15_000);
    assert.equal(checkDraft(content('see https://example.com')).costMicroUsd, 200_000);
    assert.equal(checkDraft(content('see example.com')).costMicroUsd, 200_000);
    assert.equal(checkDraft(content('thanks', { replyTo: '1' })).costMicroUsd, 10_000);
  });

  it('the dearer price where two might apply', () => {
    assert.equal(checkDraft(content('see example.com', { replyTo: '1' })).costMicroUsd, 200_000);
  });

  it('a link is said to be what makes it dear', () => {
    assert.deepEqual(codes('see example.com'), ['link_costs_more']);
    assert.deepEqual(codes('see e.g. this'), []);
  });
});
