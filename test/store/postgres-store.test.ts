import { after, before } from 'node:test';
import { metricStoreContract } from '../contract/metric-store.ts';
import { postStoreContract } from '../contract/post-store.ts';
import { storeContract } from '../contract/store.ts';
import { emptyTables, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { APP, connected } from '../support/store-samples.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import type { PostgresStore } from '../../src/store/postgres/store.ts';

let server: PostgresServer;
let url: string;
before(async () => {
  server = await PostgresServer.start();
  url = server.url();
});
after(() => server.remove());

interface TwoProcesses {
  readonly store: PostgresStore;
  readonly other: PostgresStore;
  readonly clock: VirtualClock;
  close(): Promise<void>;
}

async function openTwo(): Promise<TwoProcesses> {
  const clock = new VirtualClock();
  await emptyTables(url);
  const store = await openStoreAt(url, { clock });
  const other = await openStoreAt(url, { clock });
  const close = async (): Promise<void> => {
    await Promise.all([store.close(), other.close()]);
  };
  return { store, other, clock, close };
}

storeContract('PostgreSQL with two processes', async () => {
  const two = await openTwo();
  const caughtUp = async (): Promise<void> => {
    for (const process of [two.store, two.other]) await process.caughtUp();
    for (const process of [two.store, two.other]) await process.caughtUp();
  };
  return { ...two, caughtUp };
});

postStoreContract('PostgreSQL', async () => {
  const { store, other, clock, close } = await openTwo();
  await store.home.registerApps([APP]);
  return {
    store: store.posts,
    other: other.posts,
    clock,
    connect: async (name) => (await connected(store, name.slice('x:'.length), clock.nowMs())).id,
    events: async () => (await store.events.list({ limit: 100 })).filter(({ postId }) => postId !== undefined),
    close,
  };
});

metricStoreContract('PostgreSQL', async () => {
  const { store, other, clock, close } = await openTwo();
  await store.home.registerApps([APP]);
  return {
    store: store.metrics,
    other: other.metrics,
    connect: async (name) => (await connected(store, name.slice('x:'.length), clock.nowMs())).id,
    schedules: store.schedules,
    close,
  };
});
