import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readEnvelope, writeEnvelope } from '../../src/vault/envelope.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

test('an envelope that was written reads back as it was', () => {
  const envelopes = fc.record({
    keyId: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$/),
    nonce: bytes(12),
    ciphertext: fc.uint8Array(),
    tag: bytes(16),
  });
  fc.assert(
    fc.property(envelopes, (envelope) => {
      const reading = readEnvelope(writeEnvelope(envelope));
      assert.equal(reading.kind, 'envelope');
      if (reading.kind === 'envelope') assert.deepEqual(plain(reading.envelope), plain(envelope));
    }),
  );
});

test('any bytes at all read as exactly one envelope or as none', () => {
  const nearly = fc
    .tuple(fc.constantFrom(1, 2), fc.nat(20), fc.uint8Array({ maxLength: 80 }))
    .map(([format, length, rest]) => Uint8Array.of(format, length, ...rest));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), nearly), (any) => {
      const reading = readEnvelope(any);
      if (reading.kind === 'envelope') assert.deepEqual([...writeEnvelope(reading.envelope)], [...any]);
      else assert.match(reading.problem, /^it /);
    }),
    { numRuns: 1000 },
  );
});

test('an envelope inside a larger buffer is read where it lies', () => {
  const written = writeEnvelope({
    keyId: '2026b',
    nonce: new Uint8Array(12).fill(1),
    ciphertext: Uint8Array.of(9),
    tag: new Uint8Array(16).fill(2),
  });
  const larger = Buffer.concat([Buffer.alloc(5, 0xff), written, Buffer.alloc(5, 0xff)]);
  const reading = readEnvelope(new Uint8Array(larger.buffer, larger.byteOffset + 5, written.length));
  assert.equal(reading.kind === 'envelope' && reading.envelope.keyId, '2026b');
});

test('a key id that no ring could hold is no key id', () => {
  const written = writeEnvelope({
    keyId: 'a b',
    nonce: new Uint8Array(12),
    ciphertext: new Uint8Array(),
    tag: new Uint8Array(16),
  });
  assert.deepEqual(readEnvelope(written), {
    kind: 'no_envelope',
    problem: 'it has something other than a key id where one should be',
  });
});

function plain(envelope: { keyId: string; nonce: Uint8Array; ciphertext: Uint8Array; tag: Uint8Array }): unknown {
  return {
    keyId: envelope.keyId,
    nonce: [...envelope.nonce],
    ciphertext: [...envelope.ciphertext],
    tag: [...envelope.tag],
  };
}
