import { MINUTE_MS } from '../model/clock.ts';
import { KippuError } from '../model/errors.ts';
import type { Secret } from '../model/secret.ts';
import type { IdTokenClaims } from '../protocol/id-token.ts';
import { grant, type Granted } from './access.ts';
import type { RequestFacts, SessionPorts } from './ports.ts';

/** A token this young is never renewed for its age: else every request would rotate the refresh token. */
const AGE_MIN_MS = MINUTE_MS;

export interface IdTokenWish {
  readonly provider: string | undefined;
  /** Since it was issued. */
  readonly maxAgeMs: number | undefined;
  readonly canSetCookies: boolean;
}

export interface GrantedIdToken extends Granted {
  readonly idToken: Secret;
  readonly claims: IdTokenClaims;
}

/**
 * The session's ID token, checked anew (OpenID Connect Core, sections 3.1.3.7 and 12.2), and renewed first if it is over
 * or older than wanted.
 *
 * Throws `not_found` where there is none, `id_token_invalid`, `reauth_required` where renewals bring no fresher one, and
 * what {@link grant} throws.
 */
export async function grantIdToken(
  request: RequestFacts,
  wish: IdTokenWish,
  ports: SessionPorts,
): Promise<GrantedIdToken> {
  const base = { provider: wish.provider, canSetCookies: wish.canSetCookies };
  const first = await check(
    await grant(request, { ...base, need: { kind: 'use', minTtlMs: undefined } }, ports),
    ports,
  );
  if (!isStale(first, wish, ports)) return first;
  refuseWithoutHope(first, ports);
  const afterVersion = first.session.version;
  const second = await check(await grant(request, { ...base, need: { kind: 'now', afterVersion } }, ports), ports);
  if (isStale(second, wish, ports)) refuseWithoutHope(second, ports);
  return second;
}

async function check(granted: Granted, { idTokens }: SessionPorts): Promise<GrantedIdToken> {
  const { session, app } = granted;
  const { idToken, nonce } = session.tokens;
  if (idToken === undefined || app.provider.idToken === undefined) {
    throw new KippuError(
      'not_found',
      `There is no ID token in the session at ${app.provider.name}: ask for the scope openid at the sign-in, and leave keepIdToken on.`,
    );
  }
  const expected = { nonce, isNonceNeeded: false, subject: session.subject, mayHaveEnded: true };
  const checked = await idTokens.check(app, idToken, expected);
  switch (checked.kind) {
    case 'valid':
      return { ...granted, idToken, claims: checked.claims };
    case 'unchecked':
      throw new KippuError('unavailable', `The ID token cannot be checked now: ${checked.error}. Try again.`);
    case 'invalid':
      throw new KippuError(
        'id_token_invalid',
        `The ID token does not pass its checks: ${checked.reason}. It is not handed out.`,
      );
  }
}

function isStale({ claims }: GrantedIdToken, { maxAgeMs }: IdTokenWish, { clock }: SessionPorts): boolean {
  const nowMs = clock.nowMs();
  if (nowMs >= claims.expiresAtMs) return true;
  return maxAgeMs !== undefined && nowMs - claims.issuedAtMs > Math.max(maxAgeMs, AGE_MIN_MS);
}

/** Where the last renewal brought none, the next one would not, and would spend a refresh token for it. */
function refuseWithoutHope({ session, app }: GrantedIdToken, { renewals, signInUrl, clock }: SessionPorts): void {
  const isKept = session.tokens.isIdTokenKept === true || renewals === undefined;
  if (isKept) {
    throw new KippuError(
      'reauth_required',
      `The ID token is over or too old, and no renewal brings another one here. Only another sign-in at ${app.provider.name} does.`,
      { connectUrl: signInUrl(session.provider) },
    );
  }
  if (clock.nowMs() - session.accessIssuedAtMs >= AGE_MIN_MS) return;
  throw new KippuError(
    'id_token_invalid',
    'The ID token came less than a minute ago, and is over or too old already: renewing will not help. Look at the clocks, here and at the provider.',
  );
}
