import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf } from '../../src/server/csv.ts';

test('a row ends with CRLF, and nothing measured is an empty cell', () => {
  assert.equal(csvOf([]), '');
  assert.equal(
    csvOf([
      ['at', 'followers'],
      ['2026-11-21T00:00:00.000Z', 0],
      ['later', undefined],
    ]),
    'at,followers\r\n2026-11-21T00:00:00.000Z,0\r\nlater,\r\n',
  );
});

test('commas, quotes and line breaks stand in quotes', () => {
  assert.equal(csvOf([['a,b', 'say "hi"', 'one\ntwo', 'one\rtwo']]), '"a,b","say ""hi""","one\ntwo","one\rtwo"\r\n');
});

test('no text is run as a formula, and no number is changed', () => {
  for (const start of ['=', '+', '-', '@', '\t']) assert.equal(csvOf([[`${start}1+1`]]), `'${start}1+1\r\n`);
  assert.equal(csvOf([['\r=1+1']]), '"\'\r=1+1"\r\n');
  assert.equal(csvOf([['=cmd|"/c calc"!A1,x']]), '"\'=cmd|""/c calc""!A1,x"\r\n');
  assert.equal(csvOf([[-5, 1e21]]), '-5,1e+21\r\n');
});
