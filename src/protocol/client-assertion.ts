import type { CryptoKey, JWK } from 'jose';
import type { Clock } from '../model/clock.ts';
import { randomText, type Random } from '../model/random.ts';
import type { Secret } from '../model/secret.ts';
import type { ClientKey } from '../providers/client-key.ts';
import { issuerIdentifier, type ProviderApp } from '../providers/provider-app.ts';
import { jose } from './jose.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Long enough for clocks that differ a little and a claim that waits; of no use to whoever finds one in a log. */
const ASSERTION_LIFETIME_S = 60;

/**
 * The app's signed word for who it is (`private_key_jwt`: RFC 7523, section 3; OpenID Connect Core, section 9). Its `jti`
 * is random and servers take it once, so each request has one of its own.
 */
export async function clientAssertion(
  app: ProviderApp,
  key: ClientKey,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<string> {
  const { SignJWT } = await jose();
  const nowS = Math.floor(clock.nowMs() / 1000);
  return new SignJWT({ jti: randomText(random, 16) })
    .setProtectedHeader({ alg: key.algorithm, ...(key.keyId === undefined ? {} : { kid: key.keyId }) })
    .setIssuer(app.clientId)
    .setSubject(app.clientId)
    .setAudience(audienceOf(app))
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + ASSERTION_LIFETIME_S)
    .sign(await importKey(key.jwk, key.algorithm));
}

/** The issuer, unless the provider's data want the token endpoint, as older servers do. */
function audienceOf(app: ProviderApp): string {
  const audience = app.provider.clientAuth.privateKeyJwt?.audience ?? 'issuer';
  return audience === 'token_endpoint' ? app.endpoints.token : issuerIdentifier(app);
}

export async function importKey(jwk: Secret, algorithm: string): Promise<CryptoKey | Uint8Array> {
  const { importJWK } = await jose();
  // Written by us, from a key that was checked when it came.
  return importJWK(JSON.parse(jwk.reveal()) as JWK, algorithm);
}
