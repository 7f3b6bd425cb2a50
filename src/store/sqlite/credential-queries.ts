import { DAY_MS } from '../../model/clock.ts';
import type { Claim, ClaimRequest, CredentialStore, ReauthWarning } from '../../model/credential-store.ts';
import type { ConnectionId } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { integer, text } from '../rows/columns.ts';
import { attemptOf, credentialOf, orphanOf } from '../rows/credential-rows.ts';
import type { Settling } from '../settling.ts';
import type { Queryable, SqliteDatabase } from './database.ts';
import { nextDueAtMs, takeDue } from './due-work.ts';
import { insertEvent } from './event-queries.ts';
import { reportSpent } from './reuse-queries.ts';
import * as settlement from './settlement-queries.ts';

/** A credential with all that decides about it, in one read. */
const CREDENTIAL_SQL = `
  select c.*, n.name, n.provider, n.provider_app_id, n.owner, n.subject, n.rests_on, n.state, n.state_reason, n.policy, n.scopes,
    n.granted_at_ms, n.jitter,
    p.misconfigured_since_ms as app_misconfigured_since_ms, p.hold_until_ms as app_hold_until_ms, p.error as app_error,
    p.held_for_operator as app_held_for_operator,
    a.id as a_id, a.connection_id as a_connection_id, a.purpose as a_purpose, a.version as a_version, a.fence as a_fence,
    a.parent_fingerprint as a_parent_fingerprint, a.sender as a_sender, a.started_at_ms as a_started_at_ms,
    a.started_monotonic_ms as a_started_monotonic_ms,
    a.ended_at_ms as a_ended_at_ms, a.outcome as a_outcome, a.error as a_error, a.replays as a_replays
  from credentials c
  join connections n on n.id = c.connection_id
  join provider_apps p on p.id = n.provider_app_id
  left join attempts a on a.id = c.attempt_id
  where c.connection_id = :id`;

/** While the provider refuses an app, one renewal at a time may ask whether it still does. */
const APP_TRIAL_MS = 30_000;

export function sqliteCredentialStore(db: SqliteDatabase, settling: Settling): CredentialStore {
  const { clock } = settling;
  return {
    async read(id) {
      const row = db.get(CREDENTIAL_SQL, { id });
      return row === undefined ? undefined : credentialOf(row);
    },
    claim: (request) => db.write((tx) => claim(tx, request, clock.nowMs())),
    async settleRenewed(renewed) {
      const as = await db.write((tx) => settlement.settleRenewed(tx, renewed, settling));
      settling.faults.reach('settlement.committed');
      return as;
    },
    settleRejected: (rejected) => db.write((tx) => settlement.settleRejected(tx, rejected, settling)),
    reportReuse: (fingerprint, seen) => db.write((tx) => reportSpent(tx, fingerprint, seen, settling)),
    settleFailed: (failed) => db.write((tx) => settlement.settleFailed(tx, failed, settling)),
    adoptOrphan: (adoption) => db.write((tx) => settlement.adoptOrphan(tx, adoption, settling)),
    markUncertain: (id, attemptId, dueAtMs) =>
      db.write((tx) => {
        if (!closeOpenAttempt(tx, { id, attemptId, outcome: 'unanswered', nowMs: clock.nowMs(), dueAtMs }))
          return false;
        const error = 'no answer: the sender is gone or silent';
        settlement.becomeUncertain(tx, { id, attemptId, error }, settling);
        return true;
      }),
    markNotSpent: (id, attemptId, dueAtMs) =>
      db.write((tx) => {
        if (!closeOpenAttempt(tx, { id, attemptId, outcome: 'not_spent', nowMs: clock.nowMs(), dueAtMs })) return false;
        // What shows that this one was not handled shows it of the unanswered ones before it, too.
        tx.run(
          `update attempts set outcome = 'not_spent' where connection_id = :id and outcome = 'unanswered'
             and version = (select version from credentials where connection_id = :id)`,
          { id },
        );
        tx.run('update credentials set attempt_id = null where connection_id = :id', { id });
        settlement.becomeCertain(tx, id);
        return true;
      }),
    noteRefusedAccess: (id, version) =>
      db.write((tx) => {
        tx.run(
          `update credentials set access_refused_at_ms = :nowMs
           where connection_id = :id and version = :version and access_refused_at_ms is null`,
          { id, version, nowMs: clock.nowMs() },
        );
      }),
    endGrant: (id, version, reason) =>
      db.write((tx) => {
        const isFree = tx.get(
          `select 1 as free from credentials where connection_id = :id and version = :version
             and (lease_fence is null or lease_expires_at_ms <= :nowMs)`,
          { id, version, nowMs: clock.nowMs() },
        );
        if (isFree === undefined) return false;
        settlement.endGrant(tx, { id, reason, error: undefined }, settling);
        return true;
      }),
    takeDue: (take) => db.write((tx) => takeDue(tx, 'credentials', { nowMs: clock.nowMs(), ...take })),
    nextDueAtMs: async () => nextDueAtMs(db, 'credentials'),
    setDue: (seen, dueAtMs) =>
      db.write((tx) => {
        tx.run(
          `update credentials set due_at_ms = :dueAtMs
           where connection_id = :id and version = :version and fence = :fence and due_at_ms is :seenDueAtMs`,
          {
            id: seen.connectionId,
            version: seen.version,
            fence: seen.fence,
            seenDueAtMs: seen.dueAtMs ?? null,
            dueAtMs: dueAtMs ?? null,
          },
        );
      }),
    warnReauthSoon: (id, warning) => db.write((tx) => warnReauthSoon(tx, id, warning, settling)),
    async untriedOrphan(id) {
      const row = settlement.untriedOrphanRow(db, id);
      return row === undefined ? undefined : orphanOf(row);
    },
    noteOrphanTried: (id) =>
      db.write((tx) => {
        settlement.markTried(tx, id);
      }),
    async orphans(id) {
      return db.all('select * from orphans where connection_id = :id order by arrived_at_ms', { id }).map(orphanOf);
    },
    async knownRefreshToken(fingerprint) {
      const row = db.get(
        `select connection_id, 0 as spent from credentials where refresh_fingerprint = :fingerprint
         union all select connection_id, 1 from spent_tokens where fingerprint = :fingerprint
         union all select connection_id, 0 from orphans where refresh_fingerprint = :fingerprint`,
        { fingerprint },
      );
      if (row === undefined) return undefined;
      return { connectionId: text(row, 'connection_id') as ConnectionId, spent: integer(row, 'spent') === 1 };
    },
    async attempts(id, limit) {
      const rows = db.all('select * from attempts where connection_id = :id order by started_at_ms desc limit :limit', {
        id,
        limit,
      });
      return rows.map((row) => attemptOf(row));
    },
  };
}

/** Lease, fence and attempt in one transaction, guarded by everything that the decision was made from. */
function claim(tx: Queryable, request: ClaimRequest, nowMs: number): Claim | undefined {
  const leaseExpiresAtMs = nowMs + request.leaseMs;
  const row = tx.get(
    `update credentials set fence = fence + 1, lease_fence = fence + 1, lease_expires_at_ms = :leaseExpiresAtMs,
       lease_holder = :holder, attempt_id = :attemptId, due_at_ms = :leaseExpiresAtMs
     where connection_id = :id and version = :version and attempt_id is :openAttemptId
       and (lease_fence is null or lease_expires_at_ms <= :nowMs)
       and (:purpose = 'revocation' or not exists (
         select 1 from connections n join provider_apps p on p.id = n.provider_app_id
         where n.id = :id and (p.held_for_operator = 1 or p.hold_until_ms > :nowMs)))
     returning fence`,
    {
      purpose: request.purpose,
      id: request.connectionId,
      version: request.version,
      openAttemptId: request.openAttemptId ?? null,
      attemptId: request.attemptId,
      holder: JSON.stringify(request.sender),
      leaseExpiresAtMs,
      nowMs,
    },
  );
  if (row === undefined) return undefined;
  const fence = integer(row, 'fence');
  if (request.openAttemptId !== undefined) {
    tx.run(`update attempts set outcome = 'unanswered', ended_at_ms = :nowMs where id = :id and outcome is null`, {
      id: request.openAttemptId,
      nowMs,
    });
  }
  tx.run(
    `insert into attempts (id, connection_id, purpose, version, fence, parent_fingerprint, sender, started_at_ms,
       started_monotonic_ms, replays)
     values (:id, :connectionId, :purpose, :version, :fence, :parentFingerprint, :sender, :nowMs, :monotonicMs, :replays)`,
    {
      id: request.attemptId,
      connectionId: request.connectionId,
      purpose: request.purpose,
      version: request.version,
      fence,
      parentFingerprint: request.parentFingerprint,
      sender: JSON.stringify(request.sender),
      replays: request.replays,
      monotonicMs: Math.floor(request.startedMonotonicMs),
      nowMs,
    },
  );
  if (request.purpose !== 'revocation') {
    tx.run(
      `update provider_apps set hold_until_ms = :trialMs where misconfigured_since_ms is not null
         and id = (select provider_app_id from connections where id = :id)`,
      { trialMs: nowMs + APP_TRIAL_MS, id: request.connectionId },
    );
  }
  return {
    attemptId: request.attemptId,
    connectionId: request.connectionId,
    version: request.version,
    fence,
    leaseExpiresAtMs,
  };
}

interface AttemptClosing {
  readonly id: ConnectionId;
  readonly attemptId: string;
  readonly outcome: 'unanswered' | 'not_spent';
  readonly nowMs: number;
  readonly dueAtMs: number;
}

/** Ends an open attempt whose sender will not. `false`: it was settled meanwhile. */
function closeOpenAttempt(tx: Queryable, { id, attemptId, outcome, nowMs, dueAtMs }: AttemptClosing): boolean {
  const closed = tx.run(
    `update credentials set lease_fence = null, lease_expires_at_ms = null, lease_holder = null, due_at_ms = :dueAtMs
     where connection_id = :id and attempt_id = :attemptId`,
    { id, attemptId, dueAtMs },
  );
  if (closed === 0) return false;
  tx.run(
    `update attempts set outcome = :outcome, ended_at_ms = coalesce(ended_at_ms, :nowMs)
     where id = :attemptId and (outcome is null or outcome = 'unanswered')`,
    { attemptId, outcome, nowMs },
  );
  return true;
}

function warnReauthSoon(tx: Queryable, id: ConnectionId, warning: ReauthWarning, settling: Settling): boolean {
  const warned = newEvents.reauthSoon(id, warning);
  if (isOtherKindRecent(tx, warned, settling.clock.nowMs())) return false;
  return insertEvent(tx, warned, settling) !== undefined;
}

/** A connection's events of a day are few: so many are looked at. */
const EVENTS_LOOKED_AT = 200;

/** Both kinds tell of the same end: who has heard of it today need not hear of it twice. */
function isOtherKindRecent(tx: Queryable, { connectionId, data }: newEvents.NewEvent, nowMs: number): boolean {
  const row = tx.get(
    `select 1 as found from (select * from events where connection_id = :connectionId order by sequence desc limit :limit)
     where type = 'connection.reauth_soon' and at_ms > :sinceMs and data ->> 'reason' <> :reason`,
    {
      connectionId: connectionId ?? null,
      limit: EVENTS_LOOKED_AT,
      sinceMs: nowMs - DAY_MS,
      reason: String(data['reason']),
    },
  );
  return row !== undefined;
}
