import type { ConnectionId, ConsentId, ProviderAppId } from './ids.ts';

/**
 * Consents under way.
 *
 * A device's consent waits in `waiting` for its user to type the code, and goes on to `pending`. Any other:
 * `begun` (a link was made) → `sent` (a browser opened it and was sent to the provider) → `answered` (the provider came
 * back with a code, which is being exchanged) → `pending` (the token set is here, sealed; whose it is, or who may have
 * it, is not settled yet) → `attached`; or `failed` from anywhere, with the reason.
 */
export const CONSENT_STATES = ['begun', 'waiting', 'sent', 'answered', 'pending', 'attached', 'failed'] as const;
export type ConsentState = (typeof CONSENT_STATES)[number];

export const CONSENT_FAILURES = [
  'denied',
  'expired',
  'replayed',
  'foreign',
  'wrong_user',
  'code_refused',
  'provider_refused',
  'unusable_answer',
  'mixed_up',
  'unanswered',
  'misconfigured',
  'id_token_invalid',
  'name_taken',
  'not_redeemed',
] as const;
export type ConsentFailure = (typeof CONSENT_FAILURES)[number];

export interface Consent {
  readonly id: ConsentId;
  readonly state: ConsentState;
  readonly failure: ConsentFailure | undefined;
  readonly failureDetail: string | undefined;
  readonly provider: string;
  readonly providerAppId: ProviderAppId;
  readonly owner: string;
  readonly name: string | undefined;
  /** Consent again for this connection. */
  readonly connectionId: ConnectionId | undefined;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly returnUrl: string | undefined;
  /** SHA-256 of the `state` parameter, once a browser was sent to the provider. */
  readonly stateHash: string | undefined;
  /** SHA-256 of the cookie of the browser that began it. */
  readonly browserHash: string | undefined;
  /** SHA-256 of the one-time code that the application redeems at its `return_url`. */
  readonly redeemHash: string | undefined;
  /** Sealed: the PKCE verifier or the device code (with a key, where tokens are bound to one) before the answer, the token set after it. */
  readonly sealed: Uint8Array | undefined;
  readonly generation: string | undefined;
  readonly attachedTo: ConnectionId | undefined;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly answeredAtMs: number | undefined;
  /** Nobody asks before this: while it is pending, whose account it is; while it waits, whether its user has decided. */
  readonly askAfterMs: number | undefined;
}

export interface ConsentStore {
  create(consent: Consent): Promise<void>;
  find(id: ConsentId): Promise<Consent | undefined>;
  findByState(stateHash: string): Promise<Consent | undefined>;
  /** Moves a consent on if it is still in `from`: of two callbacks with the same state, one gets it. */
  advance(id: ConsentId, from: ConsentState, changes: Partial<Omit<Consent, 'id' | 'createdAtMs'>>): Promise<boolean>;
  /** Answered, not attached, and waiting for the worker (whose account it is could not be asked). */
  pending(limit: number): Promise<readonly Consent[]>;
  /**
   * Devices whose turn it is to be asked for, each moved forward to `againAtMs` in the same statement: of several pollers
   * one gets it, and whoever dies with it has only delayed the next question.
   */
  takeWaiting(turn: { readonly againAtMs: number; readonly limit: number }): Promise<readonly Consent[]>;
  /** Fails what was never finished; forgets what ended long ago. */
  expire(limits: { readonly nowMs: number; readonly forgetBeforeMs: number }): Promise<number>;
}
