import { createHash } from 'node:crypto';
import { DAY_MS } from '../model/clock.ts';
import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { newId } from '../model/ids.ts';
import type { Post, PostContent } from '../model/post.ts';
import type { RecordedRequest, RequestKey } from '../model/post-store.ts';
import type { Random } from '../model/random.ts';
import { readPost } from './advance.ts';
import { publishIfItIsTime } from './change.ts';
import type { DraftCheck, Problem } from './compose.ts';
import { contentOf, findTarget, refuseInvalid, type ContentRequest } from './draft-content.ts';
import { freshPost } from './fresh-post.ts';
import { invalid } from './invalid.ts';
import type { PublishPorts } from './publish.ts';
import { timesAt, timesForNow } from './publish-times.ts';

export interface DraftPorts extends PublishPorts {
  readonly random: Random;
}

export interface PostRequest extends ContentRequest {
  /** Id or name. */
  readonly connection: string;
  /** As `time.ts` reads it. Absent: now, unless it is a draft or needs approval. */
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
export async function createPost(
  request: PostRequest,
  key: RequestKey | undefined,
  ports: DraftPorts,
): Promise<CreatedPost> {
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

function hashOf(request: PostRequest): string {
  const known = [
    request.connection,
    request.text,
    request.replyTo,
    request.replySettings,
    request.madeWithAi,
    request.publishAt,
    request.timezone,
    request.latestAfterMs,
    request.isDraft,
    request.needsApproval,
    request.resend,
  ];
  return createHash('sha256')
    .update(JSON.stringify(known.map((value) => value ?? null)))
    .digest('base64url');
}

function checkKey(key: RequestKey): RequestKey {
  const { length } = key.key;
  if (length > 0 && length <= REQUEST_KEY_CHARS_MAX) return key;
  const message = `An idempotency key has 1 to ${REQUEST_KEY_CHARS_MAX} characters; this one has ${length}.`;
  throw invalid(message, 'Idempotency-Key');
}

async function repeated(
  { requestHash, postId }: RecordedRequest,
  ownHash: string,
  ports: DraftPorts,
): Promise<CreatedPost> {
  if (requestHash === ownHash) return { post: await readPost(postId, ports), problems: [], isRepeated: true };
  const message = `This idempotency key belongs to another request, which made ${postId}. Use a new key for a new post.`;
  throw new KippuError('conflict', message, { where: 'Idempotency-Key' });
}

function newPost(
  request: PostRequest,
  { connection, content, check }: { connection: Connection; content: PostContent; check: DraftCheck },
  { clock, random }: DraftPorts,
): Post {
  const nowMs = clock.nowMs();
  const status = request.isDraft === true ? 'draft' : request.needsApproval === true ? 'needs_approval' : 'scheduled';
  const times = request.publishAt === undefined ? undefined : timesAt(request.publishAt, request, nowMs);
  const due = status === 'scheduled' ? (times ?? timesForNow(nowMs, request.latestAfterMs)) : undefined;
  return freshPost({
    id: newId('pst', random),
    connectionId: connection.id,
    content,
    costMicroUsd: check.costMicroUsd,
    status,
    times: due ?? times,
    resendOnce: request.resend ?? false,
    nowMs,
  });
}
