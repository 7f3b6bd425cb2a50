import type { ConnectionId, PostId } from '../../src/model/ids.ts';
import type { Post, PostAttempt, PostStatus } from '../../src/model/post.ts';
import { identity } from './posting-world.ts';

export const NINE = Date.parse('2026-11-21T00:00:00Z');

export function attempt(fields: Partial<PostAttempt> = {}): PostAttempt {
  return {
    fence: 1,
    sender: identity(1),
    startedAtMs: NINE,
    fingerprint: 'print',
    lastKnownRemoteId: undefined,
    endedAtMs: undefined,
    outcome: undefined,
    reason: undefined,
    detail: undefined,
    remoteId: undefined,
    ...fields,
  };
}

/** A post for nine o'clock, as it is in each status. */
export function samplePost(status: PostStatus, fields: Partial<Post> = {}): Post {
  return { ...COMMON, status, ...BY_STATUS[status], ...fields };
}

const COMMON: Post = {
  id: 'pst_00000000000000000000' as PostId,
  connectionId: 'con_00000000000000000000' as ConnectionId,
  version: 3,
  text: 'good morning',
  replyTo: undefined,
  replySettings: undefined,
  madeWithAi: false,
  status: 'draft',
  statusReason: undefined,
  statusDetail: undefined,
  publishAtMs: NINE,
  timezone: 'Asia/Tokyo',
  latestAtMs: NINE + 3_600_000,
  dueAtMs: NINE,
  preparedAtMs: undefined,
  delays: 0,
  fence: 0,
  lease: undefined,
  attempts: [],
  unknownSinceMs: undefined,
  readBacks: 0,
  readBackFailures: 0,
  resendOnce: false,
  remoteId: undefined,
  remoteUrl: undefined,
  remoteEvidence: undefined,
  costMicroUsd: 15_000,
  createdAtMs: NINE - 60_000,
  updatedAtMs: NINE - 60_000,
  publishedAtMs: undefined,
};

const BY_STATUS: Readonly<Record<PostStatus, Partial<Post>>> = {
  draft: { publishAtMs: undefined, latestAtMs: undefined, timezone: undefined, dueAtMs: undefined },
  scheduled: {},
  needs_approval: { dueAtMs: NINE + 3_600_000 },
  publishing: {
    fence: 1,
    attempts: [attempt()],
    lease: { fence: 1, expiresAtMs: NINE + 60_000, holder: identity(1) },
    dueAtMs: NINE + 65_000,
  },
  published: {
    fence: 1,
    attempts: [attempt({ outcome: 'published', endedAtMs: NINE, remoteId: '1' })],
    remoteId: '1',
    remoteUrl: 'https://x.com/i/status/1',
    remoteEvidence: 'answer',
    publishedAtMs: NINE,
    dueAtMs: undefined,
  },
  unknown: {
    fence: 1,
    attempts: [attempt({ outcome: 'unanswered', reason: 'unanswered', endedAtMs: NINE })],
    statusReason: 'unanswered',
    unknownSinceMs: NINE,
    dueAtMs: NINE + 5_000,
  },
  failed: { statusReason: 'too_late', dueAtMs: undefined },
  cancelled: { dueAtMs: undefined },
};
