import { createHash } from 'node:crypto';
import { randomText, type Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';

/** A code verifier of 256 random bits, 43 characters (RFC 7636, section 4.1). */
export function newVerifier(random: Random): Secret {
  return new Secret(randomText(random, 32));
}

/** The `S256` challenge (RFC 7636, section 4.2). */
export function challengeOf(verifier: Secret): string {
  return createHash('sha256').update(verifier.reveal()).digest('base64url');
}
