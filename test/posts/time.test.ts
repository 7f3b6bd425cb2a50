import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { parsePublishTime } from '../../src/posts/time.ts';

/** 09:00 in Tokyo on a Saturday. */
const NOW = Date.parse('2026-11-21T00:00:00Z');

const at = (text: string, timezone?: string, nowMs = NOW): string =>
  new Date(parsePublishTime(text, { nowMs, timezone, where: '--at' }).atMs).toISOString().replace('.000', '');

function refused(text: string, timezone?: string): KippuError {
  try {
    parsePublishTime(text, { nowMs: NOW, timezone, where: '--at' });
  } catch (error) {
    assert.ok(error instanceof KippuError);
    assert.equal(error.code, 'invalid');
    return error;
  }
  assert.fail(`${text} was read`);
}

describe('an instant', () => {
  it('needs no zone', () => {
    assert.equal(at('2026-11-21T18:00:00+09:00'), '2026-11-21T09:00:00Z');
    assert.equal(at('2026-11-21T18:00+0900'), '2026-11-21T09:00:00Z');
    assert.equal(at('2026-11-21T09:00Z'), '2026-11-21T09:00:00Z');
    assert.equal(at('2026-11-21 09:00:30.250z'), '2026-11-21T09:00:30Z');
    assert.equal(at('2026-11-21T04:00-05:00'), '2026-11-21T09:00:00Z');
  });

  it('means itself, whatever zone it is shown in', () => {
    const time = parsePublishTime('2026-11-21T09:00Z', { nowMs: NOW, timezone: 'Asia/Tokyo', where: '--at' });
    assert.deepEqual(time, { atMs: Date.parse('2026-11-21T09:00:00Z'), timezone: 'Asia/Tokyo' });
  });
});

describe('a time on the clocks of a zone', () => {
  it('is read there', () => {
    assert.equal(at('2026-11-21T18:00', 'Asia/Tokyo'), '2026-11-21T09:00:00Z');
    assert.equal(at('2026-11-21 18:00', 'Asia/Kathmandu'), '2026-11-21T12:15:00Z');
    assert.equal(at('2026-07-01 09:00', 'Europe/Berlin'), '2026-07-01T07:00:00Z');
    assert.equal(at('2026-12-01 09:00', 'Europe/Berlin'), '2026-12-01T08:00:00Z');
    assert.equal(at('2027-01-01 00:00', 'Pacific/Kiritimati'), '2026-12-31T10:00:00Z');
  });

  it('today and tomorrow are the days of that zone', () => {
    assert.equal(at('today 18:00', 'Asia/Tokyo'), '2026-11-21T09:00:00Z');
    assert.equal(at('tomorrow 09:00', 'Asia/Tokyo'), '2026-11-22T00:00:00Z');
    assert.equal(at('Tomorrow 9:00', 'Asia/Tokyo'), '2026-11-22T00:00:00Z');
    // It is still the 20th there.
    assert.equal(at('today 23:00', 'America/New_York'), '2026-11-21T04:00:00Z');
  });

  it('tomorrow at nine is at nine on the day after the clocks change', () => {
    assert.equal(at('tomorrow 09:00', 'Europe/Berlin', Date.parse('2026-03-28T12:00:00Z')), '2026-03-29T07:00:00Z');
  });
});

describe('the gap, when clocks are put forward: a time in it moves forward by its length', () => {
  it('an hour in Berlin and New York', () => {
    assert.equal(at('2026-03-29 02:30', 'Europe/Berlin'), '2026-03-29T01:30:00Z'); // 03:30 there
    assert.equal(at('2026-03-29 01:59', 'Europe/Berlin'), '2026-03-29T00:59:00Z');
    assert.equal(at('2026-03-29 03:00', 'Europe/Berlin'), '2026-03-29T01:00:00Z');
    assert.equal(at('2026-03-08 02:30', 'America/New_York'), '2026-03-08T07:30:00Z');
  });

  it('half an hour on Lord Howe Island', () => {
    assert.equal(at('2026-10-04 02:15', 'Australia/Lord_Howe'), '2026-10-03T15:45:00Z'); // 02:45 there
  });
});

describe('the overlap, when clocks are put back: a time that comes twice means the first', () => {
  it('in Berlin and New York', () => {
    assert.equal(at('2026-10-25 02:30', 'Europe/Berlin'), '2026-10-25T00:30:00Z');
    assert.equal(at('2026-10-25 01:59', 'Europe/Berlin'), '2026-10-24T23:59:00Z');
    assert.equal(at('2026-10-25 03:00', 'Europe/Berlin'), '2026-10-25T02:00:00Z');
    assert.equal(at('2026-11-01 01:30', 'America/New_York'), '2026-11-01T05:30:00Z');
  });
});

describe('a span from now', () => {
  it('in minutes, hours, days of 24 hours', () => {
    assert.equal(at('+10m'), '2026-11-21T00:10:00Z');
    assert.equal(at('+1h30m'), '2026-11-21T01:30:00Z');
    assert.equal(at('+2d'), '2026-11-23T00:00:00Z');
    assert.equal(at('+1d12h5m'), '2026-11-22T12:05:00Z');
    assert.equal(at('+0m'), '2026-11-21T00:00:00Z');
  });
});

describe('what is refused, with what to write instead', () => {
  it('a local time without a zone', () => {
    assert.match(refused('2026-11-21 18:00').message, /time zone/);
    assert.match(refused('tomorrow 09:00').message, /time zone/);
  });

  it('days and times that do not exist', () => {
    for (const text of [
      '2026-02-30 09:00',
      '2026-13-01 09:00',
      '2026-11-21 24:00',
      '2026-11-21 18:60',
      'today 25:00',
      '2026-11-21T18:00+25:00',
    ]) {
      assert.equal(refused(text, 'Asia/Tokyo').where, '--at', text);
    }
  });

  it('what is no time', () => {
    for (const text of [
      '',
      '+',
      'soon',
      '18:00',
      '1763683200',
      '2026-11-21',
      '+10',
      '-10m',
      '2026-11-21T18:00+09:00 or so',
      'Sat Nov 21 2026',
    ])
      refused(text, 'Asia/Tokyo');
  });

  it('zones that are none', () => {
    for (const zone of ['Mars/Olympus', '+09:00', '', 'JST-9', 'Asia/Tokyo; drop'])
      assert.equal(refused('+10m', zone).where, '/timezone', zone);
  });
});
