/** A row as both engines give it. */
export type Row = Readonly<Record<string, null | number | bigint | string | Uint8Array>>;

/** Values for the named places of a statement. */
export type Params = Readonly<Record<string, null | number | bigint | string | Uint8Array>>;

/** Readers of one column each: a row that does not fit the schema is a defect and is said so, never guessed. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unexpected(column, value);
  return value;
}

export function textOrNone(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw unexpected(column, value);
  return value;
}

export function integerOrNone(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw unexpected(column, value);
  return value;
}

export function json(row: Row, column: string): unknown {
  return JSON.parse(text(row, column));
}

function unexpected(column: string, value: unknown): TypeError {
  return new TypeError(
    `The column ${column} holds ${value === null ? 'null' : typeof value}, which the schema does not allow.`,
  );
}
