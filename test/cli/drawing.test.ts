import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { styleFor } from '../../src/cli/style.ts';
import { DRAWING_EN, DRAWING_JA } from '../../src/cli/texts/drawing-texts.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import { drawTimeline, type Mark, type TokenTimeline } from '../../src/cli/timeline/drawing.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';

const START_MS = Date.UTC(2026, 10, 21, 0, 3);
// eslint-disable-next-line no-control-regex -- colours are control sequences
const COLOUR = /\u001b\[\d+m/g;
const plain = styleFor({ isTTY: false }, {});
const coloured = styleFor({ isTTY: true }, {});

/** A morning: consented, renewed once, ran out, a renewal without an answer, renewed. */
const MORNING: TokenTimeline = {
  nowMs: START_MS + 7 * HOUR_MS,
  marks: [
    { kind: 'consent', atMs: START_MS },
    { kind: 'renewed', atMs: START_MS + 2 * HOUR_MS },
    { kind: 'ended', atMs: START_MS + 4 * HOUR_MS },
    { kind: 'uncertain', atMs: START_MS + 5 * HOUR_MS },
    { kind: 'renewed', atMs: START_MS + 6 * HOUR_MS },
  ],
  access: [
    { fromMs: START_MS, untilMs: START_MS + 2 * HOUR_MS },
    { fromMs: START_MS + 2 * HOUR_MS, untilMs: START_MS + 4 * HOUR_MS },
    { fromMs: START_MS + 6 * HOUR_MS, untilMs: START_MS + 8 * HOUR_MS },
  ],
  refresh: { fromMs: START_MS, untilMs: START_MS + 180 * DAY_MS },
};

function draw(timeline: TokenTimeline, options: Partial<Parameters<typeof drawTimeline>[1]> = {}): string[] {
  return drawTimeline(timeline, { columns: 80, zone: 'Asia/Tokyo', style: plain, texts: DRAWING_EN, ...options }).split(
    '\n',
  );
}

describe('the token timeline', () => {
  it('shows lives, gaps, marks, now and the time by the clock of the zone', () => {
    assert.deepEqual(draw(MORNING), [
      '                                                               now',
      'access  C===============R===============E               R=======|--------',
      'grant   ========================================================|------------->',
      'events                                          ?               |',
      '        -------+-------+-------+-------+-------+--------+-------+-------+------',
      '               10:00   11:00   12:00   13:00   14:00    15:00   16:00   17:00',
      '',
      'C consent, tokens issued   R renewed   E ended   ? renewal sent, no answer',
      '= token lived   - still to come',
    ]);
  });

  it('fits into 80 columns, and into 40, in both languages', () => {
    for (const columns of [80, 40]) {
      for (const texts of [DRAWING_EN, DRAWING_JA]) {
        for (const line of draw(MORNING, { columns, texts }))
          assert.ok(textWidth(line) <= columns, `${textWidth(line)} columns: ${line}`);
      }
    }
  });

  it('says nothing by colour alone', () => {
    const lines = draw(MORNING, { style: coloured });
    assert.notDeepEqual(lines, draw(MORNING));
    assert.deepEqual(
      lines.map((line) => line.replace(COLOUR, '').trimEnd()),
      draw(MORNING),
    );
  });

  it('holds only ASCII where the language does', () => {
    for (const line of draw(MORNING)) assert.match(line, /^[\x20-\x7e]*$/);
  });

  it('shows the more important of two marks in one column', () => {
    const atMs = START_MS + HOUR_MS;
    const [, , , events = ''] = draw({
      ...MORNING,
      marks: [...MORNING.marks, { kind: 'reauth', atMs }, { kind: 'warning', atMs }, { kind: 'failed', atMs }].toSorted(
        (a, b) => a.atMs - b.atMs,
      ) as Mark[],
    });
    assert.match(events, /!/);
    assert.doesNotMatch(events, /[Wx]/);
  });

  it('goes back as far as the last marks do, and counts the others', () => {
    const marks = Array.from({ length: 30 }, (_, index): Mark => ({
      kind: 'renewed',
      atMs: START_MS + index * 2 * HOUR_MS,
    }));
    const lines = draw({ nowMs: START_MS + 59 * HOUR_MS, marks, access: [], refresh: undefined });
    assert.equal(lines.at(-1), '(14 earlier marks are left of the axis)');
    assert.equal(lines.find((line) => line.startsWith('access'))?.match(/R/g)?.length, 16);
  });

  it('shows a token without an end as going on', () => {
    const [, access = ''] = draw({
      nowMs: START_MS + HOUR_MS,
      marks: [{ kind: 'consent', atMs: START_MS }],
      access: [{ fromMs: START_MS, untilMs: undefined }],
      refresh: undefined,
    });
    assert.match(access, /C=+\|-*>$/);
  });

  it('draws a connection that is a second old', () => {
    const lines = draw({
      nowMs: START_MS + 1000,
      marks: [{ kind: 'consent', atMs: START_MS }],
      access: [{ fromMs: START_MS, untilMs: START_MS + 2 * HOUR_MS }],
      refresh: undefined,
    });
    assert.ok(
      lines.some((line) => line.includes('09:03') || line.includes('09:30') || line.includes('10:00')),
      lines.join('\n'),
    );
  });

  it('draws a connection of which nothing is known', () => {
    const lines = draw({ nowMs: START_MS, marks: [], access: [], refresh: undefined });
    assert.equal(lines[1], 'access  |');
  });

  it('shows the end of the grant where it is near', () => {
    const refresh = { fromMs: START_MS, untilMs: START_MS + 9 * HOUR_MS + 30 * MINUTE_MS };
    const [, , grant = ''] = draw({ ...MORNING, refresh });
    assert.doesNotMatch(grant, />/);
    const over = {
      ...MORNING,
      refresh: { fromMs: START_MS, untilMs: START_MS + 6.5 * HOUR_MS },
      marks: [...MORNING.marks, { kind: 'refreshEnded', atMs: START_MS + 6.5 * HOUR_MS } as const],
    };
    assert.match(draw(over)[2] ?? '', /=E +\|$/);
  });
});
