import { KippuError } from '../model/errors.ts';
import type { Home, SealedValue } from '../model/home-store.ts';
import { randomText, type Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import type { SealBinding, Vault } from '../model/vault.ts';
import { readEnvelope } from './envelope.ts';
import { generateFingerprintKey } from './fingerprints.ts';
import type { RingVault } from './vault.ts';

/** What a store seals for itself: `keyCheck` tells whether a key ring is this store's, before anything is done with it. */
export type HomeKeys = Pick<Home, 'keyCheck' | 'fingerprintKey'>;

export const KEY_CHECK_ROW = 'key_check';
export const FINGERPRINT_KEY_ROW = 'fingerprint_key';

const GENERATION_BYTES = 16;
const KNOWN_TEXT = 'This key ring is the one of this store.';

/** For an empty store: its key check value, and its fingerprint key, both sealed. */
export function createHomeKeys(vault: Vault, random: Random): HomeKeys {
  return {
    keyCheck: sealForHome(KEY_CHECK_ROW, new Secret(KNOWN_TEXT), { vault, random }),
    fingerprintKey: sealForHome(FINGERPRINT_KEY_ROW, generateFingerprintKey(random), { vault, random }),
  };
}

/**
 * Makes sure that the ring is this store's, and opens the fingerprint key with it. `undefined`: no ring was given.
 *
 * Throws `wrong_key_ring` for a ring that is missing or another's, `unreadable` for values that are damaged.
 */
export function openHomeKeys(vault: RingVault | undefined, home: HomeKeys): Secret {
  const keyId = keyIdOfCheck(home.keyCheck);
  if (vault === undefined) {
    throw new KippuError(
      'wrong_key_ring',
      `This store is sealed, its key ring with the key ${keyId} is missing. ${WHAT_TO_DO}`,
    );
  }
  if (!vault.hasKey(keyId)) {
    throw new KippuError(
      'wrong_key_ring',
      `This store is sealed with the key ${keyId}, and the key ring holds only ${vault.keyIds.join(', ')}. ${WHAT_TO_DO}`,
    );
  }
  if (!opensKeyCheck(vault, home.keyCheck)) {
    throw new KippuError(
      'wrong_key_ring',
      `The key ring has a key named ${keyId}, but not the one that this store is sealed with (or the store's key check value was altered). ${WHAT_TO_DO}`,
    );
  }
  return vault.open(homeBinding(FINGERPRINT_KEY_ROW, home.fingerprintKey.generation), home.fingerprintKey.sealed);
}

const WHAT_TO_DO =
  'Set KIPPU_KEYS to the ring of this store, or put its file `keys` back into the data directory (KIPPU_HOME), from a backup if need be. ' +
  'Without it nothing in this store can be opened; a new ring is made only for an empty store.';

function keyIdOfCheck(check: SealedValue): string {
  const reading = readEnvelope(check.sealed);
  if (reading.kind === 'envelope') return reading.envelope.keyId;
  throw new KippuError(
    'unreadable',
    `The store's key check value is damaged: ${reading.problem}. Restore the store from a backup.`,
  );
}

function opensKeyCheck(vault: Vault, check: SealedValue): boolean {
  try {
    return vault.open(homeBinding(KEY_CHECK_ROW, check.generation), check.sealed).reveal() === KNOWN_TEXT;
  } catch (error) {
    if (error instanceof KippuError && error.code === 'unreadable') return false;
    throw error;
  }
}

function sealForHome(
  rowId: string,
  plaintext: Secret,
  { vault, random }: { readonly vault: Vault; readonly random: Random },
): SealedValue {
  const generation = randomText(random, GENERATION_BYTES);
  return { sealed: vault.seal(homeBinding(rowId, generation), plaintext), generation };
}

function homeBinding(rowId: string, generation: string): SealBinding {
  return { table: 'home', rowId, providerAppId: '', owner: '', generation };
}
