import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  return { store, other, clock, close };
});

storeContract('SQLite in memory', async (): Promise<StoreUnderTest> => {
  const clock = new VirtualClock();
  const store = await openSqliteStore({ path: ':memory:', clock, faults, migrates: true, random: seededRandom('one') });
  return { store, other: store, clock, close: () => store.close() };
});
