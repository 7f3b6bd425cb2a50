import type { ConnectionState, Foundation, ReauthReason, RenewalPolicy } from '../../model/connection.ts';
import type {
  Attempt,
  AttemptOutcome,
  AttemptPurpose,
  Lease,
  Orphan,
  SealedTokens,
  StoredCredential,
} from '../../model/credential-store.ts';
import type { AttemptId, ConnectionId, Fingerprint, OrphanId, ProviderAppId } from '../../model/ids.ts';
import type { ProcessIdentity } from '../../model/processes.ts';
import { bytes, integer, integerOrNone, json, text, textOrNone, type Row } from './columns.ts';

/** A credential with its connection, its app and its open attempt, in one row. */
export function credentialOf(row: Row): StoredCredential {
  return {
    connectionId: text(row, 'connection_id') as ConnectionId,
    name: text(row, 'name'),
    provider: text(row, 'provider'),
    owner: text(row, 'owner'),
    subject: textOrNone(row, 'subject'),
    restsOn: text(row, 'rests_on') as Foundation,
    state: text(row, 'state') as ConnectionState,
    stateReason: textOrNone(row, 'state_reason') as ReauthReason | undefined,
    policy: text(row, 'policy') as RenewalPolicy,
    scopes: json(row, 'scopes') as string[],
    providerAppId: text(row, 'provider_app_id') as ProviderAppId,
    version: integer(row, 'version'),
    fence: integer(row, 'fence'),
    generation: text(row, 'generation'),
    sealed: bytes(row, 'sealed'),
    accessFingerprint: text(row, 'access_fingerprint') as Fingerprint,
    refreshFingerprint: textOrNone(row, 'refresh_fingerprint') as Fingerprint | undefined,
    accessIssuedAtMs: integer(row, 'access_issued_at_ms'),
    accessExpiresAtMs: integerOrNone(row, 'access_expires_at_ms'),
    accessRefusedAtMs: integerOrNone(row, 'access_refused_at_ms'),
    grantedAtMs: integer(row, 'granted_at_ms'),
    refreshAbsoluteEndsAtMs: integerOrNone(row, 'refresh_absolute_ends_at_ms'),
    refreshIdleEndsAtMs: integerOrNone(row, 'refresh_idle_ends_at_ms'),
    holdUntilMs: integerOrNone(row, 'hold_until_ms'),
    failures: integer(row, 'failures'),
    lease: leaseOf(row),
    openAttempt: row['a_id'] === null ? undefined : attemptOf(row, 'a_'),
    dueAtMs: integerOrNone(row, 'due_at_ms'),
    app: {
      misconfiguredSinceMs: integerOrNone(row, 'app_misconfigured_since_ms'),
      holdUntilMs: integerOrNone(row, 'app_hold_until_ms'),
      error: textOrNone(row, 'app_error'),
      heldForOperator: integer(row, 'app_held_for_operator') === 1,
    },
    jitter: Number(row['jitter']),
  };
}

function leaseOf(row: Row): Lease | undefined {
  const fence = integerOrNone(row, 'lease_fence');
  if (fence === undefined) return undefined;
  return {
    fence,
    expiresAtMs: integer(row, 'lease_expires_at_ms'),
    holder: json(row, 'lease_holder') as ProcessIdentity,
  };
}

export function attemptOf(row: Row, prefix = ''): Attempt {
  return {
    id: text(row, `${prefix}id`) as AttemptId,
    connectionId: text(row, `${prefix}connection_id`) as ConnectionId,
    purpose: text(row, `${prefix}purpose`) as AttemptPurpose,
    version: integer(row, `${prefix}version`),
    fence: integer(row, `${prefix}fence`),
    parentFingerprint: text(row, `${prefix}parent_fingerprint`) as Fingerprint,
    sender: json(row, `${prefix}sender`) as ProcessIdentity,
    startedAtMs: integer(row, `${prefix}started_at_ms`),
    startedMonotonicMs: integerOrNone(row, `${prefix}started_monotonic_ms`),
    endedAtMs: integerOrNone(row, `${prefix}ended_at_ms`),
    outcome: textOrNone(row, `${prefix}outcome`) as AttemptOutcome | undefined,
    error: textOrNone(row, `${prefix}error`),
    replays: integer(row, `${prefix}replays`),
  };
}

export function orphanOf(row: Row): Orphan {
  return {
    id: text(row, 'id') as OrphanId,
    connectionId: text(row, 'connection_id') as ConnectionId,
    providerAppId: text(row, 'provider_app_id') as ProviderAppId,
    owner: text(row, 'owner'),
    tokens: {
      ...(json(row, 'tokens') as Omit<SealedTokens, 'sealed' | 'generation'>),
      sealed: bytes(row, 'sealed'),
      generation: text(row, 'generation'),
    },
    parentFingerprint: text(row, 'parent_fingerprint') as Fingerprint,
    arrivedAtMs: integer(row, 'arrived_at_ms'),
    tried: integer(row, 'tried') === 1,
  };
}

/** The columns of a credential that a new token set replaces. */
export function tokenParams(tokens: SealedTokens): Record<string, string | number | Uint8Array | null> {
  return {
    generation: tokens.generation,
    sealed: tokens.sealed,
    accessFingerprint: tokens.accessFingerprint,
    refreshFingerprint: tokens.refreshFingerprint ?? null,
    accessIssuedAtMs: tokens.accessIssuedAtMs,
    accessExpiresAtMs: tokens.accessExpiresAtMs ?? null,
    refreshAbsoluteEndsAtMs: tokens.refreshAbsoluteEndsAtMs ?? null,
    refreshIdleEndsAtMs: tokens.refreshIdleEndsAtMs ?? null,
    dueAtMs: tokens.dueAtMs ?? null,
  };
}
