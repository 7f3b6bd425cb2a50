import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureText } from '../../src/app/web/connect-texts.ts';
import { CONSENT_FAILURES } from '../../src/model/consent-store.ts';
import { CATALOGUE } from '../../src/providers/index.ts';

describe('what a user is told of a consent that failed', () => {
  for (const failure of CONSENT_FAILURES)
    it(`is true at every provider: ${failure}`, () => {
      for (const language of ['en', 'ja'] as const) {
        const text = failureText(failure, language);
        for (const { name } of CATALOGUE) assert.ok(!text.split(/[^\w]+/).includes(name), text);
      }
    });

  it('does not say that an answer names another server, where it may name none', () => {
    assert.doesNotMatch(failureText('mixed_up', 'en'), /names another/);
    assert.doesNotMatch(failureText('mixed_up', 'ja'), /別の認可サーバーの名前/);
  });
});
