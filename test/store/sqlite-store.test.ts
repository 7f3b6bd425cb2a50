import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/model/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { storeContract } from '../contract/store.ts';
import type { StoreUnderTest } from '../contract/store/under-test.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const faults = { reach: () => undefined };

storeContract('an SQLite file with two processes', async (): Promise<StoreUnderTest> => {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-store-'));
  const clock = new VirtualClock();
  const options = { path: join(directory, 'kippu.db'), clock, faults, migrates: true };
  const store = await openSqliteStore({ ...options, random: seededRandom('one') });
  const other = await openSqliteStore({ ...options, random: seededRandom('other') });
  const close = async (): Promise<void> => {
    await Promise.all([store.close(), other.close()]);
    rmSync(directory, { recursive: true });
  };
  const openBackup = (path: string): Promise<Store> =>
    openSqliteStore({ ...options, path, migrates: false, random: seededRandom('backup') });
  return { store, other, clock, openBackup, close };
});

storeContract('SQLite in memory', async (): Promise<StoreUnderTest> => {
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path: ':memory:', clock, faults, migrates: true, random: seededRandom('one') });
  const openBackup = (path: string): Promise<Store> =>
    openSqliteStore({ path, clock, faults, migrates: false, random: seededRandom('backup') });
  return { store, other: store, clock, openBackup, close: () => store.close() };
});
