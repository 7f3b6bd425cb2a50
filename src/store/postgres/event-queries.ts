import type { EventStore } from '../../model/event.ts';
import { newId, type EventId } from '../../model/ids.ts';
import type { NewEvent } from '../new-events.ts';
import { eventOf, eventParams } from '../rows/event-rows.ts';
import type { Stamps } from '../settling.ts';
import type { PostgresDatabase, Queryable } from './database.ts';
import { takeTurn } from './turns.ts';

/** Writes the event in the transaction of what happened. `undefined`: this happening has its event already. */
export async function insertEvent(
  tx: Queryable,
  event: NewEvent,
  { clock, random }: Stamps,
): Promise<EventId | undefined> {
  const id = newId('evt', random);
  const changed = await tx.run(
    `insert into kippu.events (id, happening, type, at_ms, connection_id, post_id, data)
     values (:id, :happening, :type, :atMs, :connectionId, :postId, :data)
     on conflict (happening) do nothing`,
    eventParams(id, event, clock.nowMs()),
  );
  return changed === 1 ? id : undefined;
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
