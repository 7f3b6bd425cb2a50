import { DAY_MS } from '../../model/clock.ts';
import { PREDEFINED_HANDLES, userOf } from '../names.ts';
import type { Post, SimState, User } from '../state.ts';
import { jsonReply, queryOf } from '../wire.ts';
import type { World } from '../world.ts';
import type { XCall, XOutcome } from './x-gate.ts';
import { X_PRICES } from './x-prices.ts';
import { invalidRequest, notFoundError } from './x-problems.ts';
import { fieldsOf, pageToken, readPageQuery, type QueryRules } from './x-query.ts';
import { shownText } from './x-text.ts';

const TIMELINE: QueryRules = {
  names: [
    'since_id',
    'until_id',
    'max_results',
    'pagination_token',
    'exclude',
    'start_time',
    'end_time',
    'tweet.fields',
    'expansions',
    'media.fields',
    'poll.fields',
    'user.fields',
    'place.fields',
  ],
  resultsMin: 5,
  resultsMax: 100,
  resultsDefault: 10,
};
const FOLLOWERS: QueryRules = {
  names: ['max_results', 'pagination_token', 'user.fields', 'expansions', 'tweet.fields'],
  resultsMin: 1,
  resultsMax: 1000,
  resultsDefault: 100,
};

/** `GET /2/users/me`. */
export function whoAmI({ world, request, caller }: XCall): XOutcome {
  const user = caller.user;
  if (user === undefined) return { reply: jsonReply(200, {}) };
  const charges = world.state.settings.chargeForMe
    ? [{ microDollars: X_PRICES.userRead, resource: `user ${user.id}` }]
    : [];
  return {
    reply: jsonReply(200, { data: shownUser(world, user, fieldsOf(queryOf(request.url), 'user.fields')) }),
    charges,
  };
}

/** `GET /2/users/{id}/tweets`: newest first. */
export function timeline(call: XCall): XOutcome {
  const { world, request, id } = call;
  const { settings } = world.state;
  const query = queryOf(request.url);
  const read = readPageQuery(query, TIMELINE);
  if (read.kind === 'bad') return { reply: invalidRequest(settings, read.bad) };
  if (knownUser(world.state, id) === undefined)
    return { reply: jsonReply(200, { errors: [notFoundError(settings, 'user', id)] }) };

  const posts = postsOf(world, id, query, read.page.after);
  const page = posts.slice(0, read.page.maxResults);
  const last = page.at(-1);
  const fields = fieldsOf(query, 'tweet.fields');
  const meta = {
    result_count: page.length,
    ...(last === undefined ? {} : { newest_id: page[0]?.id, oldest_id: last.id }),
    ...(last !== undefined && posts.length > page.length ? { next_token: pageToken(last.id) } : {}),
  };
  const price = isOwned(call) ? X_PRICES.ownedRead : X_PRICES.postRead;
  return {
    reply: jsonReply(200, {
      ...(page.length === 0 ? {} : { data: page.map((post) => shownPost(world, post, fields)) }),
      meta,
    }),
    charges: page.map((post) => ({ microDollars: price, resource: `post ${post.id}` })),
  };
}

/** `GET /2/users/{id}/followers`: here everybody follows everybody else. */
export function followers(call: XCall): XOutcome {
  const { world, request, id } = call;
  const { settings } = world.state;
  const query = queryOf(request.url);
  const read = readPageQuery(query, FOLLOWERS);
  if (read.kind === 'bad') return { reply: invalidRequest(settings, read.bad) };
  if (knownUser(world.state, id) === undefined)
    return { reply: jsonReply(200, { errors: [notFoundError(settings, 'user', id)] }) };

  const { maxResults, after } = read.page;
  const all = followersOf(world.state, id).filter((user) => after === undefined || user.id > after);
  const page = all.slice(0, maxResults);
  const last = page.at(-1);
  const fields = fieldsOf(query, 'user.fields');
  const meta = {
    result_count: page.length,
    ...(last !== undefined && all.length > page.length ? { next_token: pageToken(last.id) } : {}),
  };
  const price = isOwned(call) ? X_PRICES.ownedRead : X_PRICES.userRead;
  return {
    reply: jsonReply(200, {
      ...(page.length === 0 ? {} : { data: page.map((user) => shownUser(world, user, fields)) }),
      meta,
    }),
    charges: page.map((user) => ({ microDollars: price, resource: `user ${user.id}` })),
  };
}

function postsOf(world: World, userId: string, query: URLSearchParams, after: string | undefined): readonly Post[] {
  const bound = (name: string): bigint | undefined => (query.has(name) ? BigInt(query.get(name) ?? '0') : undefined);
  const instant = (name: string): number | undefined =>
    query.has(name) ? Date.parse(query.get(name) ?? '') : undefined;
  const [sinceId, untilId, afterId] = [
    bound('since_id'),
    bound('until_id'),
    after === undefined ? undefined : BigInt(after),
  ];
  const [startMs, endMs] = [instant('start_time'), instant('end_time')];
  const excluded = fieldsOf(query, 'exclude');
  return [...world.state.posts.values()]
    .filter((post) => {
      const id = BigInt(post.id);
      if (post.userId !== userId || post.deletedAtMs !== undefined) return false;
      if (world.nowMs < post.createdAtMs + world.state.settings.indexLagMs) return false;
      if (
        (sinceId !== undefined && id <= sinceId) ||
        (untilId !== undefined && id >= untilId) ||
        (afterId !== undefined && id >= afterId)
      )
        return false;
      if ((startMs !== undefined && post.createdAtMs < startMs) || (endMs !== undefined && post.createdAtMs >= endMs))
        return false;
      return post.inReplyTo === undefined || !excluded.has('replies');
    })
    .toReversed();
}

function shownPost(world: World, post: Post, fields: ReadonlySet<string>): Record<string, unknown> {
  const { text, urls } = shownText(post, world.state.settings.escapedText);
  const parent = post.inReplyTo === undefined ? undefined : world.state.posts.get(post.inReplyTo);
  const all: Record<string, unknown> = {
    author_id: post.userId,
    // Whole seconds, as X gives them.
    created_at: `${new Date(post.createdAtMs).toISOString().slice(0, 19)}.000Z`,
    ...(urls.length === 0 ? {} : { entities: { urls } }),
    ...(post.mediaIds.length === 0 ? {} : { attachments: { media_keys: post.mediaIds.map((id) => `3_${id}`) } }),
    ...(post.inReplyTo === undefined ? {} : { referenced_tweets: [{ type: 'replied_to', id: post.inReplyTo }] }),
    ...(parent === undefined ? {} : { in_reply_to_user_id: parent.userId }),
  };
  const asked = Object.entries(all).filter(([name]) => fields.has(name));
  return { id: post.id, text, edit_history_tweet_ids: [post.id], ...Object.fromEntries(asked) };
}

function shownUser(world: World, user: User, fields: ReadonlySet<string>): Record<string, unknown> {
  const { state } = world;
  const shown = { id: user.id, name: user.name, username: user.handle };
  if (!fields.has('public_metrics')) return shown;
  const others = followersOf(state, user.id).length;
  const posts = [...state.posts.values()].filter(
    (post) => post.userId === user.id && post.deletedAtMs === undefined,
  ).length;
  return {
    ...shown,
    public_metrics: {
      followers_count: followersCount(world, user.id),
      following_count: others,
      tweet_count: posts,
      listed_count: 0,
    },
  };
}

/** What was set, as it has grown since; else as many as the list of followers has. */
function followersCount({ state, nowMs }: World, userId: string): number {
  const set = state.followers.get(userId);
  if (set === undefined) return followersOf(state, userId).length;
  return Math.max(0, Math.floor(set.count + (set.perDay * (nowMs - set.sinceMs)) / DAY_MS));
}

/** Own posts and own followers, read through one's own app, are cheap. */
function isOwned({ world, caller, id }: XCall): boolean {
  if (caller.user === undefined || caller.user.id !== id) return false;
  const owner = world.clients?.get(caller.clientId)?.owner;
  return owner === undefined || owner.toLowerCase() === caller.user.handle.toLowerCase();
}

function allUsers(state: SimState): ReadonlyMap<string, User> {
  const predefined = PREDEFINED_HANDLES.map((handle): [string, User] => [userOf(handle).id, userOf(handle)]);
  return new Map([...predefined, ...state.users]);
}

function knownUser(state: SimState, id: string): User | undefined {
  return allUsers(state).get(id);
}

function followersOf(state: SimState, id: string): readonly User[] {
  return [...allUsers(state).values()].filter((user) => user.id !== id).sort((a, b) => (a.id < b.id ? -1 : 1));
}
