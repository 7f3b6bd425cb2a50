import { createSecretKey, type KeyObject } from 'node:crypto';
import { KippuError } from '../model/errors.ts';
import type { Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';

export const KEY_BYTES = 32;

/** Shorter than any key in any usual spelling, so that a key put where its id belongs is never taken for one and printed. */
const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,15}$/;

export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** The keys that values are sealed with. The first seals; any opens. */
export class KeyRing {
  readonly sealingKeyId: string;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(keys: readonly [RingKey, ...RingKey[]]) {
    this.sealingKeyId = keys[0].id;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  get keyIds(): readonly string[] {
    return [...this.#keys.keys()];
  }

  key(id: string): KeyObject | undefined {
    return this.#keys.get(id);
  }
}

export interface RingKey {
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * Reads `id:base64(32 bytes)[,id:…]`. Throws `invalid`, which names the entry and what is wrong with it, and never
 * shows any part of an entry that was not understood: it may be a key in the wrong place.
 *
 * `source` is where the ring came from, as the reader knows it: `KIPPU_KEYS` or a file.
 */
export function parseKeyRing(ring: Secret, source: string): KeyRing {
  const entries = ring.reveal().split(',');
  const keys: RingKey[] = [];
  for (const [index, entry] of entries.entries()) {
    const reading = readEntry(entry.trim(), keys);
    if (reading.kind === 'problem') {
      throw new KippuError(
        'invalid',
        `${source}, entry ${index + 1} of ${entries.length}: ${reading.problem}. A key ring is ID:KEY[,ID:KEY…], with keys of ` +
          `${KEY_BYTES} bytes in base64; \`kippu vault keygen\` makes an entry.`,
        { where: source },
      );
    }
    keys.push(reading.key);
  }
  const [first, ...others] = keys;
  if (first === undefined) throw new TypeError('A split text has at least one part.');
  return new KeyRing([first, ...others]);
}

/** A new entry for a key ring, `id:base64`. Throws `invalid` for an id that no ring could hold. */
export function generateKey(random: Random, id: string): Secret {
  if (!isKeyId(id)) {
    throw new KippuError('invalid', `That is no key id: it must ${KEY_ID_RULE}, as in 2026b. Choose another.`, {
      where: 'id',
    });
  }
  return new Secret(`${id}:${Buffer.from(random.bytes(KEY_BYTES)).toString('base64')}`);
}

const KEY_ID_RULE = 'have 1 to 16 letters, digits, dots, dashes or underscores and begin with a letter or digit';

type EntryReading =
  { readonly kind: 'key'; readonly key: RingKey } | { readonly kind: 'problem'; readonly problem: string };

function readEntry(entry: string, before: readonly RingKey[]): EntryReading {
  if (entry === '') return { kind: 'problem', problem: 'it is empty' };
  const colon = entry.indexOf(':');
  if (colon === -1) return { kind: 'problem', problem: 'it has no colon between id and key' };
  const id = entry.slice(0, colon);
  if (!isKeyId(id))
    return { kind: 'problem', problem: `what stands before the colon is no key id; an id must ${KEY_ID_RULE}` };
  const base64 = entry.slice(colon + 1);
  const bytes = Buffer.from(base64, 'base64');
  // Node's decoder skips what it does not know; only a text that it would write itself is one without typing errors.
  if (bytes.toString('base64') !== base64) return { kind: 'problem', problem: 'its key is not base64' };
  if (bytes.length !== KEY_BYTES)
    return { kind: 'problem', problem: `its key has ${bytes.length} bytes instead of ${KEY_BYTES}` };
  const key = createSecretKey(bytes);
  const sameId = before.findIndex((other) => other.id === id);
  if (sameId !== -1) return { kind: 'problem', problem: `its id ${id} is the id of entry ${sameId + 1} too` };
  const sameKey = before.findIndex((other) => other.key.equals(key));
  if (sameKey !== -1)
    return { kind: 'problem', problem: `its key is the key of entry ${sameKey + 1} too, under another id` };
  return { kind: 'key', key: { id, key } };
}
