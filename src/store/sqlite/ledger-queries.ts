import type { ConnectionState } from '../../model/connection.ts';
import type { ConnectionId } from '../../model/ids.ts';
import type { SessionEntry, SessionFacts, SessionLedger } from '../../model/session-ledger.ts';
import { text } from '../rows/columns.ts';
import { tokenParams } from '../rows/credential-rows.ts';
import { entryOf, sessionParams } from '../rows/ledger-rows.ts';
import type { Settling } from '../settling.ts';
import type { Queryable, SqliteDatabase } from './database.ts';

export function sqliteSessionLedger(db: SqliteDatabase, { clock }: Pick<Settling, 'clock'>): SessionLedger {
  return {
    async read(id) {
      const row = db.get(ENTRY_SQL, { id });
      return row === undefined ? undefined : entryOf(row);
    },
    enter: (entry) =>
      db.write((tx) => {
        enter(tx, entry, clock.nowMs());
      }),
    notePresented: (id, version) =>
      db.write((tx) => {
        tx.run(
          `update ledger set previous_version = presented_version, presented_version = :version, presented_at_ms = :nowMs
           where connection_id = :id and presented_version < :version`,
          { id, version, nowMs: clock.nowMs() },
        );
      }),
    noteReuse: (id, version) =>
      db.write(
        (tx) =>
          tx.run(
            `update ledger set reused_version = :version
             where connection_id = :id and (reused_version is null or reused_version < :version)`,
            { id, version },
          ) === 1,
      ),
    end: (session) =>
      db.write((tx) => {
        end(tx, session, clock.nowMs());
      }),
    forget: (limits) =>
      db.write((tx) => {
        forgetTokens(tx, { beforeMs: limits.presentedBeforeMs, limit: limits.limit, nowMs: clock.nowMs() });
        forgetSessions(tx, { beforeMs: limits.endedBeforeMs, limit: limits.limit, nowMs: clock.nowMs() });
      }),
  };
}

const ENTRY_SQL = `
  select l.*, c.version, n.state from ledger l
  join connections n on n.id = l.connection_id
  join credentials c on c.connection_id = l.connection_id
  where l.connection_id = :id`;

function enter(tx: Queryable, entry: SessionEntry, nowMs: number): void {
  const row = tx.get(ENTRY_SQL, { id: entry.id });
  if (row === undefined) {
    letGoOfRefreshToken(tx, entry);
    insertSession(tx, entry, 'active');
    insertCredential(tx, entry);
    insertLedger(tx, entry, { version: entry.version, holdsTokens: 1, nowMs });
    return;
  }
  const known = entryOf(row);
  // A cookie ahead of the ledger: the ledger was restored from an earlier copy of itself.
  const isBehind = known.version < entry.version;
  if (known.state === 'revoked' || known.version > entry.version || (known.holdsTokens && !isBehind)) return;
  letGoOfRefreshToken(tx, entry);
  const isFree = writeCredential(tx, entry, nowMs);
  if (!isFree) return;
  if (isBehind) tx.run(`update connections set state = 'active', state_reason = null where id = :id`, { id: entry.id });
  tx.run(
    `update ledger set holds_tokens = 1,
       previous_version = iif(:isBehind, null, previous_version),
       presented_at_ms = iif(:isBehind, :nowMs, presented_at_ms),
       presented_version = max(presented_version, :version), ends_at_ms = :endsAtMs
     where connection_id = :id`,
    { id: entry.id, isBehind: isBehind ? 1 : 0, nowMs, version: entry.version, endsAtMs: entry.endsAtMs },
  );
}

/**
 * Where a provider gives one and the same refresh token to two browsers of a user, the session that renews holds it; the
 * other one brings its own back when its turn comes.
 */
function letGoOfRefreshToken(tx: Queryable, { id, tokens }: SessionEntry): void {
  tx.run(
    `update credentials set refresh_fingerprint = null
     where refresh_fingerprint = :refreshFingerprint and connection_id <> :id and attempt_id is null
       and connection_id in (select connection_id from ledger where holds_tokens = 0)`,
    { id, refreshFingerprint: tokens.refreshFingerprint ?? null },
  );
}

function insertSession(tx: Queryable, session: SessionFacts, state: ConnectionState): void {
  tx.run(
    `insert into connections (id, name, provider, provider_app_id, owner, subject, handle, state, scopes, policy, metadata,
       granted_at_ms, jitter, created_at_ms)
     values (:id, :name, :provider, :providerAppId, :owner, :subject, :handle, :state, :scopes, 'on-use', '{}',
       :grantedAtMs, 0, :grantedAtMs)`,
    sessionParams(session, state),
  );
}

function insertCredential(tx: Queryable, { id, version, tokens }: SessionEntry): void {
  tx.run(
    `insert into credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
       refresh_fingerprint, access_issued_at_ms, access_expires_at_ms, refresh_absolute_ends_at_ms,
       refresh_idle_ends_at_ms, due_at_ms)
     values (:id, :version, :version, 0, :generation, :sealed, :accessFingerprint, :refreshFingerprint, :accessIssuedAtMs,
       :accessExpiresAtMs, :refreshAbsoluteEndsAtMs, :refreshIdleEndsAtMs, :dueAtMs)`,
    { id, version, ...tokenParams(tokens) },
  );
}

/** `false`: a renewal is at it, which has all that it needs. */
function writeCredential(tx: Queryable, { id, version, tokens }: SessionEntry, nowMs: number): boolean {
  const changed = tx.run(
    `update credentials set version = :version, generation = :generation, sealed = :sealed,
       access_fingerprint = :accessFingerprint, refresh_fingerprint = :refreshFingerprint,
       access_issued_at_ms = :accessIssuedAtMs, access_expires_at_ms = :accessExpiresAtMs,
       access_refused_at_ms = iif(version = :version, access_refused_at_ms, null),
       refresh_absolute_ends_at_ms = :refreshAbsoluteEndsAtMs, refresh_idle_ends_at_ms = :refreshIdleEndsAtMs,
       due_at_ms = :dueAtMs
     where connection_id = :id and attempt_id is null and (lease_fence is null or lease_expires_at_ms <= :nowMs)`,
    { id, version, nowMs, ...tokenParams(tokens) },
  );
  return changed === 1;
}

function insertLedger(
  tx: Queryable,
  { id, endsAtMs }: SessionFacts,
  { version, holdsTokens, nowMs }: { readonly version: number; readonly holdsTokens: 0 | 1; readonly nowMs: number },
): void {
  tx.run(
    `insert into ledger (connection_id, presented_version, presented_at_ms, previous_version, holds_tokens, ends_at_ms)
     values (:id, :version, :nowMs, null, :holdsTokens, :endsAtMs)`,
    { id, version, nowMs, holdsTokens, endsAtMs },
  );
}

/** A session that was never renewed is unknown here until now: its end is written down all the same. */
function end(tx: Queryable, session: SessionFacts, nowMs: number): void {
  const { id, endsAtMs } = session;
  if (tx.get(ENTRY_SQL, { id }) === undefined) {
    insertSession(tx, session, 'revoked');
    tx.run(
      `insert into credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
         access_issued_at_ms)
       values (:id, 0, 0, 0, '', x'', '', :nowMs)`,
      { id, nowMs },
    );
    insertLedger(tx, session, { version: 0, holdsTokens: 0, nowMs });
    return;
  }
  tx.run(`update connections set state = 'revoked', state_reason = null where id = :id`, { id });
  // What a renewal under way needs, it has in its own hands.
  tx.run(`update credentials set sealed = x'', due_at_ms = null where connection_id = :id`, { id });
  tx.run(`update ledger set holds_tokens = 0, ends_at_ms = max(ends_at_ms, :endsAtMs) where connection_id = :id`, {
    id,
    endsAtMs,
  });
}

interface Forgetting {
  readonly beforeMs: number;
  readonly limit: number;
  readonly nowMs: number;
}

const AT_REST = `attempt_id is null and (lease_fence is null or lease_expires_at_ms <= :nowMs)`;

/** Only where the browser holds the very version that is stored, and nothing is under way. */
function forgetTokens(tx: Queryable, { beforeMs, limit, nowMs }: Forgetting): void {
  const rows = tx.all(
    `select l.connection_id from ledger l
     join credentials c on c.connection_id = l.connection_id and c.version = l.presented_version
     where l.holds_tokens = 1 and l.presented_at_ms < :beforeMs and ${AT_REST}
     order by l.presented_at_ms limit :limit`,
    { beforeMs, limit, nowMs },
  );
  for (const row of rows) {
    const id = text(row, 'connection_id') as ConnectionId;
    tx.run(`update credentials set sealed = x'', due_at_ms = null where connection_id = :id`, { id });
    tx.run('update ledger set holds_tokens = 0 where connection_id = :id', { id });
    forgetRecords(tx, id, beforeMs);
  }
}

/** By its version an old cookie is known for ever; how it came to be old is of interest for a moment only. */
function forgetRecords(tx: Queryable, id: ConnectionId, beforeMs: number): void {
  tx.run(`delete from attempts where connection_id = :id and ended_at_ms < :beforeMs`, { id, beforeMs });
  tx.run(`delete from spent_tokens where connection_id = :id and spent_at_ms < :beforeMs`, { id, beforeMs });
  tx.run(`delete from events where connection_id = :id and at_ms < :beforeMs and type = 'connection.renewed'`, {
    id,
    beforeMs,
  });
}

function forgetSessions(tx: Queryable, { beforeMs, limit, nowMs }: Forgetting): void {
  const rows = tx.all(
    `select l.connection_id from ledger l join credentials c on c.connection_id = l.connection_id
     where l.ends_at_ms < :beforeMs and ${AT_REST}
     order by l.ends_at_ms limit :limit`,
    { beforeMs, limit, nowMs },
  );
  for (const row of rows) {
    const id = text(row, 'connection_id');
    for (const table of ['orphans', 'spent_tokens', 'attempts', 'ledger', 'credentials'])
      tx.run(`delete from ${table} where connection_id = :id`, { id });
    tx.run('delete from events where connection_id = :id', { id });
    tx.run('delete from connections where id = :id', { id });
  }
}
