import { assertNever } from '../../model/assert-never.ts';
import type { DeliveryId } from '../../model/ids.ts';
import type { DeliveryOutcome, DeliverySettlement } from '../../model/notice-store.ts';
import type { TakenDelivery } from '../../model/notice.ts';
import { integer, integerOrNone, text } from '../rows/columns.ts';
import { lastParams } from '../rows/delivery-rows.ts';
import type { Queryable, Row } from './database.ts';
import { disableWebhook } from './disable-webhook.ts';

type Attempt = DeliverySettlement['attempt'];

/** Writes an attempt and what follows from it. `false`: somebody else has moved the delivery since it was taken. */
export function settleDelivery(tx: Queryable, { taken, attempt, outcome }: DeliverySettlement, nowMs: number): boolean {
  const row = tx.get('select state, round, taken_until_ms from deliveries where id = :id', { id: taken.id });
  if (row === undefined) return false;
  logAttempt(tx, taken.id, attempt);
  if (!isOpen(row, taken, outcome)) return false;
  apply(tx, { taken, attempt, outcome }, nowMs);
  return true;
}

/** That it arrived is so whoever has taken it since; that it failed is told only by whoever still has it. */
function isOpen(row: Row, taken: TakenDelivery, outcome: DeliveryOutcome): boolean {
  if (text(row, 'state') !== 'pending' || integer(row, 'round') !== taken.round) return false;
  return outcome.kind === 'delivered' || integerOrNone(row, 'taken_until_ms') === taken.takenUntilMs;
}

function apply(tx: Queryable, { taken, attempt, outcome }: DeliverySettlement, nowMs: number): void {
  switch (outcome.kind) {
    case 'delivered':
      end(tx, taken.id, { state: 'delivered', attempt }, nowMs);
      if (taken.tries > 0) wakeLane(tx, taken, nowMs);
      return;
    case 'again':
      tx.run(
        `update deliveries set due_at_ms = :dueAtMs, tries = :tries, taken_until_ms = null, last_status = :status,
           last_error = :error where id = :id`,
        { id: taken.id, dueAtMs: outcome.dueAtMs, tries: outcome.tries, ...lastParams(attempt) },
      );
      if (outcome.holdUntilMs !== undefined) hold(tx, taken.destination, outcome.holdUntilMs);
      return;
    case 'failed':
      end(tx, taken.id, { state: 'failed', attempt }, nowMs);
      return;
    case 'unwanted':
      end(tx, taken.id, { state: 'failed', attempt }, nowMs);
      disableWebhook(tx, { id: taken.destination, because: outcome.because }, nowMs);
      return;
    default:
      assertNever(outcome);
  }
}

function end(
  tx: Queryable,
  id: DeliveryId,
  { state, attempt }: { readonly state: 'delivered' | 'failed'; readonly attempt: Attempt },
  nowMs: number,
): void {
  tx.run(
    `update deliveries set state = :state, due_at_ms = null, taken_until_ms = null, ended_at_ms = :nowMs,
       last_status = :status, last_error = :error where id = :id`,
    { id, state, nowMs, ...lastParams(attempt) },
  );
}

const WOKEN_AT_ONCE = 100;

/**
 * Who failed before and is reached now is there again: what waits need not wait for its own time. Each of those that are
 * woken wakes others when it arrives, so that a long lane is not woken as a whole in one transaction.
 */
function wakeLane(tx: Queryable, { channel, destination }: TakenDelivery, nowMs: number): void {
  tx.run(
    `update deliveries set due_at_ms = :nowMs where id in (
       select id from deliveries
       where due_at_ms is not null and channel = :channel and destination = :destination and due_at_ms > :nowMs
       order by due_at_ms limit :limit)`,
    { channel, destination, nowMs, limit: WOKEN_AT_ONCE },
  );
}

function hold(tx: Queryable, destination: string, untilMs: number): void {
  tx.run('update webhooks set hold_until_ms = :untilMs where id = :destination', { destination, untilMs });
}

const ATTEMPTS_KEPT = 20;

function logAttempt(tx: Queryable, id: DeliveryId, attempt: Attempt): void {
  tx.run(
    `insert into delivery_attempts (delivery_id, number, started_at_ms, ended_at_ms, status, error)
     select :id, coalesce(max(number), 0) + 1, :startedAtMs, :endedAtMs, :status, :error
     from delivery_attempts where delivery_id = :id`,
    { id, startedAtMs: attempt.startedAtMs, endedAtMs: attempt.endedAtMs, ...lastParams(attempt) },
  );
  tx.run(
    `delete from delivery_attempts where delivery_id = :id
       and number <= (select max(number) from delivery_attempts where delivery_id = :id) - :kept`,
    { id, kept: ATTEMPTS_KEPT },
  );
}
