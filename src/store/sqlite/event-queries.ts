import type { EventStore } from '../../model/event.ts';
import { newId, type EventId } from '../../model/ids.ts';
import type { NewEvent } from '../new-events.ts';
import { eventOf, eventParams } from '../rows/event-rows.ts';
import type { Stamps } from '../settling.ts';
import type { Queryable, SqliteDatabase } from './database.ts';

/** Writes the event in the transaction of what happened. `undefined`: this happening has its event already. */
export function insertEvent(tx: Queryable, event: NewEvent, { clock, random }: Stamps): EventId | undefined {
  const id = newId('evt', random);
  const changed = tx.run(
    `insert or ignore into events (id, happening, type, at_ms, connection_id, post_id, data)
     values (:id, :happening, :type, :atMs, :connectionId, :postId, :data)`,
    eventParams(id, event, clock.nowMs()),
  );
  return changed === 1 ? id : undefined;
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
