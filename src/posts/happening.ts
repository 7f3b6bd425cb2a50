import type { PostId } from '../model/ids.ts';
import type { FailureReason, PostContent, PublishOutcome, WaitingReason } from '../model/post.ts';
import type { ProcessIdentity } from '../model/processes.ts';

/** What can happen to a post. `lifecycle.ts` says what becomes of it. */
export type Happening =
  /** Somebody takes the right to send it. */
  | {
      readonly kind: 'claimed';
      readonly by: ProcessIdentity;
      readonly fingerprint: string;
      readonly lastKnownRemoteId: string | undefined;
      readonly leaseMs: number;
    }
  /** Its attempt ended; also later than anybody waited. */
  | {
      readonly kind: 'answered';
      readonly fence: number;
      readonly outcome: PublishOutcome;
      readonly remoteUrl: string | undefined;
    }
  /** Whoever was sending it is gone (`isGone`), or silent for longer than its lease. */
  | { readonly kind: 'abandoned'; readonly fence: number; readonly isGone: boolean }
  /** The store was restored from a copy: what has come due since may have been sent by the original. */
  | {
      readonly kind: 'doubted';
      readonly by: ProcessIdentity;
      readonly fingerprint: string;
      readonly lastKnownRemoteId: string | undefined;
    }
  /** A token is ready for the time to come. */
  | { readonly kind: 'prepared' }
  /** No token, so nothing was sent. */
  | {
      readonly kind: 'held';
      readonly reason: WaitingReason;
      readonly detail: string;
      readonly retryAfterMs: number | undefined;
    }
  /** It can never be sent. */
  | { readonly kind: 'given_up'; readonly reason: FailureReason; readonly detail: string }
  /** Somebody looked whether its latest time has passed. */
  | { readonly kind: 'time_passed' }
  /** The timeline was read to the end, after the attempt with this fence: a look that is older than that says nothing. */
  | {
      readonly kind: 'read_back';
      readonly fence: number;
      readonly found: { readonly remoteId: string; readonly remoteUrl: string } | undefined;
    }
  | {
      readonly kind: 'read_back_failed';
      readonly fence: number;
      readonly detail: string;
      readonly retryAfterMs: number | undefined;
    }
  /** The remote id that the timeline or a person gave it is another post's, by the network's own answer. */
  | { readonly kind: 'displaced'; readonly by: PostId }
  /** Its author changed it. */
  | {
      readonly kind: 'edited';
      readonly content: PostContent;
      readonly costMicroUsd: number;
      readonly resendOnce: boolean;
      readonly times: Times | 'same' | 'none';
    }
  /** Its author gave it a time; also: now. */
  | { readonly kind: 'scheduled'; readonly times: Times }
  | { readonly kind: 'approved'; readonly times: Times | 'same' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'resolved_published'; readonly remoteId: string; readonly remoteUrl: string }
  | { readonly kind: 'resolved_not_published' };

export interface Times {
  readonly publishAtMs: number;
  readonly latestAtMs: number;
  readonly timezone: string | undefined;
  /** When the worker looks at it first. */
  readonly dueAtMs: number;
}
