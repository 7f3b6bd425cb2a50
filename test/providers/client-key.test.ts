import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { providerApp, type ProviderAppOptions } from '../../src/providers/provider-app.ts';
import { demanding, plain } from '../support/made-up-providers.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const other = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const locked = ec.privateKey
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' })
  .toString();
const jwk = ec.privateKey.export({ format: 'jwk' });

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
}

function bind(key: string, more: Partial<ProviderAppOptions> = {}, provider = demanding) {
  return providerApp(provider, { clientId: 'c', clientPrivateKey: new Secret(key), ...more });
}

const anyRsa = {
  ...demanding,
  clientAuth: { confidential: 'basic', privateKeyJwt: { algorithms: ['PS256', 'RS256'], audience: 'issuer' } },
} as const;

test('keys are known by what they are: PEM in every form, and JWK', () => {
  assert.equal(bind(pem(ec.privateKey)).clientKey?.algorithm, 'ES256');
  assert.equal(bind(ec.privateKey.export({ format: 'pem', type: 'sec1' }).toString()).clientKey?.algorithm, 'ES256');
  assert.equal(bind(pem(ed.privateKey)).clientKey?.algorithm, 'EdDSA');
  assert.equal(bind(JSON.stringify(jwk)).clientKey?.algorithm, 'ES256');
  assert.equal(bind(pem(rsa.privateKey), {}, anyRsa).clientKey?.algorithm, 'PS256');
  const named = JSON.stringify({ ...rsa.privateKey.export({ format: 'jwk' }), alg: 'RS256' });
  assert.equal(bind(named, {}, anyRsa).clientKey?.algorithm, 'RS256');
});

test('a key’s id is its own, unless another is given', () => {
  const key = JSON.stringify({ ...jwk, kid: 'own' });
  assert.equal(bind(key).clientKey?.keyId, 'own');
  assert.equal(bind(key, { clientPrivateKeyId: 'given' }).clientKey?.keyId, 'given');
  assert.equal(bind(pem(ec.privateKey)).clientKey?.keyId, undefined);
});

const { d: _, ...publicJwk } = jwk;

for (const [what, key, message] of [
  ['no key at all', 'hunter2hunter2', /no private key/],
  ['half a PEM', pem(ec.privateKey).slice(0, 80), /no private key/],
  ['broken JSON', '{"kty":"EC","d":"hunter2hunter2', /no JSON/],
  ['a JWK without its key', '{"kty":"EC","d":"hunter2hunter2"}', /no private key/],
  ['a public PEM', pem(ec.publicKey), /public key/],
  ['a public JWK', JSON.stringify(publicJwk), /public key/],
  ['a set of keys', JSON.stringify({ keys: [jwk] }), /set of keys/],
  ['a locked key', locked, /passphrase/],
  ['a curve that the provider does not take', pem(other.privateKey), /ES256, EdDSA/],
  ['an RSA key where it takes none', pem(rsa.privateKey), /ES256, EdDSA/],
  ['a JWK for another algorithm', JSON.stringify({ ...jwk, alg: 'ES512' }), /ES256, EdDSA/],
] as const) {
  test(`${what} is refused, and nothing of it is shown`, () => {
    assert.throws(
      () => bind(key),
      (error) => {
        assert.ok(error instanceof KippuError && error.code === 'invalid' && error.where === 'clientPrivateKey');
        assert.match(error.message, message);
        assert.ok(!inspect(error, { depth: 9 }).includes('hunter2'));
        assert.ok(jwk.d !== undefined && !inspect(error, { depth: 9 }).includes(jwk.d));
        return true;
      },
    );
  });
}

test('an RSA key of 1024 bits is refused', () => {
  assert.throws(() => bind(pem(weak.privateKey), {}, anyRsa), /2048/);
});

test('a secret and a key at once are refused: an app proves who it is in one way', () => {
  assert.throws(() => bind(pem(ec.privateKey), { clientSecret: new Secret('s') }), /one of them/);
});

test('a key for a provider that takes none is refused, and so is the id of no key', () => {
  assert.throws(() => bind(pem(ec.privateKey), {}, plain), /takes no private key/);
  assert.throws(() => providerApp(demanding, { clientId: 'c', clientPrivateKeyId: 'k' }), /no private key/);
});

test('an app with a key shows nothing of it', () => {
  const text = inspect(bind(pem(ec.privateKey)), { depth: 9 }) + JSON.stringify(bind(JSON.stringify(jwk)));
  assert.ok(jwk.d !== undefined && !text.includes(jwk.d));
});

test('an issuer is moved with its provider, and its last slash stays as it is', () => {
  const moved = providerApp(demanding, { clientId: 'c', baseUrl: 'http://127.0.0.1:9' }).endpoints;
  assert.equal(moved.issuer, 'http://127.0.0.1:9/tenant/');
  assert.equal(moved.pushedAuthorization, 'http://127.0.0.1:9/push');
  assert.equal(moved.introspection, 'http://127.0.0.1:9/introspect');
  const root = { ...demanding, endpoints: { ...demanding.endpoints, issuer: 'https://auth.plain.example/' } };
  const { issuer } = providerApp(root, { clientId: 'c', baseUrl: 'http://127.0.0.1:9' }).endpoints;
  assert.equal(issuer, 'http://127.0.0.1:9/');
});
