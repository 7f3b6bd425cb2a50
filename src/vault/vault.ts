import { createCipheriv, createDecipheriv } from 'node:crypto';
import { KippuError } from '../model/errors.ts';
import type { Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import type { SealBinding, Vault } from '../model/vault.ts';
import { ENVELOPE_FORMAT, NONCE_BYTES, TAG_BYTES, readEnvelope, writeEnvelope, type Envelope } from './envelope.ts';
import type { KeyRing } from './key-ring.ts';

const CIPHER = 'aes-256-gcm';

/** The vault over a key ring: AES-256-GCM, a random nonce for each seal, everything that names the value authenticated. */
export class RingVault implements Vault {
  readonly sealingKeyId: string;
  readonly #ring: KeyRing;
  readonly #random: Random;

  constructor(ring: KeyRing, random: Random) {
    this.sealingKeyId = ring.sealingKeyId;
    this.#ring = ring;
    this.#random = random;
  }

  /** The plaintext must be well-formed Unicode, as every JSON text is: a lone surrogate comes back as U+FFFD. */
  seal(binding: SealBinding, plaintext: Secret): Uint8Array {
    const keyId = this.sealingKeyId;
    const key = this.#ring.key(keyId);
    if (key === undefined) throw new TypeError('A key ring holds its own first key.');
    const nonce = this.#random.bytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(authenticated(binding, keyId));
    const ciphertext = cipher.update(plaintext.reveal(), 'utf8');
    // GCM is a stream cipher: `final` has nothing left to give and only completes the tag.
    cipher.final();
    return writeEnvelope({ keyId, nonce, ciphertext, tag: cipher.getAuthTag() });
  }

  open(binding: SealBinding, sealed: Uint8Array): Secret {
    const place = `${binding.table} ${binding.rowId}`;
    const { keyId, nonce, ciphertext, tag } = envelopeIn(sealed, `What is stored in ${place}`);
    const key = this.#ring.key(keyId);
    if (key === undefined) throw this.#keyMissing(place, keyId);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(authenticated(binding, keyId));
    decipher.setAuthTag(tag);
    try {
      return new Secret(decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8'));
    } catch (error) {
      throw new KippuError(
        'unreadable',
        `The value sealed in ${place} does not open with the key ${keyId}: it was altered or cut short, or it was sealed for another place, ` +
          'provider app, owner or generation. Restore it from a backup, or have the user consent again.',
        { cause: error },
      );
    }
  }

  keyIdOf(sealed: Uint8Array): string {
    return envelopeIn(sealed, 'What is stored here').keyId;
  }

  hasKey(keyId: string): boolean {
    return this.#ring.key(keyId) !== undefined;
  }

  get keyIds(): readonly string[] {
    return this.#ring.keyIds;
  }

  #keyMissing(place: string, keyId: string): KippuError {
    return new KippuError(
      'unreadable',
      `The value sealed in ${place} needs the key ${keyId}, and the key ring holds only ${this.keyIds.join(', ')}. ` +
        'Add that key to the ring, after the first; nothing else opens this value.',
    );
  }
}

function envelopeIn(sealed: Uint8Array, subject: string): Envelope {
  const reading = readEnvelope(sealed);
  if (reading.kind === 'envelope') return reading.envelope;
  throw new KippuError(
    'unreadable',
    `${subject} is no sealed value: ${reading.problem}. Restore it from a backup, or have the user consent again.`,
  );
}

/**
 * The additional authenticated data: format, key id and the whole binding, each with its length before it, so that no
 * two bindings read the same (a table `ab` with a row `c` is not a table `a` with a row `bc`).
 */
function authenticated(binding: SealBinding, keyId: string): Uint8Array {
  const fields = [keyId, binding.table, binding.rowId, binding.providerAppId, binding.owner, binding.generation];
  const lengths = fields.map((field) => Buffer.byteLength(field));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 1));
  let at = bytes.writeUInt8(ENVELOPE_FORMAT, 0);
  for (const [index, field] of fields.entries()) {
    at = bytes.writeUInt32BE(lengths[index] ?? 0, at);
    at += bytes.write(field, at);
  }
  return bytes;
}
