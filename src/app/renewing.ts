import type { Connection } from '../model/connection.ts';
import { findConnection } from './connections.ts';
import type { App } from './open.ts';

/**
 * Renews because somebody asked for it. Of several who ask at the same time, all get the same renewal.
 *
 * Throws `not_found`, and what renewing throws.
 */
export async function renewConnection(idOrName: string, app: App): Promise<Connection> {
  const { id } = await findConnection(idOrName, app);
  const credential = await app.store.credentials.read(id);
  await app.tokens.renewNow(id, credential?.version ?? 0);
  return findConnection(id, app);
}
