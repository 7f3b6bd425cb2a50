import { isKeyId } from './key-ring.ts';

/**
 * A sealed value as bytes, format 1:
 *
 *     1 byte    format
 *     1 byte    length of the key id
 *     n bytes   key id, ASCII
 *     12 bytes  nonce
 *     …         ciphertext, as long as the plaintext
 *     16 bytes  tag
 */
export interface Envelope {
  readonly keyId: string;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export const ENVELOPE_FORMAT = 1;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export function writeEnvelope({ keyId, nonce, ciphertext, tag }: Envelope): Uint8Array {
  return Buffer.concat([
    Buffer.of(ENVELOPE_FORMAT, keyId.length),
    Buffer.from(keyId, 'latin1'),
    nonce,
    ciphertext,
    tag,
  ]);
}

export type EnvelopeReading =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  /** A clause about the bytes: `it is empty`. */
  | { readonly kind: 'no_envelope'; readonly problem: string };

/** Takes the bytes apart; whether they are genuine, only the key can tell. */
export function readEnvelope(sealed: Uint8Array): EnvelopeReading {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const [format, keyIdLength] = bytes;
  if (format === undefined) return noEnvelope('it is empty');
  if (format !== ENVELOPE_FORMAT)
    return noEnvelope(`it begins with format ${format}, and this Kippu knows only ${ENVELOPE_FORMAT}`);
  const nonceAt = 2 + (keyIdLength ?? 0);
  const ciphertextAt = nonceAt + NONCE_BYTES;
  const tagAt = bytes.length - TAG_BYTES;
  if (tagAt < ciphertextAt) return noEnvelope(`it ends after ${bytes.length} bytes, before a sealed value can`);
  const keyId = bytes.toString('latin1', 2, nonceAt);
  if (!isKeyId(keyId)) return noEnvelope('it has something other than a key id where one should be');
  return {
    kind: 'envelope',
    envelope: {
      keyId,
      nonce: bytes.subarray(nonceAt, ciphertextAt),
      ciphertext: bytes.subarray(ciphertextAt, tagAt),
      tag: bytes.subarray(tagAt),
    },
  };
}

function noEnvelope(problem: string): EnvelopeReading {
  return { kind: 'no_envelope', problem };
}
