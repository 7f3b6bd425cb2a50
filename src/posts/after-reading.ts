import { DAY_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import type { PostId } from '../model/ids.ts';
import type { Post, PostAttempt } from '../model/post.ts';
import type { PostChange } from '../model/post-store.ts';
import {
  becomesUnknown,
  changed,
  changedQuietly,
  endsAsPublished,
  needsDecision,
  READ_BACKS_AFTER_MS,
} from './transitions.ts';

/** A look at the timeline that succeeded. One that comes late stands for all that were planned before it. */
export function readBack(
  post: Post,
  found: { readonly remoteId: string; readonly remoteUrl: string } | undefined,
  nowMs: number,
): PostChange {
  if (found !== undefined) return endsAsPublished(post, { ...found, evidence: 'timeline' }, nowMs);
  const unknownSinceMs = post.unknownSinceMs ?? nowMs;
  const planned = READ_BACKS_AFTER_MS.filter((afterMs) => unknownSinceMs + afterMs <= nowMs).length;
  const readBacks = Math.max(post.readBacks + 1, planned);
  const nextAfterMs = READ_BACKS_AFTER_MS[readBacks];
  if (nextAfterMs !== undefined) {
    return changedQuietly(post, { readBacks, readBackFailures: 0, dueAtMs: unknownSinceMs + nextAfterMs }, nowMs);
  }
  const isOver = { ...post, readBacks, readBackFailures: 0 };
  const reason = post.statusReason === 'duplicate_refused' ? 'duplicate_refused' : 'not_on_timeline';
  const maySendAgain =
    post.resendOnce && reason === 'not_on_timeline' && post.latestAtMs !== undefined && nowMs <= post.latestAtMs;
  // Now it may be sent once more, and is due for that at once.
  if (maySendAgain) return changedQuietly(isOver, { statusReason: reason, delays: 0, dueAtMs: nowMs }, nowMs);
  return needsDecision(isOver, reason, nowMs);
}

const READ_AGAIN_MIN_MS = 10 * SECOND_MS;
const READ_AGAIN_MAX_MS = 15 * MINUTE_MS;
/** After this long a timeline that cannot be read is a person's business. */
const READ_PATIENCE_MS = DAY_MS;

/** A look that failed says nothing about the post, and does not count. */
export function readBackFailed(
  post: Post,
  failure: { readonly detail: string; readonly retryAfterMs: number | undefined },
  nowMs: number,
): PostChange {
  const failing = { ...post, readBackFailures: post.readBackFailures + 1, statusDetail: failure.detail };
  if (nowMs - (post.unknownSinceMs ?? nowMs) >= READ_PATIENCE_MS) {
    return needsDecision(failing, 'timeline_unreadable', nowMs);
  }
  const backOffMs = Math.min(READ_AGAIN_MIN_MS * 2 ** post.readBackFailures, READ_AGAIN_MAX_MS);
  return changedQuietly(failing, { dueAtMs: nowMs + Math.max(backOffMs, failure.retryAfterMs ?? 0) }, nowMs);
}

/** What was taken for this post is another one: the search begins again. */
export function displaced(post: Post, by: PostId, nowMs: number): PostChange {
  const detail = `${post.remoteId ?? 'what was found'} is ${by}`;
  const unknown = becomesUnknown(post, { reason: 'remote_id_taken', detail }, nowMs);
  const gone = { remoteId: undefined, remoteUrl: undefined, remoteEvidence: undefined, publishedAtMs: undefined };
  return changed(post, { ...unknown.next, ...gone }, { event: unknown.event });
}

/** The earliest attempt that may have put this post on the network, from which on the timeline is searched. */
export function firstDoubtfulAttempt(post: Post): PostAttempt | undefined {
  return post.attempts.find(
    (attempt) => attempt.outcome === undefined || attempt.outcome === 'unanswered' || attempt.outcome === 'not_found',
  );
}
