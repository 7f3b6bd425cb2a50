import type { ConnectionId, ProviderAppId } from './ids.ts';

/**
 * A connection's life:
 *
 * `active` → `uncertain` when a renewal was sent and not answered, back to `active` when that is resolved;
 * `active` or `uncertain` → `reauth_required` when the provider ended the grant, back to `active` by a new consent;
 * any → `revoked` when somebody here asked for it. No error ever deletes a connection.
 */
export const CONNECTION_STATES = ['active', 'uncertain', 'reauth_required', 'revoked'] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** Why the user must consent again. */
export const REAUTH_REASONS = [
  /** The provider rejected the refresh token and does not say why. */
  'rejected_unknown',
  /** The provider said that it expired. */
  'expired',
  /** The provider said that it was revoked, or the user is gone. */
  'revoked_by_provider',
  /** The provider asks for something that only its user can do, as a second factor at a sign-in. */
  'interaction_required',
  /** The provider has blocked the user; a consent works again once that is lifted. */
  'user_blocked',
  /** A later consent of the same user with the same provider app, in this store, ended this grant. */
  'superseded',
  /** An answer was lost and what it brought is gone: the old refresh token turned out to be spent. */
  'answer_lost',
  /** The consent brought no refresh token (no `offline.access`), and the access token is over. */
  'no_refresh_token',
  /** The date until which the static API key is good is past. */
  'key_over',
] as const;
export type ReauthReason = (typeof REAUTH_REASONS)[number];

/**
 * What a connection rests on: a user's consent; the app itself, with nobody's consent (client credentials, RFC 6749,
 * section 4.4); or a static API key.
 */
export const FOUNDATIONS = ['consent', 'app', 'key'] as const;
export type Foundation = (typeof FOUNDATIONS)[number];

/** When to renew early: see `renewal/ahead.ts`. */
export const RENEWAL_POLICIES = ['on-use', 'always'] as const;
export type RenewalPolicy = (typeof RENEWAL_POLICIES)[number];

export interface Connection {
  readonly id: ConnectionId;
  /** Unique; `provider:handle` unless the user chose another, as in `x:alice`. */
  readonly name: string;
  readonly provider: string;
  readonly restsOn: Foundation;
  readonly providerAppId: ProviderAppId;
  /** Whose connection it is in the application that uses Kippu; empty for the operator's own. */
  readonly owner: string;
  /** The provider's own, unchanging id of the user. */
  readonly subject: string | undefined;
  readonly handle: string | undefined;
  readonly state: ConnectionState;
  readonly stateReason: ReauthReason | undefined;
  readonly scopes: readonly string[];
  readonly policy: RenewalPolicy;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly accessExpiresAtMs: number | undefined;
  /** The earlier of the refresh token's absolute and idle ends, as far as they are known. */
  readonly refreshExpiresAtMs: number | undefined;
  readonly hasRefreshToken: boolean;
  readonly grantedAtMs: number;
  readonly lastRenewedAtMs: number | undefined;
  readonly renewals: number;
  readonly nextDueAtMs: number | undefined;
  readonly createdAtMs: number;
}

/** Whether it outlives its access token without anybody doing anything. */
export function isRenewable({ restsOn, hasRefreshToken }: Pick<Connection, 'restsOn' | 'hasRefreshToken'>): boolean {
  return restsOn === 'app' || hasRefreshToken;
}
