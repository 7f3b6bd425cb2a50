import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Post } from '../../src/model/post.ts';
import type { Happening } from '../../src/posts/happening.ts';
import { after, mayBeSent, tokenNeededAt } from '../../src/posts/lifecycle.ts';
import { NINE, samplePost } from '../support/post-samples.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const NOT_FOUND: Happening = { kind: 'read_back', fence: 1, found: undefined };
const UNREADABLE: Happening = { kind: 'read_back_failed', fence: 1, detail: '', retryAfterMs: undefined };

describe('an obstacle', () => {
  const held = (post: Post, nowMs: number, more: Partial<Extract<Happening, { kind: 'held' }>> = {}) =>
    after(post, { kind: 'held', reason: 'unavailable', detail: '', retryAfterMs: undefined, ...more }, nowMs)?.next;

  it('is tried again after longer and longer, and at the latest time for the last time', () => {
    let post = samplePost('scheduled');
    let nowMs = NINE;
    const waits: number[] = [];
    while (post.status === 'scheduled') {
      const next = held(post, nowMs);
      assert.ok(next !== undefined);
      if (next.status === 'scheduled') waits.push(((next.dueAtMs ?? 0) - nowMs) / SECOND);
      nowMs = next.dueAtMs ?? nowMs;
      post = next;
    }
    assert.deepEqual(waits.slice(0, 6), [5, 15, 45, 135, 300, 300]);
    assert.equal(nowMs, NINE + HOUR);
    assert.equal(post.status, 'failed');
    assert.equal(post.statusReason, 'too_late');
  });

  it('is respected for as long as was asked', () => {
    assert.equal(held(samplePost('scheduled'), NINE, { retryAfterMs: 10 * MINUTE })?.dueAtMs, NINE + 10 * MINUTE);
    assert.equal(held(samplePost('scheduled'), NINE, { retryAfterMs: 10 * HOUR })?.dueAtMs, NINE + HOUR);
  });

  it('before its time does not make a post miss it', () => {
    assert.equal(held(samplePost('scheduled'), NINE - MINUTE, { retryAfterMs: 10 * MINUTE })?.dueAtMs, NINE);
  });

  it('that a person can remove is looked at every minute, and is the reason in the end', () => {
    const waiting = held(samplePost('scheduled', { delays: 7 }), NINE, { reason: 'reauth_required' });
    assert.equal(waiting?.dueAtMs, NINE + MINUTE);
    assert.equal(waiting.statusReason, 'reauth_required');
    assert.equal(held(waiting, NINE + HOUR, { reason: 'reauth_required' })?.statusReason, 'reauth_required');
    assert.equal(after(waiting, { kind: 'time_passed' }, NINE + HOUR + 1)?.next.statusReason, 'reauth_required');
  });
});

describe('reading the timeline', () => {
  const notFound = (post: Post, afterMs: number) => after(post, NOT_FOUND, NINE + afterMs);

  it('is done 5 s, 30 s, 2 min and 10 min after it became unknown; then a person decides', () => {
    let post = samplePost('unknown');
    const looks: number[] = [];
    let change = undefined as ReturnType<typeof after>;
    while (post.dueAtMs !== undefined) {
      looks.push((post.dueAtMs - NINE) / SECOND);
      change = notFound(post, post.dueAtMs - NINE + 200);
      assert.ok(change !== undefined);
      post = change.next;
    }
    assert.deepEqual(looks, [5, 30, 120, 600]);
    assert.equal(post.statusReason, 'not_on_timeline');
    assert.equal(change?.event?.data['needs_decision'], true);
  });

  it('late stands for the looks that were missed, so that four do not come at once', () => {
    const change = notFound(samplePost('unknown'), HOUR);
    assert.equal(change?.next.dueAtMs, undefined);
    assert.equal(change?.next.readBacks, 4);
  });

  it('to the end lets an opted-in post be sent once more, at once, unless its latest time has passed', () => {
    const last = samplePost('unknown', { readBacks: 3, resendOnce: true });
    assert.equal(notFound(last, 10 * MINUTE)?.next.dueAtMs, NINE + 10 * MINUTE);
    const late = notFound(last, HOUR + 1)?.next;
    assert.equal(late?.dueAtMs, undefined);
    assert.equal(late?.resendOnce, false);
  });

  it('that failed does not count, and is given up after a day', () => {
    let post = samplePost('unknown', { readBacks: 3, resendOnce: true });
    let looks = 0;
    while (post.dueAtMs !== undefined) {
      const next = after(post, UNREADABLE, post.dueAtMs)?.next;
      assert.ok(next !== undefined);
      post = next;
      looks += 1;
    }
    assert.ok(looks > 50 && looks < 150, String(looks));
    assert.equal(post.status, 'unknown');
    assert.equal(post.statusReason, 'timeline_unreadable');
    assert.equal(post.readBacks, 3);
    assert.equal(mayBeSent(post, NINE), false);
  });

  it('before an attempt says nothing about it', () => {
    assert.equal(after(samplePost('unknown', { fence: 2 }), NOT_FOUND, NINE), undefined);
  });
});

describe('a displaced post', () => {
  it('searches again, and only if the network itself did not give it its id', () => {
    const displaced: Happening = { kind: 'displaced', by: samplePost('draft').id };
    assert.equal(after(samplePost('published'), displaced, NINE), undefined);
    const next = after(samplePost('published', { remoteEvidence: 'timeline' }), displaced, NINE)?.next;
    assert.equal(next?.status, 'unknown');
    assert.equal(next.remoteId, undefined);
    assert.equal(next.dueAtMs, NINE + 5 * SECOND);
  });
});

describe('a time that has passed', () => {
  it('ends what still waits for something', () => {
    const nowMs = NINE + HOUR + 1;
    assert.equal(after(samplePost('scheduled'), { kind: 'time_passed' }, nowMs)?.next.statusReason, 'too_late');
    assert.equal(after(samplePost('needs_approval'), { kind: 'time_passed' }, nowMs)?.next.statusReason, 'too_late');
    for (const status of ['draft', 'publishing', 'published', 'unknown', 'failed', 'cancelled'] as const) {
      assert.equal(after(samplePost(status), { kind: 'time_passed' }, nowMs), undefined, status);
    }
  });

  it('takes an unused repetition away', () => {
    const waiting = samplePost('unknown', { statusReason: 'not_on_timeline', resendOnce: true });
    assert.equal(after(waiting, { kind: 'time_passed' }, NINE + HOUR + 1)?.next.resendOnce, false);
  });
});

describe('the token', () => {
  it('is needed two minutes before', () => {
    assert.equal(tokenNeededAt({ publishAtMs: NINE }), NINE - 2 * MINUTE);
    assert.equal(tokenNeededAt({ publishAtMs: undefined }), undefined);
  });
});
