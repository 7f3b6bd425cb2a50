import { createHash } from 'node:crypto';
import { randomText, type Random } from '../model/random.ts';

/** As many bytes as make a text of the length that X's tokens have. */
const TOKEN_BYTES = 68;
const CODE_BYTES = 68;
const DEVICE_CODE_BYTES = 30;
const ID_CHARS = 8;
const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** The text of a new token: opaque, and nothing may read anything from it. */
export function newTokenText(random: Random): string {
  return randomText(random, TOKEN_BYTES);
}

export function newCodeText(random: Random): string {
  return randomText(random, CODE_BYTES);
}

/** Forty characters, as GitHub's. */
export function newDeviceCodeText(random: Random): string {
  return randomText(random, DEVICE_CODE_BYTES);
}

/** A name for pages and logs, as in `refresh-3k9x0v2m`. */
export function newName(kind: string, random: Random): string {
  const chars = Array.from(random.bytes(ID_CHARS), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]);
  return `${kind}-${chars.join('')}`;
}

/** What is kept of a token, a code or a secret. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const USER_ID_DIGITS = 17;

/** A user's id follows from the handle alone: the same user has the same id in every simulator and after every restart. */
export function userIdOf(handle: string): string {
  const digest = createHash('sha256').update(`user:${handle.toLowerCase()}`).digest();
  const digits = (digest.readBigUInt64BE() % 10n ** BigInt(USER_ID_DIGITS)).toString().padStart(USER_ID_DIGITS, '0');
  return `1${digits}`;
}

/** What X allows as a user name. */
export function isHandle(text: string): boolean {
  return /^[A-Za-z0-9_]{1,15}$/.test(text);
}

/** The people everybody can consent as. */
export const PREDEFINED_HANDLES = ['alice', 'bob', 'carol'] as const;

export function userOf(handle: string): { readonly id: string; readonly handle: string; readonly name: string } {
  return { id: userIdOf(handle), handle, name: handle.slice(0, 1).toUpperCase() + handle.slice(1) };
}
