import type { EventType } from '../../model/event.ts';
import type { ConnectionId, WebhookId } from '../../model/ids.ts';
import type { Webhook } from '../../model/notice.ts';
import { bytes, integer, integerOrNone, json, text, textOrNone, type Params, type Row } from './columns.ts';

export function webhookOf(row: Row): Webhook {
  const disabledAtMs = integerOrNone(row, 'disabled_at_ms');
  return {
    id: text(row, 'id') as WebhookId,
    url: text(row, 'url'),
    eventTypes: row['event_types'] === null ? undefined : (json(row, 'event_types') as EventType[]),
    connections: row['connections'] === null ? undefined : (json(row, 'connections') as ConnectionId[]),
    sealed: bytes(row, 'sealed'),
    generation: text(row, 'generation'),
    overlapEndsAtMs: integerOrNone(row, 'overlap_ends_at_ms'),
    createdAtMs: integer(row, 'created_at_ms'),
    disabled:
      disabledAtMs === undefined
        ? undefined
        : { atMs: disabledAtMs, because: textOrNone(row, 'disabled_because') ?? '' },
  };
}

export function jsonOrNull(values: readonly string[] | null | undefined): string | null {
  return values === undefined || values === null ? null : JSON.stringify(values);
}

export function webhookParams(webhook: Webhook): Params {
  return {
    id: webhook.id,
    url: webhook.url,
    eventTypes: jsonOrNull(webhook.eventTypes),
    connections: jsonOrNull(webhook.connections),
    generation: webhook.generation,
    sealed: webhook.sealed,
    overlapEndsAtMs: webhook.overlapEndsAtMs ?? null,
    createdAtMs: webhook.createdAtMs,
  };
}
