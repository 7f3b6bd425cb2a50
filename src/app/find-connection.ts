import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import type { App } from './open.ts';

/** Throws `not_found`. */
export async function findConnection(idOrName: string, { lookUps }: Pick<App, 'lookUps'>): Promise<Connection> {
  const connection = await lookUps.find(idOrName);
  if (connection !== undefined) return connection;
  throw new KippuError(
    'not_found',
    `There is no connection ${idOrName}. \`kippu connections\` lists them; \`kippu connect\` makes one.`,
  );
}
