import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KippuError } from '../../src/model/errors.ts';
import { checkRule, lastOccurrence, nextOccurrence, occurrencesAfter, type Rule } from '../../src/posts/recurrence.ts';
import { offsetAt, wallClock } from '../../src/posts/zoned-time.ts';

const DAY = 86_400_000;

/** What the clocks of the zone show, and the instant. */
function shown(cron: string, timezone: string, from: string, count: number): readonly string[] {
  return occurrencesAfter({ cron, timezone }, Date.parse(from), count).map(({ atMs, note }) => {
    const { month, day, hour, minute } = wallClock(atMs, timezone);
    const clock = [month, day, hour, minute].map((part) => String(part).padStart(2, '0'));
    const instant = new Date(atMs).toISOString().slice(11, 16);
    return `${clock[0]}-${clock[1]} ${clock[2]}:${clock[3]} = ${instant}Z${note === undefined ? '' : ` ${note}`}`;
  });
}

describe('a rule where clocks change', () => {
  it('P42: nine in the morning stays nine in the morning, in summer and in winter, for a year and more', () => {
    for (const timezone of ['America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Tokyo']) {
      const runs = occurrencesAfter({ cron: '0 9 * * *', timezone }, Date.parse('2026-01-01T12:00:00Z'), 500);
      const clocks = runs.map(({ atMs }) => wallClock(atMs, timezone));
      assert.ok(clocks.every(({ hour, minute, second }) => hour === 9 && minute === 0 && second === 0));
      const days = clocks.map(({ year, month, day }) => Date.UTC(year, month - 1, day) / DAY);
      assert.deepEqual(
        days,
        days.map((_, index) => (days[0] ?? 0) + index),
        timezone,
      );
    }
  });

  it('in New York: half past two, which is skipped in March, is half past three that day', () => {
    assert.deepEqual(shown('30 2 * * *', 'America/New_York', '2026-03-07T00:00:00Z', 3), [
      '03-07 02:30 = 07:30Z',
      '03-08 03:30 = 07:30Z moved_forward',
      '03-09 02:30 = 06:30Z',
    ]);
  });

  it('in New York: half past one, which comes twice in November, is the first one', () => {
    assert.deepEqual(shown('30 1 * * *', 'America/New_York', '2026-10-31T00:00:00Z', 3), [
      '10-31 01:30 = 05:30Z',
      '11-01 01:30 = 05:30Z first_of_two',
      '11-02 01:30 = 06:30Z',
    ]);
  });

  it('in New York: every hour is every hour that passes, through both nights', () => {
    for (const from of ['2026-03-08T03:00:00Z', '2026-11-01T03:00:00Z']) {
      const runs = occurrencesAfter({ cron: '0 * * * *', timezone: 'America/New_York' }, Date.parse(from), 8);
      assert.deepEqual(
        runs.map(({ atMs }) => (atMs - Date.parse(from)) / 3_600_000),
        [1, 2, 3, 4, 5, 6, 7, 8],
      );
    }
  });

  it('in New York: a rule that names some of the hours takes the doubled one once', () => {
    assert.deepEqual(shown('15 1,3 * * *', 'America/New_York', '2026-11-01T04:00:00Z', 3), [
      '11-01 01:15 = 05:15Z first_of_two',
      '11-01 03:15 = 08:15Z',
      '11-02 01:15 = 06:15Z',
    ]);
  });

  it('in London: a moved time that meets another of the rule is one run', () => {
    assert.deepEqual(shown('30 1,2 * * *', 'Europe/London', '2026-03-28T12:00:00Z', 2), [
      '03-29 02:30 = 01:30Z',
      '03-30 01:30 = 00:30Z',
    ]);
  });

  it('on Lord Howe Island, where clocks change by half an hour, a skipped time moves by half an hour', () => {
    assert.deepEqual(shown('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2), [
      '10-04 02:45 = 15:45Z moved_forward',
      '10-05 02:15 = 15:15Z',
    ]);
  });

  it('on Lord Howe Island: every quarter of an hour is every quarter that passes', () => {
    assert.deepEqual(shown('*/15 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:15:00Z', 5), [
      '04-05 01:30 = 14:30Z first_of_two',
      '04-05 01:45 = 14:45Z first_of_two',
      '04-05 01:30 = 15:00Z second_of_two',
      '04-05 01:45 = 15:15Z second_of_two',
      '04-05 02:00 = 15:30Z',
    ]);
  });

  it('in Tokyo nothing changes', () => {
    assert.deepEqual(shown('0 9 * * MON-FRI', 'Asia/Tokyo', '2026-11-20T00:00:00Z', 2), [
      '11-23 09:00 = 00:00Z',
      '11-24 09:00 = 00:00Z',
    ]);
  });

  it('on Samoa, which skipped a whole day, the day that was not there has no run of its own', () => {
    assert.deepEqual(shown('0 9 * * *', 'Pacific/Apia', '2011-12-29T00:00:00Z', 2), [
      '12-29 09:00 = 19:00Z',
      '12-31 09:00 = 19:00Z',
    ]);
  });
});

describe('a rule that cannot be', () => {
  const bad: readonly (readonly [string, string, string, RegExp])[] = [
    ['* * * * * *', 'UTC', '/cron', /five fields.*seconds/],
    ['0 9 * *', 'UTC', '/cron', /five fields/],
    ['', 'UTC', '/cron', /five fields/],
    ['@daily', 'UTC', '/cron', /0 0 \* \* \*/],
    ['0 9 ? * *', 'UTC', '/cron', /Write \*/],
    ['0 25 * * *', 'UTC', '/cron', /hour: 25/],
    ['61 * * * *', 'UTC', '/cron', /minute: 61/],
    ['0 9 * * 8', 'UTC', '/cron', /dayOfWeek: 8/],
    ['0 9 30 2 *', 'UTC', '/cron', /never comes/],
    ['0 9 31 4,6 *', 'UTC', '/cron', /never comes/],
    ['nine in the very morning', 'UTC', '/cron', /cannot|not a rule/],
    ['0 9 * * *', 'Tokyo', '/timezone', /IANA/],
    ['0 9 * * *', '+09:00', '/timezone', /IANA/],
  ];
  for (const [cron, timezone, where, says] of bad) {
    it(`is refused and explained: "${cron}" in ${timezone}`, () => {
      assert.throws(
        () => checkRule(cron, timezone),
        (error) =>
          error instanceof KippuError && error.code === 'invalid' && error.where === where && says.test(error.message),
      );
    });
  }

  it('is not one that comes rarely', () => {
    const leap = checkRule('  0   9 29 2 * ', 'Asia/Tokyo');
    assert.equal(leap.cron, '0 9 29 2 *');
    assert.equal(nextOccurrence(leap, Date.parse('2026-01-01T00:00:00Z')), Date.parse('2028-02-29T00:00:00Z'));
  });
});

const ZONES = Intl.supportedValuesOf('timeZone');
const FROM = Date.parse('2005-01-01T00:00:00Z');
const UNTIL = Date.parse('2037-12-31T00:00:00Z');

const minute = fc.constantFrom('0', '30', '*/15', '5,35', '59', '*');
const hour = fc.constantFrom('*', '*/1', '0-23', '*/2', '0', '1', '2', '3', '1,2', '0-3', '23', '9');
const day = fc.constantFrom('*', '*', '1', 'L', '15');
const weekday = fc.constantFrom('*', '*', 'MON-FRI', 'SUN');
const rules: fc.Arbitrary<Rule> = fc.record({
  cron: fc.tuple(minute, hour, day, weekday).map(([m, h, d, w]) => `${m} ${h} ${d} * ${w}`),
  timezone: fc.constantFrom(...ZONES),
});

/** An instant just before the clocks of a zone change, where there is one within the year; else any. */
function nearAChange(timezone: string, fromMs: number): number {
  let offset = offsetAt(fromMs, timezone);
  for (let atMs = fromMs; atMs < fromMs + 366 * DAY; atMs += 7 * DAY) {
    const next = offsetAt(atMs + 7 * DAY, timezone);
    if (next !== offset) {
      let [low, high] = [atMs, atMs + 7 * DAY];
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2);
        if (offsetAt(middle, timezone) === offset) low = middle;
        else high = middle;
      }
      return low;
    }
    offset = next;
  }
  return fromMs;
}

describe('the times of any rule in any zone', () => {
  it('come one after the other, none twice, and each is found from both sides', () => {
    fc.assert(
      fc.property(rules, fc.integer({ min: FROM, max: UNTIL }), fc.integer({ min: 0, max: 30 }), (rule, year, back) => {
        const fromMs = nearAChange(rule.timezone, year) - back * 360_000;
        const times = occurrencesAfter(rule, fromMs, 20).map(({ atMs }) => atMs);
        assert.equal(times.length, 20);
        for (const [index, atMs] of times.entries()) {
          const before = times[index - 1] ?? fromMs;
          assert.ok(atMs > before);
          assert.equal(lastOccurrence(rule, atMs), atMs, 'at its instant it is the last');
          if (index > 0) assert.equal(lastOccurrence(rule, atMs - 1), before, 'just before, the one before it is');
        }
      }),
      { numRuns: 60, seed: 42 },
    );
  });

  it('do not depend on where one begins to look', () => {
    fc.assert(
      fc.property(
        rules,
        fc.integer({ min: FROM, max: UNTIL }),
        fc.integer({ min: 0, max: 7_200_000 }),
        (rule, year, ahead) => {
          const fromMs = nearAChange(rule.timezone, year) - 3_600_000;
          const times = occurrencesAfter(rule, fromMs, 60).map(({ atMs }) => atMs);
          const later = times.find((atMs) => atMs > fromMs + ahead);
          if (later !== undefined) assert.equal(nextOccurrence(rule, fromMs + ahead), later);
        },
      ),
      { numRuns: 40, seed: 43 },
    );
  });

  it('show what the rule says, but for those that moved over a gap', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: FROM, max: UNTIL }),
        fc.integer({ min: 0, max: 1439 }),
        (timezone, year, time) => {
          const cron = `${time % 60} ${Math.floor(time / 60)} * * *`;
          const fromMs = nearAChange(timezone, year) - 2 * DAY;
          for (const { atMs, note } of occurrencesAfter({ cron, timezone }, fromMs, 5)) {
            const clock = wallClock(atMs, timezone);
            const isAsSaid = clock.hour * 60 + clock.minute === time;
            assert.equal(isAsSaid, note !== 'moved_forward', `${timezone} ${cron} ${new Date(atMs).toISOString()}`);
          }
        },
      ),
      { numRuns: 300, seed: 44 },
    );
  });

  it('of every day are one on each day that there is, in every zone, around every change of a year', () => {
    for (const [index, timezone] of ZONES.entries()) {
      // A different time in each zone, with the small hours, in which clocks change, twice as often.
      const hourOfDay = index % 2 === 0 ? index % 4 : index % 24;
      const rule = { cron: `${(index * 7) % 60} ${hourOfDay} * * *`, timezone };
      const changeMs = nearAChange(timezone, Date.parse('2026-01-01T00:00:00Z'));
      const otherMs = nearAChange(timezone, changeMs + 2 * DAY);
      for (const aroundMs of [changeMs, otherMs]) {
        const days = occurrencesAfter(rule, aroundMs - 3 * DAY, 7).map(({ atMs }) => {
          const clock = wallClock(atMs, timezone);
          return Date.UTC(clock.year, clock.month - 1, clock.day) / DAY;
        });
        assert.deepEqual(
          days,
          days.map((_, later) => (days[0] ?? 0) + later),
          `${timezone} ${rule.cron} ${new Date(aroundMs).toISOString()}`,
        );
      }
    }
  });
});
