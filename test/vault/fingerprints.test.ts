import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Secret } from '../../src/model/secret.ts';
import { createFingerprinter, generateFingerprintKey } from '../../src/vault/fingerprints.ts';
import { errorOf, printed, random } from './rings.ts';

test('a fingerprint tells whether two tokens are the same, and nothing else about them', () => {
  const { fingerprint } = createFingerprinter(generateFingerprintKey(random));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, another) => {
      assert.equal(fingerprint(new Secret(one)) === fingerprint(new Secret(another)), one === another);
      assert.match(fingerprint(new Secret(one)), /^[A-Za-z0-9_-]{24}$/);
    }),
  );
});

test('a fingerprint is the beginning of an HMAC-SHA-256', () => {
  const key = Buffer.alloc(32, 7);
  const expected = createHmac('sha256', key).update('rt-1').digest('base64url').slice(0, 24);
  assert.equal(createFingerprinter(new Secret(key.toString('base64url'))).fingerprint(new Secret('rt-1')), expected);
});

test("two stores do not recognise each other's tokens", () => {
  const [one, another] = [
    createFingerprinter(generateFingerprintKey(random)),
    createFingerprinter(generateFingerprintKey(random)),
  ];
  assert.notEqual(one.fingerprint(new Secret('rt-1')), another.fingerprint(new Secret('rt-1')));
});

test('a fingerprint key of another length is refused without being shown', () => {
  const key = Buffer.alloc(16, 7).toString('base64url');
  const error = errorOf(() => createFingerprinter(new Secret(key)));
  assert.equal(error.code, 'unreadable');
  assert.match(error.message, /has 16 bytes instead of 32/);
  assert.equal(printed(error).includes(key), false);
});
