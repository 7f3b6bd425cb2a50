import type { Queryable } from './database.ts';

/**
 * Waits until no other transaction of this schema has the turn of this name, and has it for the rest of this one. Where a
 * promise is about rows that are not there yet, there is no row to lock.
 */
export async function takeTurn(tx: Queryable, name: string): Promise<void> {
  await tx.get(`select pg_advisory_xact_lock(hashtextextended('kippu.' || :name, 0))`, { name });
}
