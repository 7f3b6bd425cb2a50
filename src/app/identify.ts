import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { identityRequest, readIdentity, saysWho } from '../protocol/identity.ts';
import type { App } from './open.ts';

/**
 * Learns whose account an imported connection is, where the import did not say and its access token could not be asked:
 * with a good access token, for which a refresh token alone is spent once. That also shows at once whether the import is
 * any good. What cannot be learned now stays open; nothing of the connection depends on it.
 */
export async function identifyImported(
  connection: Connection,
  { isNamed }: { readonly isNamed: boolean },
  app: App,
): Promise<Connection> {
  const provider = app.apps.get(connection.providerAppId);
  if (connection.subject !== undefined || provider === undefined || !saysWho(provider)) return connection;
  try {
    const { accessToken } = await app.tokens.get(connection.id);
    const identity = readIdentity(provider, await app.renewal.http.send(identityRequest(provider, accessToken)));
    if (identity.kind === 'known') {
      await app.store.connections.identify(connection.id, identity);
      // A name that somebody else has stays his; then this one keeps the one that was made up for it.
      if (!isNamed)
        await app.store.connections.update(connection.id, { name: `${connection.provider}:${identity.handle}` });
    }
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    app.log.warn(
      { err: error, connection: connection.id },
      'it could not be asked whose account an imported connection is',
    );
  }
  return (await app.store.connections.find(connection.id)) ?? connection;
}
