import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { atItsLine, parseTextList } from '../../src/cli/text-list.ts';
import { KippuError } from '../../src/model/errors.ts';

describe('a file of texts', () => {
  it('has one a line', () => {
    const { texts, lines, isInBlocks } = parseTextList('one\ntwo  \n  three\n', 'f');
    assert.deepEqual(texts, ['one', 'two', '  three']);
    assert.deepEqual(lines, [1, 2, 3]);
    assert.equal(isInBlocks, false);
  });

  it('has texts of several lines where a blank line stands between texts', () => {
    const { texts, lines, isInBlocks } = parseTextList('one\nand more\n\n \t\ntwo\n\nthree\nand\nmore', 'f');
    assert.deepEqual(texts, ['one\nand more', 'two', 'three\nand\nmore']);
    assert.deepEqual(lines, [1, 5, 7]);
    assert.equal(isInBlocks, true);
  });

  it('is not changed in its meaning by blank lines at its ends, by how its lines end, or by a byte order mark', () => {
    for (const content of ['one\ntwo', '\n\none\ntwo\n\n\n', 'one\r\ntwo\r\n', 'one\rtwo', '\uFEFFone\ntwo\n'])
      assert.deepEqual(parseTextList(content, 'f').texts, ['one', 'two'], JSON.stringify(content));
    assert.deepEqual(parseTextList('\n\none\ntwo', 'f').lines, [3, 4]);
  });

  it('without a text is refused by its name', () => {
    for (const content of ['', '\n \n', '\uFEFF'])
      assert.throws(() => parseTextList(content, 'texts.txt'), {
        code: 'invalid',
        message: /There is no text in texts\.txt/,
      });
  });
});

describe('an error about a text of the list', () => {
  const list = parseTextList('\none\n\ntwo\nlines\n\none\n', 'f');

  it('is told as one about the line on which the text begins', () => {
    const error = atItsLine(new KippuError('invalid', 'Line 2: It is too long.', { where: '/list/1' }), list, 'f.txt');
    assert.ok(error instanceof KippuError);
    assert.deepEqual([error.message, error.where, error.code], ['f.txt, line 4: It is too long.', '--list', 'invalid']);
  });

  it('names both lines of two that are the same', () => {
    const error = atItsLine(
      new KippuError('invalid', 'Line 3 is the same as line 1.', { where: '/list/2' }),
      list,
      'f',
    );
    assert.equal((error as KippuError).message, 'f, line 7: Line 7 is the same as line 2.');
  });

  it('stays as it is where it is about something else', () => {
    const others = [
      new Error('x'),
      new KippuError('invalid', 'm', { where: '/cron' }),
      new KippuError('invalid', 'm', { where: '/list' }),
      new KippuError('invalid', 'm', { where: '/list/9' }),
    ];
    for (const error of others) assert.equal(atItsLine(error, list, 'f'), error);
  });
});
