import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/model/store.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function open(path: string): Promise<Store> {
  const faults = { reach: () => undefined };
  return openSqliteStore({ path, clock: new VirtualClock(), random: seededRandom(), faults, migrates: true });
}

test('a store keeps its identity when it is opened again or moved, and a copy has another', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-home-'));
  const [first, moved, copy] = ['first.db', 'moved.db', 'copy.db'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const store = await open(first);
  const identity = store.home.identity();
  assert.match(identity ?? '', /^sqlite:\d+:\d+$/);
  await store.close();
  renameSync(first, moved);
  copyFileSync(moved, copy);
  const [again, other] = [await open(moved), await open(copy)];
  assert.equal(again.home.identity(), identity);
  assert.notEqual(other.home.identity(), identity);
  await again.close();
  await other.close();
  rmSync(directory, { recursive: true });
});

test('a store in memory is nowhere', async () => {
  const store = await open(':memory:');
  assert.equal(store.home.identity(), undefined);
  await store.close();
});
