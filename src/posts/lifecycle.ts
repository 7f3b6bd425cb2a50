import { assertNever } from '../model/assert-never.ts';
import { MINUTE_MS } from '../model/clock.ts';
import type { Post } from '../model/post.ts';
import type { PostChange } from '../model/post-store.ts';
import { abandoned, answered, claimed, doubted, LEASE_GRACE_MS } from './after-attempt.ts';
import type { Happening, Times } from './happening.ts';
import { displaced, readBack, readBackFailed } from './after-reading.ts';
import { changed, changedQuietly, endsAsFailed, endsAsPublished, needsDecision, waits } from './transitions.ts';

/**
 * The life of a post, as a pure function: what it is, what happened, what it is from then on.
 *
 * `draft` → `scheduled` when it gets a time; or → `needs_approval`, and from there → `scheduled` when somebody approves.
 *
 * `scheduled` → `publishing` by a claim, which is durable before a byte leaves. An obstacle before the claim (no token)
 * leaves it `scheduled` and puts off the next try; the latest time makes it `failed`.
 *
 * `scheduled` → `unknown` when it had come due in a store that was restored from a copy: the original may have sent it.
 *
 * `publishing` → `published`, `failed`, or `unknown` (sent, and no readable answer). Back to `scheduled` only when its
 * own attempt proves that nothing was created. If the answer never comes, the end of the lease, or the certain end of
 * the process that held it, makes it `unknown`, and nothing else does.
 *
 * `unknown` → `published` when the timeline, a late answer or a person shows it; → `failed` when a person says that it
 * is not there, or a late answer proves it; → `publishing` once more if its author has opted in and the timeline has
 * been read to the end.
 *
 * `failed` → `scheduled` only when a person asks. `cancelled` and `published` are ends, but for one thing: an answer to
 * our own attempt that brings a remote id is the truth, whatever we believed before and however late it comes.
 *
 * Returns the change, or `undefined` where it cannot happen: then nothing is written.
 */
export function after(post: Post, happening: Happening, nowMs: number): PostChange | undefined {
  switch (happening.kind) {
    case 'claimed':
      return mayBeSent(post, nowMs) ? claimed(post, happening, nowMs) : undefined;
    case 'answered':
      return answered(post, happening, nowMs);
    case 'abandoned':
      return isAbandoned(post, happening, nowMs) ? abandoned(post, nowMs) : undefined;
    case 'doubted':
      return (isScheduled(post) && post.publishAtMs !== undefined && post.publishAtMs <= nowMs) || mayBeResent(post)
        ? doubted(post, happening, nowMs)
        : undefined;
    case 'prepared':
      return isScheduled(post) ? prepared(post, nowMs) : undefined;
    case 'held':
      return isScheduled(post) || mayBeResent(post)
        ? waits(post, { ...happening, retryAtMs: undefined }, nowMs)
        : undefined;
    case 'given_up':
      return isScheduled(post) ? endsAsFailed(post, happening, nowMs) : undefined;
    case 'time_passed':
      return isTooLate(post, nowMs) ? tooLate(post, nowMs) : undefined;
    case 'read_back':
      return isUnknownSince(post, happening.fence) ? readBack(post, happening.found, nowMs) : undefined;
    case 'read_back_failed':
      return isUnknownSince(post, happening.fence) ? readBackFailed(post, happening, nowMs) : undefined;
    case 'displaced':
      return post.status === 'published' && post.remoteEvidence !== 'answer'
        ? displaced(post, happening.by, nowMs)
        : undefined;
    case 'edited':
      return isOpen(post) && !(happening.times === 'none' && post.status === 'needs_approval')
        ? edited(post, happening, nowMs)
        : undefined;
    case 'scheduled':
      return isOpen(post) && post.status !== 'needs_approval' ? timed(post, happening.times, nowMs) : undefined;
    case 'approved':
      return post.status === 'needs_approval' ? approved(post, happening.times, nowMs) : undefined;
    case 'cancelled':
      return isOpen(post)
        ? changedQuietly(
            post,
            { status: 'cancelled', statusReason: undefined, statusDetail: undefined, dueAtMs: undefined },
            nowMs,
          )
        : undefined;
    case 'resolved_published':
      return post.status === 'unknown' ? endsAsPublished(post, { ...happening, evidence: 'user' }, nowMs) : undefined;
    case 'resolved_not_published':
      return post.status === 'unknown' ? resolvedNotPublished(post, nowMs) : undefined;
    default:
      return assertNever(happening);
  }
}

/** How long before its time a post's token is made ready. */
const PREPARATION_MS = 2 * MINUTE_MS;

/** When a token for it should be at hand, so that its time does not find a dead one. */
export function tokenNeededAt(post: Pick<Post, 'publishAtMs'>): number | undefined {
  return post.publishAtMs === undefined ? undefined : post.publishAtMs - PREPARATION_MS;
}

/** Whether an attempt may begin now. */
export function mayBeSent(post: Post, nowMs: number): boolean {
  const hasItsTime =
    post.publishAtMs !== undefined &&
    nowMs >= post.publishAtMs &&
    post.latestAtMs !== undefined &&
    nowMs <= post.latestAtMs;
  return hasItsTime && (isScheduled(post) || mayBeResent(post));
}

/** The one repetition that its author opted in to: only after the timeline has been read to the end without finding it. */
export function mayBeResent(post: Post): boolean {
  return post.status === 'unknown' && post.resendOnce && post.statusReason === 'not_on_timeline';
}

/** Whether its latest time has passed while it was still waiting. */
export function isTooLate(post: Post, nowMs: number): boolean {
  const waitsForSomething = isScheduled(post) || post.status === 'needs_approval' || mayBeResent(post);
  return waitsForSomething && post.latestAtMs !== undefined && nowMs > post.latestAtMs;
}

function isAbandoned(post: Post, { fence, isGone }: Extract<Happening, { kind: 'abandoned' }>, nowMs: number): boolean {
  if (post.status !== 'publishing' || post.fence !== fence || post.lease === undefined) return false;
  return isGone || nowMs >= post.lease.expiresAtMs + LEASE_GRACE_MS;
}

function isUnknownSince(post: Post, fence: number): boolean {
  return post.status === 'unknown' && post.fence === fence;
}

function isScheduled(post: Post): boolean {
  return post.status === 'scheduled';
}

/** Nothing of it can be on its way: its author may still change it. */
function isOpen(post: Post): boolean {
  return (
    post.status === 'draft' ||
    post.status === 'scheduled' ||
    post.status === 'needs_approval' ||
    post.status === 'failed'
  );
}

function prepared(post: Post, nowMs: number): PostChange {
  return changedQuietly(
    post,
    { preparedAtMs: nowMs, dueAtMs: post.publishAtMs, delays: 0, statusReason: undefined, statusDetail: undefined },
    nowMs,
  );
}

function tooLate(post: Post, nowMs: number): PostChange {
  // Past its time the repetition is no longer wanted: what is left is a person's decision.
  if (post.status === 'unknown') return needsDecision(post, 'not_on_timeline', nowMs);
  return endsAsFailed(post, { reason: 'too_late', detail: post.statusDetail }, nowMs);
}

function edited(post: Post, edit: Extract<Happening, { kind: 'edited' }>, nowMs: number): PostChange {
  const content = { ...edit.content, costMicroUsd: edit.costMicroUsd, resendOnce: edit.resendOnce };
  if (edit.times === 'same') return changedQuietly(post, content, nowMs);
  if (edit.times === 'none') {
    const untimed = {
      status: 'draft',
      publishAtMs: undefined,
      latestAtMs: undefined,
      timezone: undefined,
      dueAtMs: undefined,
    } as const;
    return changedQuietly(post, { ...content, ...untimed, statusReason: undefined, statusDetail: undefined }, nowMs);
  }
  return timed({ ...post, ...content }, edit.times, nowMs);
}

function timed(post: Post, times: Times, nowMs: number): PostChange {
  const isWaiting = post.status === 'needs_approval';
  return changedQuietly(
    post,
    {
      ...times,
      status: isWaiting ? 'needs_approval' : 'scheduled',
      // Without an approval it only waits for its end.
      dueAtMs: isWaiting ? times.latestAtMs : times.dueAtMs,
      preparedAtMs: undefined,
      delays: 0,
      statusReason: undefined,
      statusDetail: undefined,
    },
    nowMs,
  );
}

function approved(post: Post, times: Times | 'same', nowMs: number): PostChange {
  if (times !== 'same') return timed({ ...post, status: 'scheduled' }, times, nowMs);
  return changedQuietly(post, { status: 'scheduled', dueAtMs: tokenNeededAt(post) ?? nowMs }, nowMs);
}

function resolvedNotPublished(post: Post, nowMs: number): PostChange {
  const doubtful = post.attempts.filter((attempt) => attempt.outcome === undefined || attempt.outcome === 'unanswered');
  const attempts = doubtful.map((attempt) => ({
    ...attempt,
    outcome: 'not_found' as const,
    endedAtMs: attempt.endedAtMs ?? nowMs,
  }));
  const failed = endsAsFailed(post, { reason: 'not_published', detail: undefined }, nowMs);
  return changed(post, { ...failed.next, resendOnce: false }, { attempts, event: failed.event });
}
