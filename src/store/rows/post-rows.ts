import type { Lease } from '../../model/credential-store.ts';
import { KippuError } from '../../model/errors.ts';
import type { ConnectionId, PostId } from '../../model/ids.ts';
import type {
  Post,
  PostAttempt,
  PostAttemptOutcome,
  PostReason,
  PostStatus,
  RemoteEvidence,
  ReplySettings,
} from '../../model/post.ts';
import type { ProcessIdentity } from '../../model/processes.ts';
import { integer, integerOrNone, json, text, textOrNone, type Params, type Row } from './columns.ts';

export function postOf(row: Row, attempts: readonly PostAttempt[]): Post {
  return {
    id: text(row, 'id') as PostId,
    connectionId: text(row, 'connection_id') as ConnectionId,
    version: integer(row, 'version'),
    text: text(row, 'text'),
    replyTo: textOrNone(row, 'reply_to'),
    replySettings: textOrNone(row, 'reply_settings') as ReplySettings | undefined,
    madeWithAi: integer(row, 'made_with_ai') === 1,
    status: text(row, 'status') as PostStatus,
    statusReason: textOrNone(row, 'status_reason') as PostReason | undefined,
    statusDetail: textOrNone(row, 'status_detail'),
    publishAtMs: integerOrNone(row, 'publish_at_ms'),
    timezone: textOrNone(row, 'timezone'),
    latestAtMs: integerOrNone(row, 'latest_at_ms'),
    dueAtMs: integerOrNone(row, 'due_at_ms'),
    preparedAtMs: integerOrNone(row, 'prepared_at_ms'),
    delays: integer(row, 'delays'),
    fence: integer(row, 'fence'),
    lease: leaseOf(row),
    attempts,
    unknownSinceMs: integerOrNone(row, 'unknown_since_ms'),
    readBacks: integer(row, 'read_backs'),
    readBackFailures: integer(row, 'read_back_failures'),
    resendOnce: integer(row, 'resend_once') === 1,
    remoteId: textOrNone(row, 'remote_id'),
    remoteUrl: textOrNone(row, 'remote_url'),
    remoteEvidence: textOrNone(row, 'remote_evidence') as RemoteEvidence | undefined,
    costMicroUsd: integer(row, 'cost_micro_usd'),
    createdAtMs: integer(row, 'created_at_ms'),
    updatedAtMs: integer(row, 'updated_at_ms'),
    publishedAtMs: integerOrNone(row, 'published_at_ms'),
  };
}

function leaseOf(row: Row): Lease | undefined {
  const expiresAtMs = integerOrNone(row, 'lease_expires_at_ms');
  if (expiresAtMs === undefined) return undefined;
  return { fence: integer(row, 'fence'), expiresAtMs, holder: json(row, 'lease_holder') as ProcessIdentity };
}

/** Every column of a post but its connection and its creation, which never change. */
export function postParams(post: Post): Params {
  return {
    id: post.id,
    version: post.version,
    text: post.text,
    replyTo: post.replyTo ?? null,
    replySettings: post.replySettings ?? null,
    madeWithAi: post.madeWithAi ? 1 : 0,
    status: post.status,
    statusReason: post.statusReason ?? null,
    statusDetail: post.statusDetail ?? null,
    publishAtMs: post.publishAtMs ?? null,
    timezone: post.timezone ?? null,
    latestAtMs: post.latestAtMs ?? null,
    dueAtMs: post.dueAtMs ?? null,
    preparedAtMs: post.preparedAtMs ?? null,
    delays: post.delays,
    fence: post.fence,
    leaseExpiresAtMs: post.lease?.expiresAtMs ?? null,
    leaseHolder: post.lease === undefined ? null : JSON.stringify(post.lease.holder),
    unknownSinceMs: post.unknownSinceMs ?? null,
    readBacks: post.readBacks,
    readBackFailures: post.readBackFailures,
    resendOnce: post.resendOnce ? 1 : 0,
    remoteId: post.remoteId ?? null,
    remoteUrl: post.remoteUrl ?? null,
    remoteEvidence: post.remoteEvidence ?? null,
    costMicroUsd: post.costMicroUsd,
    updatedAtMs: post.updatedAtMs,
    publishedAtMs: post.publishedAtMs ?? null,
  };
}

export function postAttemptOf(row: Row): PostAttempt {
  return {
    fence: integer(row, 'fence'),
    sender: json(row, 'sender') as ProcessIdentity,
    startedAtMs: integer(row, 'started_at_ms'),
    fingerprint: text(row, 'fingerprint'),
    lastKnownRemoteId: textOrNone(row, 'last_known_remote_id'),
    endedAtMs: integerOrNone(row, 'ended_at_ms'),
    outcome: textOrNone(row, 'outcome') as PostAttemptOutcome | undefined,
    reason: textOrNone(row, 'reason') as PostReason | undefined,
    detail: textOrNone(row, 'detail'),
    remoteId: textOrNone(row, 'remote_id'),
  };
}

export function postAttemptParams(postId: PostId, attempt: PostAttempt): Params {
  return {
    postId,
    fence: attempt.fence,
    sender: JSON.stringify(attempt.sender),
    startedAtMs: attempt.startedAtMs,
    fingerprint: attempt.fingerprint,
    lastKnownRemoteId: attempt.lastKnownRemoteId ?? null,
    endedAtMs: attempt.endedAtMs ?? null,
    outcome: attempt.outcome ?? null,
    reason: attempt.reason ?? null,
    detail: attempt.detail ?? null,
    remoteId: attempt.remoteId ?? null,
  };
}

export function parseCursor(cursor: string): { readonly createdAtMs: number; readonly id: string } {
  const match = /^(\d{1,15})\.(pst_[0-9a-z]+)$/.exec(cursor);
  if (match === null) {
    throw new KippuError('invalid', 'This cursor is not one that a list of posts gave. Start without one.', {
      where: '/cursor',
    });
  }
  return { createdAtMs: Number(match[1]), id: match[2] ?? '' };
}
