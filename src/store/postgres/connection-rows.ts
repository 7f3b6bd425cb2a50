import type { Connection, ConnectionState, Foundation, ReauthReason, RenewalPolicy } from '../../model/connection.ts';
import type { ConnectionId, ProviderAppId } from '../../model/ids.ts';
import { integer, integerOrNone, json, text, textOrNone } from '../sqlite/rows.ts';
import type { Queryable, Row } from './database.ts';

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

/** A row of {@link CONNECTION_SQL}. */
export function connectionOf(row: Row): Connection {
  return {
    id: text(row, 'id') as ConnectionId,
    name: text(row, 'name'),
    provider: text(row, 'provider'),
    restsOn: text(row, 'rests_on') as Foundation,
    providerAppId: text(row, 'provider_app_id') as ProviderAppId,
    owner: text(row, 'owner'),
    subject: textOrNone(row, 'subject'),
    handle: textOrNone(row, 'handle'),
    state: text(row, 'state') as ConnectionState,
    stateReason: textOrNone(row, 'state_reason') as ReauthReason | undefined,
    scopes: json(row, 'scopes') as string[],
    policy: text(row, 'policy') as RenewalPolicy,
    metadata: json(row, 'metadata') as Record<string, unknown>,
    accessExpiresAtMs: integerOrNone(row, 'access_expires_at_ms'),
    refreshExpiresAtMs: integerOrNone(row, 'refresh_expires_at_ms'),
    hasRefreshToken: row['refresh_fingerprint'] !== null,
    grantedAtMs: integer(row, 'granted_at_ms'),
    lastRenewedAtMs: integerOrNone(row, 'last_renewed_at_ms'),
    renewals: integer(row, 'renewals'),
    nextDueAtMs: integerOrNone(row, 'due_at_ms'),
    createdAtMs: integer(row, 'created_at_ms'),
  };
}
