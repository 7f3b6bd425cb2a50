import { assertNever } from '../model/assert-never.ts';
import type { Post, PostAttempt, PublishOutcome } from '../model/post.ts';
import type { PostChange } from '../model/post-store.ts';
import type { Happening } from './happening.ts';
import { becomesUnknown, changed, endsAsFailed, endsAsPublished, needsDecision, waits } from './transitions.ts';

/** Another machine's clock may differ from ours by this much: a lease is not taken for over before. */
export const LEASE_GRACE_MS = 5_000;

/** The claim: written, with all that a later look at the timeline needs, before a byte leaves. */
export function claimed(post: Post, claim: Extract<Happening, { kind: 'claimed' }>, nowMs: number): PostChange {
  const fence = post.fence + 1;
  const attempt: PostAttempt = {
    fence,
    sender: claim.by,
    startedAtMs: nowMs,
    fingerprint: claim.fingerprint,
    lastKnownRemoteId: claim.lastKnownRemoteId,
    endedAtMs: undefined,
    outcome: undefined,
    reason: undefined,
    detail: undefined,
    remoteId: undefined,
  };
  const expiresAtMs = nowMs + claim.leaseMs;
  return changed(
    post,
    {
      status: 'publishing',
      statusReason: undefined,
      statusDetail: undefined,
      fence,
      lease: { fence, expiresAtMs, holder: claim.by },
      dueAtMs: expiresAtMs + LEASE_GRACE_MS,
      // Used up by being sent a second time; given back if that proves not to have created anything.
      resendOnce: post.status === 'unknown' ? false : post.resendOnce,
      updatedAtMs: nowMs,
    },
    { attempts: [attempt] },
  );
}

/** Nobody will settle this attempt any more, as far as anybody knows. Its answer is still welcome. */
export function abandoned(post: Post, nowMs: number): PostChange {
  const attempt = post.attempts.find(({ fence }) => fence === post.fence);
  const detail = 'the process that was sending it is gone, or was silent for longer than its lease';
  const unknown = becomesUnknown(post, { reason: 'interrupted', detail }, nowMs);
  return attempt === undefined
    ? unknown
    : withAttempt(unknown, post, {
        ...attempt,
        endedAtMs: nowMs,
        outcome: 'unanswered',
        reason: 'interrupted',
        detail,
      });
}

/** As if it had been sent at its time, by somebody who can not be asked. */
export function doubted(
  post: Post,
  { by, fingerprint, lastKnownRemoteId }: Extract<Happening, { kind: 'doubted' }>,
  nowMs: number,
): PostChange {
  const detail = 'this store was restored from a copy; the original may have published it';
  const fence = post.fence + 1;
  const attempt: PostAttempt = {
    fence,
    sender: by,
    startedAtMs: Math.min(post.publishAtMs ?? nowMs, nowMs),
    fingerprint,
    lastKnownRemoteId,
    endedAtMs: nowMs,
    outcome: 'unanswered',
    reason: 'interrupted',
    detail,
    remoteId: undefined,
  };
  const sent = { ...post, fence };
  return withAttempt(becomesUnknown(sent, { reason: 'interrupted', detail }, nowMs), sent, attempt);
}

/**
 * An attempt's end. What it says of the attempt is always written down; whether it also says what becomes of the post
 * depends on what else may have been sent.
 */
export function answered(
  post: Post,
  { fence, outcome, remoteUrl }: Extract<Happening, { kind: 'answered' }>,
  nowMs: number,
): PostChange | undefined {
  const open = post.attempts.find((attempt) => attempt.fence === fence);
  if (open === undefined || isSettledBy(open, outcome)) return undefined;
  const attempt = closed(open, outcome, nowMs);
  const change =
    outcome.kind === 'published'
      ? afterSuccess(post, outcome.remoteId, remoteUrl, nowMs)
      : afterNoSuccess(post, attempt, outcome, nowMs);
  return change === undefined
    ? changed(post, { updatedAtMs: nowMs }, { attempts: [attempt] })
    : withAttempt(change, post, attempt);
}

/** The same answer a second time, or less than is known already. */
function isSettledBy(attempt: PostAttempt, outcome: PublishOutcome): boolean {
  if (attempt.outcome === undefined || outcome.kind === 'published') return attempt.outcome === 'published';
  return outcome.kind === 'unanswered' || (attempt.outcome !== 'unanswered' && attempt.outcome !== 'not_found');
}

function closed(attempt: PostAttempt, outcome: PublishOutcome, nowMs: number): PostAttempt {
  const ended = { ...attempt, endedAtMs: nowMs, outcome: outcome.kind };
  if (outcome.kind === 'published') {
    return { ...ended, remoteId: outcome.remoteId, reason: undefined, detail: undefined };
  }
  return { ...ended, reason: outcome.kind === 'unanswered' ? 'unanswered' : outcome.reason, detail: outcome.detail };
}

/** The network's own word: it wins over whatever was believed, and over a match that the timeline or a person gave. */
function afterSuccess(
  post: Post,
  remoteId: string,
  remoteUrl: string | undefined,
  nowMs: number,
): PostChange | undefined {
  if (post.status === 'published' && post.remoteEvidence === 'answer') return undefined;
  return endsAsPublished(post, { remoteId, remoteUrl, evidence: 'answer' }, nowMs);
}

type NoSuccess = Exclude<PublishOutcome, { kind: 'published' }>;

function afterNoSuccess(post: Post, attempt: PostAttempt, outcome: NoSuccess, nowMs: number): PostChange | undefined {
  const mayExist = post.attempts.some((other) => other.fence !== attempt.fence && isDoubtful(other));
  const isItsSender = post.status === 'publishing' && attempt.fence === post.fence;
  // A late proof that nothing was created ends the doubt, if it was the only one.
  const endsDoubt = post.status === 'unknown' && outcome.kind !== 'unanswered' && !mayExist;
  if (!isItsSender && !endsDoubt) return undefined;
  switch (outcome.kind) {
    case 'unanswered':
      return becomesUnknown(post, { reason: 'unanswered', detail: outcome.detail }, nowMs);
    case 'refused':
      return afterRefusal(post, attempt, outcome, mayExist, nowMs);
    case 'not_created':
      if (mayExist) {
        return waits({ ...post, status: 'unknown', statusReason: 'not_on_timeline', resendOnce: true }, outcome, nowMs);
      }
      return waits({ ...post, status: 'scheduled', unknownSinceMs: undefined }, outcome, nowMs);
    default:
      return assertNever(outcome);
  }
}

function afterRefusal(
  post: Post,
  attempt: PostAttempt,
  outcome: Extract<NoSuccess, { kind: 'refused' }>,
  mayExist: boolean,
  nowMs: number,
): PostChange {
  // "Duplicate" after an attempt that may have succeeded is evidence that it did, whatever a person believed meanwhile.
  const isEvidence = outcome.reason === 'duplicate_content' && post.attempts.some((other) => isTwin(other, attempt));
  if (isEvidence) return becomesUnknown(post, { reason: 'duplicate_refused', detail: outcome.detail }, nowMs);
  if (mayExist) return needsDecision({ ...post, statusDetail: outcome.detail }, 'not_on_timeline', nowMs);
  return endsAsFailed(post, outcome, nowMs);
}

function isDoubtful(attempt: PostAttempt): boolean {
  return attempt.outcome === undefined || attempt.outcome === 'unanswered';
}

/** An earlier attempt with the same content that may have succeeded. */
function isTwin(other: PostAttempt, attempt: PostAttempt): boolean {
  return (
    other.fence < attempt.fence &&
    other.fingerprint === attempt.fingerprint &&
    (isDoubtful(other) || other.outcome === 'not_found')
  );
}

function withAttempt(change: PostChange, post: Post, attempt: PostAttempt): PostChange {
  return changed(post, change.next, { attempts: [attempt], event: change.event });
}
