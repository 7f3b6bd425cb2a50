import type {
  Claim,
  FailedSettlement,
  OrphanAdoption,
  RejectedAs,
  RejectedSettlement,
  RenewedAs,
  RenewedSettlement,
  SealedTokens,
} from '../../model/credential-store.ts';
import { newId, type AttemptId, type ConnectionId, type Fingerprint, type OrphanId } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { integer, integerOrNone, text, textOrNone } from '../rows/columns.ts';
import { tokenParams } from '../rows/credential-rows.ts';
import type { Settling } from '../settling.ts';
import type { Queryable, Row } from './database.ts';
import { insertEvent } from './event-queries.ts';
import { clearAppFlag, holdsApp, reportMisconfigured } from './provider-app-queries.ts';
import { suspectReuse, wasNeverPresented } from './reuse-queries.ts';

/**
 * Attaches a token set, or finds it a place. The guard is not only version and fence: a rotated pair whose parent is
 * still the stored refresh token is the truth, however late it comes and whoever holds the lease now.
 */
export async function settleRenewed(
  tx: Queryable,
  settlement: RenewedSettlement,
  settling: Settling,
): Promise<RenewedAs> {
  const { claim, parentFingerprint, refreshFingerprint } = settlement;
  const row = await standing(tx, claim.connectionId);
  const isCurrent = isLatest(row, claim);
  await closeAttempt(tx, claim.attemptId, { outcome: 'renewed', error: undefined, nowMs: settling.clock.nowMs() });
  await releaseLease(tx, claim);
  const isRotated = refreshFingerprint !== undefined && refreshFingerprint !== parentFingerprint;
  if (isRotated && (await isKnown(tx, row, refreshFingerprint))) return 'already_known';
  if (text(row, 'state') === 'revoked') {
    if (isRotated) await keepForRevocation(tx, settlement, settling);
    return 'revoke_it';
  }
  // A consent that came meanwhile, here or for another connection of the same user, ended the grant that this is of.
  const isOfThisGrant = claim.version >= integer(row, 'grant_version');
  const hasItsPlace = isRotated
    ? textOrNone(row, 'refresh_fingerprint') === parentFingerprint && isOfThisGrant
    : integer(row, 'version') === claim.version;
  if (hasItsPlace) {
    await replaceTokens(tx, settlement, settling);
    settling.faults.reach('settlement.written');
    return isCurrent ? 'settled' : 'adopted';
  }
  if (!isRotated)
    return text(row, 'access_fingerprint') === settlement.accessFingerprint ? 'already_known' : 'outdated';
  await keepOrphan(tx, settlement, settling);
  return 'orphaned';
}

/** The second look: only a rejection of what is still stored, with nothing left to try, ends the grant. */
export async function settleRejected(
  tx: Queryable,
  settlement: RejectedSettlement,
  settling: Settling,
): Promise<RejectedAs> {
  const { claim } = settlement;
  const nowMs = settling.clock.nowMs();
  const row = await standing(tx, claim.connectionId);
  await closeAttempt(tx, claim.attemptId, { outcome: 'rejected', error: settlement.error, nowMs });
  await releaseLease(tx, claim);
  if (!isLatest(row, claim) || text(row, 'state') === 'revoked') return 'moved';
  if ((await untriedOrphanRow(tx, claim.connectionId)) !== undefined) return 'orphan_left';
  if (await holdsApp(tx, row, settlement.breaker, settling)) return 'app_held';
  const wasUnanswered = (await unansweredAttempt(tx, claim)) !== undefined;
  const isSuspect = settlement.mayBeReuse && (await wasNeverPresented(tx, claim));
  const reason = wasUnanswered ? 'answer_lost' : settlement.reason;
  await endGrant(tx, { id: claim.connectionId, reason, error: settlement.error, isSuspect }, settling);
  if (isSuspect) await suspectReuse(tx, claim, settlement.error, settling);
  return 'ended';
}

/** An outcome that brought nothing. `unanswered` leaves the attempt open; the others leave what was open before. */
export async function settleFailed(tx: Queryable, settlement: FailedSettlement, settling: Settling): Promise<boolean> {
  const { claim, outcome } = settlement;
  const nowMs = settling.clock.nowMs();
  const row = await standing(tx, claim.connectionId);
  await closeAttempt(tx, claim.attemptId, { outcome, error: settlement.error, nowMs });
  if (outcome === 'misconfigured') await reportMisconfigured(tx, row, settlement, settling);
  if (!isLatest(row, claim)) {
    // Whoever moved the credential left this lease alone; nobody else would end it.
    await releaseLease(tx, claim);
    return false;
  }
  const open = outcome === 'unanswered' ? claim.attemptId : await unansweredAttempt(tx, claim);
  await tx.run(
    `update kippu.credentials set lease_fence = null, lease_expires_at_ms = null, lease_holder = null, attempt_id = :open,
       hold_until_ms = :holdUntilMs, failures = failures + :failed, due_at_ms = :dueAtMs
     where connection_id = :id`,
    {
      id: claim.connectionId,
      open: open ?? null,
      // Where the app is held, its connections need no hold of their own: they would outlive it.
      holdUntilMs: (settlement.concerns === 'app' ? undefined : settlement.holdUntilMs) ?? null,
      failed: outcome === 'not_sent' ? 0 : 1,
      dueAtMs: settlement.dueAtMs,
    },
  );
  if (open === undefined) await becomeCertain(tx, claim.connectionId);
  else await becomeUncertain(tx, { id: claim.connectionId, attemptId: open, error: settlement.error }, settling);
  return true;
}

/** Puts an orphan's tokens in place of a credential whose refresh token was rejected. Each is tried once. */
export async function adoptOrphan(
  tx: Queryable,
  { orphan, version, dueAtMs }: OrphanAdoption,
  settling: Settling,
): Promise<boolean> {
  const row = await standing(tx, orphan.connectionId);
  const isLeased = (integerOrNone(row, 'lease_expires_at_ms') ?? 0) > settling.clock.nowMs();
  if (integer(row, 'version') !== version || isLeased) return false;
  if (!(await markTried(tx, orphan.id))) return false;
  await rememberSpent(
    tx,
    orphan.connectionId,
    textOrNone(row, 'refresh_fingerprint') as Fingerprint | undefined,
    settling.clock.nowMs(),
  );
  await writeTokens(tx, orphan.connectionId, { ...orphan.tokens, dueAtMs });
  await becomeCertain(tx, orphan.connectionId);
  return true;
}

/** `false`: somebody else was quicker. */
export async function markTried(tx: Queryable, id: OrphanId): Promise<boolean> {
  return (await tx.run('update kippu.orphans set tried = 1 where id = :id and tried = 0', { id })) === 1;
}

export async function endGrant(tx: Queryable, end: newEvents.GrantEnd, settling: Settling): Promise<void> {
  const row = await standing(tx, end.id);
  await tx.run(`update kippu.connections set state = 'reauth_required', state_reason = :reason where id = :id`, {
    id: end.id,
    reason: end.reason,
  });
  await tx.run(
    'update kippu.credentials set due_at_ms = null, attempt_id = null, hold_until_ms = null where connection_id = :id',
    {
      id: end.id,
    },
  );
  await insertEvent(tx, newEvents.grantEnded(end, row), settling);
}

export async function becomeUncertain(
  tx: Queryable,
  uncertainty: newEvents.Uncertainty,
  settling: Settling,
): Promise<void> {
  // A user who must consent again anyway, or whose connection is revoked, is not told of a doubt about it.
  if (
    (await tx.run(`update kippu.connections set state = 'uncertain' where id = :id and state = 'active'`, {
      id: uncertainty.id,
    })) === 0
  )
    return;
  await insertEvent(tx, newEvents.uncertain(uncertainty), settling);
}

/** The doubt is over, and it was nothing; what ended for another reason stays ended. */
export async function becomeCertain(tx: Queryable, id: ConnectionId): Promise<void> {
  await tx.run(
    `update kippu.connections set state = 'active', state_reason = null where id = :id and state = 'uncertain'`,
    { id },
  );
}

export async function rememberSpent(
  tx: Queryable,
  id: ConnectionId,
  fingerprint: Fingerprint | undefined,
  nowMs: number,
): Promise<void> {
  if (fingerprint === undefined) return;
  await tx.run(
    `insert into kippu.spent_tokens (fingerprint, connection_id, spent_at_ms) values (:fingerprint, :id, :nowMs)
     on conflict do nothing`,
    {
      fingerprint,
      id,
      nowMs,
    },
  );
}

/** The next version, whole. A lease of somebody else stays his; an attempt on an older version is no longer open. */
export async function writeTokens(tx: Queryable, id: ConnectionId, tokens: SealedTokens): Promise<void> {
  await tx.run(
    `update kippu.credentials set version = version + 1, generation = :generation, sealed = :sealed,
       access_fingerprint = :accessFingerprint, refresh_fingerprint = :refreshFingerprint,
       access_issued_at_ms = :accessIssuedAtMs, access_expires_at_ms = :accessExpiresAtMs, access_refused_at_ms = null,
       refresh_absolute_ends_at_ms = :refreshAbsoluteEndsAtMs, refresh_idle_ends_at_ms = :refreshIdleEndsAtMs,
       hold_until_ms = null, failures = 0, attempt_id = null, due_at_ms = :dueAtMs
     where connection_id = :id`,
    { id, ...tokenParams(tokens) },
  );
}

export async function untriedOrphanRow(tx: Queryable, id: ConnectionId): Promise<Row | undefined> {
  return await tx.get(
    `select o.* from kippu.orphans o
     join kippu.credentials c on c.connection_id = o.connection_id
     join kippu.connections n on n.id = o.connection_id and n.owner = o.owner and n.provider_app_id = o.provider_app_id
     where o.connection_id = :id and o.tried = 0 and o.version >= c.grant_version
     order by o.arrived_at_ms desc limit 1`,
    { id },
  );
}

async function replaceTokens(tx: Queryable, settlement: RenewedSettlement, settling: Settling): Promise<void> {
  const { claim, parentFingerprint } = settlement;
  const nowMs = settling.clock.nowMs();
  // What was presented is spent only where a refresh token took its place: an app's own credentials are not.
  if (settlement.refreshFingerprint !== undefined && settlement.refreshFingerprint !== parentFingerprint)
    await rememberSpent(tx, claim.connectionId, parentFingerprint, nowMs);
  await writeTokens(tx, claim.connectionId, settlement);
  await tx.run(
    `update kippu.connections set state = 'active', state_reason = null, last_renewed_at_ms = :nowMs, renewals = renewals + 1,
       scopes = coalesce(:scopes, scopes)
     where id = :id`,
    {
      id: claim.connectionId,
      nowMs,
      scopes: settlement.scopes === undefined ? null : JSON.stringify(settlement.scopes),
    },
  );
  await clearAppFlag(tx, claim.connectionId);
  await insertEvent(
    tx,
    newEvents.renewed(settlement, integer(await standing(tx, claim.connectionId), 'version')),
    settling,
  );
}

/** What is stored now, and stays so until this transaction is over: whoever else would settle waits. */
async function standing(tx: Queryable, id: ConnectionId): Promise<Row> {
  const row = await tx.get(
    `select c.*, n.name, n.state, n.provider_app_id, n.owner from kippu.credentials c
     join kippu.connections n on n.id = c.connection_id where c.connection_id = :id for no key update of c, n`,
    { id },
  );
  if (row === undefined) throw new TypeError(`The credential of ${id} is gone; connections are never deleted.`);
  return row;
}

async function isKnown(tx: Queryable, row: Row, fingerprint: Fingerprint): Promise<boolean> {
  if (textOrNone(row, 'refresh_fingerprint') === fingerprint) return true;
  const known = await tx.get(
    `select 1 as known from kippu.spent_tokens where fingerprint = :fingerprint
     union all select 1 from kippu.orphans where refresh_fingerprint = :fingerprint`,
    { fingerprint },
  );
  return known !== undefined;
}

/**
 * Whether this claim is still the last word on the credential. Its lease may be over, and somebody may have noted that
 * the attempt went unanswered; as long as nobody has claimed or stored anything since, the answer that comes now counts.
 */
function isLatest(row: Row, claim: Claim): boolean {
  return integer(row, 'version') === claim.version && textOrNone(row, 'attempt_id') === claim.attemptId;
}

interface AttemptEnd {
  readonly outcome: string;
  readonly error: string | undefined;
  readonly nowMs: number;
}

/** A late answer may correct `unanswered`; any other outcome is final. */
async function closeAttempt(tx: Queryable, id: AttemptId, { outcome, error, nowMs }: AttemptEnd): Promise<void> {
  await tx.run(
    `update kippu.attempts set outcome = :outcome, error = :error, ended_at_ms = :nowMs
     where id = :id and (outcome is null or outcome = 'unanswered')`,
    { id, outcome, error: error ?? null, nowMs },
  );
}

/** After a standby's promotion a fence may be given a second time: the attempt tells whose the lease is. */
export async function releaseLease(tx: Queryable, claim: Claim): Promise<void> {
  await tx.run(
    `update kippu.credentials set lease_fence = null, lease_expires_at_ms = null, lease_holder = null
     where connection_id = :id and lease_fence = :fence and (attempt_id is null or attempt_id = :attemptId)`,
    { id: claim.connectionId, fence: claim.fence, attemptId: claim.attemptId },
  );
  await tx.run('update kippu.credentials set attempt_id = null where connection_id = :id and attempt_id = :attemptId', {
    id: claim.connectionId,
    attemptId: claim.attemptId,
  });
}

/** An earlier presentation of the same refresh token whose answer never came: it is still the open question. */
async function unansweredAttempt(tx: Queryable, claim: Claim): Promise<AttemptId | undefined> {
  const row = await tx.get(
    `select id from kippu.attempts where connection_id = :id and version = :version and outcome = 'unanswered' and id <> :attemptId
     order by started_at_ms desc limit 1`,
    { id: claim.connectionId, version: claim.version, attemptId: claim.attemptId },
  );
  return row === undefined ? undefined : (text(row, 'id') as AttemptId);
}

/** The worker is to look, in case this process does not get to it. */
async function keepForRevocation(tx: Queryable, settlement: RenewedSettlement, settling: Settling): Promise<void> {
  await keepOrphan(tx, settlement, settling);
  await tx.run('update kippu.credentials set due_at_ms = :nowMs where connection_id = :id', {
    id: settlement.claim.connectionId,
    nowMs: settling.clock.nowMs(),
  });
}

async function keepOrphan(tx: Queryable, settlement: RenewedSettlement, { clock, random }: Settling): Promise<void> {
  const { claim, sealed, generation, parentFingerprint, ...tokens } = settlement;
  const row = await standing(tx, claim.connectionId);
  await tx.run(
    `insert into kippu.orphans (id, connection_id, provider_app_id, owner, generation, sealed, parent_fingerprint,
       refresh_fingerprint, version, tokens, arrived_at_ms)
     values (:id, :connectionId, :providerAppId, :owner, :generation, :sealed, :parentFingerprint,
       :refreshFingerprint, :version, :tokens, :arrivedAtMs)
     on conflict do nothing`,
    {
      id: newId('orp', random),
      connectionId: claim.connectionId,
      providerAppId: text(row, 'provider_app_id'),
      owner: text(row, 'owner'),
      generation,
      sealed,
      parentFingerprint,
      refreshFingerprint: settlement.refreshFingerprint ?? null,
      version: claim.version,
      tokens: JSON.stringify(tokens),
      arrivedAtMs: clock.nowMs(),
    },
  );
}
