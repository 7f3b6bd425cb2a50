import type { ConnectionId } from './ids.ts';
import type { Secret } from './secret.ts';
import type { TokenCarrier } from './token-set.ts';

/** The one way in which work (posting, collecting) comes to a token; it never sees a refresh token. */
export interface AccessTokens {
  /**
   * A good access token. Throws `KippuError`: `reauth_required`, `revoked`, `refused`, `misconfigured`, `unavailable`,
   * `uncertain`, `not_found`.
   */
  get(connection: ConnectionId, need?: AccessNeed): Promise<Access>;
}

export interface AccessNeed {
  /** Life that the token must still have, milliseconds. */
  readonly minTtlMs?: number;
  /** An access token that the provider has just refused with a 401: the answer is never this one. */
  readonly refused?: Secret;
}

export interface Access {
  readonly accessToken: Secret;
  readonly tokenType: string;
  /** The key that the token is bound to (RFC 9449): without a proof made with it, the token is of no use. */
  readonly proofKey?: Secret | undefined;
  /** Absent: `Authorization: Bearer`. */
  readonly carrier?: TokenCarrier | undefined;
  readonly expiresAtMs: number | undefined;
  readonly scopes: readonly string[];
  readonly version: number;
  /** Origin of the provider's resource API, as in `https://api.x.com`. */
  readonly apiOrigin: string;
  /** Older origins of the same API: what is addressed to them goes to `apiOrigin`. */
  readonly legacyOrigins?: readonly string[];
  /** Other origins that the same token may be sent to. */
  readonly furtherOrigins?: readonly string[];
  /** Picks the network's adapter. */
  readonly provider: string;
  /** The provider's id of the user, as far as it is known. */
  readonly subject: string | undefined;
}
