import type { ConnectionState, Foundation, ReauthReason, RenewalPolicy } from './connection.ts';
import type { AttemptId, ConnectionId, Fingerprint, OrphanId, ProviderAppId } from './ids.ts';
import type { ProcessIdentity } from './processes.ts';

/**
 * The stored credentials and the renewals' durable steps. Each call is one whole operation: it happens entirely or not
 * at all, and it is durable when its promise resolves.
 */
export interface CredentialStore {
  read(id: ConnectionId): Promise<StoredCredential | undefined>;
  /**
   * Takes the lease, raises the fence and writes the attempt, if the credential is still at the version that was seen,
   * nobody holds a live lease, the open attempt is the one that was seen, and (but for a revocation) the app is not
   * held. Otherwise nothing happens.
   */
  claim(request: ClaimRequest): Promise<Claim | undefined>;
  /** Never throws away the token set: what cannot be attached becomes an orphan. Idempotent. */
  settleRenewed(settlement: RenewedSettlement): Promise<RenewedAs>;
  /**
   * Which of these attempts, whose answers were acknowledged, the store does not have as renewed: a standby that lacked them has
   * taken its place. Absent: what is committed here stays.
   */
  readonly lacking?: (attempts: readonly AttemptId[]) => Promise<ReadonlySet<AttemptId>>;
  settleRejected(settlement: RejectedSettlement): Promise<RejectedAs>;
  /** `false`: the claim is no longer the credential's; nothing was changed except the attempt's outcome. */
  settleFailed(settlement: FailedSettlement): Promise<boolean>;
  /** The open attempt's sender is gone or silent: its outcome is `unanswered`, the connection `uncertain`. */
  markUncertain(id: ConnectionId, attemptId: AttemptId, dueAtMs: number): Promise<boolean>;
  /** The open attempt turned out not to have been handled (a probe showed it): back to `active`. */
  markNotSpent(id: ConnectionId, attemptId: AttemptId, dueAtMs: number): Promise<boolean>;
  /** The provider refused the stored access token: it counts as ended. Guarded by the version. */
  noteRefusedAccess(id: ConnectionId, version: number): Promise<void>;
  /** Ends a grant without a renewal: it has no refresh token, or its lost answer may not be replayed. */
  endGrant(id: ConnectionId, version: number, reason: ReauthReason): Promise<boolean>;
  /** Ids that are due; each is not due again before `againAtMs`, so that a crash of the taker loses nothing. */
  takeDue(take: { readonly againAtMs: number; readonly limit: number }): Promise<readonly ConnectionId[]>;
  /** The earliest due time there is: how far behind the worker is. */
  nextDueAtMs(): Promise<number | undefined>;
  /** If the credential was neither moved nor claimed since it was seen, and nobody else has set its due time. */
  setDue(
    seen: Pick<StoredCredential, 'connectionId' | 'version' | 'fence' | 'dueAtMs'>,
    dueAtMs: number | undefined,
  ): Promise<void>;
  /**
   * Announces that the grant's end is near: once for each number of days, and once for each grant that ends before the
   * next post; never both kinds within a day. `false`: it was announced before, or the other kind just now.
   */
  warnReauthSoon(id: ConnectionId, warning: ReauthWarning): Promise<boolean>;
  /** An orphan of this connection whose refresh token was never tried. */
  untriedOrphan(id: ConnectionId): Promise<Orphan | undefined>;
  /** Makes the orphan's token set the credential, as the next version. `false`: somebody moved the credential first. */
  adoptOrphan(adoption: OrphanAdoption): Promise<boolean>;
  /** It was presented, or revoked at the provider: nothing is left to do with it. */
  noteOrphanTried(id: OrphanId): Promise<void>;
  orphans(id: ConnectionId): Promise<readonly Orphan[]>;
  /** The connection that holds, or ever presented, the refresh token with this fingerprint. */
  knownRefreshToken(
    fingerprint: Fingerprint,
  ): Promise<{ readonly connectionId: ConnectionId; readonly spent: boolean } | undefined>;
  /** Somebody brought a refresh token that was spent here: announced as reuse, once for each token. */
  reportReuse(fingerprint: Fingerprint, seen: ReuseSeen): Promise<void>;
  attempts(id: ConnectionId, limit: number): Promise<readonly Attempt[]>;
}

export interface StoredCredential {
  readonly connectionId: ConnectionId;
  readonly name: string;
  readonly provider: string;
  readonly owner: string;
  readonly subject: string | undefined;
  readonly restsOn: Foundation;
  readonly state: ConnectionState;
  readonly stateReason: ReauthReason | undefined;
  readonly policy: RenewalPolicy;
  readonly scopes: readonly string[];
  readonly providerAppId: ProviderAppId;
  readonly version: number;
  readonly fence: number;
  readonly generation: string;
  readonly sealed: Uint8Array;
  readonly accessFingerprint: Fingerprint;
  /** Absent: the grant has no refresh token. */
  readonly refreshFingerprint: Fingerprint | undefined;
  readonly accessIssuedAtMs: number;
  /** Absent: never, or unknown; the provider's data say which. */
  readonly accessExpiresAtMs: number | undefined;
  /** Set once the provider refused the access token (a 401): it counts as ended from then on. */
  readonly accessRefusedAtMs: number | undefined;
  readonly grantedAtMs: number;
  readonly refreshAbsoluteEndsAtMs: number | undefined;
  readonly refreshIdleEndsAtMs: number | undefined;
  /** After an `unavailable` outcome: not before this. */
  readonly holdUntilMs: number | undefined;
  /** Failed renewals in a row, for the back-off. */
  readonly failures: number;
  readonly lease: Lease | undefined;
  /** The attempt that was, or may have been, sent and has not been settled; also one that ended `unanswered`. */
  readonly openAttempt: Attempt | undefined;
  readonly dueAtMs: number | undefined;
  readonly app: ProviderAppCondition;
  /** Drawn once at the consent, in [0, 1): spreads early renewals, and stays the same over restarts. */
  readonly jitter: number;
}

/** What the store knows of a provider app beyond its configuration. */
export interface ProviderAppCondition {
  readonly misconfiguredSinceMs: number | undefined;
  /** Set while the provider refuses the app itself: no renewal before this, then one at a time. */
  readonly holdUntilMs: number | undefined;
  readonly error: string | undefined;
  /** Too many rejections at once: an operator must look before anything else is sent. */
  readonly heldForOperator: boolean;
}

export interface Lease {
  readonly fence: number;
  readonly expiresAtMs: number;
  readonly holder: ProcessIdentity;
}

export const ATTEMPT_PURPOSES = ['renewal', 'replay', 'revocation'] as const;
export type AttemptPurpose = (typeof ATTEMPT_PURPOSES)[number];

export const ATTEMPT_OUTCOMES = [
  'renewed',
  'rejected',
  'misconfigured',
  'unavailable',
  'unanswered',
  'not_sent',
  'not_spent',
  'revoked',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** The durable record that a renewal was, or may have been, sent. */
export interface Attempt {
  readonly id: AttemptId;
  readonly connectionId: ConnectionId;
  readonly purpose: AttemptPurpose;
  readonly version: number;
  readonly fence: number;
  readonly parentFingerprint: Fingerprint;
  readonly sender: ProcessIdentity;
  readonly startedAtMs: number;
  /** By the sender's monotonic clock: it compares only within `sender.machine`. Absent: not known. */
  readonly startedMonotonicMs: number | undefined;
  readonly endedAtMs: number | undefined;
  readonly outcome: AttemptOutcome | undefined;
  readonly error: string | undefined;
  /** How many times this refresh token has been replayed before this attempt. */
  readonly replays: number;
}

export interface ClaimRequest {
  readonly connectionId: ConnectionId;
  readonly version: number;
  /** The open attempt that was seen; it is closed as `unanswered` by the claim. */
  readonly openAttemptId: AttemptId | undefined;
  readonly attemptId: AttemptId;
  readonly purpose: AttemptPurpose;
  readonly parentFingerprint: Fingerprint;
  readonly sender: ProcessIdentity;
  /** The moment by the sender's monotonic clock. */
  readonly startedMonotonicMs: number;
  readonly leaseMs: number;
  readonly replays: number;
}

export interface Claim {
  readonly attemptId: AttemptId;
  readonly connectionId: ConnectionId;
  readonly version: number;
  readonly fence: number;
  readonly leaseExpiresAtMs: number;
}

/** A token set that is ready to be stored, already sealed for its row. */
export interface SealedTokens {
  readonly sealed: Uint8Array;
  readonly generation: string;
  readonly accessFingerprint: Fingerprint;
  /** Of the refresh token that is good from now on: the new one, or the one that was kept. */
  readonly refreshFingerprint: Fingerprint | undefined;
  readonly accessIssuedAtMs: number;
  readonly accessExpiresAtMs: number | undefined;
  readonly refreshAbsoluteEndsAtMs: number | undefined;
  readonly refreshIdleEndsAtMs: number | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly dueAtMs: number | undefined;
}

export interface RenewedSettlement extends SealedTokens {
  readonly claim: Claim;
  readonly parentFingerprint: Fingerprint;
}

export type RenewedAs =
  /** The ordinary case. */
  | 'settled'
  /** The store had it before: a spool entry applied again, or another process was quicker with the same answer. */
  | 'already_known'
  /** Late, but still the child of the refresh token that is stored. */
  | 'adopted'
  /** Belongs nowhere any more: kept and shown. */
  | 'orphaned'
  /** The connection was revoked meanwhile: kept as an orphan, and to be revoked at the provider. */
  | 'revoke_it'
  /** Brought no new refresh token and is not the next version: there is nothing in it to keep. */
  | 'outdated';

export interface RejectedSettlement {
  readonly claim: Claim;
  readonly reason: ReauthReason;
  readonly error: string;
  readonly breaker: RejectionBreaker;
  /**
   * The refresh token was good by all that is known, and works once: if it was never presented from here, its rejection
   * may mean that somebody else did.
   */
  readonly mayBeReuse: boolean;
}

/**
 * What a suspicion of reuse rests on. That a spent token was brought is certain; that a good one is rejected has
 * innocent causes too: its user withdrew the consent at the provider, or another installation connected the account.
 */
export const REUSE_EVIDENCE = ['spent_token_presented', 'unpresented_token_rejected'] as const;
export type ReuseEvidence = (typeof REUSE_EVIDENCE)[number];

/** Where it was seen. */
export const REUSE_SEEN = ['renewal', 'import'] as const;
export type ReuseSeen = (typeof REUSE_SEEN)[number];

/** When so many rejections within the window are more likely our own fault than the users'. */
export interface RejectionBreaker {
  readonly windowMs: number;
  readonly rejectionsMin: number;
  /** Of the app's connections, in [0, 1]. */
  readonly share: number;
}

export type RejectedAs =
  | 'ended'
  /** The credential has moved since: what is stored now decides. */
  | 'moved'
  /** An orphan of this lineage is worth a try first; the connection keeps its state. */
  | 'orphan_left'
  /** The breaker holds the app: the connection keeps its state. */
  | 'app_held';

export interface FailedSettlement {
  readonly claim: Claim;
  readonly outcome: 'misconfigured' | 'unavailable' | 'unanswered' | 'not_sent';
  /** Whether the provider refuses the app as such, and with it everybody's renewals, or this connection alone. */
  readonly concerns: 'app' | 'connection';
  readonly error: string;
  /** For `unavailable` and `misconfigured`: nobody tries this connection (or this app) again before. */
  readonly holdUntilMs: number | undefined;
  readonly dueAtMs: number;
}

export interface ReauthWarning {
  readonly daysBefore: number;
  readonly refreshExpiresAtMs: number;
  /** Set where what makes the end worth a warning is a post that comes after it. */
  readonly beforePost?: { readonly postAtMs: number; readonly grantedAtMs: number } | undefined;
}

export interface Orphan {
  readonly id: OrphanId;
  readonly connectionId: ConnectionId;
  readonly providerAppId: ProviderAppId;
  readonly owner: string;
  /** It is sealed for the credential row that it was meant for, and may be put there as it is. */
  readonly tokens: SealedTokens;
  readonly parentFingerprint: Fingerprint;
  readonly arrivedAtMs: number;
  readonly tried: boolean;
}

export interface OrphanAdoption {
  readonly orphan: Orphan;
  readonly version: number;
  readonly dueAtMs: number | undefined;
}
