import { PostgresServer } from '../../test/support/postgres-server.ts';
import type { Bench } from '../measure/bench.ts';
import type { FilledStore } from './fill-store.ts';
import { environmentOf, runKippu } from './kippu-server.ts';

/** The same store in a PostgreSQL of its own, moved there as an operator moves it. */
export async function movedToPostgres(bench: Bench, store: FilledStore, providerUrl: string): Promise<FilledStore> {
  const server = await PostgresServer.start();
  bench.onEnd(() => server.remove());
  const database = server.url('schema=kippu');
  runKippu(bench, ['migrate-store', '--to', database], environmentOf(store, providerUrl, 0));
  return { ...store, database };
}
