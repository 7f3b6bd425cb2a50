import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { TakenDelivery } from '../../src/model/notice.ts';
import type { Handover } from '../../src/notify/handover.ts';
import { JITTER, outcomeOf, RETRY_DELAYS_MS, TRIED_FOR_MS } from '../../src/notify/retries.ts';

const NOW_MS = 1_000_000_000;
const NOT_NOW: Handover = { kind: 'not_now', status: 500, error: 'the receiver answered 500' };

function taken(more: Partial<TakenDelivery> = {}): TakenDelivery {
  return { tries: 0, roundBeganAtMs: NOW_MS, dueAtMs: NOW_MS, isProbe: false, ...more } as TakenDelivery;
}

describe('after an attempt', () => {
  it('that was accepted, refused or unwanted there is no other', () => {
    const at = { nowMs: NOW_MS, chance: 0 };
    assert.deepEqual(outcomeOf({ kind: 'delivered', status: 200 }, taken(), at), { kind: 'delivered' });
    assert.deepEqual(outcomeOf({ kind: 'refused', status: 550, error: 'no' }, taken(), at), { kind: 'failed' });
    assert.deepEqual(outcomeOf({ kind: 'gone', status: 410, error: 'gone' }, taken(), at), {
      kind: 'unwanted',
      because: 'gone',
    });
  });

  for (const [index, delayMs] of RETRY_DELAYS_MS.entries()) {
    it(`number ${index + 1} the next one waits ${delayMs / SECOND_MS} s, and by chance up to a fifth more`, () => {
      const after = (chance: number): unknown => outcomeOf(NOT_NOW, taken({ tries: index }), { nowMs: NOW_MS, chance });
      const again = (dueAtMs: number): unknown => ({
        kind: 'again',
        dueAtMs,
        tries: index + 1,
        holdUntilMs: undefined,
      });
      assert.deepEqual(after(0), again(NOW_MS + delayMs));
      assert.deepEqual(after(0.5), again(NOW_MS + delayMs * (1 + JITTER / 2)));
    });
  }

  it('number ten it has failed, if three days have passed; else it goes on daily', () => {
    const tenth = taken({ tries: RETRY_DELAYS_MS.length });
    const at = (nowMs: number): unknown => outcomeOf(NOT_NOW, tenth, { nowMs, chance: 0 });
    assert.deepEqual(at(NOW_MS + TRIED_FOR_MS), { kind: 'failed' });
    const early = NOW_MS + TRIED_FOR_MS - 1;
    assert.deepEqual(at(early), { kind: 'again', dueAtMs: early + DAY_MS, tries: 10, holdUntilMs: undefined });
  });

  it('number nine there is a tenth, however long it took', () => {
    const ninth = taken({ tries: RETRY_DELAYS_MS.length - 1 });
    assert.equal(outcomeOf(NOT_NOW, ninth, { nowMs: NOW_MS + 30 * DAY_MS, chance: 0 }).kind, 'again');
  });

  it('that was a probe nothing is lost of its own time and tries', () => {
    const probe = taken({ tries: 4, dueAtMs: NOW_MS + 5 * HOUR_MS, isProbe: true });
    assert.deepEqual(outcomeOf(NOT_NOW, probe, { nowMs: NOW_MS, chance: 0 }), {
      kind: 'again',
      dueAtMs: NOW_MS + 5 * HOUR_MS,
      tries: 4,
      holdUntilMs: undefined,
    });
  });

  for (const [retryAfterMs, dueInMs, holdMs] of [
    [HOUR_MS, HOUR_MS, HOUR_MS],
    [0, 5 * SECOND_MS, 0],
    [30 * DAY_MS, DAY_MS, DAY_MS],
  ] as const) {
    it(`with Retry-After of ${retryAfterMs / SECOND_MS} s the next one is in ${dueInMs / SECOND_MS} s`, () => {
      const outcome = outcomeOf({ ...NOT_NOW, retryAfterMs }, taken(), { nowMs: NOW_MS, chance: 0 });
      assert.deepEqual(outcome, {
        kind: 'again',
        dueAtMs: NOW_MS + dueInMs,
        tries: 1,
        holdUntilMs: NOW_MS + holdMs,
      });
    });
  }
});
