import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LookUps } from '../../src/app/look-ups.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { Store } from '../../src/model/store.ts';

/** A store in which a look-up takes as long as the test wants. */
function slowStore() {
  const asked: ((found: Connection | undefined) => void)[] = [];
  let changes = 0;
  const connections = {
    find: () => new Promise<Connection | undefined>((resolve) => void asked.push(resolve)),
  } as unknown as Store['connections'];
  return { asked, wrote: () => void (changes += 1), store: { connections, changes: () => changes } };
}

const ALICE = { name: 'x:alice' } as Connection;

test('a crowd that asks for one connection at once makes one look-up, and the next one makes another', async () => {
  const { asked, store } = slowStore();
  const lookUps = new LookUps(store);
  const crowd = Array.from({ length: 100 }, () => lookUps.find('x:alice'));
  const other = lookUps.find('x:bob');
  assert.equal(asked.length, 2);
  asked[0]?.(ALICE);
  asked[1]?.(undefined);
  assert.deepEqual(new Set(await Promise.all(crowd)), new Set([ALICE]));
  assert.equal(await other, undefined);
  void lookUps.find('x:alice');
  assert.equal(asked.length, 3);
});

test('what was written since a look-up began is not missed by sharing it', async () => {
  const { asked, store, wrote } = slowStore();
  const lookUps = new LookUps(store);
  const before = lookUps.find('x:alice');
  wrote();
  const after = lookUps.find('x:alice');
  assert.equal(asked.length, 2);
  asked[0]?.(undefined);
  assert.equal(await before, undefined);
  const joined = lookUps.find('x:alice');
  assert.equal(asked.length, 2, 'the older one that ended took nothing away');
  asked[1]?.(ALICE);
  assert.deepEqual(await Promise.all([after, joined]), [ALICE, ALICE]);
});

test('a look-up that fails is not kept', async () => {
  let asked = 0;
  const connections = {
    find: () => {
      asked += 1;
      return Promise.reject(new Error('the store is away'));
    },
  } as unknown as Store['connections'];
  const lookUps = new LookUps({ connections, changes: () => 0 });
  await assert.rejects(lookUps.find('x:alice'));
  await assert.rejects(lookUps.find('x:alice'));
  assert.equal(asked, 2);
});
