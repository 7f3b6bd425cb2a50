import { MINUTE_MS } from '../model/clock.ts';
import type { HttpClient } from '../model/http.ts';
import type { Post } from '../model/post.ts';
import type { Secret } from '../model/secret.ts';
import { advance, type AdvancePorts } from './advance.ts';
import { firstDoubtfulAttempt } from './after-reading.ts';
import type { RemotePost, TimelineWindow } from './networks/network.ts';
import { findRoute, type Route, type RoutePorts } from './route.ts';
import { isSameText } from './same-text.ts';

export interface ReadBackPorts extends AdvancePorts, RoutePorts {
  readonly http: HttpClient;
}

/** Looks for an `unknown` post on its author's own timeline. */
export async function readBackPost(post: Post, ports: ReadBackPorts): Promise<Post> {
  const { fence } = post;
  const look = await readTimeline(post, undefined, ports);
  if (look.kind === 'failed') return (await advance(post, { ...look, kind: 'read_back_failed', fence }, ports)).post;
  for (const { id } of matches(post, look.posts, look.subject)) {
    const found = { remoteId: id, remoteUrl: look.network.postUrl(id, look.handle) };
    const advanced = await advance(post, { kind: 'read_back', fence, found }, ports);
    // Another post of ours is this one already: the next match.
    if (advanced.kind !== 'remote_id_taken') return advanced.post;
  }
  return (await advance(post, { kind: 'read_back', fence, found: undefined }, ports)).post;
}

/** The network's clock may be behind ours by this much. */
const CLOCK_SKEW_MS = MINUTE_MS;

/**
 * The posts on a timeline that this one may be, the oldest first: by this account, made at or after its first doubtful
 * attempt, and the same in text, in what it answers, and in how many media it has.
 */
export function matches(post: Post, posts: readonly RemotePost[], subject: string | undefined): readonly RemotePost[] {
  const { createdFromMs } = windowOf(post);
  const isMatch = (remote: RemotePost): boolean =>
    (remote.authorId === undefined || remote.authorId === subject) &&
    remote.createdAtMs >= createdFromMs &&
    remote.replyTo === post.replyTo &&
    remote.mediaCount === 0 &&
    isSameText(post.text, remote.text, { isReply: post.replyTo !== undefined });
  return posts.filter(isMatch).sort((a, b) => a.createdAtMs - b.createdAtMs);
}

function windowOf(post: Post): Omit<TimelineWindow, 'pageToken'> {
  const attempt = firstDoubtfulAttempt(post);
  return {
    createdFromMs: (attempt?.startedAtMs ?? post.createdAtMs) - CLOCK_SKEW_MS,
    afterRemoteId: attempt?.lastKnownRemoteId,
  };
}

type Look =
  | {
      readonly kind: 'read';
      readonly posts: readonly RemotePost[];
      readonly subject: string | undefined;
      readonly network: OpenRoute['network'];
      readonly handle: string | undefined;
    }
  | { readonly kind: 'failed'; readonly detail: string; readonly retryAfterMs: number | undefined };
type OpenRoute = Extract<Route, { kind: 'open' }>;

const PAGES_MAX = 4;

/** All of the window, or a failure: half a timeline must not pass for an absent post. */
async function readTimeline(post: Post, refused: Secret | undefined, ports: ReadBackPorts): Promise<Look> {
  const route = await findRoute(
    post.connectionId,
    { minTtlMs: MINUTE_MS, ...(refused === undefined ? {} : { refused }) },
    ports,
  );
  if (route.kind === 'held') {
    return { kind: 'failed', detail: `${route.reason}: ${route.detail}`, retryAfterMs: route.retryAfterMs };
  }
  if (route.kind === 'given_up') return { kind: 'failed', detail: route.detail, retryAfterMs: undefined };
  const { network, access, handle } = route;
  const posts: RemotePost[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const request = network.timelineRequest({ ...windowOf(post), pageToken }, access);
    if (request === undefined) {
      return { kind: 'failed', detail: 'whose account it is, is not known yet', retryAfterMs: undefined };
    }
    const answer = await ports.http.send(request);
    if (answer.kind !== 'answered') {
      return { kind: 'failed', detail: `${answer.cause}: ${answer.detail}`, retryAfterMs: undefined };
    }
    if (answer.status === 401 && refused === undefined) return readTimeline(post, access.accessToken, ports);
    const read = answer.status === 200 ? network.readTimeline(answer) : undefined;
    if (read === undefined) {
      const retryAtMs = answer.status === 429 ? network.retryAtMs(answer) : undefined;
      const retryAfterMs = retryAtMs === undefined ? undefined : retryAtMs - ports.clock.nowMs();
      return { kind: 'failed', detail: `the timeline could not be read: HTTP ${answer.status}`, retryAfterMs };
    }
    posts.push(...read.posts);
    pageToken = read.nextPageToken;
    if (pageToken === undefined) return { kind: 'read', posts, subject: access.subject, network, handle };
  }
  return {
    kind: 'failed',
    detail: `the account has posted more than ${PAGES_MAX} pages since`,
    retryAfterMs: undefined,
  };
}
