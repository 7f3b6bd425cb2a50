import type { FailedSettlement, RejectionBreaker } from '../../model/credential-store.ts';
import type { ConnectionId } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { integer, integerOrNone, text } from '../rows/columns.ts';
import type { Settling } from '../settling.ts';
import type { Queryable, Row } from './database.ts';
import { insertEvent } from './event-queries.ts';
import type { Params } from './statement.ts';

/** Whether so many of the app's connections were rejected just now that the fault must be ours; then holds the app. */
export async function holdsApp(
  tx: Queryable,
  row: Row,
  breaker: RejectionBreaker,
  settling: Settling,
): Promise<boolean> {
  const nowMs = settling.clock.nowMs();
  const appId = text(row, 'provider_app_id');
  if (
    (await count(tx, 'select held_for_operator as count from kippu.provider_apps where id = :appId for no key update', {
      appId,
    })) === 1
  )
    return true;
  const rejected = await count(
    tx,
    // Not a join: that would be led by the app's connections, all of them, instead of by the few rejections.
    `select count(distinct connection_id) as count from kippu.attempts
     where outcome = 'rejected' and ended_at_ms > :sinceMs
       and (select provider_app_id from kippu.connections n where n.id = connection_id) = :appId`,
    { sinceMs: Math.max(nowMs - breaker.windowMs, await lastHeldAtMs(tx, appId)), appId },
  );
  if (rejected < breaker.rejectionsMin) return false;
  // Counts all of the app's connections: only when there is reason to.
  const connected = await count(
    tx,
    `select count(*) as count from kippu.connections where provider_app_id = :appId and state <> 'revoked'`,
    { appId },
  );
  if (rejected <= connected * breaker.share) return false;
  await tx.run('update kippu.provider_apps set held_for_operator = 1, error = :error where id = :appId', {
    appId,
    error: `${rejected} refresh tokens rejected within ${breaker.windowMs / 1000} s: more likely our configuration than the users`,
  });
  await insertEvent(tx, newEvents.appHeld(appId, { rejected, nowMs }), settling);
  return true;
}

/** What was rejected until then an operator has looked at: it does not hold the app again once he has let it go on. */
async function lastHeldAtMs(tx: Queryable, appId: string): Promise<number> {
  const row = await tx.get(
    'select max(at_ms) as at_ms from kippu.events where happening > :from and happening < :to',
    newEvents.appHeldRange(appId),
  );
  return row === undefined ? 0 : (integerOrNone(row, 'at_ms') ?? 0);
}

async function count(tx: Queryable, sql: string, params: Params): Promise<number> {
  const row = await tx.get(sql, params);
  return row === undefined ? 0 : integer(row, 'count');
}

export async function reportMisconfigured(
  tx: Queryable,
  row: Row,
  settlement: FailedSettlement,
  settling: Settling,
): Promise<void> {
  const appId = text(row, 'provider_app_id');
  const nowMs = settling.clock.nowMs();
  if (settlement.concerns === 'app' && !(await flagApp(tx, appId, settlement, nowMs))) return;
  await insertEvent(tx, newEvents.misconfigured(appId, settlement, nowMs), settling);
}

/** Holds all of the app's renewals for a while. `false`: it was flagged already. */
async function flagApp(tx: Queryable, appId: string, settlement: FailedSettlement, nowMs: number): Promise<boolean> {
  const isNew = await tx.run(
    'update kippu.provider_apps set misconfigured_since_ms = :nowMs where id = :appId and misconfigured_since_ms is null',
    { appId, nowMs },
  );
  await tx.run('update kippu.provider_apps set hold_until_ms = :holdUntilMs, error = :error where id = :appId', {
    appId,
    holdUntilMs: settlement.holdUntilMs ?? null,
    error: settlement.error,
  });
  return isNew === 1;
}

export async function clearAppFlag(tx: Queryable, id: ConnectionId): Promise<void> {
  await tx.run(
    `update kippu.provider_apps set misconfigured_since_ms = null, hold_until_ms = null, error = null
     where misconfigured_since_ms is not null and id = (select provider_app_id from kippu.connections where id = :id)`,
    { id },
  );
}
