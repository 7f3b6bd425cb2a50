import type { Access } from '../../model/access-tokens.ts';
import type { HttpAnswer, HttpRequest } from '../../model/http.ts';
import type { PostContent, PublishOutcome } from '../../model/post.ts';
import type { Measure } from '../../model/schedule.ts';
import type { DraftCheck } from '../compose.ts';

export type Answered = Extract<HttpAnswer, { kind: 'answered' }>;

/**
 * What differs between the networks that posts go to. Nothing here waits, sends or stores: it says what to send and
 * reads what came.
 */
export interface Network {
  /** As people write it. */
  readonly name: string;
  /** Scopes without which a consent cannot publish. */
  readonly scopesNeeded: readonly string[];
  check(content: PostContent): DraftCheck;
  createRequest(content: PostContent, access: Access): HttpRequest;
  /** A whole answer with a 2xx status: the new post's id, or `undefined` where it cannot be read. */
  readCreated(answer: Answered): string | undefined;
  /** A 4xx status. Never `published`; `undefined` for one that does not prove that nothing was created. */
  readRefusal(answer: Answered): Exclude<PublishOutcome, { kind: 'published' | 'unanswered' }> | undefined;
  /** `undefined`: who the user is has to be known first. */
  timelineRequest(window: TimelineWindow, access: Access): HttpRequest | undefined;
  readTimeline(answer: Answered): TimelinePage | undefined;
  /** When the network will take the next request, in milliseconds since the epoch, as far as it says. */
  retryAtMs(answer: Answered): number | undefined;
  /** `handle` as far as it is known. */
  postUrl(remoteId: string, handle: string | undefined): string;
  /** Reads an id, or a post's address, as a person gives it. */
  parseRemoteId(text: string): string | undefined;
  /** When the post with this id was made. */
  createdAtMs(remoteId: string): number;
  /** What can be measured of an account. */
  readonly measures: Readonly<Partial<Record<Measure, Measurable>>>;
}

/** How one measure is asked for. */
export interface Measurable {
  /** Scopes without which a consent cannot measure it. */
  readonly scopesNeeded: readonly string[];
  /** What one answer costs at most by the network's price list, in millionths of a US dollar. Failures cost nothing. */
  readonly costMicroUsd: number;
  request(access: Access): HttpRequest;
  /** A whole answer with status 200; `undefined` where the number cannot be read. */
  read(answer: Answered): number | undefined;
}

/** Which part of the user's own timeline is asked for. */
export interface TimelineWindow {
  readonly createdFromMs: number;
  /** Only what is newer than this post. */
  readonly afterRemoteId: string | undefined;
  /** Where the page before left off. */
  readonly pageToken: string | undefined;
}

export interface TimelinePage {
  readonly posts: readonly RemotePost[];
  readonly nextPageToken: string | undefined;
}

/** A post as it stands on the network, its links written out. */
export interface RemotePost {
  readonly id: string;
  /** Absent: not told, so the account whose timeline it is. */
  readonly authorId: string | undefined;
  readonly createdAtMs: number;
  readonly text: string;
  readonly replyTo: string | undefined;
  readonly mediaCount: number;
}
