import type { ConnectionId, PostId } from '../model/ids.ts';
import type { Post, PostContent } from '../model/post.ts';
import type { Times } from './happening.ts';

export interface FreshPost {
  readonly id: PostId;
  readonly connectionId: ConnectionId;
  readonly content: PostContent;
  readonly costMicroUsd: number;
  readonly status: 'draft' | 'scheduled' | 'needs_approval';
  readonly times: Times | undefined;
  readonly resendOnce: boolean;
  readonly nowMs: number;
}

/** A post to which nothing has happened yet. */
export function freshPost({
  id,
  connectionId,
  content,
  costMicroUsd,
  status,
  times,
  resendOnce,
  nowMs,
}: FreshPost): Post {
  return {
    ...content,
    id,
    connectionId,
    version: 1,
    status,
    statusReason: undefined,
    statusDetail: undefined,
    publishAtMs: times?.publishAtMs,
    timezone: times?.timezone,
    latestAtMs: times?.latestAtMs,
    dueAtMs: firstDueAtMs(status, times),
    preparedAtMs: undefined,
    delays: 0,
    fence: 0,
    lease: undefined,
    attempts: [],
    unknownSinceMs: undefined,
    readBacks: 0,
    readBackFailures: 0,
    resendOnce,
    remoteId: undefined,
    remoteUrl: undefined,
    remoteEvidence: undefined,
    costMicroUsd,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    publishedAtMs: undefined,
  };
}

/** What waits for an approval is looked at when it is too late for one. */
function firstDueAtMs(status: FreshPost['status'], times: Times | undefined): number | undefined {
  if (status === 'needs_approval') return times?.latestAtMs;
  return status === 'scheduled' ? times?.dueAtMs : undefined;
}
