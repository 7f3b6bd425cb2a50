import type { ReauthReason } from './connection.ts';
import type { TokenSet } from './token-set.ts';

/** What a renewal ended in. Only `rejected` ends a grant. */
export type RenewalOutcome =
  | { readonly kind: 'renewed'; readonly tokens: TokenSet }
  /** The provider refuses this refresh token for good. */
  | { readonly kind: 'rejected'; readonly reason: ReauthReason; readonly error: string }
  /**
   * Ours to fix: the connection stays. `app`: the provider refuses our registration (wrong secret, unknown client), for
   * everybody. `answer`: a refusal that nobody here knows; until somebody does, it concerns this connection alone.
   */
  | { readonly kind: 'misconfigured'; readonly concerns: 'app' | 'answer'; readonly error: string }
  /** Provably not consumed: try again later. */
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs: number | undefined }
  /** Sent, and no readable answer: maybe spent. */
  | { readonly kind: 'unanswered'; readonly error: string };
