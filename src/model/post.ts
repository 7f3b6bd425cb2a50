import type { Lease } from './credential-store.ts';
import type { ConnectionId, PostId } from './ids.ts';
import type { ProcessIdentity } from './processes.ts';

/** What becomes of a post is told in `posts/lifecycle.ts`. */
export const POST_STATUSES = [
  'draft',
  'scheduled',
  'needs_approval',
  'publishing',
  'published',
  'unknown',
  'failed',
  'cancelled',
] as const;
export type PostStatus = (typeof POST_STATUSES)[number];

/** Who may reply; absent: everyone. */
export const REPLY_SETTINGS = ['following', 'mentionedUsers', 'subscribers', 'verified'] as const;
export type ReplySettings = (typeof REPLY_SETTINGS)[number];

/** Why a scheduled post has to wait. In none of these cases was anything created. */
export const WAITING_REASONS = [
  /** No connection to the network came about. */
  'unreachable',
  /** Our process was held up for so long that its right to send had run out: it let the request go. */
  'withdrawn',
  /** The network refused the access token. */
  'unauthorized',
  'rate_limited',
  /** The network bills posts, and the account's balance is empty. */
  'credits_depleted',
  /** The user must consent again. */
  'reauth_required',
  /** The connection was revoked here. */
  'revoked',
  /** The provider refuses even a fresh access token. */
  'refused',
  /** The provider refuses our app. */
  'misconfigured',
  /** The provider has no token for us at the moment. */
  'unavailable',
  /** A renewal was sent and not answered yet. */
  'uncertain',
] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

/** Why nobody knows whether a post is out. */
export const UNKNOWN_REASONS = [
  /** The request was sent, and no readable answer came. */
  'unanswered',
  /** The process that was sending it is gone, or silent for longer than its lease. */
  'interrupted',
  /** The network refused a second try as a duplicate: the first is probably out. */
  'duplicate_refused',
  /** What was found on the timeline turned out to be another post's. */
  'remote_id_taken',
  /** The timeline was read to the end and it is not there. A person decides. */
  'not_on_timeline',
  /** The timeline could not be read for a day. A person decides. */
  'timeline_unreadable',
] as const;
export type UnknownReason = (typeof UNKNOWN_REASONS)[number];

/** Why the network will not have a post, however often it is sent. */
export const REFUSAL_REASONS = [
  'duplicate_content',
  'reply_not_allowed',
  'not_permitted',
  'unsupported_authentication',
  'client_not_enrolled',
  'usage_capped',
  'invalid_post',
  'refused_by_network',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export const FAILURE_REASONS = [
  ...REFUSAL_REASONS,
  /** Its latest time has passed. */
  'too_late',
  /** A person looked, and it is not on the network. */
  'not_published',
  /** The connection is not there, or not to a network that posts can go to. */
  'no_connection',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export type PostReason = WaitingReason | UnknownReason | FailureReason;

export interface PostContent {
  readonly text: string;
  /** The network's id of the post that this one answers. */
  readonly replyTo: string | undefined;
  readonly replySettings: ReplySettings | undefined;
  readonly madeWithAi: boolean;
}

/** How we know the id that the network gave a post, the surest last. */
export const REMOTE_EVIDENCE = ['user', 'timeline', 'answer'] as const;
export type RemoteEvidence = (typeof REMOTE_EVIDENCE)[number];

export interface Post extends PostContent {
  readonly id: PostId;
  readonly connectionId: ConnectionId;
  /** Raised by every change: who changes a post names the version that he saw. */
  readonly version: number;
  readonly status: PostStatus;
  readonly statusReason: PostReason | undefined;
  /** The network's own words, where it had any. */
  readonly statusDetail: string | undefined;
  /** Absent: a draft without a time. */
  readonly publishAtMs: number | undefined;
  /** The IANA zone that the time was given in: for showing it again. */
  readonly timezone: string | undefined;
  /** Later than this it is not published at all. Set as soon as there is a time. */
  readonly latestAtMs: number | undefined;
  /** When the worker must look at it. Absent: nothing is left to do by itself. */
  readonly dueAtMs: number | undefined;
  /** When a token was made ready ahead of its time. */
  readonly preparedAtMs: number | undefined;
  /** Obstacles in a row, for the back-off. */
  readonly delays: number;
  /** The number of the latest attempt. */
  readonly fence: number;
  /** Set while, and only while, it is `publishing`. */
  readonly lease: Lease | undefined;
  /** Oldest first. */
  readonly attempts: readonly PostAttempt[];
  readonly unknownSinceMs: number | undefined;
  /** How many of the planned looks at the timeline are done. */
  readonly readBacks: number;
  /** Looks at the timeline that failed, in a row. */
  readonly readBackFailures: number;
  /** Once it is known that the timeline does not have it, it may be sent a second time by itself. */
  readonly resendOnce: boolean;
  readonly remoteId: string | undefined;
  readonly remoteUrl: string | undefined;
  readonly remoteEvidence: RemoteEvidence | undefined;
  /** What publishing it costs by the network's price list, in millionths of a US dollar. */
  readonly costMicroUsd: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly publishedAtMs: number | undefined;
}

export const POST_ATTEMPT_OUTCOMES = [
  'published',
  /** Provably nothing was created; the same request may succeed later. */
  'not_created',
  /** Nothing was created, and the same request will never succeed. */
  'refused',
  /** It may have been created. */
  'unanswered',
  /** It was unanswered, and a person who looked says that it is not there. */
  'not_found',
] as const;
export type PostAttemptOutcome = (typeof POST_ATTEMPT_OUTCOMES)[number];

/** The durable record that a post was, or may have been, sent. */
export interface PostAttempt {
  /** Counts the post's attempts from 1; an answer is matched to its attempt by this. */
  readonly fence: number;
  readonly sender: ProcessIdentity;
  readonly startedAtMs: number;
  /** A hash of what was sent. */
  readonly fingerprint: string;
  /** The newest post of this connection that we knew on the network before the attempt began. */
  readonly lastKnownRemoteId: string | undefined;
  /** Absent, like the outcome: still being sent, or nobody has noticed yet that its sender is gone. */
  readonly endedAtMs: number | undefined;
  readonly outcome: PostAttemptOutcome | undefined;
  readonly reason: PostReason | undefined;
  readonly detail: string | undefined;
  readonly remoteId: string | undefined;
}

/** What one attempt to publish ended in. */
export type PublishOutcome =
  | { readonly kind: 'published'; readonly remoteId: string }
  /** Provably nothing was created: the same request may be sent again. */
  | {
      readonly kind: 'not_created';
      readonly reason: WaitingReason;
      readonly detail: string;
      /** The network asked us not to try before. */
      readonly retryAtMs: number | undefined;
    }
  /** Nothing was created, and nothing would be however often it is sent. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly detail: string }
  /** Sent, and no readable answer: it may have been created. */
  | { readonly kind: 'unanswered'; readonly detail: string };
