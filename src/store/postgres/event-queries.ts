import type { EventStore, EventType, KippuEvent } from '../../model/event.ts';
import type { ConnectionId, EventId, PostId } from '../../model/ids.ts';
import { integer, json, text, textOrNone } from '../sqlite/rows.ts';
import type { PostgresDatabase, Queryable, Row } from './database.ts';
import { takeTurn } from './turns.ts';

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
export async function insertEvent(tx: Queryable, event: NewEvent): Promise<boolean> {
  const changed = await tx.run(
    `insert into kippu.events (id, happening, type, at_ms, connection_id, post_id, data)
     values (:id, :happening, :type, :atMs, :connectionId, :postId, :data)
     on conflict (happening) do nothing`,
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

export function postgresEventStore(db: PostgresDatabase): EventStore {
  return {
    async list({ after = 0, connectionId, limit, newestFirst = false }) {
      await numberEvents(db);
      const order = newestFirst ? 'desc' : 'asc';
      const filter = connectionId === undefined ? '' : 'and connection_id = :connectionId';
      const rows = await db.all(
        `select * from kippu.events where sequence > :after ${filter} order by sequence ${order} limit :limit`,
        { after, limit, ...(connectionId === undefined ? {} : { connectionId }) },
      );
      return rows.map(eventOf);
    },
  };
}

/** Bounds one transaction; a backlog is numbered in several. */
const NUMBERED_AT_ONCE = 5000;

/**
 * Gives their numbers to the events that were committed and have none. Whoever reads in the order of events does this
 * first. Of several numberers one goes on at a time, and sees what the one before has committed: so a number becomes
 * visible only when all lower ones are, and a reader with a cursor misses nothing, however long a transaction took.
 */
export async function numberEvents(db: PostgresDatabase): Promise<void> {
  while (await hasUnnumbered(db)) await db.write(numberSome, { isNews: false });
}

export async function hasUnnumbered(db: Queryable): Promise<boolean> {
  return (await db.get('select 1 as found from kippu.events where sequence is null limit 1')) !== undefined;
}

async function numberSome(tx: Queryable): Promise<void> {
  await takeTurn(tx, 'numbering of events');
  await tx.run(
    `with next as (
       select id, row_number() over (order by arrival) as place
       from (select id, arrival from kippu.events where sequence is null order by arrival limit :limit) unnumbered
     ),
     raised as (
       update kippu.event_numbers set last = last + (select count(*) from next) returning last
     )
     update kippu.events e set sequence = raised.last - (select count(*) from next) + next.place
     from next, raised where e.id = next.id`,
    { limit: NUMBERED_AT_ONCE },
  );
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
