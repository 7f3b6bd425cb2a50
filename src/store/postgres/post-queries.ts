import type { PostId } from '../../model/ids.ts';
import type {
  Applied,
  Created,
  IdempotentRequest,
  PostChange,
  PostPage,
  PostQuery,
  PostStore,
  RecordedRequest,
  RequestKey,
} from '../../model/post-store.ts';
import type { Post, PostAttempt } from '../../model/post.ts';
import { integer, json, text, textOrNone } from '../rows/columns.ts';
import { parseCursor, postAttemptOf, postAttemptParams, postOf, postParams } from '../rows/post-rows.ts';
import type { Stamps } from './settling.ts';
import type { PostgresDatabase, Queryable, Row } from './database.ts';
import { nextDueAtMs, takeDue } from './due-work.ts';
import { insertEvent } from './event-queries.ts';

export function postgresPostStore(db: PostgresDatabase, ports: Stamps): PostStore {
  const { clock } = ports;
  return {
    create: (post, request) => db.write((tx) => create(tx, post, request, clock.nowMs())),
    findRequest: (key) => findRequest(db, key, clock.nowMs()),
    read: (id) => read(db, id),
    list: (query) => list(db, query),
    apply: (changes) => db.write((tx) => applyChanges(tx, changes, ports)),
    takeDue: (take) => takeDue(db, 'posts', take, clock),
    async publishing(limit) {
      const rows = await db.all(
        `${POST_SQL} where p.status = 'publishing' order by p.lease_expires_at_ms limit :limit`,
        { limit },
      );
      return rows.map(postWithAttempts);
    },
    nextDueAtMs: () => nextDueAtMs(db, 'posts'),
    async lastKnownRemoteId(connectionId) {
      // An id that a person typed is no basis for leaving out what is older.
      const row = await db.get(
        `select remote_id from kippu.posts
         where connection_id = :connectionId and remote_id is not null and remote_evidence <> 'user'
         order by published_at_ms desc limit 1`,
        { connectionId },
      );
      return row === undefined ? undefined : textOrNone(row, 'remote_id');
    },
  };
}

async function create(
  tx: Queryable,
  post: Post,
  request: IdempotentRequest | undefined,
  nowMs: number,
): Promise<Created> {
  const known = request === undefined ? undefined : await findRequest(tx, request, nowMs);
  if (known !== undefined) return { kind: 'known', request: known };
  await insertPost(tx, post);
  if (request !== undefined) await record(tx, post.id, request, nowMs);
  return { kind: 'created' };
}

/** A new post, in the transaction of what made it. */
export async function insertPost(tx: Queryable, post: Post): Promise<void> {
  await tx.run(
    `insert into kippu.posts (id, connection_id, version, text, reply_to, reply_settings, made_with_ai, status, status_reason,
       status_detail, publish_at_ms, timezone, latest_at_ms, due_at_ms, prepared_at_ms, delays, fence, lease_expires_at_ms,
       lease_holder, unknown_since_ms, read_backs, read_back_failures, resend_once, remote_id, remote_url, remote_evidence,
       cost_micro_usd, created_at_ms, updated_at_ms, published_at_ms)
     values (:id, :connectionId, :version, :text, :replyTo, :replySettings, :madeWithAi, :status, :statusReason,
       :statusDetail, :publishAtMs, :timezone, :latestAtMs, :dueAtMs, :preparedAtMs, :delays, :fence, :leaseExpiresAtMs,
       :leaseHolder, :unknownSinceMs, :readBacks, :readBackFailures, :resendOnce, :remoteId, :remoteUrl, :remoteEvidence,
       :costMicroUsd, :createdAtMs, :updatedAtMs, :publishedAtMs)`,
    { ...postParams(post), connectionId: post.connectionId, createdAtMs: post.createdAtMs },
  );
  for (const attempt of post.attempts) await writeAttempt(tx, post.id, attempt);
}

async function findRequest(
  db: Queryable,
  { apiKeyId, key }: RequestKey,
  nowMs: number,
): Promise<RecordedRequest | undefined> {
  const row = await db.get(
    'select request_hash, post_id from kippu.idempotency where api_key_id = :apiKeyId and key = :key and forget_at_ms > :nowMs',
    { apiKeyId, key, nowMs },
  );
  return row === undefined
    ? undefined
    : { requestHash: text(row, 'request_hash'), postId: text(row, 'post_id') as PostId };
}

async function record(
  tx: Queryable,
  postId: PostId,
  { apiKeyId, key, requestHash, forgetAtMs }: IdempotentRequest,
  nowMs: number,
): Promise<void> {
  await tx.run('delete from kippu.idempotency where forget_at_ms <= :nowMs', { nowMs });
  await tx.run(
    `insert into kippu.idempotency (api_key_id, key, request_hash, post_id, forget_at_ms)
     values (:apiKeyId, :key, :requestHash, :postId, :forgetAtMs)`,
    { apiKeyId, key, requestHash, postId, forgetAtMs },
  );
}

async function read(db: Queryable, id: PostId): Promise<Post | undefined> {
  const row = await db.get(`${POST_SQL} where p.id = :id`, { id });
  return row === undefined ? undefined : postWithAttempts(row);
}

/** A post with its attempts, as of one moment; a condition is added to it. */
export const POST_SQL = `select p.*,
    (select coalesce(json_agg(a order by a.fence), '[]')::text from kippu.post_attempts a where a.post_id = p.id) as attempts
  from kippu.posts p`;

/** A row of {@link POST_SQL}. */
export function postWithAttempts(row: Row): Post {
  return postOf(row, (json(row, 'attempts') as Row[]).map(postAttemptOf));
}

/** Leaves the store untouched unless every post is still as it was seen: a later change that does not fit undoes the earlier. */
export async function applyChanges(tx: Queryable, changes: readonly PostChange[], ports: Stamps): Promise<Applied> {
  const inOneOrder = changes.map(({ next }) => next).sort((one, other) => (one.id < other.id ? -1 : 1));
  for (const { id, version } of inOneOrder) {
    const row = await tx.get('select version from kippu.posts where id = :id for no key update', { id });
    if (row === undefined || integer(row, 'version') !== version - 1) return { kind: 'moved' };
  }
  for (const { next } of changes) {
    const holder = await holderOf(tx, next, changes);
    if (holder !== undefined) return { kind: 'remote_id_taken', by: holder };
  }
  for (const change of changes) await write(tx, change, ports);
  return { kind: 'applied' };
}

/** The other post that has this one's remote id, and keeps it. */
async function holderOf(
  tx: Queryable,
  { id, connectionId, remoteId }: Post,
  changes: readonly PostChange[],
): Promise<PostId | undefined> {
  if (remoteId === undefined) return undefined;
  const row = await tx.get(
    'select id from kippu.posts where connection_id = :connectionId and remote_id = :remoteId and id <> :id',
    {
      connectionId,
      remoteId,
      id,
    },
  );
  const holder = row === undefined ? undefined : (text(row, 'id') as PostId);
  const isLettingGo = changes.some(({ next }) => next.id === holder && next.remoteId !== remoteId);
  return isLettingGo ? undefined : holder;
}

async function write(tx: Queryable, { next, attempts, event }: PostChange, ports: Stamps): Promise<void> {
  await tx.run(
    `update kippu.posts set version = :version, text = :text, reply_to = :replyTo, reply_settings = :replySettings,
       made_with_ai = :madeWithAi, status = :status, status_reason = :statusReason, status_detail = :statusDetail,
       publish_at_ms = :publishAtMs, timezone = :timezone, latest_at_ms = :latestAtMs, due_at_ms = :dueAtMs,
       prepared_at_ms = :preparedAtMs, delays = :delays, fence = :fence, lease_expires_at_ms = :leaseExpiresAtMs,
       lease_holder = :leaseHolder, unknown_since_ms = :unknownSinceMs, read_backs = :readBacks,
       read_back_failures = :readBackFailures, resend_once = :resendOnce, remote_id = :remoteId, remote_url = :remoteUrl,
       remote_evidence = :remoteEvidence, cost_micro_usd = :costMicroUsd, updated_at_ms = :updatedAtMs,
       published_at_ms = :publishedAtMs
     where id = :id`,
    postParams(next),
  );
  for (const attempt of attempts) await writeAttempt(tx, next.id, attempt);
  if (event === undefined) return;
  await insertEvent(
    tx,
    {
      ...event,
      connectionId: next.connectionId,
      postId: next.id,
    },
    ports,
  );
}

async function writeAttempt(tx: Queryable, postId: PostId, attempt: PostAttempt): Promise<void> {
  await tx.run(
    `insert into kippu.post_attempts (post_id, fence, sender, started_at_ms, fingerprint, last_known_remote_id, ended_at_ms,
       outcome, reason, detail, remote_id)
     values (:postId, :fence, :sender, :startedAtMs, :fingerprint, :lastKnownRemoteId, :endedAtMs, :outcome, :reason,
       :detail, :remoteId)
     on conflict (post_id, fence) do update set ended_at_ms = excluded.ended_at_ms, outcome = excluded.outcome,
       reason = excluded.reason, detail = excluded.detail, remote_id = excluded.remote_id`,
    postAttemptParams(postId, attempt),
  );
}

async function list(
  db: Queryable,
  { status, connectionIds, fromMs, toMs, limit, cursor }: PostQuery,
): Promise<PostPage> {
  const before = cursor === undefined ? undefined : parseCursor(cursor);
  const rows = await db.all(
    `${POST_SQL}
     where (:status::text is null or p.status = :status)
       and (:connectionIds::text[] is null or p.connection_id = any(:connectionIds))
       and (:fromMs::bigint is null or p.publish_at_ms >= :fromMs)
       and (:toMs::bigint is null or p.publish_at_ms < :toMs)
       and (:beforeMs::bigint is null or (p.created_at_ms, p.id) < (:beforeMs, :beforeId))
     order by p.created_at_ms desc, p.id desc limit :fetched`,
    {
      status: status ?? null,
      connectionIds: connectionIds ?? null,
      fromMs: fromMs ?? null,
      toMs: toMs ?? null,
      beforeMs: before?.createdAtMs ?? null,
      beforeId: before?.id ?? null,
      fetched: limit + 1,
    },
  );
  const items = rows.slice(0, limit).map(postWithAttempts);
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > limit && last !== undefined ? `${last.createdAtMs}.${last.id}` : undefined,
  };
}
