import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { github, x } from '../../src/providers/index.ts';
import { isLoopback } from '../../src/providers/provider-app.ts';

test('the same registration has the same id in every process', () => {
  assert.equal(
    x({ clientId: 'a' }).id,
    x({ clientId: 'a', clientSecret: 'changed', scopes: ['tweet.read'], replay: false }).id,
  );
});

test('another client id, or another issuer, is another app', () => {
  const ids = [x({ clientId: 'a' }), x({ clientId: 'b' }), x({ clientId: 'a', baseUrl: 'http://127.0.0.1:9' })].map(
    (app) => app.id,
  );
  assert.equal(new Set(ids).size, 3);
});

test('a base URL replaces scheme, host and port of every endpoint, and no path', () => {
  assert.deepEqual(x({ clientId: 'a', baseUrl: 'http://127.0.0.1:4181/ignored' }).endpoints, {
    authorization: 'http://127.0.0.1:4181/i/oauth2/authorize',
    token: 'http://127.0.0.1:4181/2/oauth2/token',
    revocation: 'http://127.0.0.1:4181/2/oauth2/revoke',
    api: 'http://127.0.0.1:4181',
  });
});

for (const baseUrl of [
  'http://api.example.com',
  'ftp://127.0.0.1',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'not a url',
  '',
]) {
  test(`the base URL ${JSON.stringify(baseUrl)} is refused: tokens would leave the machine unencrypted`, () => {
    assert.throws(
      () => x({ clientId: 'a', baseUrl }),
      (error) => error instanceof KippuError && error.code === 'invalid',
    );
  });
}

test('https anywhere, and http on loopback, are accepted', () => {
  for (const baseUrl of ['https://sim.example.com', 'http://localhost:1', 'http://127.9.9.9:1', 'http://[::1]:1'])
    x({ clientId: 'a', baseUrl });
  assert.equal(isLoopback('127.0.0.1'), true);
  assert.equal(isLoopback('128.0.0.1'), false);
});

test('the client secret is not printed with its app', () => {
  assert.doesNotMatch(JSON.stringify(x({ clientId: 'a', clientSecret: 'canary' })), /canary/);
});

test('GitHub is on its own host, on a tenant’s, on an Enterprise Server, or behind a base URL', () => {
  const placesOf = (options: { readonly host?: string; readonly baseUrl?: string }) => {
    const { endpoints, provider } = github({ clientId: 'a', ...options });
    return [endpoints.authorization, endpoints.token, endpoints.deviceCode, endpoints.api, provider.pkce];
  };
  const on = (origin: string): string[] => [
    `${origin}/login/oauth/authorize`,
    `${origin}/login/oauth/access_token`,
    `${origin}/login/device/code`,
  ];
  const usual = [...on('https://github.com'), 'https://api.github.com', 'S256'];
  assert.deepEqual(placesOf({}), usual);
  assert.deepEqual(placesOf({ host: 'GitHub.com' }), usual);
  assert.deepEqual(placesOf({ host: 'octocorp.ghe.com' }), [
    ...on('https://octocorp.ghe.com'),
    'https://api.octocorp.ghe.com',
    'S256',
  ]);
  assert.deepEqual(placesOf({ host: 'github.example.com:8443' }), [
    ...on('https://github.example.com:8443'),
    'https://github.example.com:8443/api/v3',
    'none',
  ]);
  assert.deepEqual(placesOf({ host: 'ignored.example', baseUrl: 'http://127.0.0.1:9' }), [
    ...on('http://127.0.0.1:9'),
    'http://127.0.0.1:9/api/v3',
    'S256',
  ]);
});

test('the same client id on another host is another app', () => {
  const ids = [undefined, 'octocorp.ghe.com', 'github.example.com'].map((host) => github({ clientId: 'a', host }).id);
  assert.equal(new Set(ids).size, 3);
});

for (const host of [
  'https://github.example.com',
  'github.example.com/',
  'a b',
  '@evil',
  'host:port',
  '-',
  'a/../b',
  '',
]) {
  test(`the host ${JSON.stringify(host)} is refused`, () => {
    assert.throws(
      () => github({ clientId: 'a', host }),
      (error) => error instanceof KippuError && error.where === 'host',
    );
  });
}

test('a number is not taken for a client id where the provider numbers its apps, and is where it does not', () => {
  assert.throws(
    () => github({ clientId: '1234567' }),
    (error) => error instanceof KippuError && error.where === 'clientId' && /App ID/.test(error.message),
  );
  assert.equal(x({ clientId: '1234567' }).clientId, '1234567');
});
