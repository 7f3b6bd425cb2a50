import type { Post, SimState, User } from '../state.ts';
import { jsonReply, type Reply } from '../wire.ts';
import type { World } from '../world.ts';
import { readCreateBody, type CreateBody } from './x-create-body.ts';
import type { XCall, XOutcome } from './x-gate.ts';
import { X_PRICES } from './x-prices.ts';
import {
  duplicateContent,
  invalidRequest,
  notFoundError,
  notPermitted,
  notSummoned,
  notYourPost,
  parentGone,
} from './x-problems.ts';
import { cashtagCount, hasUrl, isTooLong, mentions, shownText } from './x-text.ts';

/** Milliseconds since the epoch at which X began to number its posts. */
const SNOWFLAKE_EPOCH_MS = 1_288_834_974_657;
const SNOWFLAKE_TIME_SHIFT = 22n;
const TOO_LONG =
  'Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.';

/** `POST /2/tweets`. */
export function createPost({ world, request, caller }: XCall): XOutcome {
  const { settings } = world.state;
  const read = readCreateBody(request.headers['content-type'], request.body);
  if (read.kind === 'bad') return { reply: invalidRequest(settings, read.bad) };
  const { body } = read;
  const user = caller.user;
  if (user === undefined) return { reply: notPermitted() };
  if (isTooLong(body.text))
    return { reply: invalidRequest(settings, [{ name: 'text', value: body.text, message: TOO_LONG }]) };
  // Quoting is for Enterprise customers; more than one cashtag is refused on every other plan.
  if (body.quote_tweet_id !== undefined || cashtagCount(body.text) > 1) return { reply: notPermitted() };
  const parent = body.reply === undefined ? undefined : parentOf(world.state, body.reply.in_reply_to_tweet_id, user);
  if (parent !== undefined && 'refused' in parent) return { reply: parent.refused };
  if (isDuplicate(world, user, body)) return { reply: duplicateContent() };

  const price = priceOf(body, parent?.isSummoned ?? false);
  const post: Post = {
    id: nextPostId(world),
    userId: user.id,
    clientId: caller.clientId,
    text: body.text,
    mediaIds: body.media?.media_ids ?? [],
    inReplyTo: body.reply?.in_reply_to_tweet_id,
    createdAtMs: world.nowMs,
    deletedAtMs: undefined,
    microDollars: price,
  };
  const shown = shownText(post, settings.escapedText);
  return {
    reply: jsonReply(201, { data: { id: post.id, text: shown.text } }),
    events: [{ kind: 'post_created', post }],
    charges: [{ microDollars: price }],
  };
}

/** `DELETE /2/tweets/{id}`. */
export function deletePost({ world, caller, id }: XCall): XOutcome {
  const post = world.state.posts.get(id);
  // What X answers for a post that is not there is not recorded.
  if (post === undefined || post.deletedAtMs !== undefined) {
    return { reply: jsonReply(404, { errors: [notFoundError(world.state.settings, 'tweet', id)] }) };
  }
  if (post.userId !== caller.user?.id) return { reply: notYourPost() };
  return {
    reply: jsonReply(200, { data: { deleted: true } }),
    events: [{ kind: 'post_deleted', postId: id, atMs: world.nowMs }],
    charges: [{ microDollars: X_PRICES.postDelete }],
  };
}

/** Ids follow the clock and strictly increase, whatever the clock does. */
function nextPostId(world: World): string {
  const fromClock = BigInt(Math.max(1, world.nowMs - SNOWFLAKE_EPOCH_MS)) << SNOWFLAKE_TIME_SHIFT;
  const last = BigInt(world.state.lastPostId);
  return (fromClock > last ? fromClock : last + 1n).toString();
}

/** Self-serve apps may reply to their own posts and to posts that mention them. */
function parentOf(
  state: SimState,
  parentId: string,
  user: User,
): { readonly isSummoned: boolean } | { readonly refused: Reply } {
  const parent = state.posts.get(parentId);
  if (parent === undefined || parent.deletedAtMs !== undefined) return { refused: parentGone() };
  if (parent.userId === user.id) return { isSummoned: false };
  return mentions(parent.text, user.handle) ? { isSummoned: true } : { refused: notSummoned() };
}

/** The same text with the same media. The real rule is a heuristic; posts with other media pass it. */
function isDuplicate(world: World, user: User, body: CreateBody): boolean {
  const media = (body.media?.media_ids ?? []).join();
  const sinceMs = world.nowMs - world.state.settings.duplicateWindowMs;
  return [...world.state.posts.values()].some(
    (post) =>
      post.userId === user.id &&
      post.deletedAtMs === undefined &&
      post.createdAtMs > sinceMs &&
      post.text === body.text &&
      post.mediaIds.join() === media,
  );
}

function priceOf(body: CreateBody, isSummoned: boolean): number {
  if (hasUrl(body.text)) return X_PRICES.postCreateWithUrl;
  return isSummoned ? X_PRICES.summonedReply : X_PRICES.postCreate;
}
