import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import {
  dueWarning,
  endWithoutRefreshAtMs,
  nextDueAtMs,
  renewAheadAtMs,
  type AheadFacts,
} from '../../src/renewal/ahead.ts';
import { xData } from '../../src/providers/data/x.ts';
import { accessKilling, plain } from '../support/made-up-providers.ts';

const GRANTED_MS = Date.parse('2026-01-01T00:00:00Z');

function facts(more: Partial<AheadFacts> = {}): AheadFacts {
  return {
    policy: 'on-use',
    isRenewable: true,
    accessIssuedAtMs: GRANTED_MS,
    accessExpiresAtMs: GRANTED_MS + 2 * HOUR_MS,
    refreshAbsoluteEndsAtMs: undefined,
    refreshIdleEndsAtMs: undefined,
    grantedAtMs: GRANTED_MS,
    failures: 0,
    jitter: 0,
    ...more,
  };
}

const hour = { accessExpiresAtMs: GRANTED_MS + HOUR_MS };

for (const [says, of, provider, expectedMs] of [
  ['on-use renews nothing ahead where no idle end threatens: every rotation is a risk', facts(), xData, undefined],
  ['always renews with a tenth of the life left', facts({ policy: 'always', ...hour }), plain, HOUR_MS - 6 * MINUTE_MS],
  [
    'always renews with up to a fifth of the life left, as the jitter says',
    facts({ policy: 'always', ...hour, jitter: 0.5 }),
    plain,
    HOUR_MS - 9 * MINUTE_MS,
  ],
  [
    'always renews ten minutes ahead at most',
    facts({ policy: 'always', accessExpiresAtMs: GRANTED_MS + DAY_MS }),
    plain,
    DAY_MS - 10 * MINUTE_MS,
  ],
  [
    'always renews as late as possible where a renewal kills the old access token',
    facts({ policy: 'always', ...hour }),
    accessKilling,
    HOUR_MS - 45_000,
  ],
  [
    'always never renews in the first half of a life',
    facts({ policy: 'always', accessExpiresAtMs: GRANTED_MS + MINUTE_MS }),
    accessKilling,
    MINUTE_MS / 2,
  ],
  [
    'always has nothing to renew where an access token never ends',
    facts({ policy: 'always', accessExpiresAtMs: undefined }),
    plain,
    undefined,
  ],
  [
    'both renew with a tenth of the idle span left',
    facts({ refreshIdleEndsAtMs: GRANTED_MS + 100 * DAY_MS }),
    plain,
    90 * DAY_MS,
  ],
  [
    'both renew with up to a fifth of the idle span left',
    facts({ refreshIdleEndsAtMs: GRANTED_MS + 100 * DAY_MS, jitter: 1 }),
    plain,
    80 * DAY_MS,
  ],
  [
    'the earlier of expiry and idle end decides',
    facts({ policy: 'always', ...hour, refreshIdleEndsAtMs: GRANTED_MS + 10 * MINUTE_MS }),
    plain,
    9 * MINUTE_MS,
  ],
  [
    'without a refresh token there is nothing to renew',
    facts({ policy: 'always', isRenewable: false }),
    plain,
    undefined,
  ],
] as const) {
  test(says, () => {
    assert.equal(renewAheadAtMs(of, provider), expectedMs === undefined ? undefined : GRANTED_MS + expectedMs);
  });
}

test('without a refresh token the access token’s end is the grant’s', () => {
  assert.equal(endWithoutRefreshAtMs(facts({ isRenewable: false })), GRANTED_MS + 2 * HOUR_MS);
  assert.equal(endWithoutRefreshAtMs(facts()), undefined);
  assert.equal(endWithoutRefreshAtMs(facts({ isRenewable: false, accessExpiresAtMs: undefined })), undefined);
});

const halfYear = facts({ refreshAbsoluteEndsAtMs: GRANTED_MS + 180 * DAY_MS });

for (const [day, daysBefore] of [
  [0, undefined],
  [149, undefined],
  [150, 30],
  [172, 30],
  [173, 7],
  [178, 7],
  [179, 1],
  [180, 1],
  [200, 1],
] as const) {
  test(`on day ${day} of 180, ${daysBefore === undefined ? 'there is nothing to warn of' : `it is time for the warning ${daysBefore} days before`}`, () => {
    assert.equal(dueWarning(halfYear, GRANTED_MS + day * DAY_MS)?.daysBefore, daysBefore);
  });
}

test('a grant that lives three days is warned of one day before, and not thirty', () => {
  const short = facts({ refreshAbsoluteEndsAtMs: GRANTED_MS + 3 * DAY_MS });
  assert.equal(dueWarning(short, GRANTED_MS), undefined);
  assert.equal(dueWarning(short, GRANTED_MS + 2 * DAY_MS)?.daysBefore, 1);
});

test('an idle end is warned of only when renewals fail, because each one moves it', () => {
  const idle = { refreshIdleEndsAtMs: GRANTED_MS + 180 * DAY_MS };
  assert.equal(dueWarning(facts(idle), GRANTED_MS + 175 * DAY_MS), undefined);
  assert.equal(dueWarning(facts({ ...idle, failures: 1 }), GRANTED_MS + 175 * DAY_MS)?.daysBefore, 7);
});

test('of a static key, which nothing renews, the date is warned of, and it is looked at then', () => {
  const key = facts({
    isRenewable: false,
    accessExpiresAtMs: GRANTED_MS + 180 * DAY_MS,
    refreshAbsoluteEndsAtMs: GRANTED_MS + 180 * DAY_MS,
  });
  assert.equal(dueWarning(key, GRANTED_MS + 149 * DAY_MS), undefined);
  assert.equal(dueWarning(key, GRANTED_MS + 151 * DAY_MS)?.daysBefore, 30);
  assert.equal(nextDueAtMs(key, xData, GRANTED_MS), GRANTED_MS + 150 * DAY_MS);
  assert.equal(nextDueAtMs(key, xData, GRANTED_MS + 179.5 * DAY_MS), GRANTED_MS + 180 * DAY_MS);
});

test('each next moment is the next warning, and after the last there is none', () => {
  const moments = [0, 150, 173, 179].map((day) => nextDueAtMs(halfYear, xData, GRANTED_MS + day * DAY_MS));
  assert.deepEqual(moments, [150, 173, 179].map((day) => GRANTED_MS + day * DAY_MS).concat([undefined as never]));
});

test('the end of a grant without a refresh token is due', () => {
  assert.equal(nextDueAtMs(facts({ isRenewable: false }), xData, GRANTED_MS), GRANTED_MS + 2 * HOUR_MS);
});

test('property: every moment is a whole millisecond, as the store demands', () => {
  const moment = fc.option(fc.integer({ min: 1, max: 400 * DAY_MS }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.constantFrom('on-use', 'always'),
      moment,
      moment,
      moment,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.boolean(),
      (policy, access, absolute, idle, jitter, has) => {
        const of = facts({
          policy,
          jitter,
          isRenewable: has,
          accessExpiresAtMs: access === undefined ? undefined : GRANTED_MS + access,
          refreshAbsoluteEndsAtMs: absolute === undefined ? undefined : GRANTED_MS + absolute,
          refreshIdleEndsAtMs: idle === undefined ? undefined : GRANTED_MS + idle,
        });
        for (const provider of [plain, accessKilling]) {
          const dueAtMs = nextDueAtMs(of, provider, GRANTED_MS);
          assert.ok(dueAtMs === undefined || Number.isSafeInteger(dueAtMs), String(dueAtMs));
          const aheadAtMs = renewAheadAtMs(of, provider);
          assert.ok(aheadAtMs === undefined || aheadAtMs >= GRANTED_MS, 'a token is not renewed before it was issued');
        }
      },
    ),
  );
});
