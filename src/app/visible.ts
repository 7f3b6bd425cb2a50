import { isRenewable, type Connection } from '../model/connection.ts';
import type { ConnectionPage, ConnectionQuery } from '../model/connection-store.ts';
import { KippuError } from '../model/errors.ts';
import type { ConnectionId } from '../model/ids.ts';
import { requireConnection, type Caller } from './api-keys.ts';
import { sees } from './callers.ts';
import { findConnection } from './find-connection.ts';
import type { App } from './open.ts';
import { UntilWritten } from './until-written.ts';

/**
 * The connection, if there is one and the caller may use it. A caller that is bound to others learns nothing from the
 * answer, not even whether the name exists.
 *
 * Throws `not_found`, `forbidden`.
 */
export async function visibleConnection(idOrName: string, caller: Caller, app: App): Promise<Connection> {
  try {
    const connection = await findConnection(idOrName, app);
    requireConnection(caller, connection.id);
    return connection;
  } catch (error) {
    const isHidden = caller.connections !== undefined && error instanceof KippuError && error.code === 'not_found';
    throw isHidden ? new KippuError('forbidden', 'This API key is bound to other connections.') : error;
  }
}

const idsByName = new UntilWritten<ConnectionId>({ entriesMax: 10_000 });

/** As {@link visibleConnection}, for whoever needs no more than the id, and needs it often. */
export async function visibleConnectionId(idOrName: string, caller: Caller, app: App): Promise<ConnectionId> {
  const id = await idsByName.get(idOrName, app, async () => (await app.store.connections.find(idOrName))?.id);
  if (id === undefined || !sees(caller, id)) return (await visibleConnection(idOrName, caller, app)).id;
  return id;
}

/** As {@link visibleConnectionId}, from memory; `undefined` says nothing but that it must be asked. */
export function knownConnectionId(idOrName: string, caller: Caller, app: App): ConnectionId | undefined {
  const id = idsByName.known(idOrName, app);
  return id !== undefined && sees(caller, id) ? id : undefined;
}

/** The caller's connections, by id. */
export async function visibleConnections(
  query: ConnectionQuery,
  caller: Caller,
  { store }: App,
): Promise<ConnectionPage> {
  if (caller.connections === undefined) return store.connections.list(query);
  const own = await Promise.all([...caller.connections].sort().map((id) => store.connections.find(id)));
  const after = own.flatMap((connection) =>
    connection !== undefined && fits(connection, query) && connection.id > (query.cursor ?? '') ? [connection] : [],
  );
  const items = after.slice(0, query.limit);
  return { items, nextCursor: after.length > query.limit ? items.at(-1)?.id : undefined };
}

function fits(connection: Connection, { provider, owner, state, neverExpires = false }: ConnectionQuery): boolean {
  const isEndless = connection.accessExpiresAtMs === undefined && !isRenewable(connection);
  return (
    (provider === undefined || connection.provider === provider) &&
    (owner === undefined || connection.owner === owner) &&
    (state === undefined || connection.state === state) &&
    (!neverExpires || isEndless)
  );
}
