import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '../../src/model/clock.ts';
import { backOffMs, refreshEndOf, replayBackOffMs } from '../../src/renewal/lifetimes.ts';

test('failures are backed off from a second to five minutes, a tenth to either side', () => {
  assert.deepEqual(
    [0, 1, 2, 8].map((failures) => backOffMs(failures, 0.5)),
    [1000, 2000, 4000, 256_000],
  );
  assert.deepEqual(
    [9, 50, 1e6].map((failures) => backOffMs(failures, 0.5)),
    [5 * MINUTE_MS, 5 * MINUTE_MS, 5 * MINUTE_MS],
  );
  assert.deepEqual([backOffMs(0, 0), backOffMs(0, 0.999_999)], [900, 1100]);
});

test('replays are backed off from a minute to sixteen', () => {
  assert.deepEqual([1, 2, 3, 99].map(replayBackOffMs), [MINUTE_MS, 4 * MINUTE_MS, 16 * MINUTE_MS, 16 * MINUTE_MS]);
});

test('of two ends the earlier one counts', () => {
  assert.equal(refreshEndOf({ refreshAbsoluteEndsAtMs: 5, refreshIdleEndsAtMs: 4 }), 4);
  assert.equal(refreshEndOf({ refreshAbsoluteEndsAtMs: 5, refreshIdleEndsAtMs: undefined }), 5);
  assert.equal(refreshEndOf({ refreshAbsoluteEndsAtMs: undefined, refreshIdleEndsAtMs: undefined }), undefined);
});
