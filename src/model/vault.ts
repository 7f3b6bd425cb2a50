import type { ConnectionId, Fingerprint, OrphanId, ProviderAppId, ConsentId, AttemptId } from './ids.ts';
import type { Secret } from './secret.ts';

/**
 * What a sealed value is bound to (the additional authenticated data of AES-256-GCM). A ciphertext that is moved to
 * another table, row, provider app or owner, or mixed up with an older generation of the same row, does not open.
 */
export interface SealBinding {
  readonly table: 'credentials' | 'orphans' | 'consents' | 'home' | 'spool' | 'posts' | 'webhooks' | 'cookies';
  readonly rowId: ConnectionId | OrphanId | ConsentId | AttemptId | string;
  readonly providerAppId: ProviderAppId | '';
  readonly owner: string;
  /** A random id, drawn for each seal and stored beside the sealed bytes. */
  readonly generation: string;
}

export interface Vault {
  /** Seals with the first key of the ring. Cannot fail for valid text: nothing may stand between an answer and its safety. */
  seal(binding: SealBinding, plaintext: Secret): Uint8Array;
  /** Opens with whichever key sealed it. Throws `unreadable`, saying whether the key is missing or the value altered. */
  open(binding: SealBinding, sealed: Uint8Array): Secret;
  /** The id of the key that a sealed value needs. Throws `unreadable` for bytes that are no envelope. */
  keyIdOf(sealed: Uint8Array): string;
  /** The key that new values are sealed with. */
  readonly sealingKeyId: string;
}

/** Keyed hashes of tokens; the key is the store's own and outlives the key ring. */
export interface Fingerprinter {
  fingerprint(token: Secret): Fingerprint;
}
