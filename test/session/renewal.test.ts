import { after, before } from 'node:test';
import type { Store } from '../../src/model/store.ts';
import { StoreTraffic } from '../support/counted-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { emptyTables, openStoreAt } from '../support/postgres-store.ts';
import { renewsOnce } from './renewals.ts';
import type { SharedLedger } from './session-world.ts';

let server: PostgresServer;
let url: string;
before(async () => {
  server = await PostgresServer.start();
  url = server.url();
});
after(() => server.remove());

renewsOnce('SQLite');

renewsOnce('PostgreSQL', async (): Promise<SharedLedger> => {
  const traffic = new StoreTraffic();
  await emptyTables(url);
  return {
    open: (clock) => async () => traffic.of(await traffic.count<Store>(openStoreAt(url, { clock }))),
    idle: () => traffic.idle(),
  };
});
