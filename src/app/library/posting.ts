import { KippuError } from '../../model/errors.ts';
import type { Post as StoredPost, PostReason, PostStatus, RemoteEvidence, ReplySettings } from '../../model/post.ts';
import { OPERATOR } from '../api-keys.ts';
import { findConnection } from '../find-connection.ts';
import type { App } from '../open.ts';
import { inMs } from '../option-spans.ts';
import * as posts from '../posts.ts';

/** What to post, as whom, and when. */
export interface PostOptions {
  readonly text: string;
  /** Default now. A `Date`, or a text: an instant, a time in `timezone` (`tomorrow 09:00`), or a span from now (`+10m`). */
  readonly publishAt?: Date | string | undefined;
  /** IANA name, for a `publishAt` that is a time of clocks. */
  readonly timezone?: string | undefined;
  /** Seconds after its time until which it may still go out. */
  readonly latestAfter?: number | undefined;
  /** The network's id of the post that this one answers. */
  readonly replyTo?: string | undefined;
  /** Who may reply; absent: everyone. */
  readonly replySettings?: ReplySettings | undefined;
  readonly madeWithAi?: boolean | undefined;
  /** `true`: it is only saved. */
  readonly draft?: boolean | undefined;
  /** `true`: somebody must approve it before it goes out. */
  readonly approval?: boolean | undefined;
  /** `true`: if it stays unknown whether it is out, it may be sent once more by itself. */
  readonly resend?: boolean | undefined;
  /** The same request with the same key makes one post, however often it comes: after a crash, say it again. */
  readonly idempotencyKey?: string | undefined;
}

/** A post and what has become of it. */
export interface Post {
  readonly id: string;
  /** The connection's id. */
  readonly connection: string;
  /** `published`; `scheduled` where it waits for its time or for an obstacle to go; `unknown` where no answer came. */
  readonly status: PostStatus;
  readonly statusReason: PostReason | undefined;
  /** The network's own words, where it had any. */
  readonly statusDetail: string | undefined;
  readonly text: string;
  /** This instant and the others: milliseconds since the epoch. */
  readonly publishAt: number | undefined;
  readonly timezone: string | undefined;
  /** Later than this it is not published at all. */
  readonly latestAt: number | undefined;
  readonly replyTo: string | undefined;
  readonly replySettings: ReplySettings | undefined;
  readonly madeWithAi: boolean;
  readonly remoteId: string | undefined;
  readonly remoteUrl: string | undefined;
  /** How its id at the network is known. */
  readonly remoteEvidence: RemoteEvidence | undefined;
  /** What publishing it costs by the network's price list, in millionths of a US dollar. */
  readonly costMicroUsd: number;
  readonly createdAt: number;
  readonly publishedAt: number | undefined;
}

/** Which posts; what is left out does not matter. */
export interface PostFilter {
  /** Id or name. */
  readonly connection?: string | undefined;
  readonly status?: PostStatus | undefined;
}

export async function post(connection: string, wish: string | PostOptions, app: App): Promise<Post> {
  const { id } = await findConnection(connection, app);
  const { idempotencyKey: key, ...options } = typeof wish === 'string' ? { text: wish } : wish;
  const created = await posts.createPost(requestOf(id, options), { caller: OPERATOR, key }, app);
  return postView(created.post);
}

/** The newest first, page after page. */
export async function* listPosts(filter: PostFilter, openApp: () => Promise<App>): AsyncGenerator<Post> {
  const app = await openApp();
  const { connection, status } = filter;
  let cursor: string | undefined;
  do {
    const query = { connection, status, fromMs: undefined, toMs: undefined, limit: PAGE, cursor };
    const page = await posts.listPosts(query, OPERATOR, app);
    for (const each of page.items) yield postView(each);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

export async function cancelPost(id: string, app: App): Promise<Post> {
  return postView(await posts.cancelPost(id, OPERATOR, app));
}

const PAGE = 100;

function requestOf(connection: string, options: Omit<PostOptions, 'idempotencyKey'>): posts.PostRequest {
  const { publishAt, latestAfter, draft, approval, ...rest } = options;
  return {
    ...rest,
    connection,
    publishAt: publishAt instanceof Date ? isoTime(publishAt) : publishAt,
    latestAfterMs: inMs(latestAfter, 'latestAfter'),
    isDraft: draft,
    needsApproval: approval,
  };
}

function isoTime(date: Date): string {
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new KippuError('invalid', 'publishAt is a Date without a time. Give one that is valid, or a text.', {
    where: 'publishAt',
  });
}

function postView(stored: StoredPost): Post {
  return {
    id: stored.id,
    connection: stored.connectionId,
    status: stored.status,
    statusReason: stored.statusReason,
    statusDetail: stored.statusDetail,
    text: stored.text,
    publishAt: stored.publishAtMs,
    timezone: stored.timezone,
    latestAt: stored.latestAtMs,
    replyTo: stored.replyTo,
    replySettings: stored.replySettings,
    madeWithAi: stored.madeWithAi,
    remoteId: stored.remoteId,
    remoteUrl: stored.remoteUrl,
    remoteEvidence: stored.remoteEvidence,
    costMicroUsd: stored.costMicroUsd,
    createdAt: stored.createdAtMs,
    publishedAt: stored.publishedAtMs,
  };
}
