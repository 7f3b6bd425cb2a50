import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { generateKey, isKeyId, parseKeyRing } from '../../src/vault/key-ring.ts';
import { errorOf, printed, random, ringEntry, ringOf } from './rings.ts';

test('the first key of a ring seals and all of them can be looked up', () => {
  const ring = ringOf(ringEntry('2026b'), ringEntry('2026a'));
  assert.equal(ring.sealingKeyId, '2026b');
  assert.deepEqual(ring.keyIds, ['2026b', '2026a']);
  assert.equal(ring.key('2026a')?.symmetricKeySize, 32);
  assert.equal(ring.key('2025a'), undefined);
});

test('spaces and line ends around entries do no harm', () => {
  assert.deepEqual(ringOf(` ${ringEntry('2026b')} `, `\n${ringEntry('2026a')}\n`).keyIds, ['2026b', '2026a']);
});

test('a generated key is an entry that a ring takes', () => {
  const entry = generateKey(random, '2026b');
  assert.equal(parseKeyRing(entry, 'KIPPU_KEYS').sealingKeyId, '2026b');
  assert.equal(printed(entry).includes(entry.reveal().slice(6)), false);
});

test('no key is generated under an id that no ring could hold', () => {
  for (const id of ['', 'a b', 'a:b', 'a,b', '-a', 'ö', 'a'.repeat(17)])
    assert.equal(errorOf(() => generateKey(random, id)).code, 'invalid');
});

test('a key never has the form of a key id, so that a key in the wrong place is never printed as an id', () => {
  for (const size of [16, 24, 32])
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      assert.equal(isKeyId(randomBytes(size).toString(encoding)), false);
});

const key = randomBytes(32).toString('base64');
const other = randomBytes(32).toString('base64');
const short = randomBytes(16).toString('base64');
const mistakes: readonly [string, string, RegExp][] = [
  ['nothing at all', '', /entry 1 of 1: it is empty/],
  ['only spaces', ' \n', /entry 1 of 1: it is empty/],
  ['a comma too many', `a:${key},`, /entry 2 of 2: it is empty/],
  ['a key without an id', key, /entry 1 of 1: it has no colon/],
  ['an empty id', `a:${other},:${key}`, /entry 2 of 2: what stands before the colon is no key id/],
  ['id and key the wrong way round', `${key}:2026b`, /entry 1 of 1: what stands before the colon is no key id/],
  [
    'a short key and its id the wrong way round',
    `${short}:2026b`,
    /entry 1 of 1: what stands before the colon is no key id/,
  ],
  ['a key that is too short', `a:${key},b:${short}`, /entry 2 of 2: its key has 16 bytes instead of 32/],
  ['a key that is too long', `a:${randomBytes(33).toString('base64')}`, /its key has 33 bytes instead of 32/],
  ['no key', 'a:', /its key has 0 bytes/],
  ['a letter that base64 does not have', `a:${key.slice(0, 20)}!${key.slice(20)}`, /its key is not base64/],
  ['a key that lost its last letters', `a:${key.slice(0, -3)}`, /its key (is not base64|has \d+ bytes)/],
  ['a key in hexadecimal', `a:${randomBytes(32).toString('hex')}`, /its key has 48 bytes|its key is not base64/],
  ['a colon inside a key', `a:${key}:b`, /its key is not base64/],
  [
    'the same id twice',
    `a:${key},b:${other},a:${randomBytes(32).toString('base64')}`,
    /entry 3 of 3: its id a is the id of entry 1 too/,
  ],
  ['the same key twice', `a:${key},b:${key}`, /entry 2 of 2: its key is the key of entry 1 too, under another id/],
];
for (const [what, ring, expected] of mistakes) {
  test(`a ring with ${what} is refused, and the message says which entry and why but shows no part of a key`, () => {
    const error = errorOf(() => parseKeyRing(new Secret(ring), 'KIPPU_KEYS'));
    assert.equal(error.code, 'invalid');
    assert.equal(error.where, 'KIPPU_KEYS');
    assert.match(error.message, expected);
    assert.match(error.message, /^KIPPU_KEYS, entry /);
    assert.match(error.message, /kippu vault keygen/);
    const shown = printed(error);
    for (const part of ring
      .split(/[,:]/)
      .map((piece) => piece.trim())
      .filter((piece) => piece.length > 8)) {
      assert.equal(shown.includes(part.slice(0, 8)), false);
    }
  });
}

test('no way of printing a ring shows a key', () => {
  const ring = ringOf(`a:${key}`);
  for (const form of [key, Buffer.from(key, 'base64').toString('hex')])
    assert.equal(printed(ring).includes(form), false);
});
