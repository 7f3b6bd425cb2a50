import { createHash } from 'node:crypto';
import type { JSONWebKeySet, JWTPayload } from 'jose';
import { SECOND_MS } from '../model/clock.ts';
import type { Secret } from '../model/secret.ts';
import { issuerIdentifier, type ProviderApp } from '../providers/provider-app.ts';
import type { Provider } from '../providers/provider.ts';
import { errorWords } from './error-words.ts';
import { jose } from './jose.ts';

/** How far a provider's clock and ours may be apart. */
const SKEW_MS = 60 * SECOND_MS;

/** What an ID token says, after it has been checked. Instants in milliseconds since the epoch, by the provider's clock. */
export interface IdTokenClaims {
  readonly subject: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** All of them, as they stand in the token. */
  readonly all: Readonly<Record<string, unknown>>;
}

export type IdTokenVerdict =
  | { readonly kind: 'valid'; readonly claims: IdTokenClaims }
  /** Nothing that it says may be believed. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** Signed with a key that is not among these. */
  | { readonly kind: 'unknown_key' };

export interface IdTokenExpectation {
  /** What the consent sent along; an ID token that names another was made for another consent. Absent: none was sent. */
  readonly nonce: string | undefined;
  /** A consent's own ID token must repeat its nonce; a renewal's may leave it out (OpenID Connect Core, section 12.2). */
  readonly isNonceNeeded: boolean;
  /** Whose connection it is, once that is known. */
  readonly subject: string | undefined;
  /** `true`: one that has ended is not refused for that; when it ended is asked elsewhere. */
  readonly mayHaveEnded: boolean;
  readonly nowMs: number;
}

/**
 * Checks an ID token (OpenID Connect Core, sections 3.1.3.7 and 12.2): signature, issuer, audience, authorized party,
 * times, nonce, subject, organization. Never throws for what the token holds.
 */
export async function verifyIdToken(
  app: ProviderApp,
  idToken: Secret,
  keys: JSONWebKeySet,
  expected: IdTokenExpectation,
): Promise<IdTokenVerdict> {
  const { idToken: rules, name } = app.provider;
  if (rules === undefined) return { kind: 'invalid', reason: `nobody has described how ${name}'s are checked` };
  const { createLocalJWKSet, errors, jwtVerify } = await jose();
  try {
    const { payload } = await jwtVerify(idToken.reveal(), createLocalJWKSet(keys), {
      algorithms: [...rules.algorithms],
      issuer: issuerIdentifier(app),
      audience: app.clientId,
      requiredClaims: ['sub', 'iat', 'exp'],
      clockTolerance: expected.mayHaveEnded ? Number.MAX_SAFE_INTEGER / SECOND_MS : SKEW_MS / SECOND_MS,
      currentDate: new Date(expected.nowMs),
    });
    const reason = refusal(payload, app, expected);
    return reason === undefined ? { kind: 'valid', claims: claimsOf(payload) } : { kind: 'invalid', reason };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return { kind: 'unknown_key' };
    if (error instanceof errors.JOSEError) return { kind: 'invalid', reason: errorWords(error.message) };
    // A key that is none, and a token whose parts are not what they must be, end in errors of the runtime's own.
    return { kind: 'invalid', reason: 'it cannot be read' };
  }
}

/** What the library does not look at. */
function refusal(payload: JWTPayload, { clientId, organization, provider }: ProviderApp, expected: IdTokenExpectation) {
  const { aud, azp, iat = 0, sub } = payload;
  if (Array.isArray(aud) && aud.length > 1 && azp === undefined) return 'it is for several apps and does not say which';
  if (azp !== undefined && azp !== clientId) return 'it was issued to another app ("azp")';
  if (iat * SECOND_MS > expected.nowMs + SKEW_MS) return 'it comes from the future ("iat")';
  if (!isOfConsent(payload['nonce'], expected)) return 'it belongs to another consent ("nonce")';
  if (typeof sub !== 'string' || sub === '') return 'it names no user ("sub")';
  if (expected.subject !== undefined && sub !== expected.subject) return 'it names another user ("sub")';
  return organizationRefusal(payload, organization, provider.idToken?.organization);
}

/** Where none was sent (a device, an import), there is nothing to compare. */
function isOfConsent(nonce: unknown, expected: IdTokenExpectation): boolean {
  if (expected.nonce === undefined) return true;
  return nonce === undefined ? !expected.isNonceNeeded : nonce === expected.nonce;
}

function organizationRefusal(
  payload: JWTPayload,
  wanted: string | undefined,
  claims: NonNullable<ProviderApp['provider']['idToken']>['organization'],
): string | undefined {
  if (wanted === undefined || claims === undefined) return undefined;
  const isId = wanted.startsWith(claims.idPrefix);
  const name = isId ? claims.id : claims.name;
  const named = payload[name];
  const isSame = typeof named === 'string' && (isId ? named === wanted : named.toLowerCase() === wanted.toLowerCase());
  return isSame ? undefined : `the user signed in to another organization ("${name}")`;
}

function claimsOf(payload: JWTPayload): IdTokenClaims {
  const { sub = '', iat = 0, exp = 0 } = payload;
  return { subject: sub, issuedAtMs: iat * SECOND_MS, expiresAtMs: exp * SECOND_MS, all: payload };
}

/** Whether a consent to these scopes brings an ID token that is checked here (OpenID Connect Core, section 3.1.2.1). */
export function asksForIdToken({ idToken }: Provider, scopes: readonly string[]): boolean {
  return idToken !== undefined && scopes.includes('openid');
}

/**
 * The nonce of a consent (OpenID Connect Core, section 15.5.2): made from its verifier, so that there is nothing more to
 * keep, and nobody who reads the authorization request or the ID token learns the verifier from it.
 */
export function nonceOf(verifier: Secret): string {
  return createHash('sha256').update(`kippu nonce ${verifier.reveal()}`).digest('base64url');
}
