import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProviderAppId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import type { SealBinding } from '../../src/model/vault.ts';
import { ALICE, errorOf, printed, ringEntry, vaultOf } from './rings.ts';

const TOKEN = 'rt-canary-5f0c2a';
const text = fc.string({ unit: 'binary' });

const bindings: fc.Arbitrary<SealBinding> = fc.record({
  table: fc.constantFrom('credentials', 'orphans', 'consents', 'home', 'spool', 'posts'),
  rowId: text,
  providerAppId: text.map((id) => id as ProviderAppId),
  owner: text,
  generation: text,
});

test('whatever is sealed opens to the same text under the same binding', () => {
  const vault = vaultOf(ringEntry('2026b'));
  fc.assert(
    fc.property(bindings, text, (binding, plaintext) => {
      assert.equal(vault.open(binding, vault.seal(binding, new Secret(plaintext))).reveal(), plaintext);
    }),
  );
});

test('no value opens under any binding but its own', () => {
  const vault = vaultOf(ringEntry('2026b'));
  fc.assert(
    fc.property(bindings, bindings, (sealedFor, openedFor) => {
      fc.pre(JSON.stringify(sealedFor) !== JSON.stringify(openedFor));
      const sealed = vault.seal(sealedFor, new Secret(TOKEN));
      assert.equal(errorOf(() => vault.open(openedFor, sealed)).code, 'unreadable');
    }),
  );
});

test('two bindings whose fields only run together the same do not open each other, whatever stands between them', () => {
  const vault = vaultOf(ringEntry('2026b'));
  const fields = ['rowId', 'providerAppId', 'owner', 'generation'] as const;
  const between = fc.constantFrom('', ',', '\0', '\0\0\0\0', '\0\0\0\u0001');
  const piece = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(piece, piece, piece, between, fc.integer({ min: 0, max: 2 }), (first, second, third, gap, at) => {
      const [here, next] = [fields[at] ?? 'rowId', fields[at + 1] ?? 'owner'];
      const sealedFor = { ...ALICE, [here]: first + gap + second, [next]: third };
      const openedFor = { ...ALICE, [here]: first, [next]: second + gap + third };
      const sealed = vault.seal(sealedFor, new Secret(TOKEN));
      const { message } = errorOf(() => vault.open(openedFor, sealed));
      assert.match(message, /altered or cut short, or it was sealed for another place/);
    }),
  );
});

const moves: readonly [string, Partial<SealBinding>][] = [
  ['another table', { table: 'orphans' }],
  ['another row', { rowId: 'con_bob' }],
  ['another provider app', { providerAppId: 'app_github' as ProviderAppId }],
  ['another owner', { owner: 'bob' }],
  ['an older generation of the same row', { generation: 'g0' }],
];
for (const [what, change] of moves) {
  test(`a value moved to ${what} does not open, and the error says so`, () => {
    const vault = vaultOf(ringEntry('2026b'));
    const sealed = vault.seal(ALICE, new Secret(TOKEN));
    const moved = { ...ALICE, ...change };
    const error = errorOf(() => vault.open(moved, sealed));
    assert.equal(error.code, 'unreadable');
    assert.match(
      error.message,
      new RegExp(`^The value sealed in ${moved.table} ${moved.rowId} does not open with the key 2026b`),
    );
    assert.match(error.message, /another place, provider app, owner or generation/);
  });
}

test('two sealed values that were swapped both refuse to open', () => {
  const vault = vaultOf(ringEntry('2026b'));
  const bob: SealBinding = { ...ALICE, rowId: 'con_bob', owner: 'bob', generation: 'g2' };
  const [ofAlice, ofBob] = [vault.seal(ALICE, new Secret('a')), vault.seal(bob, new Secret('b'))];
  assert.match(errorOf(() => vault.open(ALICE, ofBob)).message, /sealed for another place/);
  assert.match(errorOf(() => vault.open(bob, ofAlice)).message, /sealed for another place/);
});

test('a change of any single bit of an envelope is refused, each region with its own reason', () => {
  const vault = vaultOf(ringEntry('2026b'));
  const sealed = vault.seal(ALICE, new Secret(TOKEN));
  for (let at = 0; at < sealed.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const altered = Uint8Array.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ (1 << bit);
      const error = errorOf(() => vault.open(ALICE, altered));
      assert.equal(error.code, 'unreadable', `byte ${at}, bit ${bit}`);
      assert.match(error.message, reasonAt(at), `byte ${at}, bit ${bit}`);
    }
  }
});

/** Format, length of the key id, the five characters of the key id; then nonce, ciphertext and tag. */
function reasonAt(at: number): RegExp {
  if (at === 0) return /is no sealed value: it begins with format \d+/;
  if (at < 7) return /is no sealed value|needs the key .+, and the key ring holds only 2026b/;
  return /does not open with the key 2026b: it was altered/;
}

test('an envelope cut off at any length is refused', () => {
  const vault = vaultOf(ringEntry('2026b'));
  const sealed = vault.seal(ALICE, new Secret(TOKEN));
  const shortestWhole = 2 + '2026b'.length + 12 + 16;
  for (let length = 0; length < sealed.length; length += 1) {
    const error = errorOf(() => vault.open(ALICE, sealed.subarray(0, length)));
    assert.equal(error.code, 'unreadable');
    const expected =
      length === 0 ? /it is empty/ : length < shortestWhole ? /it ends after \d+ bytes/ : /altered or cut short/;
    assert.match(error.message, expected, `cut to ${length} bytes`);
  }
});

test('an envelope with anything behind its tag is refused', () => {
  const vault = vaultOf(ringEntry('2026b'));
  const longer = Buffer.concat([vault.seal(ALICE, new Secret(TOKEN)), Buffer.of(0)]);
  assert.match(errorOf(() => vault.open(ALICE, longer)).message, /altered/);
});

test('a value whose key was dropped from the ring names the key that is missing and the ones that are there', () => {
  const [old, current] = [ringEntry('2025z'), ringEntry('2026b')];
  const sealed = vaultOf(old).seal(ALICE, new Secret(TOKEN));
  const error = errorOf(() => vaultOf(current).open(ALICE, sealed));
  assert.equal(error.code, 'unreadable');
  assert.match(error.message, /credentials con_alice needs the key 2025z, and the key ring holds only 2026b/);
});

test('the first key of the ring seals and any key of the ring opens', () => {
  const [old, current] = [ringEntry('2026a'), ringEntry('2026b')];
  const before = vaultOf(old).seal(ALICE, new Secret(TOKEN));
  const vault = vaultOf(current, old);
  assert.equal(vault.open(ALICE, before).reveal(), TOKEN);
  assert.equal(vault.keyIdOf(before), '2026a');
  assert.equal(vault.keyIdOf(vault.seal(ALICE, new Secret(TOKEN))), '2026b');
});

test('another key under the same id does not open a value', () => {
  const sealed = vaultOf(ringEntry('2026b')).seal(ALICE, new Secret(TOKEN));
  assert.match(
    errorOf(() => vaultOf(ringEntry('2026b')).open(ALICE, sealed)).message,
    /does not open with the key 2026b/,
  );
});

test('the same key under another id does not open a value: the id is authenticated', () => {
  const entry = ringEntry('2026b');
  const sealed = vaultOf(entry).seal(ALICE, new Secret(TOKEN));
  const renamed = Buffer.from(sealed);
  renamed.write('2026c', 2);
  const vault = vaultOf(entry.replace('2026b', '2026c'));
  assert.match(errorOf(() => vault.open(ALICE, renamed)).message, /does not open with the key 2026c/);
});

test('sealing the same text twice gives different bytes, and none of them shows the text', () => {
  const vault = vaultOf(ringEntry('2026b'));
  const seen = new Set<string>();
  for (let turn = 0; turn < 500; turn += 1) {
    const sealed = Buffer.from(vault.seal(ALICE, new Secret(TOKEN)));
    assert.equal(sealed.includes(TOKEN), false);
    seen.add(sealed.toString('hex', 7, 19));
  }
  assert.equal(seen.size, 500);
});

test('the key id of bytes that are no envelope is refused', () => {
  const vault = vaultOf(ringEntry('2026b'));
  assert.match(
    errorOf(() => vault.keyIdOf(Buffer.from('{"access_token":"x"}'))).message,
    /is no sealed value: it begins with format 123/,
  );
  assert.match(errorOf(() => vault.keyIdOf(new Uint8Array())).message, /it is empty/);
});

test('no error of the vault, and no way of printing a vault, shows a token or a key', () => {
  const entry = ringEntry('2026b');
  const vault = vaultOf(entry);
  const sealed = vault.seal(ALICE, new Secret(TOKEN));
  const shown = [
    vault,
    vault.open(ALICE, sealed),
    errorOf(() => vault.open({ ...ALICE, owner: 'bob' }, sealed)),
    errorOf(() => vaultOf(ringEntry('2026c')).open(ALICE, sealed)),
    errorOf(() => vault.open(ALICE, Buffer.from(TOKEN))),
    errorOf(() => vault.open(ALICE, sealed.subarray(0, 20))),
  ]
    .map(printed)
    .join('\n');
  const key = Buffer.from(entry.slice('2026b:'.length), 'base64');
  for (const secret of [TOKEN, Buffer.from(TOKEN).toString('base64'), key.toString('base64'), key.toString('hex')]) {
    assert.equal(shown.includes(secret), false);
  }
});
