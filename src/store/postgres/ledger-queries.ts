import type { ConnectionState } from '../../model/connection.ts';
import type { ConnectionId } from '../../model/ids.ts';
import type { SessionEntry, SessionFacts, SessionLedger } from '../../model/session-ledger.ts';
import { text } from '../rows/columns.ts';
import { tokenParams } from '../rows/credential-rows.ts';
import { entryOf, sessionParams } from '../rows/ledger-rows.ts';
import type { Settling } from '../settling.ts';
import type { PostgresDatabase, Queryable } from './database.ts';

export function postgresSessionLedger(db: PostgresDatabase, { clock }: Pick<Settling, 'clock'>): SessionLedger {
  return {
    async read(id) {
      const row = await db.get(ENTRY_SQL, { id });
      return row === undefined ? undefined : entryOf(row);
    },
    enter: (entry) => db.write((tx) => enter(tx, entry, clock.nowMs())),
    notePresented: (id, version) =>
      db.write(async (tx) => {
        await tx.run(
          `update kippu.ledger set previous_version = presented_version, presented_version = :version, presented_at_ms = :nowMs
           where connection_id = :id and presented_version < :version`,
          { id, version, nowMs: clock.nowMs() },
        );
      }),
    noteReuse: (id, version) =>
      db.write(
        async (tx) =>
          (await tx.run(
            `update kippu.ledger set reused_version = :version
             where connection_id = :id and (reused_version is null or reused_version < :version)`,
            { id, version },
          )) === 1,
      ),
    end: (session) => db.write((tx) => end(tx, session, clock.nowMs())),
    forget: ({ presentedBeforeMs, endedBeforeMs, limit }) =>
      db.write(async (tx) => {
        await forgetTokens(tx, { beforeMs: presentedBeforeMs, limit, nowMs: clock.nowMs() });
        await forgetSessions(tx, { beforeMs: endedBeforeMs, limit, nowMs: clock.nowMs() });
      }),
  };
}

const ENTRY_SQL = `
  select l.*, c.version, n.state from kippu.ledger l
  join kippu.connections n on n.id = l.connection_id
  join kippu.credentials c on c.connection_id = l.connection_id
  where l.connection_id = :id`;

/** What is decided from it stands until the end of the transaction. */
const LOCKED_ENTRY_SQL = `${ENTRY_SQL} for no key update of c, l`;

async function enter(tx: Queryable, entry: SessionEntry, nowMs: number): Promise<void> {
  const row = await tx.get(LOCKED_ENTRY_SQL, { id: entry.id });
  if (row === undefined) {
    await letGoOfRefreshToken(tx, entry);
    // Of two that enter it at once, the second breaks on this row, looks again, and finds it.
    await insertSession(tx, entry, 'active');
    await insertCredential(tx, entry);
    await insertLedger(tx, entry, { version: entry.version, holdsTokens: 1, nowMs });
    return;
  }
  const known = entryOf(row);
  // A cookie ahead of the ledger: the ledger was restored from an earlier copy of itself.
  const isBehind = known.version < entry.version;
  if (known.state === 'revoked' || known.version > entry.version || (known.holdsTokens && !isBehind)) return;
  await letGoOfRefreshToken(tx, entry);
  const isFree = await writeCredential(tx, entry, nowMs);
  if (!isFree) return;
  if (isBehind)
    await tx.run(`update kippu.connections set state = 'active', state_reason = null where id = :id`, { id: entry.id });
  await tx.run(
    `update kippu.ledger set holds_tokens = 1,
       previous_version = case :isBehind::integer when 1 then null else previous_version end,
       presented_at_ms = case :isBehind::integer when 1 then :nowMs::bigint else presented_at_ms end,
       presented_version = greatest(presented_version, :version), ends_at_ms = :endsAtMs
     where connection_id = :id`,
    { id: entry.id, isBehind: isBehind ? 1 : 0, nowMs, version: entry.version, endsAtMs: entry.endsAtMs },
  );
}

/**
 * Where a provider gives one and the same refresh token to two browsers of a user, the session that renews holds it; the
 * other one brings its own back when its turn comes.
 */
async function letGoOfRefreshToken(tx: Queryable, { id, tokens }: SessionEntry): Promise<void> {
  await tx.run(
    `update kippu.credentials set refresh_fingerprint = null
     where refresh_fingerprint = :refreshFingerprint and connection_id <> :id and attempt_id is null
       and connection_id in (select connection_id from kippu.ledger where holds_tokens = 0)`,
    { id, refreshFingerprint: tokens.refreshFingerprint ?? null },
  );
}

async function insertSession(tx: Queryable, session: SessionFacts, state: ConnectionState): Promise<void> {
  await tx.run(
    `insert into kippu.connections (id, name, provider, provider_app_id, owner, subject, handle, state, scopes, policy,
       metadata, granted_at_ms, jitter, created_at_ms)
     values (:id, :name, :provider, :providerAppId, :owner, :subject, :handle, :state, :scopes, 'on-use', '{}',
       :grantedAtMs, 0, :grantedAtMs)`,
    sessionParams(session, state),
  );
}

async function insertCredential(tx: Queryable, { id, version, tokens }: SessionEntry): Promise<void> {
  await tx.run(
    `insert into kippu.credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
       refresh_fingerprint, access_issued_at_ms, access_expires_at_ms, refresh_absolute_ends_at_ms,
       refresh_idle_ends_at_ms, due_at_ms)
     values (:id, :version, :version, 0, :generation, :sealed, :accessFingerprint, :refreshFingerprint, :accessIssuedAtMs,
       :accessExpiresAtMs, :refreshAbsoluteEndsAtMs, :refreshIdleEndsAtMs, :dueAtMs)`,
    { id, version, ...tokenParams(tokens) },
  );
}

/** `false`: a renewal is at it, which has all that it needs. */
async function writeCredential(tx: Queryable, { id, version, tokens }: SessionEntry, nowMs: number): Promise<boolean> {
  const changed = await tx.run(
    `update kippu.credentials set version = :version, generation = :generation, sealed = :sealed,
       access_fingerprint = :accessFingerprint, refresh_fingerprint = :refreshFingerprint,
       access_issued_at_ms = :accessIssuedAtMs, access_expires_at_ms = :accessExpiresAtMs,
       access_refused_at_ms = case when version = :version then access_refused_at_ms end,
       refresh_absolute_ends_at_ms = :refreshAbsoluteEndsAtMs, refresh_idle_ends_at_ms = :refreshIdleEndsAtMs,
       due_at_ms = :dueAtMs
     where connection_id = :id and attempt_id is null and (lease_fence is null or lease_expires_at_ms <= :nowMs)`,
    { id, version, nowMs, ...tokenParams(tokens) },
  );
  return changed === 1;
}

async function insertLedger(
  tx: Queryable,
  { id, endsAtMs }: SessionFacts,
  { version, holdsTokens, nowMs }: { readonly version: number; readonly holdsTokens: 0 | 1; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `insert into kippu.ledger (connection_id, presented_version, presented_at_ms, previous_version, holds_tokens, ends_at_ms)
     values (:id, :version, :nowMs, null, :holdsTokens, :endsAtMs)`,
    { id, version, nowMs, holdsTokens, endsAtMs },
  );
}

/** A session that was never renewed is unknown here until now: its end is written down all the same. */
async function end(tx: Queryable, session: SessionFacts, nowMs: number): Promise<void> {
  const { id, endsAtMs } = session;
  if ((await tx.get(LOCKED_ENTRY_SQL, { id })) === undefined) {
    await insertSession(tx, session, 'revoked');
    await tx.run(
      `insert into kippu.credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
         access_issued_at_ms)
       values (:id, 0, 0, 0, '', '', '', :nowMs)`,
      { id, nowMs },
    );
    await insertLedger(tx, session, { version: 0, holdsTokens: 0, nowMs });
    return;
  }
  await tx.run(`update kippu.connections set state = 'revoked', state_reason = null where id = :id`, { id });
  // What a renewal under way needs, it has in its own hands.
  await tx.run(`update kippu.credentials set sealed = '', due_at_ms = null where connection_id = :id`, { id });
  await tx.run(
    `update kippu.ledger set holds_tokens = 0, ends_at_ms = greatest(ends_at_ms, :endsAtMs) where connection_id = :id`,
    { id, endsAtMs },
  );
}

interface Forgetting {
  readonly beforeMs: number;
  readonly limit: number;
  readonly nowMs: number;
}

/** Somebody else's is left to him: it comes again with the next tidying. */
const AT_REST = `c.attempt_id is null and (c.lease_fence is null or c.lease_expires_at_ms <= :nowMs)`;

/** Only where the browser holds the very version that is stored, and nothing is under way. */
async function forgetTokens(tx: Queryable, { beforeMs, limit, nowMs }: Forgetting): Promise<void> {
  const rows = await tx.all(
    `select l.connection_id from kippu.ledger l
     join kippu.credentials c on c.connection_id = l.connection_id and c.version = l.presented_version
     where l.holds_tokens = 1 and l.presented_at_ms < :beforeMs and ${AT_REST}
     order by l.presented_at_ms limit :limit for no key update of c, l skip locked`,
    { beforeMs, limit, nowMs },
  );
  for (const row of rows) {
    const id = text(row, 'connection_id') as ConnectionId;
    await tx.run(`update kippu.credentials set sealed = '', due_at_ms = null where connection_id = :id`, { id });
    await tx.run('update kippu.ledger set holds_tokens = 0 where connection_id = :id', { id });
    await forgetRecords(tx, id, beforeMs);
  }
}

/** By its version an old cookie is known for ever; how it came to be old is of interest for a moment only. */
async function forgetRecords(tx: Queryable, id: ConnectionId, beforeMs: number): Promise<void> {
  await tx.run(`delete from kippu.attempts where connection_id = :id and ended_at_ms < :beforeMs`, { id, beforeMs });
  await tx.run(`delete from kippu.spent_tokens where connection_id = :id and spent_at_ms < :beforeMs`, {
    id,
    beforeMs,
  });
  await tx.run(
    `delete from kippu.events where connection_id = :id and at_ms < :beforeMs and type = 'connection.renewed'`,
    { id, beforeMs },
  );
}

async function forgetSessions(tx: Queryable, { beforeMs, limit, nowMs }: Forgetting): Promise<void> {
  const rows = await tx.all(
    `select l.connection_id from kippu.ledger l join kippu.credentials c on c.connection_id = l.connection_id
     where l.ends_at_ms < :beforeMs and ${AT_REST}
     order by l.ends_at_ms limit :limit for update of c, l skip locked`,
    { beforeMs, limit, nowMs },
  );
  for (const row of rows) {
    const id = text(row, 'connection_id');
    for (const table of ['orphans', 'spent_tokens', 'attempts', 'ledger', 'credentials'])
      await tx.run(`delete from kippu.${table} where connection_id = :id`, { id });
    await tx.run('delete from kippu.events where connection_id = :id', { id });
    await tx.run('delete from kippu.connections where id = :id', { id });
  }
}
