import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KippuError, ERROR_CODES } from '../../src/model/errors.ts';
import { errorOf, hasErrorCode } from '../../src/cli/api/problem.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { printable } from '../../src/cli/printable.ts';
import { styleFor } from '../../src/cli/style.ts';
import { form, table } from '../../src/cli/table.ts';
import { cutTo, textWidth } from '../../src/cli/text-width.ts';
import { HARD_SPACE, wrap } from '../../src/cli/wrap.ts';
import { en } from '../../src/cli/texts/en.ts';
import { ja } from '../../src/cli/texts/ja.ts';
import { clockText, instantText, spanText } from '../../src/cli/times.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';

describe('text on a terminal', () => {
  it('counts Japanese as two columns, and colours as none', () => {
    assert.equal(textWidth('abc'), 3);
    assert.equal(textWidth('切符'), 4);
    assert.equal(textWidth('ｶﾅ'), 2);
    assert.equal(textWidth('\u001b[31mred\u001b[39m'), 3);
    assert.equal(textWidth('e\u0301'), 1);
  });

  it('is cut to a width without cutting a wide character in half', () => {
    assert.equal(cutTo('おはようございます', 9), 'おはよ...');
    assert.equal(cutTo('short', 9), 'short');
  });

  it('is broken between words, and a word that is too long is cut', () => {
    assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrap('one two  three', 8), ['one two', 'three']);
    assert.deepEqual(wrap('a http://127.0.0.1', 8), ['a', 'http://1', '27.0.0.1']);
    assert.deepEqual(wrap(`for 180${HARD_SPACE}d`, 8), ['for', '180 d']);
    assert.deepEqual(wrap('', 8), []);
  });

  it('is broken between Japanese characters, but no line begins with a full stop or ends with a bracket', () => {
    assert.deepEqual(wrap('おはようございます', 10), ['おはようご', 'ざいます']);
    assert.deepEqual(wrap('おはよう。次', 8), ['おはよ', 'う。次']);
    assert.deepEqual(wrap('おはよ「次」', 8), ['おはよ', '「次」']);
    assert.deepEqual(wrap('state を送る', 8), ['state を', '送る']);
    for (const width of [2, 3, 10, 79]) {
      const lines = wrap('code_verifier は「秘密」で、Kippu の外に出ません。', width);
      assert.ok(
        lines.every((line) => textWidth(line) <= width && line !== '' && !line.startsWith(' ')),
        `${width}`,
      );
    }
  });

  it('holds no control character from elsewhere', () => {
    assert.equal(printable('a\u001b]0;owned\u0007b\nc\u202ed'), 'a ]0;owned b cd');
  });

  it('is aligned in columns, also Japanese', () => {
    assert.equal(
      table(
        ['NAME', 'STATE'],
        [
          ['x:alice', 'active'],
          ['切符', 'revoked'],
        ],
      ),
      ['NAME     STATE', 'x:alice  active', '切符     revoked'].join('\n'),
    );
    assert.equal(
      form([
        ['名前', 'a'],
        ['id', 'b'],
      ]),
      '名前  a\nid    b',
    );
  });

  it('has colours on a terminal only, and never with NO_COLOR', () => {
    assert.equal(styleFor({ isTTY: true }, {}).bad('x'), '\u001b[31mx\u001b[39m');
    assert.equal(styleFor({ isTTY: true }, { NO_COLOR: '1' }).bad('x'), 'x');
    assert.equal(styleFor({ isTTY: true }, { NO_COLOR: '' }).bad('x'), '\u001b[31mx\u001b[39m');
    assert.equal(styleFor({ isTTY: true }, { TERM: 'dumb' }).bad('x'), 'x');
    assert.equal(styleFor({}, {}).bad('x'), 'x');
  });
});

describe('times', () => {
  it('are said in the two largest units that matter', () => {
    const cases: readonly (readonly [number, string, string])[] = [
      [0, '0 s', '0秒'],
      [59 * SECOND_MS, '59 s', '59秒'],
      [90 * SECOND_MS, '1 min 30 s', '1分30秒'],
      [2 * HOUR_MS, '2 h', '2時間'],
      [2 * HOUR_MS + 5 * SECOND_MS, '2 h', '2時間'],
      [DAY_MS + 3 * HOUR_MS + 10 * MINUTE_MS, '1 d 3 h', '1日3時間'],
    ];
    for (const [ms, english, japanese] of cases) {
      assert.equal(spanText(ms, en.spanUnits), english);
      assert.equal(spanText(ms, ja.spanUnits), japanese);
    }
  });

  it('are shown by the clock of the zone, with its name', () => {
    const atMs = Date.UTC(2026, 10, 21, 9, 0, 5);
    assert.equal(clockText(atMs, 'Asia/Tokyo'), '2026-11-21 18:00:05');
    assert.equal(instantText(atMs, 'America/New_York'), '2026-11-21 04:00:05 America/New_York');
  });
});

describe('a problem document', () => {
  const answer = (status: number, body: unknown): Parameters<typeof errorOf>[0] => ({
    status,
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
  });

  it('becomes the error that it was made of', () => {
    const error = errorOf(
      answer(409, {
        code: 'reauth_required',
        detail: 'must consent',
        connect_url: 'http://x/reconnect',
        retry_after: 5,
        where: '/a',
      }),
    );
    assert.ok(error instanceof KippuError);
    assert.deepEqual(
      [error.code, error.message, error.connectUrl, error.retryAfterMs, error.where],
      ['reauth_required', 'must consent', 'http://x/reconnect', 5000, '/a'],
    );
  });

  it('of somebody else is understood by its status', () => {
    assert.equal(errorOf({ status: 502, headers: {}, body: Buffer.from('<html>') }).code, 'unavailable');
    assert.equal(errorOf(answer(401, { code: 'nonsense' })).code, 'unauthenticated');
    assert.equal(errorOf(answer(418, [])).code, 'internal');
  });

  it('of the provider is not taken for one of ours', () => {
    assert.equal(hasErrorCode(Buffer.from('{"title":"Unauthorized","type":"about:blank","status":401}')), false);
    assert.equal(hasErrorCode(Buffer.from('{"code":"uncertain"}')), true);
  });
});

describe('the exit code', () => {
  const EXPECTED = {
    3: ['reauth_required', 'revoked'],
    4: ['unavailable', 'uncertain', 'rate_limited', 'store_unavailable'],
    2: ['invalid'],
  };

  for (const code of ERROR_CODES) {
    const expected = Number(Object.entries(EXPECTED).find(([, codes]) => codes.includes(code))?.[0] ?? 1);
    it(`of ${code} is ${expected}`, () => {
      assert.equal(exitCodeOf(code), expected);
    });
  }
});
