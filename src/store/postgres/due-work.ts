import { DUE_KEYS, type DueIds, type DueTable, type TakeDue } from '../due-tables.ts';
import { integerOrNone, text } from '../rows/columns.ts';
import type { PostgresDatabase, Queryable } from './database.ts';
import type { StoreClock } from './shared-clock.ts';

/**
 * Takes what is due, the longest due first. Costs the same however many rows there are; what another node is taking at this
 * moment is passed over and not waited for. The rows are chosen in a part of the statement that runs once: below an `in`
 * the planner may run the choice again for each row, and every time it would take as many as the limit allows.
 */
export async function takeDue<T extends DueTable>(
  db: PostgresDatabase,
  table: T,
  take: Omit<TakeDue, 'nowMs'>,
  clock: StoreClock,
): Promise<readonly DueIds[T][]> {
  // What is due only by a wrong clock is somebody else's, or goes out too early. The next round knows better.
  if (await clock.corrected()) return [];
  const key = DUE_KEYS[table];
  const rows = await db.write((tx) =>
    tx.all(
      `with chosen as materialized (
         select ${key} as chosen_key from kippu.${table} where due_at_ms is not null and due_at_ms <= :nowMs
         order by due_at_ms limit :limit for update skip locked)
       update kippu.${table} set due_at_ms = :againAtMs from chosen where ${key} = chosen_key
       returning ${key}`,
      { nowMs: clock.nowMs(), ...take },
    ),
  );
  return rows.map((row) => text(row, key) as DueIds[T]);
}

/** The earliest due time there is. */
export async function nextDueAtMs(db: Queryable, table: DueTable): Promise<number | undefined> {
  const row = await db.get(`select min(due_at_ms) as due_at_ms from kippu.${table} where due_at_ms is not null`);
  return row === undefined ? undefined : integerOrNone(row, 'due_at_ms');
}
