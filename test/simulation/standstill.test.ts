import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Standstill, type Work } from './standstill.ts';

test('what was done sooner is told in the order in which it was begun', async () => {
  const standstill = new Standstill();
  const told: string[] = [];
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  for (const work of [first, second]) void standstill.begin(() => work.promise).then((what) => told.push(what));
  second.resolve('second');
  await second.promise;
  assert.notEqual(standstill.settled(), undefined);
  first.resolve('first');
  await standstill.settled();
  await Promise.resolve();
  assert.deepEqual(told, ['first', 'second']);
  assert.equal(standstill.settled(), undefined);
});

test('what waits for somebody else keeps nobody up, and is told when it has gone on', async () => {
  const standstill = new Standstill();
  const work = Promise.withResolvers<string>();
  let waiting: Work = { isWaiting: false };
  const brought = standstill.begin((self) => {
    waiting = self;
    return work.promise;
  });
  const still = standstill.settled();
  waiting.isWaiting = true;
  standstill.look();
  await still;
  assert.equal(standstill.settled(), undefined);
  waiting.isWaiting = false;
  assert.notEqual(standstill.settled(), undefined);
  work.resolve('told');
  assert.equal(await brought, 'told');
});
