import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '../../src/model/clock.ts';
import type { HttpAnswer } from '../../src/model/http.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { classify, classifyExchange, type ExchangeOutcome } from '../../src/protocol/classify.ts';
import { plain } from '../support/made-up-providers.ts';
import { answered, X_ANSWER } from './answers.ts';
import { hubLike, siteLike, tenantLike } from './error-tables.ts';

const NOW_MS = Date.parse('2026-11-21T00:00:00Z');

interface Row {
  readonly says: string;
  readonly provider?: Provider;
  readonly answer: HttpAnswer;
  readonly means: ExchangeOutcome['kind'] | `misconfigured: ${'app' | 'answer'}`;
}

const invalidRequest = (description?: string) => ({
  error: 'invalid_request',
  ...(description === undefined ? {} : { error_description: description }),
});

const ROWS: readonly Row[] = [
  // X, as recorded.
  {
    says: 'X, a refresh token that is used, expired, revoked or garbage',
    answer: answered(400, invalidRequest('Value passed for the token was invalid.')),
    means: 'rejected',
  },
  {
    says: 'X, a code that is bad, reused or late',
    answer: answered(400, invalidRequest('Value passed for the authorization code was invalid.')),
    means: 'code_refused',
  },
  {
    says: 'X, another redirect URI',
    answer: answered(
      400,
      invalidRequest('Value passed for the redirect uri did not match the uri of the authorization code.'),
    ),
    means: 'code_refused',
  },
  {
    says: 'X, a wrong verifier',
    answer: answered(400, invalidRequest('Value passed for the code verifier did not match the code challenge.')),
    means: 'code_refused',
  },
  {
    says: 'X, a wrong secret or none',
    answer: answered(401, { error: 'unauthorized_client', error_description: 'Missing valid authorization header' }),
    means: 'misconfigured: app',
  },
  {
    says: 'X, an unknown client, with 400',
    answer: answered(400, { error: 'invalid_client' }),
    means: 'misconfigured: app',
  },
  {
    says: 'X, an unknown client, with 401',
    answer: answered(401, { error: 'invalid_client', error_description: 'x' }),
    means: 'misconfigured: app',
  },
  {
    says: 'X, an unsupported grant',
    answer: answered(400, { error: 'unsupported_grant_type' }),
    means: 'misconfigured: app',
  },
  {
    says: 'a proof that is refused (RFC 9449), which ends no grant',
    answer: answered(400, { error: 'invalid_dpop_proof' }),
    means: 'misconfigured: answer',
  },
  {
    says: 'a nonce that is asked for again (RFC 9449, section 8)',
    answer: answered(401, { error: 'use_dpop_nonce' }),
    means: 'unavailable',
  },
  { says: 'X, rate limited, whatever the body', answer: answered(429, '<html>slow down</html>'), means: 'unavailable' },
  {
    says: 'X, a missing client_id',
    answer: answered(400, invalidRequest('Missing required parameter [client_id].')),
    means: 'misconfigured: answer',
  },
  {
    says: 'X, the text of a dead token in another case',
    answer: answered(400, invalidRequest('value passed for the token was invalid.')),
    means: 'misconfigured: answer',
  },
  {
    says: 'X, the text of a dead token with another status',
    answer: answered(403, invalidRequest('Value passed for the token was invalid.')),
    means: 'misconfigured: answer',
  },
  {
    says: 'X, invalid_request and no description',
    answer: answered(400, invalidRequest()),
    means: 'misconfigured: answer',
  },
  // The standard (RFC 6749, section 5.2).
  {
    says: 'invalid_grant with 400',
    provider: plain,
    answer: answered(400, { error: 'invalid_grant' }),
    means: 'rejected',
  },
  {
    says: 'invalid_grant with 401',
    provider: plain,
    answer: answered(401, { error: 'invalid_grant' }),
    means: 'rejected',
  },
  {
    says: 'invalid_grant inside a 500, which is no verdict',
    provider: plain,
    answer: answered(500, { error: 'invalid_grant' }),
    means: 'unanswered',
  },
  {
    says: 'invalid_grant inside a 200, where that is not known of the provider',
    provider: plain,
    answer: answered(200, { error: 'invalid_grant' }),
    means: 'unanswered',
  },
  {
    says: 'unauthorized_client',
    provider: plain,
    answer: answered(400, { error: 'unauthorized_client' }),
    means: 'misconfigured: app',
  },
  {
    says: 'invalid_scope',
    provider: plain,
    answer: answered(400, { error: 'invalid_scope' }),
    means: 'misconfigured: app',
  },
  {
    says: 'temporarily_unavailable with 503',
    provider: plain,
    answer: answered(503, { error: 'temporarily_unavailable' }),
    means: 'unavailable',
  },
  { says: 'slow_down', provider: plain, answer: answered(400, { error: 'slow_down' }), means: 'unavailable' },
  {
    says: 'access_denied, which nobody knows here',
    provider: plain,
    answer: answered(403, { error: 'access_denied' }),
    means: 'misconfigured: answer',
  },
  // Made-up providers that bend it.
  {
    says: "GitHub's way: a dead refresh token under HTTP 200",
    provider: hubLike,
    answer: answered(200, {
      error: 'bad_refresh_token',
      error_description: 'The refresh token passed is incorrect or expired.',
    }),
    means: 'rejected',
  },
  {
    says: "GitHub's way: the same as a form",
    provider: hubLike,
    answer: answered(200, 'error=bad_refresh_token&error_description=The+refresh+token'),
    means: 'rejected',
  },
  {
    says: "GitHub's way: a wrong secret under HTTP 200",
    provider: hubLike,
    answer: answered(200, 'error=incorrect_client_credentials'),
    means: 'misconfigured: app',
  },
  {
    says: "GitHub's way: an error under HTTP 200 that nobody knows is no success and no verdict",
    provider: hubLike,
    answer: answered(200, { error: 'device_flow_disabled' }),
    means: 'unanswered',
  },
  {
    says: "Auth0's way: 403 invalid_grant",
    provider: tenantLike,
    answer: answered(403, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' }),
    means: 'rejected',
  },
  {
    says: "Auth0's way: 401 access_denied is a wrong secret, not a user who denied",
    provider: tenantLike,
    answer: answered(401, { error: 'access_denied', error_description: 'Unauthorized' }),
    means: 'misconfigured: app',
  },
  {
    says: "Atlassian's way: unauthorized_client with one text is a dead token",
    provider: siteLike,
    answer: answered(403, { error: 'unauthorized_client', error_description: 'refresh_token is invalid' }),
    means: 'rejected',
  },
  {
    says: "Atlassian's way: with another text it is the client",
    provider: siteLike,
    answer: answered(403, { error: 'unauthorized_client', error_description: 'x' }),
    means: 'misconfigured: app',
  },
  // What is no answer.
  { says: 'a 500', answer: answered(500, 'Internal Server Error'), means: 'unanswered' },
  { says: 'a 502 of a gateway', answer: answered(502, '<html><title>502</title></html>'), means: 'unanswered' },
  {
    says: 'a 503 with a page',
    answer: answered(503, '<html>', { headers: { 'retry-after': '30' } }),
    means: 'unanswered',
  },
  { says: 'a 408', answer: answered(408, ''), means: 'unanswered' },
  { says: 'a 200 with a page', answer: answered(200, '<!doctype html><p>Welcome'), means: 'unanswered' },
  { says: 'a 200 with nothing', answer: answered(200, ''), means: 'unanswered' },
  { says: 'a 204', answer: answered(204, ''), means: 'unanswered' },
  { says: 'a redirect', answer: answered(302, ''), means: 'unanswered' },
  { says: 'a JSON list', answer: answered(200, '["access_token"]'), means: 'unanswered' },
  { says: 'a JSON null', answer: answered(200, 'null'), means: 'unanswered' },
  { says: 'an access token that is a number', answer: answered(200, { access_token: 7 }), means: 'unanswered' },
  { says: 'an empty access token', answer: answered(200, { access_token: '' }), means: 'unanswered' },
  {
    says: 'bytes that are not UTF-8',
    answer: answered(200, Buffer.from([0xff, 0xfe, 0x80, 0x00])),
    means: 'unanswered',
  },
  { says: 'a megabyte of anything', answer: answered(200, 'a'.repeat(1_000_000)), means: 'unanswered' },
  { says: 'a megabyte of brackets', answer: answered(200, `{"a":${'['.repeat(1_000_000)}`), means: 'unanswered' },
  { says: 'an unknown 4xx without a body', answer: answered(418, ''), means: 'misconfigured: answer' },
  { says: 'a 404 page', answer: answered(404, '<html>'), means: 'misconfigured: answer' },
  { says: 'a 400 page', answer: answered(400, '<html>'), means: 'misconfigured: answer' },
  { says: 'a timeout', answer: { kind: 'unanswered', cause: 'timeout', detail: 'no answer' }, means: 'unanswered' },
  { says: 'a reset', answer: { kind: 'unanswered', cause: 'reset', detail: 'ECONNRESET' }, means: 'unanswered' },
  {
    says: 'something that is not HTTP',
    answer: { kind: 'unanswered', cause: 'not_http', detail: 'HPE_INVALID' },
    means: 'unanswered',
  },
  {
    says: 'a name that does not resolve',
    answer: { kind: 'not_sent', cause: 'dns', detail: 'ENOTFOUND' },
    means: 'unavailable',
  },
  {
    says: 'a refused connection',
    answer: { kind: 'not_sent', cause: 'connect', detail: 'ECONNREFUSED' },
    means: 'unavailable',
  },
  {
    says: 'a TLS failure',
    answer: { kind: 'not_sent', cause: 'tls', detail: 'CERT_HAS_EXPIRED' },
    means: 'unavailable',
  },
  // Tokens are tokens.
  { says: 'an ordinary answer', answer: answered(200, X_ANSWER), means: 'renewed' },
  { says: 'tokens under a 500', answer: answered(500, X_ANSWER), means: 'renewed' },
  { says: 'tokens under a 400', answer: answered(400, X_ANSWER), means: 'renewed' },
  { says: 'tokens beside an empty error', answer: answered(200, { ...X_ANSWER, error: '' }), means: 'renewed' },
  { says: 'tokens beside an error', answer: answered(200, { error: 'warning', ...X_ANSWER }), means: 'renewed' },
  {
    says: 'tokens as a form',
    answer: answered(200, 'access_token=a&refresh_token=r&expires_in=28800'),
    means: 'renewed',
  },
  {
    says: 'tokens after a byte order mark and blanks',
    answer: answered(200, `\uFEFF\n ${JSON.stringify(X_ANSWER)}\n`),
    means: 'renewed',
  },
  {
    says: 'tokens with the wrong content type',
    answer: answered(200, X_ANSWER, { headers: { 'content-type': 'text/html' } }),
    means: 'renewed',
  },
  {
    says: 'an answer that lost its last bracket only',
    answer: answered(200, JSON.stringify(X_ANSWER).slice(0, -1), { complete: false }),
    means: 'renewed',
  },
  {
    says: 'an answer that was cut inside its refresh token',
    answer: answered(200, JSON.stringify(X_ANSWER).slice(0, -4), { complete: false }),
    means: 'unanswered',
  },
  {
    says: 'an answer that was cut before its refresh token',
    answer: answered(200, '{"token_type":"bearer","expires_in":7200,"access_token":"access-one","sco', {
      complete: false,
    }),
    means: 'unanswered',
  },
  {
    says: 'a form that was cut inside its refresh token',
    answer: answered(200, 'access_token=a&refresh_token=ghr_hal', { complete: false }),
    means: 'unanswered',
  },
  {
    says: 'a form that was cut after its refresh token',
    answer: answered(200, 'access_token=a&refresh_token=ghr_whole&sco', { complete: false }),
    means: 'renewed',
  },
  {
    says: 'an error that was cut after its name',
    provider: plain,
    answer: answered(400, '{"error":"invalid_grant","error_descr', { complete: false }),
    means: 'rejected',
  },
  {
    says: "X's error cut inside the text that decides",
    answer: answered(400, '{"error":"invalid_request","error_description":"Value passed for the tok', {
      complete: false,
    }),
    means: 'misconfigured: answer',
  },
  {
    says: 'tokens that stand inside another text',
    answer: answered(200, '{"note":"\\"access_token\\":\\"a\\",\\"refresh_token\\":\\"b\\"",'),
    means: 'unanswered',
  },
];

for (const { says, provider = xData, answer, means } of ROWS) {
  test(`${says}: ${means}`, () => {
    const outcome = classifyExchange(answer, provider, NOW_MS);
    assert.equal(outcome.kind === 'misconfigured' ? `misconfigured: ${outcome.concerns}` : outcome.kind, means);
    if (outcome.kind === 'code_refused') {
      const renewal = classify(answer, provider, NOW_MS);
      assert.deepEqual(
        renewal,
        { kind: 'misconfigured', concerns: 'answer', error: outcome.error },
        'a renewal has no code that could be refused',
      );
    }
  });
}

test('tokens from a cut answer are whole', () => {
  const outcome = classify(answered(200, JSON.stringify(X_ANSWER).slice(0, -1), { complete: false }), xData, NOW_MS);
  assert.ok(outcome.kind === 'renewed');
  assert.equal(outcome.tokens.accessToken.reveal(), 'access-one');
  assert.equal(outcome.tokens.refreshToken?.reveal(), 'refresh-two');
  assert.equal(outcome.tokens.accessExpiresAtMs, NOW_MS + 7_200_000);
});

const RETRIES: readonly {
  readonly says: string;
  readonly headers: Record<string, string>;
  readonly waitsMs: number | undefined;
}[] = [
  { says: 'seconds', headers: { 'retry-after': '120' }, waitsMs: 120_000 },
  { says: 'parts of a second, in whole milliseconds', headers: { 'retry-after': '0.0015' }, waitsMs: 2 },
  { says: 'a date', headers: { 'retry-after': 'Sat, 21 Nov 2026 00:01:00 GMT' }, waitsMs: 60_000 },
  { says: 'a date that is over', headers: { 'retry-after': 'Fri, 20 Nov 2026 00:00:00 GMT' }, waitsMs: 0 },
  { says: 'a negative number', headers: { 'retry-after': '-5' }, waitsMs: 0 },
  { says: 'nonsense', headers: { 'retry-after': 'soon' }, waitsMs: undefined },
  { says: 'nothing', headers: {}, waitsMs: undefined },
  { says: 'blanks', headers: { 'retry-after': '  ' }, waitsMs: undefined },
  { says: 'an absurd number: a day', headers: { 'retry-after': '1e300' }, waitsMs: DAY_MS },
  { says: 'infinity: nothing', headers: { 'retry-after': 'Infinity' }, waitsMs: undefined },
  { says: "X's reset time", headers: { 'x-rate-limit-reset': String(NOW_MS / 1000 + 900) }, waitsMs: 900_000 },
  {
    says: "Retry-After before X's reset time",
    headers: { 'retry-after': '7', 'x-rate-limit-reset': String(NOW_MS / 1000 + 900) },
    waitsMs: 7_000,
  },
  { says: 'a reset time of nonsense', headers: { 'x-rate-limit-reset': 'x' }, waitsMs: undefined },
];

for (const { says, headers, waitsMs } of RETRIES) {
  test(`a 429 that asks for ${says} is honoured`, () => {
    const outcome = classify(answered(429, '', { headers }), xData, NOW_MS);
    assert.ok(outcome.kind === 'unavailable');
    assert.equal(outcome.retryAfterMs, waitsMs);
  });
}

test('an error keeps the words of the provider, and nothing that looks like a token, a line or an escape', () => {
  const token = 'aW5qZWN0ZWQtdG9rZW4tdGV4dC0xMjM0NTY3ODkw';
  const body = {
    error: 'invalid_grant',
    error_description: `token "${token}" is\r\nunknown \u001B[31m(incorrect_client_credentials) ${token}`,
  };
  const outcome = classify(answered(400, body), plain, NOW_MS);
  assert.ok(outcome.kind === 'rejected');
  assert.equal(outcome.error, 'HTTP 400 invalid_grant: token "[…]" is unknown  [31m(incorrect_client_credentials) […]');
});

test('an error of a megabyte is told in a few hundred characters', () => {
  const outcome = classify(answered(400, { error: 'a b '.repeat(250_000) }), plain, NOW_MS);
  assert.ok('error' in outcome && outcome.error.length < 400);
});
