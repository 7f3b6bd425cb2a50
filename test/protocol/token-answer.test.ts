import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xData } from '../../src/providers/data/x.ts';
import { readTokenAnswer } from '../../src/protocol/token-answer.ts';
import type { TokenSet } from '../../src/model/token-set.ts';
import { plain } from '../support/made-up-providers.ts';
import { answered, X_ANSWER } from './answers.ts';

const NOW_MS = 1_000_000_000_000;

function tokensOf(
  body: Parameters<typeof answered>[1],
  provider = xData as Parameters<typeof readTokenAnswer>[0],
): TokenSet {
  const read = readTokenAnswer(provider, answered(200, body), NOW_MS);
  if (read.kind !== 'tokens') throw new Error(read.kind);
  return read.tokens;
}

test('everything that an answer says is read, and the answer itself is kept as it came', () => {
  const tokens = tokensOf({ ...X_ANSWER, id_token: 'an.id.token', refresh_token_expires_in: 600, unknown: 1 });
  assert.equal(tokens.accessToken.reveal(), 'access-one');
  assert.equal(tokens.refreshToken?.reveal(), 'refresh-two');
  assert.equal(tokens.idToken?.reveal(), 'an.id.token');
  assert.equal(tokens.accessExpiresAtMs, NOW_MS + 7_200_000);
  assert.equal(tokens.refreshExpiresAtMs, NOW_MS + 600_000);
  assert.deepEqual(tokens.scopes, ['tweet.read', 'offline.access']);
  assert.equal(JSON.parse(tokens.raw.reveal()).unknown, 1);
});

test('an answer without a refresh token has none: it is not the text "undefined"', () => {
  for (const refresh_token of [undefined, null, '', 0, false, {}]) {
    assert.equal(tokensOf({ ...X_ANSWER, refresh_token }).refreshToken, undefined);
  }
});

for (const [says, value, seconds] of [
  ['a number', 3600, 3600],
  ['a text', '3600', 3600],
  ['a part of a second', 0.25, 0.25],
  ['zero', 0, 0],
  ['nothing', undefined, undefined],
  ['null', null, undefined],
  ['a negative number', -1, undefined],
  ['an empty text', '', undefined],
  ['blanks', ' ', undefined],
  ['words', 'soon', undefined],
  ['a text of infinity', 'Infinity', undefined],
  ['more than three centuries', 1e10, undefined],
  ['a list', [3600], undefined],
] as const) {
  test(`an expires_in that is ${says} is ${seconds === undefined ? 'as good as none' : `${seconds} seconds`}`, () => {
    assert.equal(
      tokensOf({ ...X_ANSWER, expires_in: value }).accessExpiresAtMs,
      seconds === undefined ? undefined : NOW_MS + seconds * 1000,
    );
  });
}

test("TikTok's name for the refresh token's life is known too", () => {
  assert.equal(tokensOf({ ...X_ANSWER, refresh_expires_in: 5 }).refreshExpiresAtMs, NOW_MS + 5000);
});

test('scopes are split by the separator of the provider', () => {
  const commas = { ...plain, scopes: { ...plain.scopes, separator: ',' } } as const;
  assert.deepEqual(tokensOf({ ...X_ANSWER, scope: 'repo, gist,,user' }, commas).scopes, ['repo', 'gist', 'user']);
  assert.deepEqual(tokensOf({ ...X_ANSWER, scope: '  a  b ' }).scopes, ['a', 'b']);
});

test('no scopes in the answer means: as requested', () => {
  for (const scope of [undefined, '', null, ['a']]) assert.equal(tokensOf({ ...X_ANSWER, scope }).scopes, undefined);
});

test('a field named like something of JavaScript does no harm', () => {
  assert.equal(
    tokensOf('{"__proto__":{"refresh_token":"x"},"constructor":1,"access_token":"a"}').refreshToken,
    undefined,
  );
  assert.equal(tokensOf('__proto__=x&access_token=a').accessToken.reveal(), 'a');
});

test('a missing token type is bearer', () => {
  assert.equal(tokensOf({ access_token: 'a' }).tokenType, 'bearer');
});
