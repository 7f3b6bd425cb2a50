import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { takeTurns } from '../../bench/measure/rounds.ts';
import { isReached, type Measured, type Row, type Target } from '../../bench/measure/row.ts';
import { quantile, ratiosOf, summaryOf } from '../../bench/measure/statistics.ts';
import { figureTable, targetTable, valueText } from '../../bench/measure/table.ts';
import { ROWS } from '../../bench/rows.ts';

/** What the bench computes and says. How quick anything is, is not tested: it depends on the machine and the hour. */

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const readme = readFileSync(path.join(root, 'bench', 'README.md'), 'utf8');

describe('a series of measurements', () => {
  it('has the middle one as its median, whatever the order', () => {
    assert.equal(summaryOf([9, 1, 5]).median, 5);
    assert.equal(summaryOf([100, 2, 3, 1]).median, 2.5);
  });

  it('compares numbers, and not their texts', () => {
    assert.equal(summaryOf([10, 9, 100]).median, 10);
  });

  it('is not moved by one outlier', () => {
    const { median, low, high, count } = summaryOf([10, 11, 12, 13, 10_000]);
    assert.deepEqual({ median, low, high, count }, { median: 12, low: 11, high: 13, count: 5 });
  });

  it('leaves its values in their order', () => {
    const values = [3, 1, 2];
    summaryOf(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it('says nothing when it is empty', () => {
    assert.throws(() => quantile([], 0.5), TypeError);
  });

  it('is held against its baseline round by round', () => {
    // The machine was half as quick in the second round: that is no news about either.
    assert.deepEqual(ratiosOf([10, 5, 30], [20, 10, 20]), [0.5, 0.5, 1.5]);
    assert.throws(() => ratiosOf([1, 2], [1]), TypeError);
  });
});

describe('contenders', () => {
  it('take turns, each beginning a round as often as the others, and the warm-up is forgotten', async () => {
    const order: string[] = [];
    const contender = (name: string) => ({
      name,
      count: 1,
      work: (count: number) => {
        order.push(name);
        return count;
      },
    });
    const rates = await takeTurns([contender('a'), contender('b')], { rounds: 2, warmUps: 1 });
    assert.equal(order.join(''), 'abbaab');
    assert.deepEqual(
      rates.map(({ name, perSecond }) => [name, perSecond.length]),
      [
        ['a', 2],
        ['b', 2],
      ],
    );
  });
});

describe('the table', () => {
  it('says what was reached, and what was not', () => {
    const lines = targetTable([
      result(0.8, { kind: 'at_least', value: 0.7 }),
      result(0.6, { kind: 'at_least', value: 0.7 }),
    ])
      .split('\n')
      .slice(2);
    assert.match(lines[0] ?? '', /\| ≥ 0\.7 × +\| 0\.8 × .*\| yes +\|$/);
    assert.match(lines[1] ?? '', /\| ≥ 0\.7 × +\| 0\.6 × .*\| \*\*no\*\* +\|$/);
  });

  it('does not pass over a row that could not be measured', () => {
    const failed = { row: rowWith({ kind: 'exactly', value: 1 }), kind: 'failed', error: 'no disk' } as const;
    assert.match(targetTable([failed]), /failed: no disk *\| no/);
  });

  it('refuses a row that does not bring what it was to bring', () => {
    const other = { figures: [{ ...figureOf(1), name: 'something else' }] };
    const broken = {
      row: rowWith({ kind: 'exactly', value: 1 }),
      kind: 'measured',
      measured: other,
      seconds: 1,
    } as const;
    assert.throws(() => targetTable([broken]), TypeError);
  });

  it('writes numbers as they are read', () => {
    assert.equal(valueText(3_000_000, 'per second'), '3,000,000/s');
    assert.equal(valueText(0.123456, 'ratio'), '0.123 ×');
    assert.equal(valueText(1, 'exchanges'), '1 exchange');
    assert.equal(valueText(10, 'exchanges'), '10 exchanges');
  });

  it('has as many cells in each line', () => {
    const cells = figureTable({ figures: [figureOf(1), figureOf(12_345)] })
      .split('\n')
      .map((line) => line.split('|').length);
    assert.deepEqual(new Set(cells), new Set([6]));
  });

  it('takes a bound as reached, and what is just beyond it as not', () => {
    assert.ok(isReached(1.15, { kind: 'at_most', value: 1.15 }));
    assert.ok(!isReached(1.151, { kind: 'at_most', value: 1.15 }));
    assert.ok(isReached(0.7, { kind: 'at_least', value: 0.7 }));
    assert.ok(!isReached(0.699, { kind: 'at_least', value: 0.7 }));
    assert.ok(!isReached(2, { kind: 'exactly', value: 1 }));
    assert.ok(!isReached(0, { kind: 'exactly', value: 1 }));
  });
});

describe('the rows', () => {
  it('are all there, each with a name of its own', () => {
    assert.deepEqual(
      ROWS.map(({ id }) => id),
      'live-token token-over-http one-renewal many-renewals callers due-work memory cold-start cookie'.split(' '),
    );
  });

  it('have a section in the README that tells their method', () => {
    const sections = [...readme.matchAll(/^### `([a-z-]+)`/gm)].map(([, id]) => id);
    assert.deepEqual(
      sections,
      ROWS.map(({ id }) => id),
    );
  });

  it('stand in the kept results with the targets that they have here', () => {
    const kept = readFileSync(path.join(root, 'bench', 'results.md'), 'utf8');
    for (const { id } of ROWS) assert.match(kept, new RegExp(`^### ${id} \\(\\d+ s\\)$`, 'm'), id);
  });
});

describe('the folder of the bench', () => {
  const lock = readFileSync(path.join(root, 'bench', 'package-lock.json'), 'utf8');
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'bench', 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };

  it('names each package in one exact version', () => {
    for (const [name, version] of Object.entries(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  });

  it('says nothing of the registry that its lock file was made with', () => {
    assert.doesNotMatch(lock, /"resolved"/);
  });

  it('says of each package in the README what it is there for', () => {
    for (const name of Object.keys(dependencies)) assert.ok(readme.includes(`\`${name}\``), name);
  });

  it('is not part of what is published', () => {
    const { files } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { readonly files: string[] };
    assert.ok(!files.some((name) => name.startsWith('bench')));
    assert.ok(existsSync(path.join(root, 'bench', 'main.ts')));
  });
});

function rowWith(target: Target): Row {
  return {
    id: 'made-up',
    work: 'made up',
    wants: [{ figure: 'it', unit: 'ratio', target }],
    costs: 'nothing',
    measure: () => Promise.reject(new Error('It is only spoken of.')),
  };
}

function figureOf(median: number): Measured['figures'][number] {
  return { name: 'it', unit: 'ratio', median, low: median, high: median, count: 3 };
}

function result(median: number, target: Target) {
  return { row: rowWith(target), kind: 'measured', measured: { figures: [figureOf(median)] }, seconds: 1 } as const;
}
