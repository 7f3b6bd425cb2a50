import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import { KippuError } from '../../src/model/errors.ts';
import { METADATA_BYTES_MAX, metadataUrls, readMetadata } from '../../src/protocol/discovery.ts';
import { providerFromMetadata, type Described } from '../../src/protocol/provider-from-metadata.ts';
import { jsonAnswer } from '../support/provider-side.ts';

const ISSUER = 'https://issuer.example';
const OAUTH = `${ISSUER}/.well-known/oauth-authorization-server`;
const OPENID = `${ISSUER}/.well-known/openid-configuration`;
const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
};
const NOTHING: HttpAnswer = { kind: 'answered', status: 404, headers: {}, body: new Uint8Array(), complete: true };

/** A network that answers with what is at each address, and with 404 elsewhere. */
class Web implements HttpClient {
  readonly asked: HttpRequest[] = [];
  readonly #answers: Readonly<Record<string, HttpAnswer>>;

  constructor(answers: Readonly<Record<string, HttpAnswer>>) {
    this.#answers = answers;
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    this.asked.push(request);
    return this.#answers[request.url] ?? NOTHING;
  }
}

function raw(
  status: number,
  body: string,
  more: { headers?: Record<string, string>; complete?: boolean } = {},
): HttpAnswer {
  return { kind: 'answered', status, headers: {}, body: Buffer.from(body), complete: true, ...more };
}

test('a path of the issuer comes after the well-known part, and before OpenID’s', () => {
  assert.deepEqual(metadataUrls('https://issuer.example/tenant/one'), [
    'https://issuer.example/.well-known/oauth-authorization-server/tenant/one',
    'https://issuer.example/tenant/one/.well-known/openid-configuration',
  ]);
  assert.deepEqual(metadataUrls(`${ISSUER}/`), [OAUTH, OPENID]);
});

test('the document is read at the one address, or at the other where there is nothing, or a page for people', async () => {
  assert.deepEqual(await readMetadata(ISSUER, new Web({ [OAUTH]: jsonAnswer(200, DOCUMENT) })), DOCUMENT);
  const page = raw(200, '<!doctype html><title>Welcome</title>');
  for (const first of [NOTHING, page, raw(403, ''), raw(200, '[]'), raw(200, 'null')]) {
    const web = new Web({ [OAUTH]: first, [OPENID]: jsonAnswer(200, DOCUMENT) });
    assert.deepEqual(await readMetadata(ISSUER, web), DOCUMENT);
  }
});

test('it is asked for with limits of size and time', async () => {
  const web = new Web({ [OAUTH]: jsonAnswer(200, DOCUMENT) });
  await readMetadata(ISSUER, web);
  const [request] = web.asked;
  assert.ok(request !== undefined && request.bodyBytesMax === METADATA_BYTES_MAX);
  assert.ok(request.connectTimeoutMs <= 10_000 && request.answerTimeoutMs <= 30_000);
});

const UNSENT: HttpAnswer = { kind: 'not_sent', cause: 'dns', detail: 'no such host' };
const SILENT: HttpAnswer = { kind: 'unanswered', cause: 'timeout', detail: 'no answer' };

/** What goes wrong at the first address, the code, and a word of the message. Nothing else is asked then. */
const FATAL: readonly (readonly [what: string, answer: HttpAnswer, code: string, word: RegExp])[] = [
  ['no such host', UNSENT, 'unavailable', /dns/],
  ['no answer', SILENT, 'unavailable', /timeout/],
  ['a server in trouble', raw(503, ''), 'unavailable', /HTTP 503/],
  ['too many requests', raw(429, ''), 'unavailable', /HTTP 429/],
  [
    'another issuer',
    jsonAnswer(200, { ...DOCUMENT, issuer: 'https://evil.example' }),
    'misconfigured',
    /evil\.example/,
  ],
  ['no issuer', jsonAnswer(200, { token_endpoint: `${ISSUER}/token` }), 'misconfigured', /no issuer/],
  ['the issuer with a slash', jsonAnswer(200, { ...DOCUMENT, issuer: `${ISSUER}/` }), 'misconfigured', /that slash/],
  [
    'the issuer in capitals',
    jsonAnswer(200, { ...DOCUMENT, issuer: 'https://ISSUER.example' }),
    'misconfigured',
    /ISSUER/,
  ],
  ['a list for an issuer', jsonAnswer(200, { ...DOCUMENT, issuer: [ISSUER] }), 'misconfigured', /no issuer/],
  ['a document without end', raw(200, '{"a":', { complete: false }), 'misconfigured', /more than 262144 bytes/],
  [
    'a redirect',
    raw(302, '', { headers: { location: 'https://new.example/x?secret=1' } }),
    'misconfigured',
    /\(new\.example\)/,
  ],
  ['a redirect on the same host', raw(307, '', { headers: { location: '/elsewhere' } }), 'misconfigured', /redirect/],
];

for (const [what, answer, code, word] of FATAL) {
  test(`refused, and nothing else is asked: ${what}`, async () => {
    const web = new Web({ [OAUTH]: answer, [OPENID]: jsonAnswer(200, DOCUMENT) });
    await assert.rejects(readMetadata(ISSUER, web), (error) => {
      assert.ok(error instanceof KippuError);
      assert.deepEqual([error.code, word.test(error.message)], [code, true], error.message);
      return !error.message.includes('secret');
    });
    assert.equal(web.asked.length, 1);
  });
}

test('where neither address has a description, both are named', async () => {
  await assert.rejects(readMetadata(ISSUER, new Web({ [OPENID]: raw(200, 'not JSON') })), (error) => {
    assert.ok(error instanceof KippuError && error.code === 'misconfigured');
    return (
      error.message.includes(`${OAUTH} answers with HTTP 404`) &&
      error.message.includes(`${OPENID} answers with something`)
    );
  });
});

for (const issuer of [
  'issuer.example',
  'http://issuer.example',
  'ftp://issuer.example',
  'https://issuer.example?tenant=1',
  'https://issuer.example#x',
  'https://user:password@issuer.example',
]) {
  test(`${issuer} is no issuer, and nothing is asked`, async () => {
    const web = new Web({});
    await assert.rejects(readMetadata(issuer, web), (error) => error instanceof KippuError && error.code === 'invalid');
    assert.equal(web.asked.length, 0);
  });
}

function described(more: Partial<Described> = {}): Described {
  return { id: 'acme', name: 'Acme', issuer: ISSUER, provesBy: 'secret', ...more };
}

test('what the document says becomes the provider, and what it does not say is careful', () => {
  const provider = providerFromMetadata(
    {
      ...DOCUMENT,
      userinfo_endpoint: 'https://api.issuer.example/me',
      revocation_endpoint: `${ISSUER}/revoke`,
      introspection_endpoint: `${ISSUER}/introspect`,
      pushed_authorization_request_endpoint: `${ISSUER}/par`,
      require_pushed_authorization_requests: true,
      device_authorization_endpoint: `${ISSUER}/device`,
      jwks_uri: `${ISSUER}/jwks`,
      scopes_supported: ['openid', 'offline_access'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['HS256', 'ES256'],
      code_challenge_methods_supported: ['plain', 'S256'],
      authorization_response_iss_parameter_supported: true,
    },
    described(),
  );
  assert.deepEqual(provider.endpoints, {
    issuer: ISSUER,
    authorization: `${ISSUER}/authorize`,
    token: `${ISSUER}/token`,
    revocation: `${ISSUER}/revoke`,
    pushedAuthorization: `${ISSUER}/par`,
    introspection: `${ISSUER}/introspect`,
    deviceCode: `${ISSUER}/device`,
    jwks: `${ISSUER}/jwks`,
    api: 'https://api.issuer.example',
  });
  assert.deepEqual(provider.clientAuth, {
    confidential: 'body',
    privateKeyJwt: { algorithms: ['ES256'], audience: 'issuer' },
  });
  assert.deepEqual(provider.revocation, { method: 'rfc7009' });
  assert.deepEqual([provider.pkce, provider.requirePushed, provider.authorizationResponseIssuer], ['S256', true, true]);
  assert.deepEqual([provider.scopes.offline, provider.scopes.presets.default], ['offline_access', ['openid']]);
  assert.deepEqual([provider.identity.path, provider.identity.subject], ['/me', '/sub']);
  assert.deepEqual([provider.refresh.rotation, provider.refresh.reuseKillsFamily], ['single-use', true]);
});

test('a document with nothing but its endpoints means HTTP Basic, PKCE, no userinfo and no revocation', () => {
  const provider = providerFromMetadata(DOCUMENT, described());
  assert.deepEqual(
    [provider.clientAuth, provider.pkce, provider.identity.path],
    [{ confidential: 'basic' }, 'S256', ''],
  );
  assert.deepEqual([provider.revocation.method, provider.authorizationResponseIssuer], ['none', false]);
  assert.deepEqual(provider.appOnly, {});
});

test('PKCE is left out only where the server says that it knows another method alone', () => {
  const methods = { ...DOCUMENT, code_challenge_methods_supported: ['plain'] };
  assert.equal(providerFromMetadata(methods, described()).pkce, 'none');
});

test('app-only tokens are not asked of a server whose list of grants has none, unless the operator knows better', () => {
  const listed = { ...DOCUMENT, grant_types_supported: ['authorization_code'] };
  assert.equal(providerFromMetadata(listed, described()).appOnly, undefined);
  assert.deepEqual(providerFromMetadata(listed, described({ besides: { appOnly: {} } })).appOnly, {});
});

test('the API is where the operator says it is, and the who-am-I call stays where the server says', () => {
  const withUser = { ...DOCUMENT, userinfo_endpoint: `${ISSUER}/me` };
  const { endpoints } = providerFromMetadata(withUser, described({ api: 'https://api.acme.example' }));
  assert.deepEqual([endpoints.api, endpoints.identity], ['https://api.acme.example', ISSUER]);
});

const BAD: readonly (readonly [
  what: string,
  metadata: Record<string, unknown>,
  word: RegExp,
  provesBy?: Described['provesBy'],
])[] = [
  ['no token endpoint', { token_endpoint: undefined }, /no token_endpoint/],
  ['a token endpoint of null', { token_endpoint: null }, /no token_endpoint/],
  ['plain http for tokens', { token_endpoint: 'http://issuer.example/token' }, /plain http at issuer\.example/],
  [
    'plain http for codes',
    { authorization_endpoint: 'http://issuer.example/a' },
    /authorization_endpoint is plain http/,
  ],
  ['plain http to revoke', { revocation_endpoint: 'http://issuer.example/r' }, /revocation_endpoint is plain http/],
  ['a script for a page', { authorization_endpoint: 'javascript:alert(1)' }, /plain javascript/],
  ['this machine', { token_endpoint: 'http://127.0.0.1:8080/token' }, /this machine/],
  ['this machine by TLS', { userinfo_endpoint: 'https://localhost/me' }, /this machine/],
  ['no URL', { token_endpoint: '/token' }, /not a URL/],
  ['a number for a URL', { token_endpoint: 7 }, /not a URL/],
  ['a password', { token_endpoint: 'https://u:p@issuer.example/token' }, /password/],
  ['no way to send a secret', { token_endpoint_auth_methods_supported: ['tls_client_auth'] }, /takes no client secret/],
  [
    'no signature of a key',
    { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
    /takes no signature of a key/,
    'key',
  ],
  [
    'signatures that are not made here',
    {
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['HS256'],
    },
    /signatures with none of ES256/,
    'key',
  ],
  ['public apps alone', { token_endpoint_auth_methods_supported: ['none'] }, /takes no client secret/],
];

for (const [what, metadata, word, provesBy = 'secret'] of BAD) {
  test(`a description that cannot be used is refused with its reason: ${what}`, () => {
    assert.throws(
      () => providerFromMetadata({ ...DOCUMENT, ...metadata }, described({ provesBy })),
      (error) => {
        assert.ok(error instanceof KippuError && error.code === 'misconfigured');
        assert.match(error.message, word);
        return true;
      },
    );
  });
}

test('a list that is none, or is full of other things, is as if it were not there, and nothing throws', () => {
  for (const nonsense of [7, 'S256', null, {}, [1, {}, ''], Array.from({ length: 100_000 }, () => 'x')]) {
    const lists = {
      scopes_supported: nonsense,
      code_challenge_methods_supported: typeof nonsense === 'object' ? undefined : nonsense,
      grant_types_supported: nonsense,
      response_types_supported: nonsense,
    };
    assert.equal(providerFromMetadata({ ...DOCUMENT, ...lists }, described()).pkce, 'S256');
  }
});

test('an app with a key may be where no secret is taken', () => {
  const methods = {
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['EdDSA'],
  };
  const provider = providerFromMetadata({ ...DOCUMENT, ...methods }, described({ provesBy: 'key' }));
  assert.deepEqual(provider.clientAuth.privateKeyJwt, { algorithms: ['EdDSA'], audience: 'issuer' });
});

test('where offline_access is known, consent is asked for by name; elsewhere nobody is bothered with it', () => {
  const offline = { ...DOCUMENT, scopes_supported: ['openid', 'offline_access'] };
  assert.deepEqual(providerFromMetadata(offline, described()).authorizationParams, { prompt: 'consent' });
  const without = { ...DOCUMENT, scopes_supported: ['openid'] };
  assert.equal(providerFromMetadata(without, described()).authorizationParams, undefined);
});

test('on loopback, http will do, for an issuer that is there itself', () => {
  const issuer = 'http://127.0.0.1:4000';
  const provider = providerFromMetadata({ issuer, token_endpoint: `${issuer}/token` }, described({ issuer }));
  assert.equal(provider.endpoints.token, `${issuer}/token`);
});
