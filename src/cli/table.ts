import { padEnd, textWidth } from './text-width.ts';

const GAP = '  ';

/** Rows under their headings, each column as wide as its widest cell. No line ends in spaces. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => textWidth(row[column] ?? ''))));
  return all.map((row) => line(row, widths)).join('\n');
}

/** Names and their values, as in a form. */
export function form(fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([name]) => textWidth(name)));
  return fields.map(([name, value]) => `${padEnd(name, width)}${GAP}${value}`.trimEnd()).join('\n');
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => padEnd(cell, widths[column] ?? 0))
    .join(GAP)
    .trimEnd();
}
