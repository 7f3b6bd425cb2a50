import { createPrivateKey, type KeyObject } from 'node:crypto';
import { KippuError } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { Provider, SigningAlgorithm } from './provider.ts';

/** The private key that an app authenticates with, parsed and checked once. */
export interface ClientKey {
  /** As a JWK (RFC 7517), whatever it was given as. */
  readonly jwk: Secret;
  readonly algorithm: SigningAlgorithm;
  /** Which of the registered keys it is, where the provider knows more than one. */
  readonly keyId: string | undefined;
}

/** PEM (PKCS #8, PKCS #1, SEC 1) or a JWK as JSON text. */
export interface GivenKey {
  readonly key: Secret;
  /** Stronger than a JWK's own `kid`. */
  readonly keyId: string | undefined;
}

const RSA_BITS_MIN = 2048;

/**
 * The key for RFC 7523 assertions to this provider. Throws `invalid` for what is no private key, for one that the
 * provider does not take, and for a provider that takes none; the message never holds any of the key.
 */
export function clientKey({ name, clientAuth }: Provider, { key, keyId }: GivenKey): ClientKey {
  const { privateKeyJwt } = clientAuth;
  if (privateKeyJwt === undefined)
    throw refusal(`${name} takes no private key from an app. Give the client secret instead, and no key.`);
  const text = key.reveal().trim();
  const given = jwkFields(text);
  const parsed = parse(text, given);
  const fitting = algorithmsOf(parsed);
  const wanted = given?.['alg'];
  const algorithm = privateKeyJwt.algorithms.find(
    (one) => fitting.includes(one) && (wanted === undefined || wanted === one),
  );
  if (algorithm === undefined) {
    throw refusal(
      `${name} takes signatures with ${privateKeyJwt.algorithms.join(', ')}, and this key makes none of them. ` +
        'Use a key of that kind: P-256 for ES256, Ed25519 for EdDSA, RSA of at least 2048 bits for RS256 and PS256.',
    );
  }
  const ownId = given?.['kid'];
  return {
    jwk: new Secret(JSON.stringify(parsed.export({ format: 'jwk' }))),
    algorithm,
    keyId: keyId ?? (typeof ownId === 'string' ? ownId : undefined),
  };
}

function jwkFields(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // The parser's own message would quote the key.
    throw refusal('This is no JSON, and so no JWK. Give one JWK with its private part, or a PEM file.');
  }
}

function parse(text: string, jwk: Readonly<Record<string, unknown>> | undefined): KeyObject {
  if (jwk !== undefined && 'keys' in jwk)
    throw refusal('This is a set of keys (JWKS). Give the one JWK of it that this app signs with.');
  if (jwk !== undefined && !('d' in jwk))
    throw refusal('This JWK is a public key: it has no "d". The provider gets that one; give its private counterpart.');
  if (text.includes('BEGIN PUBLIC KEY') || text.includes('BEGIN CERTIFICATE'))
    throw refusal('This is a public key or a certificate. The provider gets that one; give the private key.');
  if (text.includes('ENCRYPTED'))
    throw refusal('This key is locked with a passphrase. Give it unlocked: `openssl pkey -in key.pem` writes it so.');
  try {
    return createPrivateKey(jwk === undefined ? text : { key: { ...jwk }, format: 'jwk' });
  } catch {
    // What OpenSSL says helps nobody, and a key is not to be quoted.
    throw refusal('This is no private key. Give a PEM that begins with -----BEGIN PRIVATE KEY-----, or a JWK as JSON.');
  }
}

function algorithmsOf(key: KeyObject): readonly SigningAlgorithm[] {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? ['ES256'] : [];
    case 'ed25519':
      return ['EdDSA'];
    case 'rsa':
      return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS_MIN ? ['RS256', 'PS256'] : [];
    default:
      return [];
  }
}

function refusal(message: string): KippuError {
  return new KippuError('invalid', message, { where: 'clientPrivateKey' });
}
