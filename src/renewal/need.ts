import type { ReauthReason } from '../model/connection.ts';
import type { StoredCredential } from '../model/credential-store.ts';
import type { Fingerprint } from '../model/ids.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { ProviderApp } from '../providers/provider-app.ts';

/** What a caller wants of a connection. */
export type Need =
  /** An access token that lives long enough. */
  | { readonly kind: 'use'; readonly minTtlMs: number | undefined }
  /** Another access token than this one, which the provider has just refused. */
  | { readonly kind: 'refused'; readonly accessFingerprint: Fingerprint }
  /** A renewal, because somebody asked for it; satisfied by any version later than this. */
  | { readonly kind: 'now'; readonly afterVersion: number }
  /** The worker's: a renewal if it is time for one, or the end of an uncertainty. */
  | { readonly kind: 'ahead' };

/** Whether the old access token, while it lives, is better than no answer. */
export function wantsToken(need: Need): boolean {
  return need.kind === 'use' || need.kind === 'refused';
}

/** A connection as one look at it shows it, with all that a decision needs. */
export interface Seen {
  readonly credential: StoredCredential;
  /** Absent: the configuration names no such app (any more), or names another. */
  readonly app: ProviderApp | undefined;
  /** Somebody holds the lease, and as far as anyone can tell he is alive. */
  readonly isLeased: boolean;
  /** The open attempt's process is gone for good, on this machine. */
  readonly isSenderGone: boolean;
  /**
   * How far this machine's wall clock ran ahead of its monotonic one since the open attempt began: it was set forward, or
   * the machine slept. 0 where the attempt began elsewhere.
   */
  readonly clockAheadMs: number;
  /** When the open attempt's node last reported that its spool holds nothing that waits. */
  readonly senderSpoolEmptyAtMs: number | undefined;
}

/** A connection whose app is configured: the only kind that a request is ever built for. */
export interface SeenWithApp extends Seen {
  readonly app: ProviderApp;
}

/**
 * Why there is no other token than the refused one. `young`: it is so new that its age cannot be the reason.
 * `nothing_renews`: it is a static API key. `same_again`: asked for another one, the provider gave the same.
 */
export type RefusedBecause = 'young' | 'nothing_renews' | 'same_again';

/** What became of a need. */
export type Renewal =
  | Served
  | { readonly kind: 'reauth_required'; readonly reason: ReauthReason; readonly error?: string }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'refused'; readonly because: RefusedBecause }
  | { readonly kind: 'misconfigured'; readonly error: string }
  /** What the provider last issued is stored, and no request could carry its access token. */
  | { readonly kind: 'unusable'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAtMs: number }
  | { readonly kind: 'uncertain'; readonly retryAtMs: number }
  /** Somebody else is at it: look again soon. */
  | { readonly kind: 'wait' };

export interface Served {
  readonly kind: 'served';
  readonly tokens: TokenSet;
  readonly app: ProviderApp;
  readonly version: number;
  readonly accessIssuedAtMs: number;
  readonly accessExpiresAtMs: number | undefined;
  readonly scopes: readonly string[];
  readonly subject: string | undefined;
  readonly name: string;
  /** Whether this call made, or waited for, an exchange. */
  readonly renewed: boolean;
}
