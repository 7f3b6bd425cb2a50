import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { Clock } from '../model/clock.ts';
import type { HttpRequest } from '../model/http.ts';
import { randomText, type Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import type { Dpop } from '../providers/provider.ts';
import { importKey } from './client-assertion.ts';
import { jose } from './jose.ts';

/**
 * A key pair for one grant (RFC 9449): its tokens are of use only to whoever can sign with it. As a JWK with its private
 * part, to be sealed with the tokens.
 */
export async function newProofKey({ algorithms: [algorithm] }: Dpop): Promise<Secret> {
  const { exportJWK, generateKeyPair } = await jose();
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return new Secret(JSON.stringify({ ...(await exportJWK(privateKey)), alg: algorithm }));
}

/** What the authorization request binds its code to (`dpop_jkt`, RFC 9449, section 10). */
export async function thumbprintOf(proofKey: Secret): Promise<string> {
  const { calculateJwkThumbprint } = await jose();
  return calculateJwkThumbprint(publicPart(proofKey));
}

export interface Proof {
  readonly request: Pick<HttpRequest, 'method' | 'url'>;
  /** As the server of this request asked for it last. */
  readonly nonce: string | undefined;
  /** With a call of the resource server: the token that goes with it (`ath`). */
  readonly accessToken: Secret | undefined;
}

/** One request's proof (RFC 9449, section 4.2). Servers take each `jti` once: every request has one of its own. */
export async function proofOf(
  proofKey: Secret,
  { request, nonce, accessToken }: Proof,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<string> {
  const { origin, pathname } = new URL(request.url);
  const jwk = publicPart(proofKey);
  const alg = jwk.alg ?? '';
  const claims = {
    jti: randomText(random, 16),
    htm: request.method,
    htu: origin + pathname,
    ...(accessToken === undefined
      ? {}
      : { ath: createHash('sha256').update(accessToken.reveal()).digest('base64url') }),
    ...(nonce === undefined ? {} : { nonce }),
  };
  const { alg: _, ...bare } = jwk;
  const { SignJWT } = await jose();
  return new SignJWT(claims)
    .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk: bare })
    .setIssuedAt(Math.floor(clock.nowMs() / 1000))
    .sign(await importKey(proofKey, alg));
}

/** Named one by one: a private part can never slip out. */
function publicPart(proofKey: Secret): JWK {
  const { kty, crv, x, y, n, e, alg } = JSON.parse(proofKey.reveal()) as JWK;
  return { kty, crv, x, y, n, e, alg } as JWK;
}
