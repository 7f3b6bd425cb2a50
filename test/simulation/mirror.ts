import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type pg from 'pg';
import type { Params, Row } from '../../src/store/sqlite/database.ts';
import type { Committed } from './engine.ts';

export const SCHEMA = 'kippu';

export interface Table {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly isBytes: boolean }[];
  /** Tables whose rows go with a row of this one. */
  readonly takesAlong: readonly string[];
}

/** The rows of each table, as PostgreSQL tells them. Absent: none. */
export type Contents = ReadonlyMap<string, string>;

/**
 * What PostgreSQL has committed, copied after each commit, so that a bystander sees it without waiting, and in the same
 * language as the other engine's. No process reads it.
 */
export class Mirror implements Committed {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #db = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, StatementSync>();
  #contents = new Map<string, string>();

  constructor(tables: readonly Table[]) {
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    for (const { name, columns } of tables)
      this.#db.exec(`create table ${name} (${columns.map((column) => column.name).join(', ')})`);
  }

  get contents(): Contents {
    return new Map(this.#contents);
  }

  get(sql: string, params: Params = {}): Row | undefined {
    return this.#statement(sql).get(params);
  }

  all(sql: string, params: Params = {}): readonly Row[] {
    return this.#statement(sql).all(params);
  }

  bytes(): Uint8Array {
    return this.#db.serialize();
  }

  /** Looks at these tables again. Gives whether anything is different. */
  async refresh(by: pg.Client, tables: Iterable<string>): Promise<boolean> {
    const names = [...this.#withThoseTakenAlong(tables)];
    const columns = names.map((name) => {
      // Events are told in the order in which they came; whatever else, in one that says nothing of where a row lies.
      const order = name === 'events' ? 'arrival' : '1, 2';
      return `(select json_agg(r)::text from (select * from ${SCHEMA}.${name} order by ${order}) r) as ${name}`;
    });
    const { rows } = await by.query<Record<string, string | null>>(`select ${columns.join(', ')}`);
    let isDifferent = false;
    for (const name of names) isDifferent = this.#take(name, rows[0]?.[name] ?? undefined) || isDifferent;
    return isDifferent;
  }

  /** Puts what it was told earlier into PostgreSQL, and shows that. */
  async restore(by: pg.Client, contents: Contents): Promise<void> {
    const different = [...this.#tables.keys()].filter((name) => contents.get(name) !== this.#contents.get(name));
    await by.query(`begin; set local session_replication_role = replica`);
    for (const name of different) {
      await by.query(`delete from ${SCHEMA}.${name}`);
      await by.query(
        `insert into ${SCHEMA}.${name} overriding system value
           select * from json_populate_recordset(null::${SCHEMA}.${name}, $1)`,
        [contents.get(name) ?? '[]'],
      );
    }
    await by.query('commit');
    for (const name of different) this.#take(name, contents.get(name));
  }

  /** All tables are as they were at the beginning. */
  async empty(by: pg.Client, beginning: Contents): Promise<void> {
    const names = [...this.#tables.keys()];
    await by.query(`truncate ${names.map((name) => `${SCHEMA}.${name}`).join(', ')} restart identity`);
    for (const name of names) this.#take(name, undefined);
    await this.restore(by, beginning);
  }

  #withThoseTakenAlong(tables: Iterable<string>): ReadonlySet<string> {
    const all = new Set(tables);
    for (const name of all) for (const other of this.#tables.get(name)?.takesAlong ?? []) all.add(other);
    return all;
  }

  #take(name: string, told: string | undefined): boolean {
    if (this.#contents.get(name) === told) return false;
    if (told === undefined) this.#contents.delete(name);
    else this.#contents.set(name, told);
    const { columns } = this.#tables.get(name) ?? { columns: [] };
    this.#statement(`delete from ${name}`).run();
    const insert = this.#statement(`insert into ${name} values (${columns.map(() => '?').join(', ')})`);
    const rows = JSON.parse(told ?? '[]') as Record<string, string | number | null>[];
    for (const row of rows) insert.run(...columns.map((column) => valueOf(row[column.name] ?? null, column.isBytes)));
    return true;
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

function valueOf(value: string | number | null, isBytes: boolean): string | number | null | Uint8Array {
  return isBytes && typeof value === 'string' ? Buffer.from(value.slice(2), 'hex') : value;
}

/** All tables that the migrations have made. */
export async function tablesOf(by: pg.Client): Promise<readonly Table[]> {
  const { rows: columns } = await by.query<{ readonly table: string; readonly name: string; readonly type: string }>(
    `select table_name as table, column_name as name, data_type as type from information_schema.columns
     where table_schema = $1 and table_name <> 'migrations' order by table_name, ordinal_position`,
    [SCHEMA],
  );
  const { rows: links } = await by.query<{ readonly from: string; readonly to: string }>(
    `select r.relname as from, t.relname as to from pg_constraint c
     join pg_class r on r.oid = c.confrelid join pg_class t on t.oid = c.conrelid
     join pg_namespace n on n.oid = t.relnamespace
     where c.contype = 'f' and c.confdeltype <> 'a' and n.nspname = $1 order by 1, 2`,
    [SCHEMA],
  );
  return [...Map.groupBy(columns, ({ table }) => table)].map(([table, own]) => ({
    name: table,
    columns: own.map(({ name, type }) => ({ name, isBytes: type === 'bytea' })),
    takesAlong: links.filter(({ from }) => from === table).map(({ to }) => to),
  }));
}
