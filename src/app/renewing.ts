import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { findConnection } from './find-connection.ts';
import type { App } from './open.ts';

/**
 * Renews because somebody asked for it. Of several who ask at the same time, all get the same renewal.
 *
 * Throws `not_found`, `conflict` for a static API key, and what renewing throws.
 */
export async function renewConnection(idOrName: string, app: App): Promise<Connection> {
  const { id, name, provider, restsOn } = await findConnection(idOrName, app);
  if (restsOn === 'key')
    throw new KippuError(
      'conflict',
      `${name} is an API key, and nothing renews one. Import another in its place: \`kippu import ${provider} --api-key - --connection ${name}\`.`,
    );
  const credential = await app.store.credentials.read(id);
  await app.tokens.renewNow(id, credential?.version ?? 0);
  return findConnection(id, app);
}
