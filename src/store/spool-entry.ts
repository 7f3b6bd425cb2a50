import { createHash } from 'node:crypto';
import type { Claim, RenewedSettlement } from '../model/credential-store.ts';
import type { AttemptId, ConnectionId, Fingerprint } from '../model/ids.ts';

/**
 * A spooled answer as bytes, format 1:
 *
 *     offset  bytes
 *          0      8  magic
 *          8      4  format
 *         12      4  length of the body
 *         16     16  id of the entry
 *         32     16  acknowledgement: zeros, then the id once the store has the answer
 *         48     32  SHA-256 of everything else that is named here
 *         80      …  body: JSON, the sealed token set in base64
 *          …      …  zeros up to a whole block, which a file occupies anyway: so the next entry fits where one was
 *
 * The acknowledgement is the entry's own id rather than a flag: whoever acknowledges late, when the space was already
 * given to another entry, acknowledges nothing.
 */
export const ENTRY_ID_BYTES = 16;
export const ACKNOWLEDGEMENT_AT = 32;

const MAGIC = Buffer.from('KIPPUspl');
const FORMAT = 1;
const FORMAT_AT = 8;
const LENGTH_AT = 12;
const ID_AT = 16;
const DIGEST_AT = 48;
const BODY_AT = 80;
const BLOCK_BYTES = 4096;

export interface EntryContent {
  readonly keptAtMs: number;
  /** Kept beside a commit, and not in its place. */
  readonly isBeside: boolean;
  readonly settlement: RenewedSettlement;
}

export function writeBody({ keptAtMs, isBeside, settlement }: EntryContent): Uint8Array {
  const sealed = Buffer.from(settlement.sealed).toString('base64');
  return Buffer.from(JSON.stringify({ keptAtMs, isBeside, settlement: { ...settlement, sealed } }));
}

export function writeEntry(id: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(entryLength(body));
  bytes.set(MAGIC, 0);
  bytes.writeUInt32BE(FORMAT, FORMAT_AT);
  bytes.writeUInt32BE(body.length, LENGTH_AT);
  bytes.set(id, ID_AT);
  bytes.set(body, BODY_AT);
  bytes.set(digestOf(bytes.subarray(0, BODY_AT + body.length)), DIGEST_AT);
  return bytes;
}

export function entryLength(body: Uint8Array): number {
  return Math.ceil((BODY_AT + body.length) / BLOCK_BYTES) * BLOCK_BYTES;
}

export type EntryReading =
  | { readonly kind: 'entry'; readonly content: EntryContent; readonly acknowledged: boolean }
  /** Nothing but zeros: space for an entry. */
  | { readonly kind: 'free' }
  /** Torn by a crash while it was written, altered since, or written by a newer Kippu. */
  | { readonly kind: 'damaged' };

/** `bytes` is a whole file; what follows the entry does not matter. */
export function readEntry(bytes: Buffer): EntryReading {
  if (isZero(bytes)) return { kind: 'free' };
  if (bytes.length < BODY_AT || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'damaged' };
  const endsAt = BODY_AT + bytes.readUInt32BE(LENGTH_AT);
  if (bytes.readUInt32BE(FORMAT_AT) !== FORMAT || endsAt > bytes.length) return { kind: 'damaged' };
  const entry = bytes.subarray(0, endsAt);
  if (!digestOf(entry).equals(entry.subarray(DIGEST_AT, BODY_AT))) return { kind: 'damaged' };
  const content = readBody(entry.toString('utf8', BODY_AT));
  if (content === undefined) return { kind: 'damaged' };
  const id = entry.subarray(ID_AT, ID_AT + ENTRY_ID_BYTES);
  const acknowledgement = entry.subarray(ACKNOWLEDGEMENT_AT, ACKNOWLEDGEMENT_AT + ENTRY_ID_BYTES);
  return { kind: 'entry', content, acknowledged: acknowledgement.equals(id) };
}

function digestOf(entry: Buffer): Buffer {
  return createHash('sha256').update(entry.subarray(0, ACKNOWLEDGEMENT_AT)).update(entry.subarray(BODY_AT)).digest();
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(Buffer.alloc(bytes.length));
}

/** The digest has matched, so this only fails for a body that another version has written. */
function readBody(json: string): EntryContent | undefined {
  try {
    const body = new Fields(JSON.parse(json));
    return {
      keptAtMs: body.number('keptAtMs'),
      isBeside: body.flag('isBeside'),
      settlement: readSettlement(body.object('settlement')),
    };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readSettlement(from: Fields): RenewedSettlement {
  return {
    sealed: new Uint8Array(Buffer.from(from.text('sealed'), 'base64')),
    generation: from.text('generation'),
    accessFingerprint: from.text('accessFingerprint') as Fingerprint,
    refreshFingerprint: from.textOrNone('refreshFingerprint') as Fingerprint | undefined,
    accessIssuedAtMs: from.number('accessIssuedAtMs'),
    accessExpiresAtMs: from.numberOrNone('accessExpiresAtMs'),
    refreshAbsoluteEndsAtMs: from.numberOrNone('refreshAbsoluteEndsAtMs'),
    refreshIdleEndsAtMs: from.numberOrNone('refreshIdleEndsAtMs'),
    scopes: from.textsOrNone('scopes'),
    dueAtMs: from.numberOrNone('dueAtMs'),
    claim: readClaim(from.object('claim')),
    parentFingerprint: from.text('parentFingerprint') as Fingerprint,
  };
}

function readClaim(from: Fields): Claim {
  return {
    attemptId: from.text('attemptId') as AttemptId,
    connectionId: from.text('connectionId') as ConnectionId,
    version: from.number('version'),
    fence: from.number('fence'),
    leaseExpiresAtMs: from.number('leaseExpiresAtMs'),
  };
}

/** The fields of a JSON object, each read as the type it must have; anything else is a `SyntaxError`. */
class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw new SyntaxError('not an object');
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  object(name: string): Fields {
    return new Fields(this.#fields[name]);
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== 'string') throw new SyntaxError(`${name} is no text`);
    return value;
  }

  textOrNone(name: string): string | undefined {
    return this.#isAbsent(name) ? undefined : this.text(name);
  }

  textsOrNone(name: string): readonly string[] | undefined {
    if (this.#isAbsent(name)) return undefined;
    const value = this.#fields[name];
    if (!Array.isArray(value)) throw new SyntaxError(`${name} is no list`);
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw new SyntaxError(`${name} holds something that is no text`);
      return item;
    });
  }

  /** Entries that were written before there was such a flag do without it. */
  flag(name: string): boolean {
    return this.#fields[name] === true;
  }

  number(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== 'number') throw new SyntaxError(`${name} is no number`);
    return value;
  }

  numberOrNone(name: string): number | undefined {
    return this.#isAbsent(name) ? undefined : this.number(name);
  }

  /** JSON has no `undefined`; it leaves the field out, and writes a number that is none as `null`. */
  #isAbsent(name: string): boolean {
    return this.#fields[name] === undefined || this.#fields[name] === null;
  }
}
