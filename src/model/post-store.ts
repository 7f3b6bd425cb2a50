import type { EventType } from './event.ts';
import type { ConnectionId, PostId } from './ids.ts';
import type { Post, PostAttempt, PostStatus } from './post.ts';

/**
 * The posts. The store knows no rule of their life: it writes what `posts/lifecycle.ts` decided, if the post is still
 * as it was seen. Each call is one whole operation, durable when its promise resolves.
 */
export interface PostStore {
  /** With a request's key: the post is made once, however often the request comes. */
  create(post: Post, request?: IdempotentRequest): Promise<Created>;
  findRequest(key: RequestKey): Promise<RecordedRequest | undefined>;
  read(id: PostId): Promise<Post | undefined>;
  /** Newest first. */
  list(query: PostQuery): Promise<PostPage>;
  /** Writes all of the changes, each with its event, or none. */
  apply(changes: readonly PostChange[]): Promise<Applied>;
  /** Ids that are due; each is not due again before `againAtMs`, so that a crash of the taker loses nothing. */
  takeDue(take: { readonly againAtMs: number; readonly limit: number }): Promise<readonly PostId[]>;
  /** Posts that are `publishing`, the oldest lease first. */
  publishing(limit: number): Promise<readonly Post[]>;
  /** The earliest due time there is: when the worker is needed next, and how far behind it is. */
  nextDueAtMs(): Promise<number | undefined>;
  /** The newest post of this connection that the network itself told us of. */
  lastKnownRemoteId(connection: ConnectionId): Promise<string | undefined>;
}

/** A post as it is to be from now on; its version is one more than the one that was seen. */
export interface PostChange {
  readonly next: Post;
  /** Attempts that are new or have changed. */
  readonly attempts: readonly PostAttempt[];
  readonly event: PostEvent | undefined;
}

export interface PostEvent {
  /** Names the happening itself: a second event for the same one is not written. */
  readonly happening: string;
  readonly type: Extract<EventType, `post.${string}`>;
  readonly data: Readonly<Record<string, unknown>>;
}

export type Applied =
  | { readonly kind: 'applied' }
  /** Somebody else changed one of the posts first. Nothing was written. */
  | { readonly kind: 'moved' }
  /** Another post of the same connection has this remote id. Nothing was written. */
  | { readonly kind: 'remote_id_taken'; readonly by: PostId };

/** An idempotency key belongs to the API key that sent it; empty for the command line and the library. */
export interface RequestKey {
  readonly apiKeyId: string;
  readonly key: string;
}

export interface IdempotentRequest extends RequestKey {
  readonly requestHash: string;
  /** From then on the same request makes a new post. */
  readonly forgetAtMs: number;
}

export interface RecordedRequest {
  readonly requestHash: string;
  readonly postId: PostId;
}

export type Created =
  | { readonly kind: 'created' }
  /** The request was here before; what it asked for then is for the caller to compare. */
  | { readonly kind: 'known'; readonly request: RecordedRequest };

export interface PostQuery {
  readonly status?: PostStatus | undefined;
  /** Absent: of every connection. */
  readonly connectionIds?: readonly ConnectionId[] | undefined;
  /** To be published at or after, and before; leaves out what has no time. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface PostPage {
  readonly items: readonly Post[];
  readonly nextCursor: string | undefined;
}
