import type { MovedRows, Refused, StoredRow, StoreMove } from '../../model/store-move.ts';
import { movedAwayText } from '../moved-away.ts';
import { integer, textOrNone } from '../rows/columns.ts';
import { notEmpty, underWayOf } from '../rows/move-rows.ts';
import { pageSql, PREFILLED_TABLE, tableNamed, TABLES } from '../tables.ts';
import type { Queryable, SqliteDatabase } from './database.ts';

export function sqliteStoreMove(db: SqliteDatabase, identity: () => string | undefined): StoreMove {
  return {
    refuse: (refused, { was, now }) =>
      db.write((tx) => {
        const row = tx.get('select stamp from home');
        if (row === undefined || textOrNone(row, 'stamp') !== was) return false;
        acceptAll(tx, db.names.prefix);
        tx.run('update home set stamp = :now', { now: now ?? null });
        refuse(tx, db.names.prefix, refused, now ?? '');
        return true;
      }),
    async underWay() {
      return db.all(UNDER_WAY_SQL).map(underWayOf);
    },
    async rows(table, after, limit) {
      const stored = tableNamed(table);
      const key = Object.fromEntries(stored.key.map((column) => [column, after?.[column] ?? null]));
      return db.all(pageSql(table, stored, after === undefined), { ...(after === undefined ? {} : key), limit });
    },
    async lastSequence() {
      const row = db.get('select seq from sqlite_sequence where name = :name', { name: `${db.names.prefix}events` });
      return row === undefined ? 0 : integer(row, 'seq');
    },
    async isEmpty() {
      return isEmpty(db);
    },
    receive: (from) => receive(db, from, identity()),
  };
}

/** A page of the other store is awaited inside the transaction: nobody else uses this connection meanwhile. */
async function receive(db: SqliteDatabase, from: MovedRows, identity: string | undefined): Promise<void> {
  db.exec('begin immediate');
  try {
    if (!isEmpty(db)) throw notEmpty();
    db.run(`delete from ${PREFILLED_TABLE}`);
    for (const { name } of TABLES)
      for await (const page of from.pages(name)) for (const row of page) db.run(insertSql(name, row), row);
    const name = `${db.names.prefix}events`;
    db.run('delete from sqlite_sequence where name = :name', { name });
    db.run('insert into sqlite_sequence (name, seq) values (:name, :last)', { name, last: from.lastSequence });
    db.run('update home set identity = :identity, stamp = null', { identity: identity ?? null });
    await from.confirm();
    db.exec('commit');
  } catch (error) {
    db.exec('rollback');
    throw error;
  }
}

function insertSql(table: string, row: StoredRow): string {
  const columns = Object.keys(row);
  return `insert into ${table} (${columns.join(', ')}) values (${columns.map((column) => `:${column}`).join(', ')})`;
}

/** Triggers: they bind every process that has the file open, whenever it opened it. */
function refuse(tx: Queryable, prefix: string, refused: Refused, stamp: string): void {
  const answer = `begin select raise(abort, '${movedAwayText(stamp).replaceAll("'", "''")}'); end`;
  for (const { name, when, on, condition = '' } of REFUSALS)
    if (when === refused) tx.run(`create trigger ${prefix}${name} before ${on} ${condition} ${answer}`);
}

/** Takes everything again. */
export function acceptAll(tx: Queryable, prefix: string): void {
  for (const { name } of REFUSALS) tx.run(`drop trigger if exists ${prefix}${name}`);
}

interface Refusal {
  readonly name: string;
  readonly when: Refused;
  readonly on: string;
  readonly condition?: string;
}

const CLAIMS: readonly Refusal[] = [
  { name: 'moved_exchanges', when: 'claims', on: 'insert on attempts' },
  {
    name: 'moved_publishing',
    when: 'claims',
    on: 'update of status on posts',
    condition: `when new.status = 'publishing' and old.status <> 'publishing'`,
  },
  {
    name: 'moved_consents',
    when: 'claims',
    on: 'update on consents',
    condition: `when (new.state = 'answered' and old.state <> 'answered') or new.ask_after_ms > old.ask_after_ms`,
  },
];

const REFUSALS: readonly Refusal[] = [
  ...CLAIMS,
  ...TABLES.flatMap((table) =>
    ['insert', 'update', 'delete'].map((act): Refusal => ({
      name: `moved_${table.name}_${act}`,
      when: 'writes',
      on: `${act} on ${table.name}`,
    })),
  ),
];

const UNDER_WAY_SQL = `
  select 'exchange' as what, sender from attempts where outcome is null
  union all select 'post', lease_holder from posts where status = 'publishing'
  union all select 'consent', null from consents where state = 'answered'`;

function isEmpty(db: Queryable): boolean {
  return TABLES.every(
    ({ name }) => name === PREFILLED_TABLE || db.get(`select 1 as found from ${name} limit 1`) === undefined,
  );
}
