import { MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import type { FailureReason, Post, PostAttempt, RemoteEvidence, UnknownReason, WaitingReason } from '../model/post.ts';
import type { PostChange, PostEvent } from '../model/post-store.ts';
import { REASON_TEXT } from './reasons.ts';

/** The steps that the rules of `lifecycle.ts` are made of. Each has one event at most, named after the happening itself. */
export function changed(
  post: Post,
  fields: Partial<Post>,
  rest: { readonly attempts?: readonly PostAttempt[]; readonly event?: PostEvent | undefined },
): PostChange {
  const attempts = rest.attempts ?? [];
  const kept = post.attempts.filter((old) => !attempts.some((attempt) => attempt.fence === old.fence));
  const all = [...kept, ...attempts].sort((a, b) => a.fence - b.fence);
  return { next: { ...post, ...fields, attempts: all, version: post.version + 1 }, attempts, event: rest.event };
}

/** A change that nobody needs to be told of. */
export function changedQuietly(post: Post, fields: Partial<Post>, nowMs: number): PostChange {
  return changed(post, { ...fields, updatedAtMs: nowMs }, {});
}

const NOTHING_PENDING = { lease: undefined, dueAtMs: undefined, unknownSinceMs: undefined } as const;

export interface Publication {
  readonly remoteId: string;
  readonly remoteUrl: string | undefined;
  readonly evidence: RemoteEvidence;
}

export function endsAsPublished(post: Post, { remoteId, remoteUrl, evidence }: Publication, nowMs: number): PostChange {
  return changed(
    post,
    {
      ...NOTHING_PENDING,
      status: 'published',
      statusReason: undefined,
      statusDetail: undefined,
      remoteId,
      remoteUrl,
      remoteEvidence: evidence,
      publishedAtMs: post.publishedAtMs ?? nowMs,
      updatedAtMs: nowMs,
    },
    {
      event: {
        happening: `post.published:${post.id}:${remoteId}`,
        type: 'post.published',
        data: { remote_id: remoteId, remote_url: remoteUrl ?? null, evidence },
      },
    },
  );
}

/** What a person could have put right before it was too late is the better reason than the clock. */
const FOR_PEOPLE: ReadonlySet<string> = new Set<WaitingReason>([
  'reauth_required',
  'revoked',
  'refused',
  'misconfigured',
  'credits_depleted',
]);

export function endsAsFailed(
  post: Post,
  why: { readonly reason: FailureReason | WaitingReason; readonly detail: string | undefined },
  nowMs: number,
): PostChange {
  const standing = post.statusReason;
  const reason =
    why.reason === 'too_late' && standing !== undefined && FOR_PEOPLE.has(standing) ? standing : why.reason;
  return changed(
    post,
    { ...NOTHING_PENDING, status: 'failed', statusReason: reason, statusDetail: why.detail, updatedAtMs: nowMs },
    {
      event: {
        happening: `post.failed:${post.id}:${post.version}`,
        type: 'post.failed',
        data: { reason, message: REASON_TEXT[reason], ...(why.detail === undefined ? {} : { detail: why.detail }) },
      },
    },
  );
}

/** How long after it became unknown the timeline is looked at. */
export const READ_BACKS_AFTER_MS: readonly number[] = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS];

export function becomesUnknown(
  post: Post,
  why: { readonly reason: UnknownReason; readonly detail: string | undefined },
  nowMs: number,
): PostChange {
  return changed(
    post,
    {
      lease: undefined,
      status: 'unknown',
      statusReason: why.reason,
      statusDetail: why.detail,
      unknownSinceMs: nowMs,
      readBacks: 0,
      readBackFailures: 0,
      dueAtMs: nowMs + (READ_BACKS_AFTER_MS[0] ?? 0),
      updatedAtMs: nowMs,
    },
    { event: unknownEvent(post, why.reason, { needsDecision: false }) },
  );
}

/** Nothing more can be found out by itself: a person decides. Told apart from the first news, which needs nobody yet. */
export function needsDecision(post: Post, reason: UnknownReason, nowMs: number): PostChange {
  return changed(
    post,
    {
      lease: undefined,
      status: 'unknown',
      statusReason: reason,
      resendOnce: false,
      dueAtMs: undefined,
      updatedAtMs: nowMs,
    },
    { event: unknownEvent(post, reason, { needsDecision: true }) },
  );
}

function unknownEvent(
  post: Post,
  reason: UnknownReason,
  { needsDecision: needsOne }: { readonly needsDecision: boolean },
): PostEvent {
  return {
    happening: `post.unknown:${post.id}:${post.fence}:${reason}${needsOne ? ':undecided' : ''}`,
    type: 'post.unknown',
    data: { reason, message: REASON_TEXT[reason], needs_decision: needsOne },
  };
}

const DELAY_MIN_MS = 5 * SECOND_MS;
const DELAY_FACTOR = 3;
const DELAY_MAX_MS = 5 * MINUTE_MS;

/** Obstacles that people remove: looked at again at a steady pace, so that the post goes out soon after. */
const STEADY_DELAYS: ReadonlyMap<WaitingReason, number> = new Map([
  ['reauth_required', MINUTE_MS],
  ['revoked', MINUTE_MS],
  ['misconfigured', MINUTE_MS],
  ['credits_depleted', MINUTE_MS],
]);

export interface Obstacle {
  readonly reason: WaitingReason;
  readonly detail: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly retryAtMs: number | undefined;
}

/** Puts off the next try, to the latest time at most; at that time the obstacle is the end of it. */
export function waits(post: Post, obstacle: Obstacle, nowMs: number): PostChange {
  const latestAtMs = post.latestAtMs ?? nowMs;
  if (nowMs >= latestAtMs) {
    if (post.status === 'unknown') return needsDecision(post, 'not_on_timeline', nowMs);
    const isForPeople = FOR_PEOPLE.has(obstacle.reason);
    return endsAsFailed(post, { reason: isForPeople ? obstacle.reason : 'too_late', detail: obstacle.detail }, nowMs);
  }
  const retryAtMs = Math.max(
    nowMs + delayMs(post, obstacle.reason),
    nowMs + (obstacle.retryAfterMs ?? 0),
    obstacle.retryAtMs ?? 0,
  );
  // Made ready too early is no reason to miss the time itself.
  const boundAtMs = post.publishAtMs !== undefined && nowMs < post.publishAtMs ? post.publishAtMs : latestAtMs;
  const isResend = post.status === 'unknown';
  return changedQuietly(
    post,
    {
      lease: undefined,
      delays: post.delays + 1,
      dueAtMs: Math.min(retryAtMs, boundAtMs),
      ...(isResend ? {} : { statusReason: obstacle.reason }),
      statusDetail: obstacle.detail,
    },
    nowMs,
  );
}

function delayMs(post: Post, reason: WaitingReason): number {
  return STEADY_DELAYS.get(reason) ?? Math.min(DELAY_MIN_MS * DELAY_FACTOR ** post.delays, DELAY_MAX_MS);
}
