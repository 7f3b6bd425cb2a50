import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { createFingerprinter } from '../../src/vault/fingerprints.ts';
import { createHomeKeys, openHomeKeys } from '../../src/vault/key-check.ts';
import { errorOf, printed, random, ringEntry, vaultOf } from './rings.ts';

test('the ring that a store was founded with opens it, with the same fingerprints as ever', () => {
  const entry = ringEntry('2026a');
  const home = createHomeKeys(vaultOf(entry), random);
  const fingerprint = (...ring: string[]): string =>
    createFingerprinter(openHomeKeys(vaultOf(...ring), home)).fingerprint(new Secret('rt-1'));
  assert.equal(fingerprint(entry), fingerprint(ringEntry('2026b'), entry));
});

test('a store without its ring is refused, and the message says what to do', () => {
  const home = createHomeKeys(vaultOf(ringEntry('2026a')), random);
  const error = errorOf(() => openHomeKeys(undefined, home));
  assert.equal(error.code, 'wrong_key_ring');
  assert.match(error.message, /the key 2026a is missing/);
  assert.match(error.message, /Set KIPPU_KEYS .*put its file `keys` back into the data directory/);
});

test('a ring that lacks the key of the store is refused by the names of both', () => {
  const home = createHomeKeys(vaultOf(ringEntry('2026a')), random);
  const error = errorOf(() => openHomeKeys(vaultOf(ringEntry('2026b'), ringEntry('2026c')), home));
  assert.equal(error.code, 'wrong_key_ring');
  assert.match(error.message, /sealed with the key 2026a, and the key ring holds only 2026b, 2026c/);
});

test('a ring with another key under the same id is refused, not taken for damage', () => {
  const home = createHomeKeys(vaultOf(ringEntry('2026a')), random);
  const error = errorOf(() => openHomeKeys(vaultOf(ringEntry('2026a')), home));
  assert.equal(error.code, 'wrong_key_ring');
  assert.match(error.message, /a key named 2026a, but not the one/);
});

test('a key check that is no sealed value is damage, not a wrong ring', () => {
  const entry = ringEntry('2026a');
  const home = createHomeKeys(vaultOf(entry), random);
  const damaged = { ...home, keyCheck: { ...home.keyCheck, sealed: home.keyCheck.sealed.subarray(0, 10) } };
  for (const vault of [vaultOf(entry), undefined]) {
    const error = errorOf(() => openHomeKeys(vault, damaged));
    assert.equal(error.code, 'unreadable');
    assert.match(error.message, /key check value is damaged: it ends after 10 bytes/);
  }
});

test('a key check that opens to another text than the known one is refused', () => {
  const vault = vaultOf(ringEntry('2026a'));
  const home = createHomeKeys(vault, random);
  const binding = { table: 'home', rowId: 'key_check', providerAppId: '', owner: '', generation: 'g' } as const;
  const keyCheck = { sealed: vault.seal(binding, new Secret('something else')), generation: 'g' };
  assert.equal(errorOf(() => openHomeKeys(vault, { ...home, keyCheck })).code, 'wrong_key_ring');
});

test("key check and fingerprint key cannot take each other's place", () => {
  const entry = ringEntry('2026a');
  const { keyCheck, fingerprintKey } = createHomeKeys(vaultOf(entry), random);
  assert.equal(
    errorOf(() => openHomeKeys(vaultOf(entry), { keyCheck: fingerprintKey, fingerprintKey: keyCheck })).code,
    'wrong_key_ring',
  );
  assert.equal(errorOf(() => openHomeKeys(vaultOf(entry), { keyCheck, fingerprintKey: keyCheck })).code, 'unreadable');
});

test('no refusal at start shows a key', () => {
  const [entry, wrong] = [ringEntry('2026a'), ringEntry('2026a')];
  const home = createHomeKeys(vaultOf(entry), random);
  const secrets = [entry, wrong].map((text) => text.slice(6)).concat(openHomeKeys(vaultOf(entry), home).reveal());
  const shown = [errorOf(() => openHomeKeys(vaultOf(wrong), home)), errorOf(() => openHomeKeys(undefined, home)), home]
    .map(printed)
    .join('\n');
  for (const secret of secrets) assert.equal(shown.includes(secret), false);
});
