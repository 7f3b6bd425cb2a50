import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import type { TokenSet } from '../../src/model/token-set.ts';
import { authorizationUrl } from '../../src/protocol/authorization-request.ts';
import { challengeOf, newVerifier } from '../../src/protocol/pkce.ts';
import { revocationPlan } from '../../src/protocol/revocation.ts';
import { tokenRequest } from '../../src/protocol/token-request.ts';
import { x } from '../../src/providers/index.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { plain } from '../support/made-up-providers.ts';
import { seededRandom } from '../support/seeded-random.ts';

const refresh = { kind: 'refresh_token', refreshToken: new Secret('a refresh&token') } as const;
const tokens: TokenSet = {
  accessToken: new Secret('a'),
  tokenType: 'bearer',
  refreshToken: new Secret('r'),
  idToken: undefined,
  accessExpiresAtMs: undefined,
  refreshExpiresAtMs: undefined,
  scopes: undefined,
  raw: new Secret(''),
};
const code = {
  kind: 'authorization_code',
  code: new Secret('a-code'),
  redirectUri: 'http://127.0.0.1:1/cb',
  verifier: new Secret('v'),
} as const;
const SECRET = 's3cret/+ %&=:é';

function formOf(request: { readonly body?: string | Uint8Array }): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(String(request.body)));
}

test('a confidential app at X authenticates with HTTP Basic, unencoded, and names no client in the body', () => {
  const request = tokenRequest(x({ clientId: 'an id', clientSecret: SECRET }), refresh, 1000);
  assert.equal(
    Buffer.from(request.headers['authorization']?.slice('Basic '.length) ?? '', 'base64').toString(),
    `an id:${SECRET}`,
  );
  assert.deepEqual(formOf(request), { grant_type: 'refresh_token', refresh_token: 'a refresh&token' });
});

test('elsewhere both parts of HTTP Basic are form-encoded first (RFC 6749, section 2.3.1)', () => {
  const request = tokenRequest(
    providerApp(plain, { clientId: 'an id', clientSecret: new Secret('a:b c') }),
    refresh,
    1000,
  );
  assert.equal(
    Buffer.from(request.headers['authorization']?.slice('Basic '.length) ?? '', 'base64').toString(),
    'an+id:a%3Ab+c',
  );
});

test('where the provider wants the secret in the body, it is there and in no header', () => {
  const inBody: Provider = { ...plain, clientAuth: { confidential: 'body' } };
  const request = tokenRequest(providerApp(inBody, { clientId: 'c', clientSecret: new Secret('s') }), refresh, 1000);
  assert.equal(request.headers['authorization'], undefined);
  assert.deepEqual(formOf(request), {
    grant_type: 'refresh_token',
    refresh_token: 'a refresh&token',
    client_id: 'c',
    client_secret: 's',
  });
});

test('a public app sends its client id in the body and no authorization header', () => {
  const request = tokenRequest(x({ clientId: 'native' }), refresh, 1000);
  assert.equal(request.headers['authorization'], undefined);
  assert.equal(formOf(request)['client_id'], 'native');
});

test('the exchange of a code carries its verifier and the same redirect URI', () => {
  assert.deepEqual(formOf(tokenRequest(x({ clientId: 'c', clientSecret: 's' }), code, 1000)), {
    grant_type: 'authorization_code',
    code: 'a-code',
    redirect_uri: 'http://127.0.0.1:1/cb',
    code_verifier: 'v',
  });
  assert.equal(
    'code_verifier' in formOf(tokenRequest(x({ clientId: 'c' }), { ...code, verifier: undefined }, 1000)),
    false,
  );
});

test('no token, code or secret stands in a URL', () => {
  for (const grant of [refresh, code])
    assert.equal(
      tokenRequest(x({ clientId: 'c', clientSecret: 's' }), grant, 1).url,
      'https://api.x.com/2/oauth2/token',
    );
});

test('every request has its limits', () => {
  const request = tokenRequest(x({ clientId: 'c' }), refresh, 1234);
  assert.equal(request.answerTimeoutMs, 1234);
  assert.ok(request.connectTimeoutMs > 0 && request.bodyBytesMax > 0);
});

test('a revocation names the kind of token, and needs an endpoint', () => {
  const plan = revocationPlan(x({ clientId: 'c', clientSecret: 's' }), tokens, 'grant');
  assert.deepEqual(plan.kind === 'requests' ? plan.requests.map((request) => formOf(request)) : plan, [
    { token: 'r', token_type_hint: 'refresh_token' },
    { token: 'a', token_type_hint: 'access_token' },
  ]);
  const none = providerApp({ ...plain, revocation: { method: 'none' } }, { clientId: 'c' });
  assert.equal(revocationPlan(none, tokens, 'grant').kind, 'impossible');
});

test('the authorization request has state, PKCE with S256 and the provider’s own parameters', () => {
  const verifier = newVerifier(seededRandom());
  const special: Provider = { ...plain, authorizationParams: { prompt: 'consent' } };
  const url = new URL(
    authorizationUrl(providerApp(special, { clientId: 'c' }), {
      scopes: ['read', 'offline_access'],
      redirectUri: 'https://a.example/cb?x=1',
      state: new Secret('a-state'),
      verifier,
    }),
  );
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    response_type: 'code',
    client_id: 'c',
    redirect_uri: 'https://a.example/cb?x=1',
    scope: 'read offline_access',
    state: 'a-state',
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    prompt: 'consent',
  });
});

test('a provider that refuses PKCE is sent none', () => {
  const without: Provider = { ...plain, pkce: 'none' };
  const url = authorizationUrl(providerApp(without, { clientId: 'c' }), {
    scopes: ['read'],
    redirectUri: 'https://a.example',
    state: new Secret('s'),
    verifier: new Secret('v'),
  });
  assert.doesNotMatch(url, /code_challenge/);
});

test('the challenge is the one of RFC 7636, appendix B', () => {
  assert.equal(
    challengeOf(new Secret('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')),
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

test('a verifier has the form and the length that the RFC demands', () => {
  assert.match(newVerifier(seededRandom()).reveal(), /^[A-Za-z0-9._~-]{43,128}$/);
});
