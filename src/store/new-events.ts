import { DAY_MS } from '../model/clock.ts';
import type { Attachment } from '../model/connection-store.ts';
import type { ReauthReason } from '../model/connection.ts';
import type {
  FailedSettlement,
  ReauthWarning,
  RenewedSettlement,
  ReuseEvidence,
  ReuseSeen,
} from '../model/credential-store.ts';
import type { EventType } from '../model/event.ts';
import type { AttemptId, ConnectionId, Fingerprint, PostId } from '../model/ids.ts';
import { integer, text, type Row } from './rows/columns.ts';

/** What is told of something that happened, the same from every engine. */
export interface NewEvent {
  /** Names the happening itself: a second event for the same one is not written. */
  readonly happening: string;
  readonly type: EventType;
  readonly connectionId?: ConnectionId | undefined;
  readonly postId?: PostId | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export function attached(attachment: Attachment): NewEvent {
  return {
    happening: `granted:${attachment.connectionId}:${attachment.generation}`,
    type: 'connection.created',
    connectionId: attachment.connectionId,
    data: {
      name: attachment.name,
      provider: attachment.provider,
      rests_on: attachment.restsOn,
      again: attachment.existingVersion !== undefined,
      imported: attachment.imported,
      has_refresh_token: attachment.refreshFingerprint !== undefined,
    },
  };
}

/** `version`: the new one. */
export function renewed({ claim, accessExpiresAtMs }: RenewedSettlement, version: number): NewEvent {
  return {
    happening: `renewed:${claim.attemptId}`,
    type: 'connection.renewed',
    connectionId: claim.connectionId,
    data: { version, access_expires_at_ms: accessExpiresAtMs ?? null },
  };
}

/** How a grant ended. */
export interface GrantEnd {
  readonly id: ConnectionId;
  readonly reason: ReauthReason;
  readonly error: string | undefined;
  /** Somebody else may have used the refresh token; that is announced by itself, too. */
  readonly isSuspect?: boolean;
}

/** `row`: the credential's version and the connection's name. */
export function grantEnded({ id, reason, error, isSuspect }: GrantEnd, row: Row): NewEvent {
  return {
    happening: `reauth_required:${id}:${integer(row, 'version')}`,
    type: 'connection.reauth_required',
    connectionId: id,
    data: {
      name: text(row, 'name'),
      reason,
      ...(error === undefined ? {} : { error }),
      ...(isSuspect === true ? { reuse: 'suspected' } : {}),
    },
  };
}

/** A renewal whose answer never came. */
export interface Uncertainty {
  readonly id: ConnectionId;
  readonly attemptId: AttemptId;
  readonly error: string;
}

export function uncertain({ id, attemptId, error }: Uncertainty): NewEvent {
  return {
    happening: `uncertain:${attemptId}`,
    type: 'connection.uncertain',
    connectionId: id,
    data: { attempt: attemptId, error },
  };
}

export function reauthSoon(id: ConnectionId, { daysBefore, refreshExpiresAtMs, beforePost }: ReauthWarning): NewEvent {
  const what =
    beforePost === undefined
      ? `${Math.floor(refreshExpiresAtMs / DAY_MS)}:${daysBefore}`
      : `post:${beforePost.grantedAtMs}`;
  return {
    happening: `reauth_soon:${id}:${what}`,
    type: 'connection.reauth_soon',
    connectionId: id,
    data: {
      reason: beforePost === undefined ? 'end_is_near' : 'before_next_post',
      days_before: daysBefore,
      refresh_expires_at_ms: refreshExpiresAtMs,
      ...(beforePost === undefined ? {} : { post_at_ms: beforePost.postAtMs }),
    },
  };
}

/** `version`: the last one that had tokens. */
export function revoked(
  id: ConnectionId,
  { version, atProvider }: { readonly version: number; readonly atProvider: boolean },
): NewEvent {
  return {
    happening: `revoked:${id}:${version}`,
    type: 'connection.revoked',
    connectionId: id,
    data: { at_provider: atProvider },
  };
}

/** A refresh token that somebody else has used, or may have used. */
export interface Reuse {
  readonly token: Fingerprint;
  readonly id: ConnectionId;
  readonly evidence: ReuseEvidence;
  readonly seen: ReuseSeen;
  readonly error: string | undefined;
}

/** `row`: the connection's name and state. */
export function reuseDetected({ token, id, evidence, seen, error }: Reuse, row: Row): NewEvent {
  return {
    happening: `reuse:${token}`,
    type: 'connection.reuse_detected',
    connectionId: id,
    data: {
      name: text(row, 'name'),
      evidence,
      seen,
      certainty: evidence === 'spent_token_presented' ? 'certain' : 'suspected',
      state: text(row, 'state'),
      ...(error === undefined ? {} : { error }),
    },
  };
}

/** Told once: while the app is flagged, or once a day for answers that nobody knows. */
export function misconfigured(appId: string, settlement: FailedSettlement, nowMs: number): NewEvent {
  const { concerns, claim, error } = settlement;
  const isOfApp = concerns === 'app';
  return {
    happening: isOfApp ? `misconfigured:${appId}:${nowMs}` : `not_understood:${appId}:${Math.floor(nowMs / DAY_MS)}`,
    type: 'provider.misconfigured',
    connectionId: isOfApp ? undefined : claim.connectionId,
    data: { provider_app: appId, held: false, concerns, error },
  };
}

/** So many of its connections were rejected that the fault must be ours: an operator is to look. */
export function appHeld(
  appId: string,
  { rejected, nowMs }: { readonly rejected: number; readonly nowMs: number },
): NewEvent {
  return {
    happening: `app_held:${appId}:${nowMs}`,
    type: 'provider.misconfigured',
    data: { provider_app: appId, held: true, rejected },
  };
}

/** The range of the index in which {@link appHeld} of one app is: `;` comes after `:`. */
export function appHeldRange(appId: string): { readonly from: string; readonly to: string } {
  return { from: `app_held:${appId}:`, to: `app_held:${appId};` };
}
