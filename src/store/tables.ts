/** A table as both engines have it. */
export interface StoredTable {
  readonly name: string;
  /** Its rows are unique by these, and come in their order. */
  readonly key: readonly string[];
}

/** All that is stored, each after what it refers to. A test holds this list to the migrations. */
export const TABLES: readonly StoredTable[] = [
  { name: 'home', key: ['only_row'] },
  { name: 'nodes', key: ['id'] },
  { name: 'provider_apps', key: ['id'] },
  { name: 'connections', key: ['id'] },
  { name: 'credentials', key: ['connection_id'] },
  { name: 'spent_tokens', key: ['fingerprint'] },
  { name: 'attempts', key: ['id'] },
  { name: 'orphans', key: ['id'] },
  { name: 'id_token_refusals', key: ['connection_id'] },
  { name: 'ledger', key: ['connection_id'] },
  { name: 'consents', key: ['id'] },
  { name: 'events', key: ['sequence'] },
  { name: 'api_keys', key: ['id'] },
  { name: 'sessions', key: ['hash'] },
  { name: 'posts', key: ['id'] },
  { name: 'post_attempts', key: ['post_id', 'fence'] },
  { name: 'idempotency', key: ['api_key_id', 'key'] },
  { name: 'schedules', key: ['id'] },
  { name: 'occurrences', key: ['schedule_id', 'at_ms'] },
  { name: 'metrics', key: ['connection_id', 'measure', 'at_ms'] },
  { name: 'webhooks', key: ['id'] },
  { name: 'notice_cursors', key: ['channel'] },
  { name: 'deliveries', key: ['id'] },
  { name: 'delivery_attempts', key: ['delivery_id', 'number'] },
  { name: 'forgetting', key: ['only_row'] },
];

/** Has a row in an empty store. */
export const PREFILLED_TABLE = 'notice_cursors';

export function tableNamed(name: string): StoredTable {
  const table = TABLES.find((candidate) => candidate.name === name);
  if (table === undefined) throw new TypeError(`There is no table ${name}.`);
  return table;
}

/** The statement that reads one page. `after`: only what comes after the key of that row. */
export function pageSql(from: string, { key }: StoredTable, isFirst: boolean): string {
  const columns = key.join(', ');
  const after = isFirst ? '' : `where (${columns}) > (${key.map((column) => `:${column}`).join(', ')})`;
  return `select * from ${from} ${after} order by ${columns} limit :limit`;
}
