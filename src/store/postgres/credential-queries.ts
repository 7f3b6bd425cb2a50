import { DAY_MS } from '../../model/clock.ts';
import type { Claim, ClaimRequest, CredentialStore, ReauthWarning } from '../../model/credential-store.ts';
import type { ConnectionId } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { integer, text } from '../rows/columns.ts';
import { attemptOf, credentialOf, orphanOf } from '../rows/credential-rows.ts';
import type { Settling } from './settling.ts';
import type { Calm } from './calm.ts';
import { RollBack, type PostgresDatabase, type Queryable } from './database.ts';
import { nextDueAtMs, takeDue } from './due-work.ts';
import { insertEvent } from './event-queries.ts';
import { reportSpent } from './reuse-queries.ts';
import * as settlement from './settlement-queries.ts';

/** While the provider refuses an app, one renewal at a time may ask whether it still does. */
const APP_TRIAL_MS = 30_000;

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
  from kippu.credentials c
  join kippu.connections n on n.id = c.connection_id
  join kippu.provider_apps p on p.id = n.provider_app_id
  left join kippu.attempts a on a.id = c.attempt_id
  where c.connection_id = :id`;

export function postgresCredentialStore(db: PostgresDatabase, settling: Settling, calm: Calm): CredentialStore {
  const { clock } = settling;
  return {
    async read(id) {
      const row = await db.get(CREDENTIAL_SQL, { id });
      return row === undefined ? undefined : credentialOf(row);
    },
    async claim(request) {
      // Whatever led here was decided by a clock that was set since: whoever wants to claim looks again.
      if (await clock.corrected()) return undefined;
      for (;;) {
        const claimed = await db.write(async (tx) =>
          calm.isOver() ? claim(tx, request, clock.nowMs()) : ('too_early' as const),
        );
        if (claimed !== 'too_early') return claimed;
        await calm.wait();
      }
    },
    async settleRenewed(renewed) {
      const as = await db.write((tx) => settlement.settleRenewed(tx, renewed, settling));
      settling.faults.reach('settlement.committed');
      return as;
    },
    async lacking(attempts) {
      const rows = await db.all(
        `select id from kippu.attempts where id = any(:attempts::text[]) and outcome = 'renewed'`,
        { attempts },
      );
      const stored = new Set(rows.map((row) => text(row, 'id')));
      return new Set(attempts.filter((attempt) => !stored.has(attempt)));
    },
    settleRejected: (rejected) => db.write((tx) => settlement.settleRejected(tx, rejected, settling)),
    reportReuse: (fingerprint, seen) => db.write((tx) => reportSpent(tx, fingerprint, seen, settling)),
    settleFailed: (failed) => db.write((tx) => settlement.settleFailed(tx, failed, settling)),
    adoptOrphan: (adoption) => db.write((tx) => settlement.adoptOrphan(tx, adoption, settling)),
    async markUncertain(id, attemptId, dueAtMs) {
      // A lease that only a wrong clock took for over.
      if (await clock.corrected()) return false;
      return db.write(async (tx) => {
        if (!(await closeOpenAttempt(tx, { id, attemptId, outcome: 'unanswered', nowMs: clock.nowMs(), dueAtMs })))
          return false;
        const error = 'no answer: the sender is gone or silent';
        await settlement.becomeUncertain(tx, { id, attemptId, error }, settling);
        return true;
      });
    },
    markNotSpent: (id, attemptId, dueAtMs) =>
      db.write(async (tx) => {
        if (!(await closeOpenAttempt(tx, { id, attemptId, outcome: 'not_spent', nowMs: clock.nowMs(), dueAtMs })))
          return false;
        // What shows that this one was not handled shows it of the unanswered ones before it, too.
        await tx.run(
          `update kippu.attempts set outcome = 'not_spent' where connection_id = :id and outcome = 'unanswered'
             and version = (select version from kippu.credentials where connection_id = :id)`,
          { id },
        );
        await tx.run('update kippu.credentials set attempt_id = null where connection_id = :id', { id });
        await settlement.becomeCertain(tx, id);
        return true;
      }),
    noteRefusedAccess: (id, version) =>
      db.write(async (tx) => {
        await tx.run(
          `update kippu.credentials set access_refused_at_ms = :nowMs
           where connection_id = :id and version = :version and access_refused_at_ms is null`,
          { id, version, nowMs: clock.nowMs() },
        );
      }),
    endGrant: (id, version, reason) =>
      db.write(async (tx) => {
        const isFree = await tx.get(
          `select 1 as free from kippu.credentials where connection_id = :id and version = :version
             and (lease_fence is null or lease_expires_at_ms <= :nowMs)
           for no key update`,
          { id, version, nowMs: clock.nowMs() },
        );
        if (isFree === undefined) return false;
        await settlement.endGrant(tx, { id, reason, error: undefined }, settling);
        return true;
      }),
    takeDue: (take) => takeDue(db, 'credentials', take, clock),
    nextDueAtMs: () => nextDueAtMs(db, 'credentials'),
    setDue: (seen, dueAtMs) =>
      db.write(async (tx) => {
        await tx.run(
          `update kippu.credentials set due_at_ms = :dueAtMs
           where connection_id = :id and version = :version and fence = :fence and due_at_ms is not distinct from :seenDueAtMs`,
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
      const row = await settlement.untriedOrphanRow(db, id);
      return row === undefined ? undefined : orphanOf(row);
    },
    noteOrphanTried: (id) =>
      db.write(async (tx) => {
        await settlement.markTried(tx, id);
      }),
    async orphans(id) {
      return (await db.all('select * from kippu.orphans where connection_id = :id order by arrived_at_ms', { id })).map(
        orphanOf,
      );
    },
    async knownRefreshToken(fingerprint) {
      const row = await db.get(
        `select connection_id, 0 as spent from kippu.credentials where refresh_fingerprint = :fingerprint
         union all select connection_id, 1 from kippu.spent_tokens where fingerprint = :fingerprint
         union all select connection_id, 0 from kippu.orphans where refresh_fingerprint = :fingerprint`,
        { fingerprint },
      );
      if (row === undefined) return undefined;
      return { connectionId: text(row, 'connection_id') as ConnectionId, spent: integer(row, 'spent') === 1 };
    },
    async attempts(id, limit) {
      const rows = await db.all(
        'select * from kippu.attempts where connection_id = :id order by started_at_ms desc limit :limit',
        {
          id,
          limit,
        },
      );
      return rows.map((row) => attemptOf(row));
    },
  };
}

/** Lease, fence and attempt in one statement, guarded by everything that the decision was made from. */
async function claim(tx: Queryable, request: ClaimRequest, nowMs: number): Promise<Claim | undefined> {
  const leaseExpiresAtMs = nowMs + request.leaseMs;
  const row = await tx.get(
    `with claimed as (
       update kippu.credentials set fence = fence + 1, lease_fence = fence + 1, lease_expires_at_ms = :leaseExpiresAtMs,
         lease_holder = :sender, attempt_id = :attemptId, due_at_ms = :leaseExpiresAtMs
       where connection_id = :id and version = :version and attempt_id is not distinct from :openAttemptId
         and (lease_fence is null or lease_expires_at_ms <= :nowMs)
         and (:purpose = 'revocation' or not exists (
           select 1 from kippu.connections n join kippu.provider_apps p on p.id = n.provider_app_id
           where n.id = :id and (p.held_for_operator = 1 or p.hold_until_ms > :nowMs)))
       returning connection_id, version, fence
     ),
     closed as (
       update kippu.attempts set outcome = 'unanswered', ended_at_ms = :nowMs
       where id = :openAttemptId and outcome is null and exists (select 1 from claimed)
     )
     insert into kippu.attempts (id, connection_id, purpose, version, fence, parent_fingerprint, sender, started_at_ms,
       started_monotonic_ms, replays)
     select :attemptId, connection_id, :purpose, version, fence, :parentFingerprint, :sender, :nowMs,
       :monotonicMs::bigint, :replays::integer
     from claimed
     returning fence, (select (p.misconfigured_since_ms is not null)::integer from kippu.connections n
       join kippu.provider_apps p on p.id = n.provider_app_id where n.id = connection_id) as is_trial`,
    {
      id: request.connectionId,
      version: request.version,
      openAttemptId: request.openAttemptId ?? null,
      attemptId: request.attemptId,
      purpose: request.purpose,
      parentFingerprint: request.parentFingerprint,
      sender: JSON.stringify(request.sender),
      monotonicMs: Math.floor(request.startedMonotonicMs),
      replays: request.replays,
      leaseExpiresAtMs,
      nowMs,
    },
  );
  if (row === undefined) return undefined;
  const isTrial = request.purpose !== 'revocation' && integer(row, 'is_trial') === 1;
  if (isTrial && !(await takeTrial(tx, request.connectionId, nowMs))) throw new RollBack(undefined);
  return {
    attemptId: request.attemptId,
    connectionId: request.connectionId,
    version: request.version,
    fence: integer(row, 'fence'),
    leaseExpiresAtMs,
  };
}

/** The app is flagged: of those that claim at this moment, one may ask. `false`: another one is. */
async function takeTrial(tx: Queryable, id: ConnectionId, nowMs: number): Promise<boolean> {
  const taken = await tx.run(
    `update kippu.provider_apps set hold_until_ms = :trialMs
     where id = (select provider_app_id from kippu.connections where id = :id) and misconfigured_since_ms is not null
       and held_for_operator = 0 and (hold_until_ms is null or hold_until_ms <= :nowMs)`,
    { id, nowMs, trialMs: nowMs + APP_TRIAL_MS },
  );
  if (taken === 1) return true;
  const held = await tx.get(
    `select 1 as held from kippu.provider_apps
     where id = (select provider_app_id from kippu.connections where id = :id)
       and (held_for_operator = 1 or hold_until_ms > :nowMs)`,
    { id, nowMs },
  );
  return held === undefined;
}

interface AttemptClosing {
  readonly id: ConnectionId;
  readonly attemptId: string;
  readonly outcome: 'unanswered' | 'not_spent';
  readonly nowMs: number;
  readonly dueAtMs: number;
}

/** Ends an open attempt whose sender will not. `false`: it was settled meanwhile. */
async function closeOpenAttempt(
  tx: Queryable,
  { id, attemptId, outcome, nowMs, dueAtMs }: AttemptClosing,
): Promise<boolean> {
  const closed = await tx.run(
    `update kippu.credentials set lease_fence = null, lease_expires_at_ms = null, lease_holder = null, due_at_ms = :dueAtMs
     where connection_id = :id and attempt_id = :attemptId`,
    { id, attemptId, dueAtMs },
  );
  if (closed === 0) return false;
  await tx.run(
    `update kippu.attempts set outcome = :outcome, ended_at_ms = coalesce(ended_at_ms, :nowMs)
     where id = :attemptId and (outcome is null or outcome = 'unanswered')`,
    { attemptId, outcome, nowMs },
  );
  return true;
}

async function warnReauthSoon(
  tx: Queryable,
  id: ConnectionId,
  warning: ReauthWarning,
  settling: Settling,
): Promise<boolean> {
  const warned = newEvents.reauthSoon(id, warning);
  if (await isOtherKindRecent(tx, warned, settling.clock.nowMs())) return false;
  return (await insertEvent(tx, warned, settling)) !== undefined;
}

/** Both kinds tell of the same end: who has heard of it today need not hear of it twice. */
async function isOtherKindRecent(
  tx: Queryable,
  { connectionId, data }: newEvents.NewEvent,
  nowMs: number,
): Promise<boolean> {
  // Of two that warn at the same moment, the second sees what the first has said.
  await tx.get('select 1 from kippu.credentials where connection_id = :connectionId for no key update', {
    connectionId: connectionId ?? null,
  });
  const row = await tx.get(
    `select 1 as found from kippu.events where connection_id = :connectionId and type = 'connection.reauth_soon'
       and at_ms > :sinceMs and data::json ->> 'reason' <> :reason limit 1`,
    { connectionId: connectionId ?? null, sinceMs: nowMs - DAY_MS, reason: String(data['reason']) },
  );
  return row !== undefined;
}
