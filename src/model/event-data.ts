/** The store keeps instants as milliseconds, named so (`first_at_ms`); outside they are ISO 8601 (`first_at`). */
export function withInstants(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) =>
      name.endsWith('_at_ms')
        ? [name.slice(0, -'_ms'.length), typeof value === 'number' ? new Date(value).toISOString() : null]
        : [name, value],
    ),
  );
}
