import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS } from '../../src/model/clock.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { classify } from '../../src/protocol/classify.ts';
import { plain, reusable } from '../support/made-up-providers.ts';
import { answered, X_ANSWER } from './answers.ts';
import { hubLike, siteLike, tenantLike } from './error-tables.ts';

const NOW_MS = Date.parse('2026-11-21T00:00:00Z');

const PROVIDERS = [xData, plain, hubLike, tenantLike, siteLike, reusable];
const anyProvider = fc.constantFrom(...PROVIDERS);
const anyStatus = fc.oneof(fc.integer({ min: 100, max: 599 }), fc.integer());
const errorName = fc.oneof(
  fc.constantFrom(
    'invalid_grant',
    'invalid_request',
    'bad_refresh_token',
    'access_denied',
    'unauthorized_client',
    'server_error',
  ),
  fc.string(),
);
const errorBody = fc.record(
  { error: fc.oneof(errorName, fc.anything()), error_description: fc.oneof(fc.string(), fc.anything()) },
  { requiredKeys: [] },
);
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text)),
  errorBody.map((body) => Buffer.from(JSON.stringify(body) ?? '')),
  fc.tuple(fc.json(), fc.nat()).map(([text, cut]) => Buffer.from(text.slice(0, cut % (text.length + 1)))),
);
const anyHeaders = fc.dictionary(
  fc.constantFrom('retry-after', 'x-rate-limit-reset', 'content-type'),
  fc.oneof(fc.string(), fc.double().map(String)),
);

test('property: any bytes with any status are an outcome, never a throw, and never a dead grant that no row names', () => {
  fc.assert(
    fc.property(
      anyProvider,
      anyStatus,
      anyBody,
      anyHeaders,
      fc.boolean(),
      (provider, status, body, headers, complete) => {
        const outcome = classify({ kind: 'answered', status, headers, body, complete }, provider, NOW_MS);
        if (outcome.kind === 'rejected')
          assert.ok(isNamed(provider, status, body), `HTTP ${status} ${Buffer.from(body).toString()}`);
        if (outcome.kind === 'unavailable' && outcome.retryAfterMs !== undefined) {
          assert.ok(
            Number.isInteger(outcome.retryAfterMs) && outcome.retryAfterMs >= 0 && outcome.retryAfterMs <= DAY_MS,
          );
        }
      },
    ),
    { numRuns: 3000 },
  );
});

/** Whether a row of the provider's table, or the standard, says that this error is a dead grant. */
function isNamed(provider: Provider, status: number, body: Uint8Array): boolean {
  const text = Buffer.from(body).toString();
  const names = provider.tokenErrors.filter((row) => row.means.kind === 'rejected').map((row) => row.error ?? '');
  const isStandard = status >= 400 && status < 500 && text.includes('invalid_grant');
  return isStandard || names.some((name) => text.includes(name));
}

const tokenText = fc.stringMatching(/^[A-Za-z0-9._~+/-]{24,80}=?$/).filter((text) => /\d/.test(text));
const seconds = fc.oneof(fc.nat(), fc.nat().map(String), fc.double(), fc.constant(null), fc.anything());

test('property: tokens in a body are never lost, whatever stands around them', () => {
  fc.assert(
    fc.property(
      anyProvider,
      anyStatus,
      tokenText,
      tokenText,
      seconds,
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.boolean(),
      (provider, status, access, refresh, expires, extra, asForm) => {
        const fields = { ...extra, access_token: access, refresh_token: refresh, expires_in: expires };
        const body = asForm
          ? new URLSearchParams({
              access_token: access,
              refresh_token: refresh,
              // As JSON: not everything that there may be has a `toString` that can be called.
              expires_in: typeof expires === 'string' ? expires : JSON.stringify(expires),
            }).toString()
          : JSON.stringify(fields);
        const outcome = classify(answered(status, body), provider, NOW_MS);
        assert.ok(outcome.kind === 'renewed', body);
        assert.equal(outcome.tokens.accessToken.reveal(), access);
        assert.equal(outcome.tokens.refreshToken?.reveal(), refresh);
        const { accessExpiresAtMs } = outcome.tokens;
        assert.ok(accessExpiresAtMs === undefined || Number.isSafeInteger(accessExpiresAtMs));
      },
    ),
    { numRuns: 1000 },
  );
});

test('property: no outcome prints a token, whatever the provider does with it', () => {
  fc.assert(
    fc.property(
      anyProvider,
      anyStatus,
      tokenText,
      fc.string(),
      fc.boolean(),
      (provider, status, token, words, complete) => {
        const bodies = [
          { error: token, error_description: `${words} ${token}` },
          { error: 'invalid_grant', error_description: `"${token}"` },
          { access_token: token, refresh_token: token },
          { message: token },
        ];
        for (const body of bodies)
          assert.ok(!JSON.stringify(classify(answered(status, body, { complete }), provider, NOW_MS)).includes(token));
      },
    ),
    { numRuns: 500 },
  );
});

test('property: wherever an answer is cut, its tokens come whole or not at all', () => {
  const form = new URLSearchParams(
    Object.entries(X_ANSWER).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  for (const text of [JSON.stringify(X_ANSWER), JSON.stringify(X_ANSWER, null, 2), form]) {
    for (let end = 0; end < text.length; end += 1) {
      const outcome = classify(answered(200, text.slice(0, end), { complete: false }), xData, NOW_MS);
      assert.ok(outcome.kind === 'unanswered' || outcome.kind === 'renewed');
      if (outcome.kind !== 'renewed') continue;
      assert.equal(outcome.tokens.accessToken.reveal(), 'access-one', text.slice(0, end));
      assert.equal(outcome.tokens.refreshToken?.reveal(), 'refresh-two', text.slice(0, end));
    }
  }
});
