import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawSeries, type PlotOptions } from '../../src/cli/series/plot.ts';
import { seriesSummary } from '../../src/cli/series/summary.ts';
import { readPastTime } from '../../src/cli/series/window.ts';
import { styleFor } from '../../src/cli/style.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import { METRICS_TEXTS } from '../../src/cli/texts/metrics-texts.ts';
import { DAY_MS, HOUR_MS } from '../../src/model/clock.ts';

const START_MS = Date.UTC(2026, 10, 21);
const GAP = undefined;
// eslint-disable-next-line no-control-regex -- colours are control sequences
const COLOUR = /\u001b\[\d+m/g;
const OPTIONS: PlotOptions = {
  columns: 50,
  rows: 7,
  zone: 'Asia/Tokyo',
  signs: 'ascii',
  style: styleFor({ isTTY: false }, {}),
};

/** One value a day. */
function daily(values: readonly (number | undefined)[], options: Partial<PlotOptions> = {}): string[] {
  const points = values.map((value, index) => ({ atMs: START_MS + index * DAY_MS, value }));
  return drawSeries(points, { ...OPTIONS, ...options }).split('\n');
}

const WEEK = [100, 102, 105, GAP, 104, 110, 118];

describe('the plot of a series', () => {
  it('in ASCII marks what was measured, joins it with dots, and leaves a gap where nothing was', () => {
    assert.deepEqual(daily(WEEK), [
      '120 +',
      '    |                                           .*',
      '    |                                       ....',
      '110 +                                    .*.',
      '    |                                ....',
      '    |    ...*.......*             *..',
      '100 +*...',
      '    +-----------+----------x---+--------------+---',
      '                2026-11-23     2026-11-25',
    ]);
  });

  it('in Braille has eight dots where ASCII has one sign', () => {
    assert.deepEqual(daily(WEEK, { signs: 'braille' }), [
      '120 +                                            ⢀',
      '    |                                         ⢀⡠⠊⠁',
      '    |                                       ⡠⠔⠁',
      '110 +                                    ⣀⠔⠊',
      '    |                                ⣀⠤⠒⠉',
      '    |        ⢀⣀⡠⠤⠔⠒⠊⠁             ⠠⠒⠉',
      '100 +⣀⡠⠤⠤⠒⠒⠊⠉⠁',
      '    +-----------+----------x---+--------------+---',
      '                2026-11-23     2026-11-25',
    ]);
  });

  it('joins nothing across a hole that nobody wrote down', () => {
    const hours = [0, 1, 2, 3, 9, 10, 11];
    const points = hours.map((hour) => ({ atMs: START_MS + hour * HOUR_MS, value: 50 + hour }));
    assert.deepEqual(drawSeries(points, { ...OPTIONS, rows: 4 }).split('\n'), [
      '80 +',
      '   |                                            .*',
      '60 +*...*...*...*                        *...*..',
      '40 +',
      '   +----+-------+-------+-------+-------+--------+',
      '        10:00   12:00   14:00   16:00   18:00',
    ]);
  });

  it('joins Friday and Monday of what is measured on working days', () => {
    const days = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11];
    const points = days.map((day) => ({ atMs: START_MS + day * DAY_MS, value: 5 }));
    assert.match(drawSeries(points, OPTIONS), /\+\*(?:\.+\*)+$/m);
  });

  it('of one value, of the same value always, and of none at all has a scale', () => {
    assert.deepEqual(daily([0]), [
      '1 +',
      '  |',
      '  |',
      '  |',
      '  |',
      '  |',
      '0 +*',
      '  ++----------------------+----------------------+',
      '   09:00:00               09:00:30        09:01:00',
    ]);
    assert.deepEqual(daily([7, 7, 7], { rows: 3 }), [
      '8 +',
      '  |',
      '7 +*......................*......................*',
      '  +--------------+----------------------+---------',
      '                 11-22 00:00           11-23 00:00',
    ]);
    assert.equal(drawSeries([], OPTIONS), '');
    assert.deepEqual(daily([GAP, GAP]), ['']);
  });

  it('of large numbers has round steps, and room for them at the left', () => {
    assert.deepEqual(daily([1_200_345, 1_200_100, 1_199_800], { zone: 'Europe/Berlin' }), [
      '1,200,500 +',
      '          |*.........',
      '          |          .........*....',
      '1,200,000 +                        ..........',
      '          |                                  ....*',
      '          |',
      '1,199,500 +',
      '          +------------------+------------------+-',
      '                             11-22 00:00',
    ]);
  });

  it('shows gaps at both ends, and a lonely value between two gaps', () => {
    assert.deepEqual(daily([GAP, 5, GAP, 6, GAP], { rows: 3 }), [
      '6 +                                   *',
      '  |',
      '5 +            *',
      '  +x-----------------+----x-----------------+----x',
      '                     11-23 00:00       11-25 00:00',
    ]);
  });

  it('keeps to its columns, however many values there are, and in any zone', () => {
    const hourly = Array.from({ length: 24 * 400 }, (_, index) => ({
      atMs: START_MS + index * HOUR_MS,
      value: index % 50 === 0 ? undefined : 90_000 + index * 7,
    }));
    for (const signs of ['ascii', 'braille'] as const) {
      for (const zone of ['Asia/Tokyo', 'Europe/Berlin', 'Asia/Kathmandu']) {
        for (const columns of [40, 80, 200]) {
          for (const line of drawSeries(hourly, { ...OPTIONS, signs, zone, columns }).split('\n'))
            assert.ok(textWidth(line) <= columns, `${textWidth(line)} columns: ${line}`);
        }
      }
    }
  });

  it('says nothing by colour alone', () => {
    const coloured = daily(WEEK, { style: styleFor({ isTTY: true }, {}) });
    assert.notDeepEqual(coloured, daily(WEEK));
    assert.deepEqual(
      coloured.map((line) => line.replace(COLOUR, '')),
      daily(WEEK),
    );
  });
});

const at = (hour: number): string => new Date(START_MS + hour * HOUR_MS).toISOString();
const cost = { amount: 0.03, currency: 'USD' } as const;

describe('the summary of a series', () => {
  const about = { connection: 'x:alice', zone: 'Asia/Tokyo', texts: METRICS_TEXTS.en };

  it('says where it began and stands, what is missing and why, and what it cost', () => {
    const items = [
      { at: at(0), value: null, detail: 'HTTP 503' },
      { at: at(1), value: 1200, detail: null },
      { at: at(2), value: null, detail: 'reauth\u001b[31m' },
      { at: at(3), value: 1212, detail: null },
    ];
    assert.equal(
      seriesSummary({ items, measure: 'followers', cost }, about),
      [
        'connection    x:alice',
        'measure       followers',
        'first         1,200  (2026-11-21 10:00:00 Asia/Tokyo)',
        'last          1,212  (2026-11-21 12:00:00 Asia/Tokyo)',
        'change        +12 (+1.0 %)',
        'measurements  2',
        'gaps          2 (the last: reauth [31m)',
        'cost          at most 0.030 USD',
      ].join('\n'),
    );
  });

  it('is aligned in Japanese, too', () => {
    const items = [
      { at: at(0), value: 10, detail: null },
      { at: at(1), value: 7, detail: null },
    ];
    assert.equal(
      seriesSummary({ items, measure: 'followers', cost }, { ...about, texts: METRICS_TEXTS.ja }),
      [
        '接続      x:alice',
        '測定項目  フォロワー数',
        '最初      10  (2026-11-21 09:00:00 Asia/Tokyo)',
        '最後      7  (2026-11-21 10:00:00 Asia/Tokyo)',
        '増減      -3 (-30.0 %)',
        '測定回数  2',
        '欠測      0',
        '費用      最大 0.030 USD',
      ].join('\n'),
    );
  });

  it('of nothing but gaps has no first, no last and no change; of growth from nothing no share', () => {
    const gaps = seriesSummary(
      { items: [{ at: at(0), value: null, detail: null }], measure: 'followers', cost },
      about,
    );
    assert.doesNotMatch(gaps, /first|last|change/);
    assert.match(gaps, /gaps +1$/m);
    const items = [0, 5].map((value, hour) => ({ at: at(hour), value, detail: null }));
    assert.match(seriesSummary({ items, measure: 'followers', cost }, about), /change +\+5$/m);
  });
});

describe('a time of the past', () => {
  const nowMs = Date.parse('2026-11-21T12:00:00Z');
  const read = (text: string): Promise<number> =>
    readPastTime(text, { nowMs, timezone: 'Asia/Tokyo', where: '--from' });

  it('is a day, which begins by the clocks of the zone, an instant, or how long ago', async () => {
    assert.equal(await read('2026-11-01'), Date.parse('2026-10-31T15:00:00Z'));
    assert.equal(await read(' 2026-11-01 09:30 '), Date.parse('2026-11-01T00:30:00Z'));
    assert.equal(await read('2026-11-01T09:30Z'), Date.parse('2026-11-01T09:30:00Z'));
    assert.equal(await read('30d'), nowMs - 30 * DAY_MS);
    assert.equal(await read('-12h'), nowMs - 12 * HOUR_MS);
    assert.equal(await read('90m'), nowMs - 1.5 * HOUR_MS);
  });

  it('that cannot be read is refused, and says which one it was', async () => {
    for (const text of ['', 'yesterday', '2026-11-31', '30', '12w', '999999d'])
      await assert.rejects(read(text), { code: 'invalid', where: '--from' }, text);
  });
});
