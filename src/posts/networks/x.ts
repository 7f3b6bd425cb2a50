import type { Access } from '../../model/access-tokens.ts';
import { SECOND_MS } from '../../model/clock.ts';
import type { HttpRequest } from '../../model/http.ts';
import type { PostContent, RefusalReason } from '../../model/post.ts';
import { checkDraft } from '../compose.ts';
import type { Answered, Network, RemotePost, TimelinePage, TimelineWindow } from './network.ts';
import { fieldOf, fieldsOf, jsonOf, listOf, textOf } from './untrusted-json.ts';
import { X_MEASURES } from './x-measures.ts';
import { BODY_BYTES_MAX, CONNECT_TIMEOUT_MS, headersFor, readRequest } from './x-request.ts';

/** X (formerly Twitter), API v2: https://docs.x.com/x-api/posts/create-post */
export const xNetwork: Network = {
  name: 'X',
  scopesNeeded: ['tweet.write'],
  check: checkDraft,
  createRequest,
  readCreated(answer) {
    const id = textOf(fieldOf(fieldOf(jsonOf(answer.body), 'data'), 'id'));
    return id !== undefined && ID.test(id) ? id : undefined;
  },
  readRefusal,
  timelineRequest,
  readTimeline,
  retryAtMs,
  postUrl: (remoteId, handle) => `https://x.com/${handle ?? 'i'}/status/${remoteId}`,
  parseRemoteId(text) {
    return /^(?:https:\/\/(?:www\.|mobile\.)?(?:x|twitter)\.com\/[A-Za-z0-9_]{1,15}\/status\/)?([0-9]{1,19})(?:[/?#].*)?$/.exec(
      text.trim(),
    )?.[1];
  },
  createdAtMs: (remoteId) => Number(BigInt(remoteId) >> ID_TIME_SHIFT) + ID_EPOCH_MS,
  measures: X_MEASURES,
};

/** Longer than any caller waits: an answer that comes late still says what became of the post. */
const CREATED_TIMEOUT_MS = 120 * SECOND_MS;

function createRequest(content: PostContent, access: Access): HttpRequest {
  return {
    method: 'POST',
    url: `${access.apiOrigin}/2/tweets`,
    headers: { ...headersFor(access), 'content-type': 'application/json' },
    body: JSON.stringify(createBody(content)),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: CREATED_TIMEOUT_MS,
    bodyBytesMax: BODY_BYTES_MAX,
  };
}

/** The schema allows no other keys: an unknown one is a 400. */
function createBody({ text, replyTo, replySettings, madeWithAi }: PostContent): Record<string, unknown> {
  return {
    text,
    ...(replyTo === undefined ? {} : { reply: { in_reply_to_tweet_id: replyTo } }),
    ...(replySettings === undefined ? {} : { reply_settings: replySettings }),
    ...(madeWithAi ? { made_with_ai: true } : {}),
  };
}

/** One kind of refusal. A field that is absent matches anything; the first row that matches decides. */
interface RefusalRow {
  readonly status?: number;
  /** The last segment of the problem's `type`: its host has changed before. */
  readonly type?: string;
  readonly title?: string;
  readonly detail?: RegExp;
  /** Of the older shape, `{"errors":[{code,message}]}`. */
  readonly code?: number;
  readonly means: RefusalReason | 'unauthorized' | 'rate_limited' | 'credits_depleted';
}

const REFUSALS: readonly RefusalRow[] = [
  // A 429 too, but waiting within the hour does not help against a monthly cap.
  { type: 'usage-capped', means: 'usage_capped' },
  { title: 'UsageCapExceeded', means: 'usage_capped' },
  // Not in X's own table of statuses. Seen with two bodies and both type names.
  { status: 402, means: 'credits_depleted' },
  { type: 'credits-depleted', means: 'credits_depleted' },
  { status: 401, means: 'unauthorized' },
  { status: 429, means: 'rate_limited' },
  { code: 88, means: 'rate_limited' },
  { type: 'client-forbidden', means: 'client_not_enrolled' },
  { type: 'unsupported-authentication', means: 'unsupported_authentication' },
  { detail: /duplicate content/i, means: 'duplicate_content' },
  { code: 187, means: 'duplicate_content' },
  { detail: /reply to this conversation is not allowed/i, means: 'reply_not_allowed' },
  { detail: /attempted to reply to a (?:tweet|post) that is deleted/i, means: 'invalid_post' },
  { status: 403, means: 'not_permitted' },
  { status: 400, means: 'invalid_post' },
  { status: 422, means: 'invalid_post' },
];

function readRefusal(answer: Answered): ReturnType<Network['readRefusal']> {
  const problem = problemOf(answer);
  const row = REFUSALS.find((candidate) => isLike(candidate, problem));
  const means = row?.means ?? 'refused_by_network';
  const { detail } = problem;
  if (means === 'unauthorized' || means === 'credits_depleted') {
    return { kind: 'not_created', reason: means, detail, retryAtMs: undefined };
  }
  if (means === 'rate_limited') return { kind: 'not_created', reason: means, detail, retryAtMs: retryAtMs(answer) };
  return { kind: 'refused', reason: means, detail };
}

interface XProblem {
  readonly status: number;
  readonly type: string | undefined;
  readonly title: string | undefined;
  readonly codes: readonly number[];
  readonly detail: string;
}

function isLike(row: RefusalRow, problem: XProblem): boolean {
  return (
    (row.status === undefined || row.status === problem.status) &&
    (row.type === undefined || row.type === problem.type) &&
    (row.title === undefined || row.title === problem.title) &&
    (row.code === undefined || problem.codes.includes(row.code)) &&
    (row.detail === undefined || row.detail.test(problem.detail))
  );
}

const DETAIL_CHARS_MAX = 300;

/** Both shapes at once: a problem at the top level, and a list of errors. */
function problemOf({ status, body }: Answered): XProblem {
  const top = jsonOf(body);
  const errors = listOf(fieldOf(top, 'errors'));
  const all = [top, ...errors];
  const words = all.flatMap((one) => [fieldOf(one, 'detail'), fieldOf(one, 'message')]).map(textOf);
  const title = all.map((one) => textOf(fieldOf(one, 'title'))).find((text) => text !== undefined);
  const said = [...new Set(words.filter((text) => text !== undefined))].join(' ') || (title ?? '');
  return {
    status,
    type: all.map((one) => textOf(fieldOf(one, 'type'))?.split('/').at(-1)).find((type) => type !== undefined),
    title,
    codes: errors.map((one) => fieldOf(one, 'code')).filter((code) => typeof code === 'number'),
    detail: `HTTP ${status}${said === '' ? '' : `: ${said.slice(0, DETAIL_CHARS_MAX)}`}`,
  };
}

const RATE_LIMITS = ['x-rate-limit', 'x-user-limit-24hour', 'x-app-limit-24hour'] as const;

/** The latest reset among the limits that are used up, or else that of the window that every endpoint has. */
function retryAtMs({ headers }: Answered): number | undefined {
  const usedUp = RATE_LIMITS.filter((limit) => headers[`${limit}-remaining`]?.trim() === '0');
  const decisive = usedUp.length > 0 ? usedUp : ['x-rate-limit'];
  const resets = decisive
    .map((limit) => headers[`${limit}-reset`] ?? '')
    .filter((reset) => /^[0-9]{1,11}$/.test(reset));
  return resets.length === 0 ? undefined : Math.max(...resets.map(Number)) * SECOND_MS;
}

const ID = /^[0-9]{1,19}$/;
/** Ids are snowflakes: milliseconds since this instant, above 22 bits of machine and sequence. */
const ID_EPOCH_MS = 1_288_834_974_657;
const ID_TIME_SHIFT = 22n;

const PAGE_POSTS = 100;
const TIMELINE_FIELDS = 'author_id,created_at,entities,referenced_tweets,attachments,note_tweet';

function timelineRequest(
  { createdFromMs, afterRemoteId, pageToken }: TimelineWindow,
  access: Access,
): HttpRequest | undefined {
  if (access.subject === undefined) return undefined;
  const fromTime = BigInt(Math.max(0, createdFromMs - ID_EPOCH_MS)) << ID_TIME_SHIFT;
  const fromPost = afterRemoteId === undefined ? 0n : BigInt(afterRemoteId);
  const query = new URLSearchParams({
    since_id: String(fromTime > fromPost ? fromTime : fromPost),
    max_results: String(PAGE_POSTS),
    'tweet.fields': TIMELINE_FIELDS,
    ...(pageToken === undefined ? {} : { pagination_token: pageToken }),
  });
  return readRequest(`/2/users/${encodeURIComponent(access.subject)}/tweets?${query.toString()}`, access);
}

/** `undefined` for anything but a whole, well-formed page: a post that could not be read must not pass for absent. */
function readTimeline({ body, complete }: Answered): TimelinePage | undefined {
  const page = complete ? jsonOf(body) : undefined;
  const meta = fieldOf(page, 'meta');
  if (fieldsOf(page) === undefined || fieldsOf(meta) === undefined) return undefined;
  const posts = listOf(fieldOf(page, 'data')).map(remotePostOf);
  const readable = posts.filter((post) => post !== undefined);
  if (readable.length < posts.length || fieldOf(meta, 'result_count') !== posts.length) return undefined;
  return { posts: readable, nextPageToken: textOf(fieldOf(meta, 'next_token')) };
}

function remotePostOf(value: unknown): RemotePost | undefined {
  const id = textOf(fieldOf(value, 'id'));
  const text = textOf(fieldOf(value, 'text'));
  if (id === undefined || !ID.test(id) || text === undefined) return undefined;
  // A long post's `text` is cut; the whole of it is here.
  const note = fieldOf(value, 'note_tweet');
  const whole = textOf(fieldOf(note, 'text'));
  const replied = listOf(fieldOf(value, 'referenced_tweets')).find(
    (reference) => fieldOf(reference, 'type') === 'replied_to',
  );
  return {
    id,
    authorId: textOf(fieldOf(value, 'author_id')),
    createdAtMs: xNetwork.createdAtMs(id),
    text:
      whole === undefined ? withLinks(text, fieldOf(value, 'entities')) : withLinks(whole, fieldOf(note, 'entities')),
    replyTo: textOf(fieldOf(replied, 'id')),
    mediaCount: listOf(fieldOf(fieldOf(value, 'attachments'), 'media_keys')).length,
  };
}

/** Puts the links as they were written in place of X's `t.co`, and takes out those that stand for attached media. */
function withLinks(text: string, entities: unknown): string {
  return listOf(fieldOf(entities, 'urls')).reduce<string>((result, entity) => {
    const short = textOf(fieldOf(entity, 'url'));
    if (short === undefined || short === '') return result;
    const isMedia = fieldOf(entity, 'media_key') !== undefined;
    const written = isMedia ? '' : (textOf(fieldOf(entity, 'expanded_url')) ?? short);
    return result.replaceAll(short, () => written);
  }, text);
}
