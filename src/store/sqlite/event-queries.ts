import type { EventStore, EventType, KippuEvent } from '../../model/event.ts';
import type { ConnectionId, EventId, PostId } from '../../model/ids.ts';
import type { Queryable, Row, SqliteDatabase } from './database.ts';
import { integer, json, text, textOrNone } from './rows.ts';

export interface NewEvent {
  readonly id: EventId;
  /** Names the happening itself: a second event for the same one is not written. */
  readonly happening: string;
  readonly type: EventType;
  readonly atMs: number;
  readonly connectionId?: ConnectionId | undefined;
  readonly postId?: PostId | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Writes the event in the transaction of what happened. `false`: this happening has its event already. */
export function insertEvent(tx: Queryable, event: NewEvent): boolean {
  const changed = tx.run(
    `insert or ignore into events (id, happening, type, at_ms, connection_id, post_id, data)
     values (:id, :happening, :type, :atMs, :connectionId, :postId, :data)`,
    {
      id: event.id,
      happening: event.happening,
      type: event.type,
      atMs: event.atMs,
      connectionId: event.connectionId ?? null,
      postId: event.postId ?? null,
      data: JSON.stringify(event.data),
    },
  );
  return changed === 1;
}

export function sqliteEventStore(db: SqliteDatabase): EventStore {
  return {
    async list({ after = 0, connectionId, limit, newestFirst = false }) {
      const order = newestFirst ? 'desc' : 'asc';
      const filter = connectionId === undefined ? '' : 'and connection_id = :connectionId';
      const rows = db.all(
        `select * from events where sequence > :after ${filter} order by sequence ${order} limit :limit`,
        {
          after,
          limit,
          ...(connectionId === undefined ? {} : { connectionId }),
        },
      );
      return rows.map(eventOf);
    },
  };
}

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
