import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '../../model/clock.ts';
import type { SigningAlgorithm } from '../../providers/provider.ts';
import type { World } from '../world.ts';

/** A signed token as it came (RFC 7515, section 3.1). */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** Reads without verifying; `undefined` for what is no JWT. */
export function readJwt(text: string): Jwt | undefined {
  const [head, body, signature, ...more] = text.split('.');
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) return undefined;
  const [header, claims] = [objectOf(head), objectOf(body)];
  if (header === undefined || claims === undefined) return undefined;
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

function objectOf(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: then it is no JWT, which is what is answered.
    return undefined;
  }
}

/** Verified apart from the library that made it, so that one mistake does not hide another. */
export function isSignedBy(jwt: Jwt, jwk: JsonWebKey, algorithms: readonly SigningAlgorithm[]): boolean {
  const algorithm = algorithms.find((one) => one === jwt.header['alg']);
  if (algorithm === undefined || 'd' in jwk) return false;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return verifies(jwt, key, algorithm);
  } catch {
    // No key, or one of another kind than the signature's: nothing is signed by it.
    return false;
  }
}

/** OpenSSL's `RSA_PKCS1_PSS_PADDING`. */
const PSS_PADDING = 6;

function verifies({ signed, signature }: Jwt, key: KeyObject, algorithm: SigningAlgorithm): boolean {
  const data = Buffer.from(signed);
  switch (algorithm) {
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'EdDSA':
      return verify(undefined, data, key, signature);
    case 'RS256':
      return verify('sha256', data, key, signature);
    case 'PS256':
      return verify('sha256', data, { key, padding: PSS_PADDING, saltLength: 32 }, signature);
  }
}

/** How far the clocks of both sides may differ. */
const CLOCKS_DIFFER_MS = 5 * MINUTE_MS;

/** Whether a moment in a JWT, in seconds, is about now. A clock that was put forward here has stayed where it was there. */
export function isAboutNow(seconds: unknown, { nowMs, state }: World): boolean {
  if (typeof seconds !== 'number') return false;
  return [nowMs, nowMs - state.clockAdvancedMs].some((now) => Math.abs(seconds * SECOND_MS - now) <= CLOCKS_DIFFER_MS);
}

/** How long a JWT that was used must be remembered: until nobody would take it any more. */
export function rememberedUntilMs({ nowMs }: World): number {
  return nowMs + 2 * CLOCKS_DIFFER_MS;
}
