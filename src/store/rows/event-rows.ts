import type { EventType, KippuEvent } from '../../model/event.ts';
import type { ConnectionId, EventId, PostId } from '../../model/ids.ts';
import type { NewEvent } from '../new-events.ts';
import { integer, json, text, textOrNone, type Params, type Row } from './columns.ts';

export function eventOf(row: Row): KippuEvent {
  return {
    id: text(row, 'id') as EventId,
    sequence: integer(row, 'sequence'),
    type: text(row, 'type') as EventType,
    atMs: integer(row, 'at_ms'),
    connectionId: textOrNone(row, 'connection_id') as ConnectionId | undefined,
    postId: textOrNone(row, 'post_id') as PostId | undefined,
    data: json(row, 'data') as Record<string, unknown>,
  };
}

export function eventParams(id: EventId, event: NewEvent, atMs: number): Params {
  return {
    id,
    happening: event.happening,
    type: event.type,
    atMs: atMs,
    connectionId: event.connectionId ?? null,
    postId: event.postId ?? null,
    data: JSON.stringify(event.data),
  };
}
