import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { x } from '../../src/providers/index.ts';
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
