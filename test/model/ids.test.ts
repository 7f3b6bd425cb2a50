import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasIdForm, newId } from '../../src/model/ids.ts';
import { randomText } from '../../src/model/random.ts';
import { seededRandom } from '../support/seeded-random.ts';

test('ids say what they name, and no two are the same', () => {
  const random = seededRandom();
  const ids = Array.from({ length: 1000 }, () => newId('con', random));
  assert.equal(new Set(ids).size, 1000);
  for (const id of ids) assert.ok(hasIdForm('con', id), id);
});

test('a name, another kind of id, or something longer does not have the form of an id', () => {
  const id = newId('con', seededRandom());
  for (const text of [
    'x:alice',
    '',
    'con_',
    id.replace('con', 'pst'),
    `${id}0`,
    id.slice(1),
    id.toUpperCase(),
    `${id}\n`,
    id.replace(/.$/, 'u'),
  ]) {
    assert.equal(hasIdForm('con', text), false, text);
  }
});

test('random text is safe in a URL and in a file name', () => {
  assert.match(randomText(seededRandom(), 32), /^[A-Za-z0-9_-]{43}$/);
});
