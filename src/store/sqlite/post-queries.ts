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
import { integer, text, textOrNone } from '../rows/columns.ts';
import { parseCursor, postAttemptOf, postAttemptParams, postOf, postParams } from '../rows/post-rows.ts';
import type { Stamps } from '../settling.ts';
import type { Queryable, Row, SqliteDatabase } from './database.ts';
import { nextDueAtMs, takeDue } from './due-work.ts';
import { insertEvent } from './event-queries.ts';

export function sqlitePostStore(db: SqliteDatabase, ports: Stamps): PostStore {
  const { clock } = ports;
  return {
    create: (post, request) => db.write((tx) => create(tx, post, request, clock.nowMs())),
    findRequest: async (key) => findRequest(db, key, clock.nowMs()),
    read: async (id) => read(db, id),
    list: async (query) => list(db, query),
    apply: (changes) => db.write((tx) => applyChanges(tx, changes, ports)),
    takeDue: (take) => db.write((tx) => takeDue(tx, 'posts', { nowMs: clock.nowMs(), ...take })),
    async publishing(limit) {
      return db
        .all(`select * from posts where status = 'publishing' order by lease_expires_at_ms limit :limit`, { limit })
        .map((row) => withAttempts(db, row));
    },
    nextDueAtMs: async () => nextDueAtMs(db, 'posts'),
    async lastKnownRemoteId(connectionId) {
      // An id that a person typed is no basis for leaving out what is older.
      const row = db.get(
        `select remote_id from posts
         where connection_id = :connectionId and remote_id is not null and remote_evidence <> 'user'
         order by published_at_ms desc limit 1`,
        { connectionId },
      );
      return row === undefined ? undefined : textOrNone(row, 'remote_id');
    },
  };
}

function create(tx: Queryable, post: Post, request: IdempotentRequest | undefined, nowMs: number): Created {
  const known = request === undefined ? undefined : findRequest(tx, request, nowMs);
  if (known !== undefined) return { kind: 'known', request: known };
  insertPost(tx, post);
  if (request !== undefined) record(tx, post.id, request, nowMs);
  return { kind: 'created' };
}

/** A new post, in the transaction of what made it. */
export function insertPost(tx: Queryable, post: Post): void {
  tx.run(
    `insert into posts (id, connection_id, version, text, reply_to, reply_settings, made_with_ai, status, status_reason,
       status_detail, publish_at_ms, timezone, latest_at_ms, due_at_ms, prepared_at_ms, delays, fence, lease_expires_at_ms,
       lease_holder, unknown_since_ms, read_backs, read_back_failures, resend_once, remote_id, remote_url, remote_evidence,
       cost_micro_usd, created_at_ms, updated_at_ms, published_at_ms)
     values (:id, :connectionId, :version, :text, :replyTo, :replySettings, :madeWithAi, :status, :statusReason,
       :statusDetail, :publishAtMs, :timezone, :latestAtMs, :dueAtMs, :preparedAtMs, :delays, :fence, :leaseExpiresAtMs,
       :leaseHolder, :unknownSinceMs, :readBacks, :readBackFailures, :resendOnce, :remoteId, :remoteUrl, :remoteEvidence,
       :costMicroUsd, :createdAtMs, :updatedAtMs, :publishedAtMs)`,
    { ...postParams(post), connectionId: post.connectionId, createdAtMs: post.createdAtMs },
  );
  for (const attempt of post.attempts) writeAttempt(tx, post.id, attempt);
}

function findRequest(db: Queryable, { apiKeyId, key }: RequestKey, nowMs: number): RecordedRequest | undefined {
  const row = db.get(
    'select request_hash, post_id from idempotency where api_key_id = :apiKeyId and key = :key and forget_at_ms > :nowMs',
    { apiKeyId, key, nowMs },
  );
  return row === undefined
    ? undefined
    : { requestHash: text(row, 'request_hash'), postId: text(row, 'post_id') as PostId };
}

function record(
  tx: Queryable,
  postId: PostId,
  { apiKeyId, key, requestHash, forgetAtMs }: IdempotentRequest,
  nowMs: number,
): void {
  tx.run('delete from idempotency where forget_at_ms <= :nowMs', { nowMs });
  tx.run(
    `insert into idempotency (api_key_id, key, request_hash, post_id, forget_at_ms)
     values (:apiKeyId, :key, :requestHash, :postId, :forgetAtMs)`,
    { apiKeyId, key, requestHash, postId, forgetAtMs },
  );
}

function read(db: Queryable, id: PostId): Post | undefined {
  const row = db.get('select * from posts where id = :id', { id });
  return row === undefined ? undefined : withAttempts(db, row);
}

export function withAttempts(db: Queryable, row: Row): Post {
  const attempts = db.all('select * from post_attempts where post_id = :postId order by fence', {
    postId: text(row, 'id'),
  });
  return postOf(row, attempts.map(postAttemptOf));
}

/** Leaves the store untouched unless every post is still as it was seen: a later change that does not fit undoes the earlier. */
export function applyChanges(tx: Queryable, changes: readonly PostChange[], ports: Stamps): Applied {
  for (const { next } of changes) {
    const row = tx.get('select version from posts where id = :id', { id: next.id });
    if (row === undefined || integer(row, 'version') !== next.version - 1) return { kind: 'moved' };
  }
  const holder = changes.map(({ next }) => holderOf(tx, next, changes)).find((id) => id !== undefined);
  if (holder !== undefined) return { kind: 'remote_id_taken', by: holder };
  for (const change of changes) write(tx, change, ports);
  return { kind: 'applied' };
}

/** The other post that has this one's remote id, and keeps it. */
function holderOf(
  tx: Queryable,
  { id, connectionId, remoteId }: Post,
  changes: readonly PostChange[],
): PostId | undefined {
  if (remoteId === undefined) return undefined;
  const row = tx.get(
    'select id from posts where connection_id = :connectionId and remote_id = :remoteId and id <> :id',
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

function write(tx: Queryable, { next, attempts, event }: PostChange, ports: Stamps): void {
  tx.run(
    `update posts set version = :version, text = :text, reply_to = :replyTo, reply_settings = :replySettings,
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
  for (const attempt of attempts) writeAttempt(tx, next.id, attempt);
  if (event === undefined) return;
  insertEvent(
    tx,
    {
      ...event,
      connectionId: next.connectionId,
      postId: next.id,
    },
    ports,
  );
}

function writeAttempt(tx: Queryable, postId: PostId, attempt: PostAttempt): void {
  tx.run(
    `insert into post_attempts (post_id, fence, sender, started_at_ms, fingerprint, last_known_remote_id, ended_at_ms,
       outcome, reason, detail, remote_id)
     values (:postId, :fence, :sender, :startedAtMs, :fingerprint, :lastKnownRemoteId, :endedAtMs, :outcome, :reason,
       :detail, :remoteId)
     on conflict (post_id, fence) do update set ended_at_ms = excluded.ended_at_ms, outcome = excluded.outcome,
       reason = excluded.reason, detail = excluded.detail, remote_id = excluded.remote_id`,
    postAttemptParams(postId, attempt),
  );
}

function list(db: Queryable, { status, connectionIds, fromMs, toMs, limit, cursor }: PostQuery): PostPage {
  const before = cursor === undefined ? undefined : parseCursor(cursor);
  const rows = db.all(
    `select * from posts
     where (:status is null or status = :status)
       and (:connectionIds is null or connection_id in (select value from json_each(:connectionIds)))
       and (:fromMs is null or publish_at_ms >= :fromMs)
       and (:toMs is null or publish_at_ms < :toMs)
       and (:beforeMs is null or (created_at_ms, id) < (:beforeMs, :beforeId))
     order by created_at_ms desc, id desc limit :fetched`,
    {
      status: status ?? null,
      connectionIds: connectionIds === undefined ? null : JSON.stringify(connectionIds),
      fromMs: fromMs ?? null,
      toMs: toMs ?? null,
      beforeMs: before?.createdAtMs ?? null,
      beforeId: before?.id ?? null,
      fetched: limit + 1,
    },
  );
  const items = rows.slice(0, limit).map((row) => withAttempts(db, row));
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > limit && last !== undefined ? `${last.createdAtMs}.${last.id}` : undefined,
  };
}
