import { isReached, type Figure, type Measured, type Row, type Target, type Unit, type Want } from './row.ts';

/** What became of a row: what was measured, or why nothing was. */
export type Result =
  | { readonly row: Row; readonly kind: 'measured'; readonly measured: Measured; readonly seconds: number }
  | { readonly row: Row; readonly kind: 'failed'; readonly error: string };

/** The table of targets, one line for each thing that is wanted. Markdown, which also reads well in a terminal. */
export function targetTable(results: readonly Result[]): string {
  const lines = results.flatMap((result) => result.row.wants.map((want) => targetLine(result, want)));
  return markdownTable(['work', 'target', 'measured', 'reached'], lines);
}

function targetLine(result: Result, want: Want): string[] {
  const wanted = targetText(want.target, want.unit);
  if (result.kind === 'failed') return [result.row.work, wanted, `failed: ${result.error}`, 'no'];
  const figure = result.measured.figures.find(({ name }) => name === want.figure);
  if (figure === undefined) throw new TypeError(`${result.row.id} brought no figure ${want.figure}.`);
  const work = result.row.wants.length === 1 ? result.row.work : `${result.row.work}: ${want.figure}`;
  return [work, wanted, figureText(figure), isReached(figure.median, want.target) ? 'yes' : '**no**'];
}

/** Everything that was measured for one row: Kippu, what it is held against, and the others. */
export function figureTable({ figures }: Measured): string {
  return markdownTable(
    ['', 'median', 'middle half', 'rounds'],
    figures.map((figure) => [
      figure.name,
      valueText(figure.median, figure.unit),
      figure.count === 1 ? '' : `${valueText(figure.low, figure.unit)} to ${valueText(figure.high, figure.unit)}`,
      String(figure.count),
    ]),
  );
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function figureText({ median, low, high, count, unit }: Figure): string {
  const value = valueText(median, unit);
  return count === 1 ? value : `${value} (${plain(low, unit)} to ${plain(high, unit)})`;
}

export function targetText({ kind, value }: Target, unit: Unit): string {
  const sign = { at_least: '≥ ', at_most: '≤ ', exactly: '' }[kind];
  return `${sign}${valueText(value, unit)}`;
}

const ENDINGS = { ratio: ' ×', 'per second': '/s', ms: ' ms', MB: ' MB', exchanges: ' exchanges' } as const;

export function valueText(value: number, unit: Unit): string {
  return unit === 'exchanges' && value === 1 ? '1 exchange' : plain(value, unit) + ENDINGS[unit];
}

/** Three digits say all that a measurement here knows. */
function plain(value: number, unit: Unit): string {
  if (unit === 'exchanges' || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
