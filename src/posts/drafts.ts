import { createHash } from 'node:crypto';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/clock.ts';
import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { newId, type PostId } from '../model/ids.ts';
import { REPLY_SETTINGS, type Post, type PostContent, type PostStatus, type ReplySettings } from '../model/post.ts';
import type { RecordedRequest, RequestKey } from '../model/post-store.ts';
import type { Random } from '../model/random.ts';
import { advance, readPost, type Advanced } from './advance.ts';
import type { DraftCheck, Problem } from './compose.ts';
import { tokenNeededAt, type Times } from './lifecycle.ts';
import type { Network } from './networks/network.ts';
import { publish, type PublishPorts } from './publish.ts';
import { parsePublishTime } from './time.ts';

export interface DraftPorts extends PublishPorts {
  readonly random: Random;
}

export interface PostRequest {
  /** Id or name. */
  readonly connection: string;
  readonly text: string;
  readonly replyTo?: string | undefined;
  readonly replySettings?: string | undefined;
  readonly madeWithAi?: boolean | undefined;
  /** As {@link parsePublishTime} reads it. Absent: now, unless it is a draft or needs approval. */
  readonly publishAt?: string | undefined;
  readonly timezone?: string | undefined;
  /** How long after its time it may still go out. */
  readonly latestAfterMs?: number | undefined;
  readonly isDraft?: boolean | undefined;
  readonly needsApproval?: boolean | undefined;
  /** If it is sent and stays unknown: may be sent once more by itself. */
  readonly resend?: boolean | undefined;
}

export interface CreatedPost {
  readonly post: Post;
  readonly problems: readonly Problem[];
  /** The same request was here before; this is the post that it made. */
  readonly isRepeated: boolean;
}

/** Repetitions of a request are known until this long after the post's latest time. */
const REQUEST_MEMORY_MS = 7 * DAY_MS;
const REQUEST_KEY_CHARS_MAX = 255;

/**
 * Makes a post, and publishes it at once if its time is now. With a key, the same request makes one post however often
 * it comes, until a week after the post's latest time.
 *
 * Throws `not_found`, `revoked`, `invalid` (saying what and where), `conflict` (another request had this key).
 */
export async function createPost(request: PostRequest, key: RequestKey | undefined, ports: DraftPorts): Promise<CreatedPost> {
  const requestHash = hashOf(request);
  // Before anything is checked: what was a good time then may be a late one now.
  const known = key === undefined ? undefined : await ports.posts.findRequest(checkKey(key));
  if (known !== undefined) return repeated(known, requestHash, ports);
  const { connection, network } = await findTarget(request.connection, ports);
  const content = contentOf(request);
  const check = network.check(content);
  const post = newPost(request, { connection, content, check }, ports);
  if (post.status !== 'draft') refuseInvalid(check, connection, network);
  const forgetAtMs = (post.latestAtMs ?? post.createdAtMs) + REQUEST_MEMORY_MS;
  const created = await ports.posts.create(post, key && { ...key, requestHash, forgetAtMs });
  if (created.kind === 'known') return repeated(created.request, requestHash, ports);
  return { post: await publishIfItIsTime(post, ports), problems: check.problems, isRepeated: false };
}

export interface PostEdit {
  readonly text?: string | undefined;
  /** `null` takes it away. */
  readonly replyTo?: string | null | undefined;
  readonly replySettings?: string | null | undefined;
  readonly madeWithAi?: boolean | undefined;
  readonly publishAt?: string | undefined;
  readonly timezone?: string | undefined;
  readonly latestAfterMs?: number | undefined;
  /** `true` takes its time away. */
  readonly isDraft?: boolean | undefined;
  readonly resend?: boolean | undefined;
}

/** Changes what is not on its way yet. Throws `not_found`, `invalid`, `conflict`. */
export async function editPost(id: PostId, edit: PostEdit, ports: DraftPorts): Promise<Post> {
  const post = await readPost(id, ports);
  const { connection, network } = await findTarget(post.connectionId, ports);
  const content = contentOf({
    text: edit.text ?? post.text,
    replyTo: edit.replyTo === null ? undefined : (edit.replyTo ?? post.replyTo),
    replySettings: edit.replySettings === null ? undefined : (edit.replySettings ?? post.replySettings),
    madeWithAi: edit.madeWithAi ?? post.madeWithAi,
  });
  const check = network.check(content);
  const times = editedTimes(post, edit, ports.clock.nowMs());
  const staysDraft = times === 'none' || (times === 'same' && post.status === 'draft');
  if (!staysDraft) refuseInvalid(check, connection, network);
  const resendOnce = edit.resend ?? post.resendOnce;
  const edited = await advance(post, { kind: 'edited', content, costMicroUsd: check.costMicroUsd, resendOnce, times }, ports);
  return publishIfItIsTime(expectAdvanced(edited, 'changed'), ports);
}

/** Publishes a draft, a scheduled or a failed post now. One that is just being published is returned as it is. */
export async function publishNow(id: PostId, ports: DraftPorts): Promise<Post> {
  const post = await readPost(id, ports);
  if (post.status === 'publishing') return post;
  const { connection, network } = await findTarget(post.connectionId, ports);
  refuseInvalid(network.check(post), connection, network);
  const scheduled = expectAdvanced(await advance(post, { kind: 'scheduled', times: timesForNow(ports.clock.nowMs()) }, ports), 'published');
  return publishIfItIsTime(scheduled, ports);
}

/** Lets a post go that waits for approval: at its time, or now if it has none. */
export async function approvePost(id: PostId, ports: DraftPorts): Promise<Post> {
  const post = await readPost(id, ports);
  const times = post.publishAtMs === undefined ? timesForNow(ports.clock.nowMs()) : 'same';
  return publishIfItIsTime(expectAdvanced(await advance(post, { kind: 'approved', times }, ports), 'approved'), ports);
}

/** Throws `conflict` for a post that may be out already: that one is to be resolved. */
export async function cancelPost(id: PostId, ports: DraftPorts): Promise<Post> {
  const post = await readPost(id, ports);
  if (post.status === 'cancelled') return post;
  return expectAdvanced(await advance(post, { kind: 'cancelled' }, ports), 'cancelled');
}

export type Resolution = { readonly as: 'published'; readonly remoteId: string } | { readonly as: 'not_published' };

/** How far the clocks of a person, the network and this machine may be apart. */
const RESOLUTION_SKEW_MS = 10 * MINUTE_MS;

/** A person has looked whether an `unknown` post is out. */
export async function resolvePost(id: PostId, resolution: Resolution, ports: DraftPorts): Promise<Post> {
  const post = await readPost(id, ports);
  if (resolution.as === 'not_published') return expectAdvanced(await advance(post, { kind: 'resolved_not_published' }, ports), 'resolved');
  const { connection, network } = await findTarget(post.connectionId, ports);
  const remoteId = network.parseRemoteId(resolution.remoteId);
  if (remoteId === undefined) throw invalid(`"${resolution.remoteId}" is not the id of a post at ${network.name}. Give its number or its address.`, '/remote_id');
  if (post.status === 'published' && post.remoteId === remoteId) return post;
  refuseOtherTime(post, network.createdAtMs(remoteId), ports.clock.nowMs());
  const remoteUrl = network.postUrl(remoteId, connection.handle);
  const advanced = await advance(post, { kind: 'resolved_published', remoteId, remoteUrl }, ports);
  if (advanced.kind === 'remote_id_taken') throw new KippuError('conflict', `${remoteId} is the post ${advanced.by} already. Look for another one, or resolve ${id} as not published.`);
  return expectAdvanced(advanced, 'resolved');
}

function refuseOtherTime(post: Post, createdAtMs: number, nowMs: number): void {
  const startedAtMs = post.attempts[0]?.startedAtMs ?? post.createdAtMs;
  if (createdAtMs >= startedAtMs - RESOLUTION_SKEW_MS && createdAtMs <= nowMs + RESOLUTION_SKEW_MS) return;
  throw invalid(
    `The post with that id was made at ${new Date(createdAtMs).toISOString()}, and ${post.id} was first sent at ${new Date(startedAtMs).toISOString()}. Check the id.`,
    '/remote_id',
  );
}

function hashOf(request: PostRequest): string {
  const known = [
    request.connection, request.text, request.replyTo, request.replySettings, request.madeWithAi, request.publishAt, request.timezone,
    request.latestAfterMs, request.isDraft, request.needsApproval, request.resend,
  ];
  return createHash('sha256').update(JSON.stringify(known.map((value) => value ?? null))).digest('base64url');
}

function checkKey(key: RequestKey): RequestKey {
  if (key.key.length > 0 && key.key.length <= REQUEST_KEY_CHARS_MAX) return key;
  throw invalid(`An idempotency key has 1 to ${REQUEST_KEY_CHARS_MAX} characters; this one has ${key.key.length}.`, 'Idempotency-Key');
}

async function repeated(known: RecordedRequest, requestHash: string, ports: DraftPorts): Promise<CreatedPost> {
  if (known.requestHash === requestHash) return { post: await readPost(known.postId, ports), problems: [], isRepeated: true };
  throw new KippuError('conflict', `This idempotency key belongs to another request, which made ${known.postId}. Use a new key for a new post.`, {
    where: 'Idempotency-Key',
  });
}

interface Target {
  readonly connection: Connection;
  readonly network: Network;
}

async function findTarget(idOrName: string, { connections, networks }: DraftPorts): Promise<Target> {
  const connection = await connections.find(idOrName);
  if (connection === undefined) {
    throw new KippuError('not_found', `There is no connection ${idOrName}. See "kippu connections" for those there are.`, { where: '/connection' });
  }
  const network = networks.get(connection.provider);
  if (network === undefined) throw invalid(`Posts cannot go to ${connection.provider}: ${connection.name} is connected for its tokens alone.`, '/connection');
  return { connection, network };
}

function contentOf(request: Pick<PostRequest, 'text' | 'replyTo' | 'replySettings' | 'madeWithAi'>): PostContent {
  return {
    text: request.text,
    replyTo: request.replyTo,
    replySettings: request.replySettings === undefined ? undefined : parseReplySettings(request.replySettings),
    madeWithAi: request.madeWithAi ?? false,
  };
}

function parseReplySettings(text: string): ReplySettings {
  const settings = REPLY_SETTINGS.find((known) => known === text);
  if (settings !== undefined) return settings;
  throw invalid(`"${text}" is not a choice of who may reply. Choose ${REPLY_SETTINGS.join(', ')}, or leave it out for everyone.`, '/reply_settings');
}

/** What would be refused when it is due is refused now. */
function refuseInvalid(check: DraftCheck, connection: Connection, network: Network): void {
  const error = check.problems.find((problem) => problem.severity === 'error');
  if (error !== undefined) throw invalid(error.message, error.where);
  if (connection.state === 'revoked') throw new KippuError('revoked', `${connection.name} was revoked. Connect the account anew.`, { where: '/connection' });
  const missing = network.scopesNeeded.filter((scope) => connection.scopes.length > 0 && !connection.scopes.includes(scope));
  if (missing.length === 0) return;
  throw invalid(`${connection.name} was connected without ${missing.join(', ')}. Consent again with that scope.`, '/connection');
}

function newPost(request: PostRequest, { connection, content, check }: { connection: Connection; content: PostContent; check: DraftCheck }, { clock, random }: DraftPorts): Post {
  const nowMs = clock.nowMs();
  const status = request.isDraft === true ? 'draft' : request.needsApproval === true ? 'needs_approval' : 'scheduled';
  const times = request.publishAt === undefined ? undefined : timesAt(request.publishAt, request, nowMs);
  const due = status === 'scheduled' ? (times ?? timesForNow(nowMs, request.latestAfterMs)) : undefined;
  const kept = due ?? times;
  return {
    ...content,
    id: newId('pst', random),
    connectionId: connection.id,
    version: 1,
    status,
    statusReason: undefined,
    statusDetail: undefined,
    publishAtMs: kept?.publishAtMs,
    timezone: kept?.timezone,
    latestAtMs: kept?.latestAtMs,
    dueAtMs: status === 'needs_approval' ? kept?.latestAtMs : due?.dueAtMs,
    preparedAtMs: undefined,
    delays: 0,
    fence: 0,
    lease: undefined,
    attempts: [],
    unknownSinceMs: undefined,
    readBacks: 0,
    readBackFailures: 0,
    resendOnce: request.resend ?? false,
    remoteId: undefined,
    remoteUrl: undefined,
    remoteEvidence: undefined,
    costMicroUsd: check.costMicroUsd,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    publishedAtMs: undefined,
  };
}

/** A clock that is a little off, or a form that was open for a while, is no reason to refuse a time. */
const PAST_MAX_MS = 5 * MINUTE_MS;
const AHEAD_MAX_MS = 2 * 366 * DAY_MS;
const LATEST_AFTER_MS = { scheduled: HOUR_MS, now: 15 * MINUTE_MS } as const;
const LATEST_AFTER_MAX_MS = 7 * DAY_MS;
/** While whoever asked for it publishes it himself, the worker leaves it alone; if he dies first, it does not. */
const HEAD_START_MS = MINUTE_MS;

function timesAt(publishAt: string, request: Pick<PostRequest, 'timezone' | 'latestAfterMs'>, nowMs: number): Times {
  const { atMs, timezone } = parsePublishTime(publishAt, { nowMs, timezone: request.timezone, where: '/publish_at' });
  if (atMs < nowMs - PAST_MAX_MS) throw invalid(`${publishAt} is ${Math.round((nowMs - atMs) / MINUTE_MS)} minutes ago. Give a time to come, or none to publish now.`, '/publish_at');
  if (atMs > nowMs + AHEAD_MAX_MS) throw invalid(`${publishAt} is more than two years ahead. Check the year.`, '/publish_at');
  const latestAtMs = Math.max(atMs, nowMs) + latestAfterMs(request.latestAfterMs ?? LATEST_AFTER_MS.scheduled);
  const isNow = atMs <= nowMs;
  return { publishAtMs: atMs, latestAtMs, timezone, dueAtMs: isNow ? nowMs + HEAD_START_MS : (tokenNeededAt({ publishAtMs: atMs }) ?? atMs) };
}

function timesForNow(nowMs: number, after?: number): Times {
  const latestAtMs = nowMs + latestAfterMs(after ?? LATEST_AFTER_MS.now);
  return { publishAtMs: nowMs, latestAtMs, timezone: undefined, dueAtMs: nowMs + HEAD_START_MS };
}

function latestAfterMs(ms: number): number {
  if (ms >= 0 && ms <= LATEST_AFTER_MAX_MS) return ms;
  throw invalid('A post may go out up to seven days after its time, not later.', '/latest_after');
}

function editedTimes(post: Post, edit: PostEdit, nowMs: number): Times | 'same' | 'none' {
  if (edit.isDraft === true) return 'none';
  if (edit.publishAt === undefined) return 'same';
  return timesAt(edit.publishAt, { timezone: edit.timezone ?? post.timezone, latestAfterMs: edit.latestAfterMs }, nowMs);
}

/**
 * The post exists from here on, so trouble is no error any more: whoever got one would make a second post. The worker
 * goes on with it.
 */
async function publishIfItIsTime(post: Post, ports: DraftPorts): Promise<Post> {
  const isTime = post.status === 'scheduled' && post.publishAtMs !== undefined && post.publishAtMs <= ports.clock.nowMs();
  if (!isTime) return post;
  try {
    return await publish(post.id, ports);
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    return post;
  }
}

function expectAdvanced(advanced: Advanced, what: string): Post {
  if (advanced.kind === 'advanced') return advanced.post;
  const { id, status } = advanced.post;
  throw new KippuError('conflict', `${id} is ${status} and cannot be ${what}. ${ADVICE[status]}`);
}

const ADVICE: Readonly<Record<PostStatus, string>> = {
  draft: 'Give it a time, or publish it.',
  scheduled: 'It goes out by itself; cancel it if it is not wanted.',
  needs_approval: 'Approve or cancel it first.',
  publishing: 'Wait for its end.',
  published: 'Make a new post.',
  unknown: 'Look whether it is out, and resolve it first.',
  failed: 'Publish it again, or make a new post.',
  cancelled: 'Make a new post.',
};

function invalid(message: string, where: string): KippuError {
  return new KippuError('invalid', message, { where });
}
