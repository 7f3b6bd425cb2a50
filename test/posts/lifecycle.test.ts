import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { POST_STATUSES, type Post, type PostStatus, type PublishOutcome } from '../../src/model/post.ts';
import type { Happening } from '../../src/posts/happening.ts';
import { after, mayBeSent } from '../../src/posts/lifecycle.ts';
import { attempt, NINE, samplePost } from '../support/post-samples.ts';
import { identity } from '../support/posting-world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const TIMES = {
  publishAtMs: NINE + HOUR,
  latestAtMs: NINE + 2 * HOUR,
  timezone: undefined,
  dueAtMs: NINE + HOUR - 2 * MINUTE,
};
const CONTENT = { text: 'hello', replyTo: undefined, replySettings: undefined, madeWithAi: false };

const PUBLISHED: PublishOutcome = { kind: 'published', remoteId: '77' };
const NOT_CREATED: PublishOutcome = {
  kind: 'not_created',
  reason: 'rate_limited',
  detail: 'HTTP 429',
  retryAtMs: undefined,
};
const REFUSED: PublishOutcome = { kind: 'refused', reason: 'not_permitted', detail: 'HTTP 403' };
const DUPLICATE: PublishOutcome = { kind: 'refused', reason: 'duplicate_content', detail: 'HTTP 403' };
const UNANSWERED: PublishOutcome = { kind: 'unanswered', detail: 'reset' };

const answered = (outcome: PublishOutcome, fence = 1): Happening => ({
  kind: 'answered',
  fence,
  outcome,
  remoteUrl: undefined,
});

const HAPPENINGS = {
  claimed: { kind: 'claimed', by: identity(1), fingerprint: 'print', lastKnownRemoteId: undefined, leaseMs: MINUTE },
  'answered: published': answered(PUBLISHED),
  'answered: not created': answered(NOT_CREATED),
  'answered: refused': answered(REFUSED),
  'answered: nothing': answered(UNANSWERED),
  'abandoned, gone': { kind: 'abandoned', fence: 1, isGone: true },
  'abandoned, lease running': { kind: 'abandoned', fence: 1, isGone: false },
  prepared: { kind: 'prepared' },
  held: { kind: 'held', reason: 'reauth_required', detail: '', retryAfterMs: undefined },
  'given up': { kind: 'given_up', reason: 'no_connection', detail: '' },
  'time passed': { kind: 'time_passed' },
  'read back: found': { kind: 'read_back', fence: 1, found: { remoteId: '78', remoteUrl: '' } },
  'read back: not found': { kind: 'read_back', fence: 1, found: undefined },
  'read back: failed': { kind: 'read_back_failed', fence: 1, detail: '', retryAfterMs: undefined },
  edited: { kind: 'edited', content: CONTENT, costMicroUsd: 1, resendOnce: false, times: 'same' },
  'edited to a draft': { kind: 'edited', content: CONTENT, costMicroUsd: 1, resendOnce: false, times: 'none' },
  'edited with a time': { kind: 'edited', content: CONTENT, costMicroUsd: 1, resendOnce: false, times: TIMES },
  scheduled: { kind: 'scheduled', times: TIMES },
  approved: { kind: 'approved', times: 'same' },
  cancelled: { kind: 'cancelled' },
  'resolved: published': { kind: 'resolved_published', remoteId: '79', remoteUrl: '' },
  'resolved: not published': { kind: 'resolved_not_published' },
} as const satisfies Record<string, Happening>;

type Row = readonly [keyof typeof HAPPENINGS, Partial<Record<PostStatus, PostStatus>>];

/** What each happening makes of each status at nine o'clock. What is not named cannot happen: nothing is written. */
const TABLE: readonly Row[] = [
  ['claimed', { scheduled: 'publishing' }],
  ['answered: published', { publishing: 'published', unknown: 'published' }],
  ['answered: not created', { publishing: 'scheduled', unknown: 'scheduled' }],
  ['answered: refused', { publishing: 'failed', unknown: 'failed' }],
  ['answered: nothing', { publishing: 'unknown' }],
  ['abandoned, gone', { publishing: 'unknown' }],
  ['abandoned, lease running', {}],
  ['prepared', { scheduled: 'scheduled' }],
  ['held', { scheduled: 'scheduled' }],
  ['given up', { scheduled: 'failed' }],
  ['time passed', {}],
  ['read back: found', { unknown: 'published' }],
  ['read back: not found', { unknown: 'unknown' }],
  ['read back: failed', { unknown: 'unknown' }],
  ['edited', { draft: 'draft', scheduled: 'scheduled', needs_approval: 'needs_approval', failed: 'failed' }],
  ['edited to a draft', { draft: 'draft', scheduled: 'draft', failed: 'draft' }],
  [
    'edited with a time',
    { draft: 'scheduled', scheduled: 'scheduled', needs_approval: 'needs_approval', failed: 'scheduled' },
  ],
  ['scheduled', { draft: 'scheduled', scheduled: 'scheduled', failed: 'scheduled' }],
  ['approved', { needs_approval: 'scheduled' }],
  ['cancelled', { draft: 'cancelled', scheduled: 'cancelled', needs_approval: 'cancelled', failed: 'cancelled' }],
  ['resolved: published', { unknown: 'published' }],
  ['resolved: not published', { unknown: 'failed' }],
];

describe('every status meets every happening', () => {
  for (const [name, becomes] of TABLE) {
    for (const status of POST_STATUSES) {
      const expected = becomes[status];
      it(`${status}, ${name}: ${expected ?? 'nothing'}`, () => {
        assert.equal(after(samplePost(status), HAPPENINGS[name], NINE)?.next.status, expected);
      });
    }
  }

  it('the table names every happening', () => {
    assert.deepEqual(TABLE.map(([name]) => name).sort(), Object.keys(HAPPENINGS).sort());
  });

  it('every change raises the version by one, and only `publishing` has a lease', () => {
    for (const status of POST_STATUSES) {
      for (const happening of Object.values(HAPPENINGS)) {
        const next = after(samplePost(status), happening, NINE)?.next;
        if (next === undefined) continue;
        assert.equal(next.version, 4);
        assert.equal(next.lease !== undefined, next.status === 'publishing', `${status} ${happening.kind}`);
        assert.equal(next.remoteId !== undefined, next.status === 'published', `${status} ${happening.kind}`);
      }
    }
  });

  it('nothing waits for ever: what a machine has to go on with is due', () => {
    for (const status of POST_STATUSES) {
      for (const happening of Object.values(HAPPENINGS)) {
        const next = after(samplePost(status), happening, NINE)?.next;
        if (next === undefined || !['scheduled', 'publishing', 'unknown', 'needs_approval'].includes(next.status))
          continue;
        assert.notEqual(next.dueAtMs, undefined, `${status} ${happening.kind} → ${next.status}`);
      }
    }
  });
});

describe('a claim', () => {
  it('is refused before the time, after the latest time, and nowhere else', () => {
    const post = samplePost('scheduled');
    assert.equal(mayBeSent(post, NINE - 1), false);
    assert.equal(mayBeSent(post, NINE), true);
    assert.equal(mayBeSent(post, NINE + HOUR), true);
    assert.equal(mayBeSent(post, NINE + HOUR + 1), false);
  });

  it('numbers its attempt, and writes down what a later look at the timeline needs', () => {
    const change = after(
      samplePost('scheduled', { fence: 4 }),
      { ...HAPPENINGS.claimed, lastKnownRemoteId: '41' },
      NINE + 5,
    );
    assert.deepEqual(change?.attempts, [attempt({ fence: 5, startedAtMs: NINE + 5, lastKnownRemoteId: '41' })]);
    assert.equal(change?.next.lease?.expiresAtMs, NINE + 5 + MINUTE);
    assert.equal(change?.event, undefined);
  });

  it('keeps the opt-in for a second one', () => {
    assert.equal(after(samplePost('scheduled', { resendOnce: true }), HAPPENINGS.claimed, NINE)?.next.resendOnce, true);
  });

  it('of an unknown post needs the opt-in and the end of the reading', () => {
    const unknown = samplePost('unknown', { statusReason: 'not_on_timeline', resendOnce: true });
    const change = after(unknown, HAPPENINGS.claimed, NINE);
    assert.equal(change?.next.status, 'publishing');
    assert.equal(change.next.resendOnce, false);
    assert.equal(after({ ...unknown, resendOnce: false }, HAPPENINGS.claimed, NINE), undefined);
    assert.equal(after({ ...unknown, statusReason: 'unanswered' }, HAPPENINGS.claimed, NINE), undefined);
    assert.equal(after({ ...unknown, statusReason: 'duplicate_refused' }, HAPPENINGS.claimed, NINE), undefined);
  });
});

describe('an abandoned attempt', () => {
  it('is taken for abandoned a few seconds after the lease, for clocks that differ', () => {
    const post = samplePost('publishing');
    assert.equal(after(post, HAPPENINGS['abandoned, lease running'], NINE + 64_999), undefined);
    assert.equal(after(post, HAPPENINGS['abandoned, lease running'], NINE + 65_000)?.next.status, 'unknown');
  });

  it('says nothing about a later attempt', () => {
    const second = samplePost('publishing', {
      fence: 2,
      attempts: [attempt({ outcome: 'not_created', endedAtMs: NINE }), attempt({ fence: 2 })],
    });
    assert.equal(after(second, { kind: 'abandoned', fence: 1, isGone: true }, NINE), undefined);
  });
});

describe('an answer', () => {
  const late = (post: Post, outcome: PublishOutcome, fence = 1) => after(post, answered(outcome, fence), NINE + MINUTE);

  it('to an attempt that nobody made changes nothing', () => {
    assert.equal(late(samplePost('publishing'), PUBLISHED, 9), undefined);
  });

  it('that comes a second time changes nothing', () => {
    const once = late(samplePost('publishing'), REFUSED)?.next;
    assert.ok(once !== undefined);
    assert.equal(late(once, REFUSED), undefined);
    assert.equal(late(once, UNANSWERED), undefined);
    assert.equal(late(samplePost('published'), PUBLISHED), undefined);
  });

  it('that proves a post wins over a person who said that there is none', () => {
    const resolved = after(samplePost('unknown'), { kind: 'resolved_not_published' }, NINE)?.next;
    assert.equal(resolved?.status, 'failed');
    assert.equal(resolved.attempts[0]?.outcome, 'not_found');
    assert.equal(late(resolved, PUBLISHED)?.next.status, 'published');
    assert.equal(late(resolved, NOT_CREATED)?.next.status, 'failed');
  });

  it('that proves a post keeps it from being sent again, while it waits for that', () => {
    const failed = after(samplePost('unknown'), { kind: 'resolved_not_published' }, NINE)?.next;
    const again = failed && after(failed, { kind: 'scheduled', times: TIMES }, NINE)?.next;
    assert.equal(again?.status, 'scheduled');
    assert.equal(late(again, PUBLISHED)?.next.status, 'published');
    const cancelled = after(again, { kind: 'cancelled' }, NINE)?.next;
    assert.equal(cancelled?.status, 'cancelled');
    assert.equal(late(cancelled, PUBLISHED)?.next.status, 'published');
  });

  it('corrects a match that the timeline or a person gave', () => {
    for (const evidence of ['timeline', 'user'] as const) {
      const matched = samplePost('published', {
        remoteId: '5',
        remoteEvidence: evidence,
        attempts: [attempt({ outcome: 'unanswered', endedAtMs: NINE })],
      });
      const corrected: Post | undefined = late(matched, PUBLISHED)?.next;
      assert.equal(corrected?.remoteId, '77');
      assert.equal(corrected.remoteEvidence, 'answer');
    }
  });

  it('to an earlier attempt does not settle the one that is on its way', () => {
    const two = samplePost('publishing', {
      fence: 2,
      attempts: [attempt({ outcome: 'unanswered', endedAtMs: NINE }), attempt({ fence: 2 })],
    });
    assert.equal(late(two, REFUSED)?.next.status, 'publishing');
    assert.equal(late(two, NOT_CREATED)?.next.status, 'publishing');
    assert.equal(late(two, PUBLISHED)?.next.status, 'published');
  });
});

describe('a second try after an unanswered first', () => {
  const second = (): Post =>
    samplePost('publishing', {
      fence: 2,
      attempts: [attempt({ outcome: 'unanswered', endedAtMs: NINE }), attempt({ fence: 2 })],
      unknownSinceMs: NINE,
      readBacks: 4,
    });
  const ends = (outcome: PublishOutcome, nowMs = NINE + 11 * MINUTE) => after(second(), answered(outcome, 2), nowMs);

  it('refused as a duplicate is evidence that the first is out: the timeline is read again', () => {
    const change = ends(DUPLICATE);
    assert.equal(change?.next.status, 'unknown');
    assert.equal(change.next.statusReason, 'duplicate_refused');
    assert.equal(change.next.readBacks, 0);
    assert.equal(change.next.dueAtMs, NINE + 11 * MINUTE + 5 * SECOND);
  });

  it('refused as a duplicate of another text is no evidence', () => {
    const edited = samplePost('publishing', {
      fence: 2,
      attempts: [attempt({ outcome: 'not_found', endedAtMs: NINE }), attempt({ fence: 2, fingerprint: 'another' })],
    });
    assert.equal(after(edited, answered(DUPLICATE, 2), NINE)?.next.status, 'failed');
  });

  it('refused as a duplicate is evidence also against a person who said that it is not out', () => {
    const again = samplePost('publishing', {
      fence: 2,
      attempts: [attempt({ outcome: 'not_found', endedAtMs: NINE }), attempt({ fence: 2 })],
    });
    assert.equal(after(again, answered(DUPLICATE, 2), NINE)?.next.status, 'unknown');
  });

  it('refused for another reason says nothing about the first: a person decides', () => {
    const change = ends(REFUSED);
    assert.equal(change?.next.status, 'unknown');
    assert.equal(change.next.dueAtMs, undefined);
    assert.equal(change.event?.data['needs_decision'], true);
  });

  it('that created nothing is given back, until the latest time', () => {
    const early = ends(NOT_CREATED)?.next;
    assert.equal(early?.status, 'unknown');
    assert.equal(early.resendOnce, true);
    assert.ok(early.dueAtMs !== undefined && early.dueAtMs > NINE + 11 * MINUTE);
    assert.equal(mayBeSent(early, early.dueAtMs), true);
    const late = ends(NOT_CREATED, NINE + HOUR)?.next;
    assert.equal(late?.resendOnce, false);
    assert.equal(late.dueAtMs, undefined);
  });

  it('unanswered as well stays unknown, and there is no third', () => {
    const change = ends(UNANSWERED)?.next;
    assert.equal(change?.status, 'unknown');
    assert.equal(change.resendOnce, false);
  });
});

describe('two unanswered attempts', () => {
  it('a late proof about one says nothing about the other: it is searched for as before, and not sent a third time', () => {
    const both = samplePost('unknown', {
      fence: 2,
      attempts: [
        attempt({ outcome: 'unanswered', endedAtMs: NINE }),
        attempt({ fence: 2, outcome: 'unanswered', endedAtMs: NINE }),
      ],
    });
    const proofs: readonly PublishOutcome[] = [NOT_CREATED, REFUSED, DUPLICATE];
    for (const fence of [1, 2]) {
      for (const outcome of proofs) {
        const next = after(both, answered(outcome, fence), NINE + SECOND)?.next;
        assert.equal(next?.status, 'unknown');
        assert.equal(next.resendOnce, false);
        assert.equal(next.statusReason, 'unanswered');
        assert.equal(next.dueAtMs, both.dueAtMs);
        assert.equal(next.attempts[fence - 1]?.outcome, outcome.kind);
      }
    }
  });
});

describe('a duplicate on the first try', () => {
  it('is a failure: another post has said the same', () => {
    const change = after(samplePost('publishing'), answered(DUPLICATE), NINE);
    assert.equal(change?.next.status, 'failed');
    assert.equal(change.next.statusReason, 'duplicate_content');
  });

  it('also after attempts that provably created nothing', () => {
    const post = samplePost('publishing', {
      fence: 2,
      attempts: [attempt({ outcome: 'not_created', endedAtMs: NINE }), attempt({ fence: 2 })],
    });
    assert.equal(after(post, answered(DUPLICATE, 2), NINE)?.next.status, 'failed');
  });
});
