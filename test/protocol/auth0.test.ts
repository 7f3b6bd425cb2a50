import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import type { TokenSet } from '../../src/model/token-set.ts';
import { authorizationUrl } from '../../src/protocol/authorization-request.ts';
import { classify, classifyExchange, type ExchangeOutcome } from '../../src/protocol/classify.ts';
import { deviceCodeRequest, readDevicePoll } from '../../src/protocol/device-flow.ts';
import { nonceOf } from '../../src/protocol/id-token.ts';
import { revocationPlan } from '../../src/protocol/revocation.ts';
import { tokenRequest } from '../../src/protocol/token-request.ts';
import { auth0, type Auth0Options } from '../../src/providers/index.ts';
import { auth0Data } from '../../src/providers/data/auth0.ts';
import { answered } from './answers.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 9);

function tenantApp(options: Partial<Auth0Options> = {}) {
  return auth0({ domain: 'acme.us.auth0.com', clientId: 'an-app', clientSecret: 'a-secret', ...options });
}

function formOf(request: { readonly body?: string | Uint8Array } | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(String(request?.body)));
}

type Row = readonly [what: string, status: number, body: Record<string, string>, outcome: Partial<ExchangeOutcome>];

/** What Auth0's token endpoint answers a renewal with, and what follows. */
const RENEWALS: readonly Row[] = [
  [
    'a refresh token that is unknown, expired, revoked or reused',
    403,
    { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
    { kind: 'rejected', reason: 'rejected_unknown' },
  ],
  [
    'a user who was deleted',
    403,
    {
      error: 'invalid_grant',
      error_description: "The refresh_token was generated for a user who doesn't exist anymore.",
    },
    { kind: 'rejected', reason: 'revoked_by_provider' },
  ],
  [
    'a user who is blocked',
    403,
    { error: 'unauthorized', error_description: 'user is blocked' },
    { kind: 'rejected', reason: 'user_blocked' },
  ],
  [
    'a user who is blocked, with other words around it',
    401,
    { error: 'access_denied', error_description: 'Sorry, this user is blocked.' },
    { kind: 'rejected', reason: 'user_blocked' },
  ],
  [
    'a second factor that is wanted',
    403,
    { error: 'mfa_required', error_description: 'Multifactor authentication required', mfa_token: 'x' },
    { kind: 'rejected', reason: 'interaction_required' },
  ],
  [
    'a second factor that is wanted, with the other status',
    401,
    { error: 'mfa_required' },
    { kind: 'rejected', reason: 'interaction_required' },
  ],
  [
    'a wrong client secret',
    401,
    { error: 'access_denied', error_description: 'Unauthorized' },
    { kind: 'misconfigured', concerns: 'app' },
  ],
  [
    'a grant type that the app may not use',
    403,
    { error: 'unauthorized_client', error_description: "Grant type 'refresh_token' not allowed for the client." },
    { kind: 'misconfigured', concerns: 'app' },
  ],
  [
    'too many requests',
    429,
    { error: 'too_many_requests', error_description: 'Global limit has been reached' },
    { kind: 'unavailable' },
  ],
  [
    'a refusal that nobody knows',
    403,
    { error: 'access_denied', error_description: 'By a rule.' },
    { kind: 'misconfigured', concerns: 'answer' },
  ],
  ['a broken proxy', 502, {}, { kind: 'unanswered' }],
];

for (const [what, status, body, outcome] of RENEWALS) {
  test(`at Auth0, ${what} makes a renewal ${outcome.kind}`, () => {
    const actual = classify(answered(status, body), auth0Data, NOW_MS);
    assert.partialDeepStrictEqual(actual, outcome);
  });
}

test('at Auth0, a code that is refused and a wrong verifier fail the consent, and end no grant', () => {
  for (const words of ['Invalid authorization code', 'Failed to verify code verifier']) {
    const answer = answered(403, { error: 'invalid_grant', error_description: words });
    assert.equal(classifyExchange(answer, auth0Data, NOW_MS).kind, 'code_refused');
    assert.equal(classify(answer, auth0Data, NOW_MS).kind, 'misconfigured', 'no code was sent');
  }
});

test('how long to wait is read from Auth0’s header', () => {
  const headers = { 'x-ratelimit-reset': String(NOW_MS / 1000 + 90) };
  const outcome = classify(answered(429, { error: 'too_many_requests' }, { headers }), auth0Data, NOW_MS);
  assert.equal(outcome.kind === 'unavailable' && outcome.retryAfterMs, 90_000);
});

test('a device whose app has a wrong secret is not said to be denied by its user', () => {
  const poll = (status: number, words: string): string =>
    readDevicePoll(answered(status, { error: 'access_denied', error_description: words }), tenantApp(), {
      intervalMs: 5000,
      nowMs: NOW_MS,
    }).kind;
  assert.equal(poll(401, 'Unauthorized'), 'misconfigured');
  assert.equal(poll(403, 'User cancelled the confirmation prompt.'), 'denied');
});

test('a device waits on 403 and slows down on 429', () => {
  const poll = (status: number, error: string) =>
    readDevicePoll(answered(status, { error }), tenantApp(), { intervalMs: 5000, nowMs: NOW_MS });
  assert.deepEqual(poll(403, 'authorization_pending'), { kind: 'waiting', intervalMs: 5000 });
  assert.deepEqual(poll(429, 'slow_down'), { kind: 'waiting', intervalMs: 10_000 });
  assert.equal(poll(403, 'expired_token').kind, 'expired');
  assert.equal(poll(403, 'invalid_grant').kind, 'refused');
});

test('the browser carries audience, organization and a nonce, and never the verifier', () => {
  const verifier = new Secret('a-verifier-that-is-long-enough-for-the-rfc');
  const app = tenantApp({ audience: 'https://api.acme.example', organization: 'org_acme' });
  const wish = { scopes: ['openid', 'offline_access'], redirectUri: 'http://127.0.0.1/cb', state: new Secret('s') };
  const url = new URL(authorizationUrl(app, { ...wish, verifier }));
  assert.equal(url.origin + url.pathname, 'https://acme.us.auth0.com/authorize');
  assert.equal(url.searchParams.get('audience'), 'https://api.acme.example');
  assert.equal(url.searchParams.get('organization'), 'org_acme');
  assert.equal(url.searchParams.get('nonce'), nonceOf(verifier));
  assert.ok(!url.href.includes(verifier.reveal()));
  const bare = new URL(authorizationUrl(tenantApp(), { ...wish, scopes: ['read:things'], verifier }));
  assert.equal(bare.searchParams.get('nonce'), null, 'without openid there is no ID token');
  assert.equal(bare.searchParams.get('audience'), null);
  assert.equal(bare.searchParams.get('organization'), null);
});

test('a device asks for the audience too, and not for the organization', () => {
  const app = tenantApp({ audience: 'https://api.acme.example', organization: 'org_acme', clientSecret: undefined });
  assert.deepEqual(formOf(deviceCodeRequest(app, ['openid'])), {
    client_id: 'an-app',
    scope: 'openid',
    audience: 'https://api.acme.example',
  });
});

const REFRESH = { kind: 'refresh_token', refreshToken: new Secret('r'), scopes: ['openid', 'read'] } as const;

test('a renewal names the granted scopes, because without them Auth0 may give more', () => {
  assert.deepEqual(formOf(tokenRequest(tenantApp(), REFRESH, 1)), {
    grant_type: 'refresh_token',
    refresh_token: 'r',
    scope: 'openid read',
    client_id: 'an-app',
    client_secret: 'a-secret',
  });
  const unknown = formOf(tokenRequest(tenantApp(), { ...REFRESH, scopes: [] }, 1));
  assert.ok(!Object.hasOwn(unknown, 'scope'), 'an empty scope is no scope');
});

test('the secret goes as the app is set to send it: in the body, by Basic, or not at all', () => {
  const basic = tokenRequest(tenantApp({ clientAuth: 'basic' }), REFRESH, 1);
  assert.match(basic.headers['authorization'] ?? '', /^Basic /);
  assert.ok(!String(basic.body).includes('a-secret'));
  const native = tokenRequest(tenantApp({ clientSecret: undefined }), REFRESH, 1);
  assert.equal(formOf(native)['client_id'], 'an-app');
  assert.equal(native.headers['authorization'], undefined);
});

const TOKENS: TokenSet = {
  accessToken: new Secret('a'),
  tokenType: 'Bearer',
  refreshToken: new Secret('r'),
  idToken: undefined,
  accessExpiresAtMs: undefined,
  refreshExpiresAtMs: undefined,
  scopes: undefined,
  raw: new Secret(''),
};

test('only the refresh token is revoked: Auth0 revokes no access tokens', () => {
  const plan = revocationPlan(tenantApp(), TOKENS, 'grant');
  assert.equal(plan.kind, 'requests');
  if (plan.kind !== 'requests') return;
  assert.equal(plan.requests.length, 1);
  assert.equal(plan.requests[0].url, 'https://acme.us.auth0.com/oauth/revoke');
  assert.deepEqual(formOf(plan.requests[0]), { token: 'r', client_id: 'an-app', client_secret: 'a-secret' });
});

test('without a refresh token there is nothing to revoke at Auth0, and that is said', () => {
  const plan = revocationPlan(tenantApp(), { ...TOKENS, refreshToken: undefined }, 'grant');
  assert.match(plan.kind === 'impossible' ? plan.error : '', /refresh tokens only/);
});
