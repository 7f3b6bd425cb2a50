import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES, KippuError } from '../../src/model/errors.ts';
import { assertNever } from '../../src/model/assert-never.ts';

test('only what may succeed later by itself is retryable, and only a consent helps where one is required', () => {
  const retryable = ERROR_CODES.filter((code) => new KippuError(code, 'x').retryable);
  assert.deepEqual(retryable, ['unavailable', 'uncertain', 'rate_limited', 'store_unavailable']);
  const consents = ERROR_CODES.filter((code) => new KippuError(code, 'x').reauthRequired);
  assert.deepEqual(consents, ['reauth_required', 'revoked']);
});

test('an error carries its facts, and no cause where there is none', () => {
  const cause = new Error('below');
  const error = new KippuError('unavailable', 'Not now.', { cause, retryAfterMs: 5, connectUrl: 'u', where: 'w' });
  assert.deepEqual(
    [error.name, error.cause, error.retryAfterMs, error.connectUrl, error.where],
    ['KippuError', cause, 5, 'u', 'w'],
  );
  assert.equal('cause' in new KippuError('internal', 'x'), false);
});

test('a case that nobody handled is a defect, and says so', () => {
  assert.throws(() => assertNever('surprise' as never), /defect/);
});
