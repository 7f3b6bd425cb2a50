import type { FailedSettlement, RejectionBreaker } from '../../model/credential-store.ts';
import type { ConnectionId } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { integer, integerOrNone, text } from '../rows/columns.ts';
import type { Settling } from '../settling.ts';
import type { Params, Queryable, Row } from './database.ts';
import { insertEvent } from './event-queries.ts';

/** Whether so many of the app's connections were rejected just now that the fault must be ours; then holds the app. */
export function holdsApp(tx: Queryable, row: Row, breaker: RejectionBreaker, settling: Settling): boolean {
  const nowMs = settling.clock.nowMs();
  const appId = text(row, 'provider_app_id');
  if (count(tx, 'select held_for_operator as count from provider_apps where id = :appId', { appId }) === 1) return true;
  const rejected = count(
    tx,
    // Not a join: that would be led by the app's connections, all of them, instead of by the few rejections.
    `select count(distinct connection_id) as count from attempts
     where outcome = 'rejected' and ended_at_ms > :sinceMs
       and (select provider_app_id from connections n where n.id = connection_id) = :appId`,
    { sinceMs: Math.max(nowMs - breaker.windowMs, lastHeldAtMs(tx, appId)), appId },
  );
  if (rejected < breaker.rejectionsMin) return false;
  // Counts all of the app's connections: only when there is reason to.
  const connected = count(
    tx,
    `select count(*) as count from connections where provider_app_id = :appId and state <> 'revoked'`,
    { appId },
  );
  if (rejected <= connected * breaker.share) return false;
  tx.run('update provider_apps set held_for_operator = 1, error = :error where id = :appId', {
    appId,
    error: `${rejected} refresh tokens rejected within ${breaker.windowMs / 1000} s: more likely our configuration than the users`,
  });
  insertEvent(tx, newEvents.appHeld(appId, { rejected, nowMs }), settling);
  return true;
}

/** What was rejected until then an operator has looked at: it does not hold the app again once he has let it go on. */
function lastHeldAtMs(tx: Queryable, appId: string): number {
  const row = tx.get(
    'select max(at_ms) as at_ms from events where happening > :from and happening < :to',
    newEvents.appHeldRange(appId),
  );
  return row === undefined ? 0 : (integerOrNone(row, 'at_ms') ?? 0);
}

function count(tx: Queryable, sql: string, params: Params): number {
  const row = tx.get(sql, params);
  return row === undefined ? 0 : integer(row, 'count');
}

export function reportMisconfigured(tx: Queryable, row: Row, settlement: FailedSettlement, settling: Settling): void {
  const appId = text(row, 'provider_app_id');
  const nowMs = settling.clock.nowMs();
  if (settlement.concerns === 'app' && !flagApp(tx, appId, settlement, nowMs)) return;
  insertEvent(tx, newEvents.misconfigured(appId, settlement, nowMs), settling);
}

/** Holds all of the app's renewals for a while. `false`: it was flagged already. */
function flagApp(tx: Queryable, appId: string, settlement: FailedSettlement, nowMs: number): boolean {
  const isNew = tx.run(
    'update provider_apps set misconfigured_since_ms = :nowMs where id = :appId and misconfigured_since_ms is null',
    { appId, nowMs },
  );
  tx.run('update provider_apps set hold_until_ms = :holdUntilMs, error = :error where id = :appId', {
    appId,
    holdUntilMs: settlement.holdUntilMs ?? null,
    error: settlement.error,
  });
  return isNew === 1;
}

export function clearAppFlag(tx: Queryable, id: ConnectionId): void {
  tx.run(
    `update provider_apps set misconfigured_since_ms = null, hold_until_ms = null, error = null
     where misconfigured_since_ms is not null and id = (select provider_app_id from connections where id = :id)`,
    { id },
  );
}
