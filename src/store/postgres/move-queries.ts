import type { MovedRows, StoredRow, StoreMove } from '../../model/store-move.ts';
import { MOVED_AWAY_STATE, movedAwayText } from '../moved-away.ts';
import { integer, textOrNone } from '../rows/columns.ts';
import { notEmpty, underWayOf } from '../rows/move-rows.ts';
import { pageSql, PREFILLED_TABLE, tableNamed, TABLES } from '../tables.ts';
import type { PostgresDatabase, Queryable, Transaction } from './database.ts';
import { numberEvents } from './event-queries.ts';
import type { Params } from './statement.ts';
import { takeTurn } from './turns.ts';

/** Bounds one statement: PostgreSQL takes 65,535 parameters. */
const ROWS_AT_ONCE = 500;
/** Rows of a large table take their time, and so do those who write to it when the door is closed. */
const STATEMENT_TIMEOUT_MS = 600_000;

export function postgresStoreMove(db: PostgresDatabase, identity: string): StoreMove {
  return {
    async refuse(refused, { was, now }) {
      // What has no number yet would have none in the other store.
      if (refused === 'writes') await numberEvents(db);
      return db.write(
        async (tx) => {
          // First the door, then the look: who is in the middle of a write ends it.
          if (refused === 'writes') await tx.script(`lock table ${TABLE_NAMES} in share row exclusive mode`);
          const row = await tx.get('select stamp from kippu.home for update');
          if (row === undefined || textOrNone(row, 'stamp') !== was) return false;
          await acceptAll(tx);
          await tx.run('update kippu.home set stamp = :now', { now: now ?? null });
          if (refused === 'nothing') return true;
          await tx.script(ANSWER);
          for (const trigger of refused === 'claims' ? CLAIMS : WRITES) await tx.script(trigger);
          return true;
        },
        { statementTimeoutMs: STATEMENT_TIMEOUT_MS },
      );
    },
    async underWay() {
      return (await db.all(UNDER_WAY_SQL)).map(underWayOf);
    },
    async rows(table, after, limit) {
      const stored = tableNamed(table);
      const key = Object.fromEntries(stored.key.map((column) => [column, after?.[column] ?? null]));
      const sql = pageSql(`kippu.${table}`, stored, after === undefined);
      const rows = await db.all(sql, { ...(after === undefined ? {} : key), limit });
      return rows.map(withoutArrival);
    },
    async lastSequence() {
      const row = await db.get('select last from kippu.event_numbers');
      return row === undefined ? 0 : integer(row, 'last');
    },
    isEmpty: () => isEmpty(db),
    receive: (from) => db.write((tx) => receive(tx, from, identity), { statementTimeoutMs: STATEMENT_TIMEOUT_MS }),
  };
}

/** Takes everything again. */
export async function acceptAll(tx: Transaction): Promise<void> {
  await tx.script('drop function if exists kippu.refuse_moved() cascade');
}

const TABLE_NAMES = TABLES.map(({ name }) => `kippu.${name}`).join(', ');

/** Triggers bind every process that has the database open, whenever it opened it. */
const ANSWER = `
  create function kippu.refuse_moved() returns trigger language plpgsql as $$
  begin
    raise exception '%', '${movedAwayText('')}' || (select stamp from kippu.home) using errcode = '${MOVED_AWAY_STATE}';
  end $$`;

const CLAIMS = [
  `create trigger moved_exchanges before insert on kippu.attempts for each row execute function kippu.refuse_moved()`,
  `create trigger moved_publishing before update on kippu.posts for each row
     when (new.status = 'publishing' and old.status <> 'publishing') execute function kippu.refuse_moved()`,
  `create trigger moved_consents before update on kippu.consents for each row
     when ((new.state = 'answered' and old.state <> 'answered') or new.ask_after_ms > old.ask_after_ms)
     execute function kippu.refuse_moved()`,
];

const WRITES = TABLES.map(
  ({ name }) =>
    `create trigger moved_writes before insert or update or delete or truncate on kippu.${name}
       for each statement execute function kippu.refuse_moved()`,
);

const UNDER_WAY_SQL = `
  select 'exchange' as what, sender from kippu.attempts where outcome is null
  union all select 'post', lease_holder from kippu.posts where status = 'publishing'
  union all select 'consent', null from kippu.consents where state = 'answered'`;

async function receive(tx: Transaction, from: MovedRows, identity: string): Promise<void> {
  await takeTurn(tx, 'the move into this store');
  if (!(await isEmpty(tx))) throw notEmpty();
  await tx.run(`delete from kippu.${PREFILLED_TABLE}`);
  for (const { name } of TABLES) for await (const page of from.pages(name)) await insertAll(tx, name, page);
  await tx.run('update kippu.event_numbers set last = :last', { last: from.lastSequence });
  await tx.run('update kippu.home set identity = :identity, stamp = null', { identity });
  await from.confirm();
}

async function insertAll(tx: Queryable, table: string, rows: readonly StoredRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    const columns = Object.keys(some[0] ?? {});
    const params: Record<string, Params[string]> = {};
    const values = some.map((row, n) => {
      for (const column of columns) params[`${column}_${n}`] = row[column] ?? null;
      return `(${columns.map((column) => `:${column}_${n}`).join(', ')})`;
    });
    await tx.run(`insert into kippu.${table} (${columns.join(', ')}) values ${values.join(', ')}`, params);
  }
}

/** In which events came is said by their numbers; it is counted anew in every database. */
function withoutArrival({ arrival: _, ...row }: StoredRow): StoredRow {
  return row;
}

async function isEmpty(db: Queryable): Promise<boolean> {
  for (const { name } of TABLES) {
    if (name === PREFILLED_TABLE) continue;
    if ((await db.get(`select 1 as found from kippu.${name} limit 1`)) !== undefined) return false;
  }
  return true;
}
