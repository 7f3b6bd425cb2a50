import type { Secret } from './secret.ts';

/** What one provider answer delivered. Instants are in milliseconds since the epoch, by our clock. */
export interface TokenSet {
  readonly accessToken: Secret;
  readonly tokenType: string;
  /** Absent: the answer brought none (keep the old one on renewal, there is none after a fresh consent). */
  readonly refreshToken: Secret | undefined;
  readonly idToken: Secret | undefined;
  /** The consent's nonce, which ID tokens of its grant repeat. Absent: none was sent. */
  readonly nonce?: string | undefined;
  /** The ID token is an older one: the last answer brought none. */
  readonly isIdTokenKept?: boolean | undefined;
  /** Absent: the provider's data say what a missing `expires_in` means. */
  readonly accessExpiresAtMs: number | undefined;
  /** As far as the answer itself says when the refresh token ends. */
  readonly refreshExpiresAtMs: number | undefined;
  /** Absent: as requested (RFC 6749, section 5.1). */
  readonly scopes: readonly string[] | undefined;
  /** How it is carried to the API; absent: `Authorization: Bearer` (RFC 6750, section 2.1). Of static keys alone. */
  readonly carrier?: TokenCarrier | undefined;
  /** How the grant was given, where that is not by an authorization code (RFC 8628). */
  readonly flow?: 'device' | undefined;
  /** The key that these tokens are bound to, private part and all (RFC 9449). Absent: they are bearer tokens. */
  readonly proofKey?: Secret | undefined;
  /** The callback that the consent came back to, where renewals must name it too. */
  readonly redirectUri?: string | undefined;
  /** The answer's body as it arrived, sealed along with the rest, so that nothing a parser missed is ever lost. */
  readonly raw: Secret;
}

/** The header that carries an access token, or an API key, to the API. */
export interface TokenCarrier {
  /** As in `Authorization` or `X-Api-Key`. */
  readonly header: string;
  /** Before the token, with a space between; empty: the token stands alone. */
  readonly scheme: string;
}
