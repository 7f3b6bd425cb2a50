import { DUE_KEYS, type DueIds, type DueTable, type TakeDue } from '../due-tables.ts';
import { integerOrNone, text } from '../rows/columns.ts';
import type { Queryable } from './database.ts';

/** Takes what is due, the longest due first. Costs the same however many rows there are. */
export function takeDue<T extends DueTable>(tx: Queryable, table: T, take: TakeDue): readonly DueIds[T][] {
  const key = DUE_KEYS[table];
  const rows = tx.all(
    `update ${table} set due_at_ms = :againAtMs where ${key} in (
       select ${key} from ${table} where due_at_ms is not null and due_at_ms <= :nowMs order by due_at_ms limit :limit)
     returning ${key}`,
    { ...take },
  );
  return rows.map((row) => text(row, key) as DueIds[T]);
}

/** The earliest due time there is. */
export function nextDueAtMs(db: Queryable, table: DueTable): number | undefined {
  const row = db.get(`select min(due_at_ms) as due_at_ms from ${table} where due_at_ms is not null`);
  return row === undefined ? undefined : integerOrNone(row, 'due_at_ms');
}
