import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type JsonWebKey } from 'node:crypto';
import type { SimEvent } from '../events.ts';
import { newName } from '../names.ts';
import type { SigningKey } from '../state.ts';
import type { World } from '../world.ts';

const MODULUS_BITS = 2048;

/** The key that is signed with now, and what is to be kept if it had to be made. */
export interface Signer {
  readonly key: SigningKey;
  readonly events: readonly SimEvent[];
}

/** The newest key; the first one is made when somebody needs it, because that takes a moment. */
export function signerOf(world: World): Signer {
  const key = world.state.signingKeys.at(-1);
  if (key !== undefined) return { key, events: [] };
  const made = newKey(world);
  return { key: made, events: [{ kind: 'key_made', key: made, isAlone: true }] };
}

/** A key that nobody has published. */
export function newKey({ random }: World): SigningKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: MODULUS_BITS });
  return { kid: newName('key', random), privateJwk: privateKey.export({ format: 'jwk' }) as Record<string, string> };
}

/** A key as `jwks.json` publishes it. */
export function publicJwk({ kid, privateJwk }: SigningKey): JsonWebKey {
  const { kty, n, e } = privateJwk;
  return { kty, n, e, kid, use: 'sig', alg: 'RS256' } as JsonWebKey;
}

export type Claims = Readonly<Record<string, unknown>>;

/** A signed JWT (RFC 7519), RS256. */
export function signedJwt(claims: Claims, key: SigningKey): string {
  const text = unsignedPart({ alg: 'RS256', typ: 'JWT', kid: key.kid }, claims);
  const privateKey = createPrivateKey({ key: key.privateJwk, format: 'jwk' });
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
}

/** What no client may accept: `alg: none` (RFC 8725, section 3.2). */
export function unsignedJwt(claims: Claims): string {
  return `${unsignedPart({ alg: 'none', typ: 'JWT' }, claims)}.`;
}

/** Nor this: the public key as if it were a secret (RFC 8725, section 2.1). */
export function hmacJwt(claims: Claims, key: SigningKey): string {
  const pem = createPublicKey(createPrivateKey({ key: key.privateJwk, format: 'jwk' })).export({
    format: 'pem',
    type: 'spki',
  });
  const text = unsignedPart({ alg: 'HS256', typ: 'JWT', kid: key.kid }, claims);
  return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
}

function unsignedPart(header: Claims, claims: Claims): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
