import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { KippuError } from '../model/errors.ts';
import type { Fingerprint } from '../model/ids.ts';
import { randomText, type Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import type { Fingerprinter } from '../model/vault.ts';

const FINGERPRINT_KEY_BYTES = 32;

/** 144 bits: no two tokens that ever exist will share one, and it fills its 24 characters exactly. */
const FINGERPRINT_BYTES = 18;

/** A new key for the fingerprints of one store, made once and kept, sealed, for the store's whole life. */
export function generateFingerprintKey(random: Random): Secret {
  return new Secret(randomText(random, FINGERPRINT_KEY_BYTES));
}

/** HMAC-SHA-256: without the key nobody can check a guess, or tell that two stores hold the same token. */
export function createFingerprinter(fingerprintKey: Secret): Fingerprinter {
  const key = readFingerprintKey(fingerprintKey);
  return {
    fingerprint: (token) =>
      createHmac('sha256', key)
        .update(token.reveal(), 'utf8')
        .digest()
        .toString('base64url', 0, FINGERPRINT_BYTES) as Fingerprint,
  };
}

function readFingerprintKey(fingerprintKey: Secret): KeyObject {
  const bytes = Buffer.from(fingerprintKey.reveal(), 'base64url');
  if (bytes.length === FINGERPRINT_KEY_BYTES) return createSecretKey(bytes);
  throw new KippuError(
    'unreadable',
    `The store's fingerprint key has ${bytes.length} bytes instead of ${FINGERPRINT_KEY_BYTES}. Restore the store from a backup.`,
  );
}
