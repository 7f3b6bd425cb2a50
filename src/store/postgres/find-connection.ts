import type { Connection } from '../../model/connection.ts';
import { connectionOf } from '../rows/connection-rows.ts';
import type { Queryable } from './database.ts';

/** A connection with what its credential says of it; a condition is added to it. */
export const CONNECTION_SQL = `
  select n.*, c.access_expires_at_ms, c.refresh_fingerprint, c.due_at_ms,
    least(c.refresh_absolute_ends_at_ms, c.refresh_idle_ends_at_ms) as refresh_expires_at_ms
  from kippu.connections n join kippu.credentials c on c.connection_id = n.id`;

/** An id before a name, should anybody have given a connection another one's id as its name. */
export async function findConnection(db: Queryable, idOrName: string): Promise<Connection | undefined> {
  const row = await db.get(
    `${CONNECTION_SQL} where n.id = :idOrName or n.name = :idOrName order by (n.id = :idOrName) desc limit 1`,
    { idOrName },
  );
  return row === undefined ? undefined : connectionOf(row);
}
