import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fingerprint } from '../../src/model/ids.ts';
import { needsProof, outlookOf, warningBeforePost, type Grant } from '../../src/posts/outlook.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const POST = Date.parse('2026-11-22T00:00:00Z');

type Facts = Grant & { readonly accessIssuedAtMs: number };

/** A grant of X, renewed yesterday and good for months. */
function grant(fields: Partial<Facts> = {}): Facts {
  return {
    state: 'active',
    accessIssuedAtMs: POST - DAY,
    accessExpiresAtMs: POST - DAY + 2 * HOUR,
    refreshFingerprint: 'print' as Fingerprint,
    refreshAbsoluteEndsAtMs: POST + 100 * DAY,
    refreshIdleEndsAtMs: undefined,
    failures: 0,
    ...fields,
  };
}

describe('the outlook of a connection', () => {
  const cases: readonly (readonly [string, Partial<Facts>, string])[] = [
    ['is good when the refresh token outlives the post', {}, 'good'],
    ['is good when nobody knows of an end', { refreshAbsoluteEndsAtMs: undefined }, 'good'],
    ['is bad when the refresh token ends before', { refreshAbsoluteEndsAtMs: POST - 1 }, 'ends_before'],
    ['is bad when it ends at that very moment', { refreshAbsoluteEndsAtMs: POST }, 'ends_before'],
    [
      'is bad when there is no refresh token and the access token ends before',
      { refreshFingerprint: undefined },
      'ends_before',
    ],
    [
      'is good without a refresh token while the access token lives',
      { refreshFingerprint: undefined, accessExpiresAtMs: POST + 1 },
      'good',
    ],
    ['is good without any end', { refreshFingerprint: undefined, accessExpiresAtMs: undefined }, 'good'],
    ['is good before an idle end, which every renewal moves', { refreshIdleEndsAtMs: POST - 1 }, 'good'],
    ['is bad before an idle end while renewals fail', { refreshIdleEndsAtMs: POST - 1, failures: 1 }, 'ends_before'],
    ['is bad when the user must consent again', { state: 'reauth_required' }, 'reauth_required'],
    ['is bad when it was revoked', { state: 'revoked' }, 'revoked'],
    ['is as good as before while a renewal is unanswered', { state: 'uncertain' }, 'good'],
  ];
  for (const [says, fields, kind] of cases) {
    it(says, () => {
      assert.equal(outlookOf(grant(fields), POST).kind, kind);
    });
  }
});

describe('an end before the next post', () => {
  it('is worth a warning from a week before the end, not from months before', () => {
    const ending = grant({ refreshAbsoluteEndsAtMs: POST - DAY });
    assert.equal(warningBeforePost(ending, POST, POST - DAY - 7 * DAY - 1), undefined);
    assert.equal(warningBeforePost(ending, POST, POST - DAY - 7 * DAY)?.endsAtMs, POST - DAY);
    assert.equal(warningBeforePost(grant(), POST, POST - DAY), undefined);
    assert.equal(warningBeforePost(grant({ state: 'reauth_required' }), POST, POST - DAY), undefined);
  });
});

describe('a renewal for proof', () => {
  const idle = { accessIssuedAtMs: POST - 5 * DAY, accessExpiresAtMs: POST - 5 * DAY + 2 * HOUR };
  const cases: readonly (readonly [string, Partial<Facts>, number, boolean])[] = [
    ['is worth its risk for a grant that nobody has heard of for days, the evening before', idle, 12 * HOUR, true],
    ['is not yet worth it in the morning before', idle, 12 * HOUR + 1, false],
    ['is not worth it where yesterday’s post was the proof', {}, 12 * HOUR, false],
    ['is not needed where the access token lives until then', { ...idle, accessExpiresAtMs: POST + 1 }, HOUR, false],
    ['is not needed where the access token has no end', { ...idle, accessExpiresAtMs: undefined }, HOUR, false],
    ['is not possible without a refresh token', { ...idle, refreshFingerprint: undefined }, HOUR, false],
    ['is of no use when the grant is known to be dead', { ...idle, state: 'reauth_required' }, HOUR, false],
    ['waits while another renewal is unanswered', { ...idle, state: 'uncertain' }, HOUR, false],
  ];
  for (const [says, fields, aheadMs, expected] of cases) {
    it(says, () => {
      assert.equal(needsProof(grant(fields), POST, POST - aheadMs), expected);
    });
  }
});
