import { KippuError } from '../model/errors.ts';
import type { Home } from '../model/home-store.ts';
import { randomText, type Random } from '../model/random.ts';
import type { Secret } from '../model/secret.ts';
import type { Store } from '../model/store.ts';
import type { Fingerprinter, Vault } from '../model/vault.ts';
import { createFingerprinter } from '../vault/fingerprints.ts';
import { createHomeKeys, openHomeKeys } from '../vault/key-check.ts';
import { generateKey, parseKeyRing } from '../vault/key-ring.ts';
import { RingVault } from '../vault/vault.ts';
import { copiedBecause, type Copied } from './copied.ts';

export interface KeySource {
  /** From `KIPPU_KEYS`. */
  readonly given: Secret | undefined;
  /** The data directory's ring; absent for a store in memory. */
  readonly file: KeyFile | undefined;
  /** The sandbox made its own ring, which wins over one that was meant for real data. */
  readonly prefersFile: boolean;
  /** Never make a ring: a missing one is a mistake. */
  readonly isProduction: boolean;
}

export interface KeyFile {
  readonly keysPath: string;
  readKeys(): Secret | undefined;
  createKeys(keys: Secret): boolean;
}

export interface OpenedHome {
  readonly vault: RingVault;
  readonly fingerprinter: Fingerprinter;
  /** Where a new ring was written, to be said aloud. */
  readonly newRing: string | undefined;
  /** Why nothing may be renewed from this store; `kippu adopt` lifts it. */
  readonly copied: Copied | undefined;
}

/**
 * Opens a store with its key ring; an empty store gets a ring and a home. Throws `wrong_key_ring` before anything else
 * can happen: a server that cannot open its tokens must not start half.
 */
export async function openHome(store: Store, keys: KeySource, random: Random): Promise<OpenedHome> {
  const before = await store.home.read();
  const { ring, isNew } =
    before === undefined ? ringForEmptyStore(keys, random) : { ring: findRing(keys), isNew: false };
  const vault = ring === undefined ? undefined : new RingVault(parseKeyRing(ring.text, ring.source), random);
  const home = before ?? (await foundHome(store, vault, random));
  const fingerprintKey = openHomeKeys(vault, home);
  if (vault === undefined) throw new TypeError('A store was opened without a ring.');
  return {
    vault,
    fingerprinter: createFingerprinter(fingerprintKey),
    newRing: isNew ? ring?.source : undefined,
    copied: copiedBecause(home, store.home.identity()),
  };
}

interface Ring {
  readonly text: Secret;
  readonly source: string;
}

function findRing({ given, file, prefersFile }: KeySource): Ring | undefined {
  const kept = file?.readKeys();
  const fromFile = kept === undefined || file === undefined ? undefined : { text: kept, source: file.keysPath };
  const fromGiven = given === undefined ? undefined : { text: given, source: 'KIPPU_KEYS' };
  return prefersFile ? (fromFile ?? fromGiven) : (fromGiven ?? fromFile);
}

function ringForEmptyStore(keys: KeySource, random: Random): { readonly ring: Ring; readonly isNew: boolean } {
  const found = findRing(keys);
  if (found !== undefined) return { ring: found, isNew: false };
  if (keys.isProduction) {
    throw new KippuError(
      'wrong_key_ring',
      'There is no key ring, and with NODE_ENV=production none is made. Run `kippu vault keygen` once, keep it safe, and give it as KIPPU_KEYS.',
    );
  }
  const text = generateKey(random, 'k1');
  if (keys.file === undefined) return { ring: { text, source: 'memory' }, isNew: false };
  const isNew = keys.file.createKeys(text);
  const ring = findRing(keys);
  if (ring === undefined) throw new TypeError('The key ring that was just written is not there.');
  return { ring, isNew };
}

async function foundHome(store: Store, vault: Vault | undefined, random: Random): Promise<Home> {
  if (vault === undefined) throw new TypeError('An empty store was founded without a ring.');
  const home: Home = {
    storeId: randomText(random, 12),
    identity: store.home.identity(),
    stamp: undefined,
    ...createHomeKeys(vault, random),
  };
  if (await store.home.found(home)) return home;
  const other = await store.home.read();
  if (other === undefined) throw new TypeError('The store has a home and has none.');
  return other;
}
