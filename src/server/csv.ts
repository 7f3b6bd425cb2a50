/**
 * Rows as RFC 4180 has them: lines end with CRLF, and a cell with a comma, a quote or a line break stands in quotes. A
 * spreadsheet runs a cell that begins like a formula, whoever wrote it: such a text gets an apostrophe in front.
 */
export function csvOf(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

const FORMULA_STARTS = /^[=+\-@\t\r]/;

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const harmless = FORMULA_STARTS.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
