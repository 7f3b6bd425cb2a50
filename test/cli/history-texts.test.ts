import assert from 'node:assert/strict';
import { test } from 'node:test';
import { historyEn, historyJa } from '../../src/cli/texts/history-texts.ts';

const SAY = { span: () => '', instant: (atMs: number) => `at ${atMs}` };
const FOUND = {
  kind: 'history',
  level: 'ok',
  days: 30,
  rows: [12_345, 1_000_000, 0],
  rowsMax: 1_000_000,
  lastRound: { endedAtMs: 5, forgotten: 6789 },
} as const;

test('history that was counted to the end is told from history that was not', () => {
  const { what } = historyEn(FOUND, SAY);
  assert.match(what, /12,345 attempts, 1,000,000 or more fingerprints of spent tokens, 0 events/);
  assert.match(what, /kept for 30 days, what was older was forgotten at at 5 \(6,789 rows\)$/);
  assert.match(historyJa(FOUND, SAY).what, /12,345 件.*1,000,000 件以上.*30 日間.*at 5.*6,789 件/);
});

test('where nothing was forgotten yet, or never will be, that is said', () => {
  assert.match(historyEn({ ...FOUND, lastRound: undefined }, SAY).what, /nothing was forgotten yet$/);
  assert.match(historyEn({ ...FOUND, days: 0 }, SAY).what, /kept for good$/);
  assert.match(historyJa({ ...FOUND, lastRound: undefined }, SAY).what, /まだ何も消していません/);
  assert.match(historyJa({ ...FOUND, days: 0 }, SAY).what, /すべて残します/);
});
