import type { DeliveryId } from '../../model/ids.ts';
import type { Delivery, DeliveryAttempt, DeliveryState, NoticeChannel } from '../../model/notice.ts';
import { integer, integerOrNone, text, textOrNone, type Row } from './columns.ts';
import { eventOf } from './event-rows.ts';

export function deliveryOf(row: Row): Delivery {
  return {
    id: text(row, 'id') as DeliveryId,
    event: eventOf({
      id: row['event_id'] ?? null,
      sequence: row['event_sequence'] ?? null,
      type: row['event_type'] ?? null,
      at_ms: row['event_at_ms'] ?? null,
      connection_id: row['connection_id'] ?? null,
      post_id: row['post_id'] ?? null,
      data: row['data'] ?? null,
    }),
    channel: text(row, 'channel') as NoticeChannel,
    destination: text(row, 'destination'),
    state: text(row, 'state') as DeliveryState,
    round: integer(row, 'round'),
    roundBeganAtMs: integer(row, 'round_began_at_ms'),
    tries: integer(row, 'tries'),
    dueAtMs: integerOrNone(row, 'due_at_ms'),
    lastStatus: integerOrNone(row, 'last_status'),
    lastError: textOrNone(row, 'last_error'),
    createdAtMs: integer(row, 'created_at_ms'),
    endedAtMs: integerOrNone(row, 'ended_at_ms'),
  };
}

export function deliveryAttemptOf(row: Row): DeliveryAttempt {
  return {
    number: integer(row, 'number'),
    startedAtMs: integer(row, 'started_at_ms'),
    endedAtMs: integer(row, 'ended_at_ms'),
    status: integerOrNone(row, 'status'),
    error: textOrNone(row, 'error'),
  };
}

export function lastParams({ status, error }: Omit<DeliveryAttempt, 'number'>): {
  readonly status: number | null;
  readonly error: string | null;
} {
  return { status: status ?? null, error: error ?? null };
}
