import type { ConnectionId, PostId, ScheduleId } from '../../model/ids.ts';
import type { PostgresDatabase, Queryable } from './database.ts';
import type { StoreClock } from './shared-clock.ts';
import { integerOrNone, text } from '../sqlite/rows.ts';

/** Tables with rows that become due, each with an index on the due time, and what such a row is known by. */
const KEYS = { credentials: 'connection_id', posts: 'id', schedules: 'id' } as const;
type DueTable = keyof typeof KEYS;

interface IdOf {
  credentials: ConnectionId;
  posts: PostId;
  schedules: ScheduleId;
}

export interface Take {
  /** Until then nobody else takes the same rows; if the taker dies, they are due again then. */
  readonly againAtMs: number;
  readonly limit: number;
}

/**
 * Takes what is due, the longest due first. Costs the same however many rows there are; what another node is taking at this
 * moment is passed over and not waited for.
 */
export async function takeDue<T extends DueTable>(
  db: PostgresDatabase,
  table: T,
  take: Take,
  clock: StoreClock,
): Promise<readonly IdOf[T][]> {
  // What is due only by a wrong clock is somebody else's, or goes out too early. The next round knows better.
  if (await clock.corrected()) return [];
  const key = KEYS[table];
  const rows = await db.write((tx) =>
    tx.all(
      `update kippu.${table} set due_at_ms = :againAtMs where ${key} in (
       select ${key} from kippu.${table} where due_at_ms is not null and due_at_ms <= :nowMs order by due_at_ms limit :limit
       for update skip locked)
     returning ${key}`,
      { nowMs: clock.nowMs(), ...take },
    ),
  );
  return rows.map((row) => text(row, key) as IdOf[T]);
}

/** The earliest due time there is. */
export async function nextDueAtMs(db: Queryable, table: DueTable): Promise<number | undefined> {
  const row = await db.get(`select min(due_at_ms) as due_at_ms from kippu.${table} where due_at_ms is not null`);
  return row === undefined ? undefined : integerOrNone(row, 'due_at_ms');
}
