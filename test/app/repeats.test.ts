import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Repeats } from '../../src/app/repeats.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const MINUTE_MS = 60_000;

test('what fails for a day is said at once, and then after twice as long each time, an hour at most', async () => {
  const clock = new VirtualClock();
  const repeats = new Repeats(clock);
  const startMs = clock.monotonicMs();
  const saidAt: number[] = [];
  let unsaid = 0;
  for (let round = 0; round < 24 * 60; round += 1) {
    const worth = repeats.worthSaying('gone');
    if (worth === undefined) unsaid += 1;
    else {
      assert.equal(worth, unsaid);
      unsaid = 0;
      saidAt.push((clock.monotonicMs() - startMs) / MINUTE_MS);
    }
    await clock.advance(MINUTE_MS / 4);
  }
  assert.deepEqual(saidAt, [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303]);
});

test('another failure is said at once, and so is one that stayed away', async () => {
  const clock = new VirtualClock();
  const repeats = new Repeats(clock);
  for (let round = 0; round < 200; round += 1) {
    repeats.worthSaying('gone');
    await clock.advance(1000);
  }
  assert.equal(repeats.worthSaying('another'), 0);
  await clock.advance(2 * MINUTE_MS);
  assert.equal(repeats.worthSaying('another'), 0);
  await clock.advance(MINUTE_MS);
  assert.equal(repeats.worthSaying('another'), 0, 'once in a while is no repetition');
});

test('of failures that are always different, not all are remembered', () => {
  const repeats = new Repeats(new VirtualClock());
  for (let number = 0; number < 1000; number += 1) assert.equal(repeats.worthSaying(`failure ${number}`), 0);
  assert.equal(repeats.worthSaying('failure 999'), undefined);
  assert.equal(repeats.worthSaying('failure 0'), 0);
});
