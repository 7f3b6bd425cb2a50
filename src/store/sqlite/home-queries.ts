import { statSync } from 'node:fs';
import type { HomeStore, SealedRow, SealedRowKey } from '../../model/home-store.ts';
import { newId } from '../../model/ids.ts';
import { integer, text } from '../rows/columns.ts';
import { appOf, homeOf, sealedRowOf } from '../rows/home-rows.ts';
import type { Settling } from '../settling.ts';
import { SqliteDatabase, type Queryable, type Row } from './database.ts';
import { acceptAll } from './move-queries.ts';
import { becomeUncertain } from './settlement-queries.ts';
import { namesWith } from './table-names.ts';

export function sqliteHomeStore(db: SqliteDatabase, path: string, settling: Settling): HomeStore {
  const { clock } = settling;
  return {
    async read() {
      const row = db.get('select * from home');
      return row === undefined ? undefined : homeOf(row);
    },
    found: (home) =>
      db.write(
        (tx) =>
          tx.run(
            `insert or ignore into home (only_row, store_id, identity, stamp, key_check, key_check_generation,
               fingerprint_key, fingerprint_key_generation)
             values (1, :storeId, :identity, null, :keyCheck, :keyCheckGeneration, :fingerprintKey, :fingerprintKeyGeneration)`,
            {
              storeId: home.storeId,
              identity: home.identity ?? null,
              keyCheck: home.keyCheck.sealed,
              keyCheckGeneration: home.keyCheck.generation,
              fingerprintKey: home.fingerprintKey.sealed,
              fingerprintKeyGeneration: home.fingerprintKey.generation,
            },
          ) === 1,
      ),
    adopt: (identity, restored) =>
      db.write((tx) => {
        acceptAll(tx, db.names.prefix);
        tx.run('update home set identity = :identity, stamp = null', { identity });
        if (restored) doubtEveryGrant(tx, settling);
      }),
    identity: () => identityOf(path),
    backup: (file) => backup(db, file, clock.nowMs()),
    setKeyCheck: (value) =>
      db.write((tx) => {
        tx.run('update home set key_check = :sealed, key_check_generation = :generation', { ...value });
      }),
    setFingerprintKey: (value) =>
      db.write((tx) => {
        tx.run('update home set fingerprint_key = :sealed, fingerprint_key_generation = :generation', { ...value });
      }),
    async sealedRows(after, limit) {
      const rows: Row[] = [];
      for (const { table, sql } of SEALED_TABLES) {
        if (after !== undefined && table < after.table) continue;
        rows.push(...db.all(sql, { after: table === after?.table ? after.rowId : '', limit: limit - rows.length }));
        if (rows.length >= limit) break;
      }
      return rows.map(sealedRowOf);
    },
    reseal: (row, value) => db.write((tx) => reseal(tx, row, value)),
    reportSpoolEmpty: (node, atMs) =>
      db.write((tx) => {
        tx.run(
          'insert into nodes (id, spool_empty_at_ms) values (:node, :atMs) on conflict (id) do update set spool_empty_at_ms = :atMs',
          { node, atMs },
        );
      }),
    async spoolEmptyAtMs(node) {
      const row = db.get('select spool_empty_at_ms from nodes where id = :node', { node });
      return row === undefined ? undefined : integer(row, 'spool_empty_at_ms');
    },
    registerApps: (apps) =>
      db.write((tx) => {
        for (const app of apps) {
          tx.run(
            `insert into provider_apps (id, provider, issuer, client_id, secret_hash) values (:id, :provider, :issuer, :clientId, :secretHash)
             on conflict (id) do update set secret_hash = :secretHash,
               misconfigured_since_ms = iif(secret_hash = :secretHash, misconfigured_since_ms, null),
               error = iif(secret_hash = :secretHash, error, null),
               hold_until_ms = iif(secret_hash = :secretHash, hold_until_ms, null)`,
            { ...app },
          );
        }
      }),
    async apps() {
      const rows = db.all(
        `select p.*, (select count(*) from connections n where n.provider_app_id = p.id and n.state <> 'revoked') as connections
         from provider_apps p order by p.id`,
      );
      return rows.map(appOf);
    },
    releaseApp: (id) =>
      db.write((tx) => {
        tx.run(
          `update provider_apps set held_for_operator = 0, misconfigured_since_ms = null, hold_until_ms = null, error = null where id = :id`,
          { id },
        );
      }),
  };
}

/** The file itself, wherever it is mounted or moved to; a copy of it has another. */
function identityOf(path: string): string | undefined {
  if (path === ':memory:') return undefined;
  const { dev, ino } = statSync(path, { bigint: true });
  return `sqlite:${dev}:${ino}`;
}

/**
 * `vacuum into` writes a consistent copy while others write on; the stamp says that it is one. It holds the whole file:
 * the application's own tables too, and every other Kippu in it, which is stamped as well.
 */
async function backup(db: SqliteDatabase, file: string, nowMs: number): Promise<void> {
  db.run('vacuum into :file', { file });
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => {} };
  for (const prefix of prefixesIn(db)) {
    const copy = new SqliteDatabase(file, clock, namesWith(prefix));
    await copy.write((tx) =>
      tx.run('update home set stamp = :stamp', { stamp: `backup of ${new Date(nowMs).toISOString()}` }),
    );
    copy.exec('pragma journal_mode = delete');
    await copy.close();
  }
}

/** Of every Kippu in this file, known by its `home`. */
function prefixesIn(db: SqliteDatabase): string[] {
  const rows = db.all(
    `select s.name from sqlite_schema s where s.type = 'table' and s.name like '%home' and
       (select count(*) from pragma_table_info(s.name) c where c.name in ('store_id', 'stamp', 'fingerprint_key')) = 3`,
  );
  return rows.map((row) => text(row, 'name').slice(0, -'home'.length));
}

/**
 * A restored store may hold refresh tokens that were spent after the copy was made. Each becomes a question (as if a
 * renewal had been sent and not answered), which the usual resolution settles without losing a grant that is still good.
 */
function doubtEveryGrant(tx: Queryable, settling: Settling): void {
  const rows = tx.all(
    `select c.connection_id, c.version, c.fence, c.refresh_fingerprint from credentials c join connections n on n.id = c.connection_id
     where n.state = 'active' and c.refresh_fingerprint is not null and c.attempt_id is null`,
  );
  const nowMs = settling.clock.nowMs();
  for (const row of rows) {
    const id = text(row, 'connection_id') as SealedRowKey['rowId'] & Parameters<typeof becomeUncertain>[1]['id'];
    const attemptId = newId('att', settling.random);
    tx.run(
      `insert into attempts (id, connection_id, purpose, version, fence, parent_fingerprint, sender, started_at_ms, ended_at_ms, outcome, error, replays)
       values (:attemptId, :id, 'renewal', :version, :fence, :parent, :sender, :nowMs, :nowMs, 'unanswered', 'restored from a copy', 0)`,
      {
        attemptId,
        id,
        version: integer(row, 'version'),
        fence: integer(row, 'fence'),
        parent: text(row, 'refresh_fingerprint'),
        sender: JSON.stringify({ nodeId: '', machine: '', pid: 0, started: '' }),
        nowMs,
      },
    );
    tx.run(
      'update credentials set attempt_id = :attemptId, lease_fence = null, due_at_ms = :nowMs where connection_id = :id',
      { attemptId, id, nowMs },
    );
    becomeUncertain(tx, { id, attemptId, error: 'this store was restored from a copy' }, settling);
  }
}

/** Everything that is sealed, in one order, so that re-sealing can go on where it stopped; each page by the primary key. */
const SEALED_TABLES: readonly { readonly table: SealedRowKey['table']; readonly sql: string }[] = [
  {
    table: 'consents',
    sql: `select 'consents' as tbl, id as row_id, 'consents' as binding, id as binding_row, provider_app_id as app, owner, generation, sealed
      from consents where id > :after and sealed is not null order by id limit :limit`,
  },
  {
    table: 'credentials',
    sql: `select 'credentials' as tbl, c.connection_id as row_id, 'credentials' as binding, c.connection_id as binding_row,
        n.provider_app_id as app, n.owner as owner, c.generation as generation, c.sealed as sealed
      from credentials c join connections n on n.id = c.connection_id
      where c.connection_id > :after and length(c.sealed) > 0 order by c.connection_id limit :limit`,
  },
  {
    table: 'home',
    sql: `select * from (
        select 'home' as tbl, 'fingerprint_key' as row_id, 'home' as binding, 'fingerprint_key' as binding_row, '' as app, '' as owner,
          fingerprint_key_generation as generation, fingerprint_key as sealed from home
        union all
        select 'home', 'key_check', 'home', 'key_check', '', '', key_check_generation, key_check from home
      ) where row_id > :after order by row_id limit :limit`,
  },
  {
    table: 'orphans',
    sql: `select 'orphans' as tbl, id as row_id, 'credentials' as binding, connection_id as binding_row, provider_app_id as app, owner,
        generation, sealed
      from orphans where id > :after order by id limit :limit`,
  },
  {
    table: 'webhooks',
    sql: `select 'webhooks' as tbl, id as row_id, 'webhooks' as binding, id as binding_row, '' as app, '' as owner, generation, sealed
      from webhooks where id > :after order by id limit :limit`,
  },
];

function reseal(
  tx: Queryable,
  row: SealedRow,
  value: { readonly sealed: Uint8Array; readonly generation: string },
): boolean {
  const params = { rowId: row.rowId, sealed: value.sealed, generation: value.generation, was: row.generation };
  switch (row.table) {
    case 'credentials':
      return (
        tx.run(
          'update credentials set sealed = :sealed, generation = :generation where connection_id = :rowId and generation = :was',
          params,
        ) === 1
      );
    case 'orphans':
      return (
        tx.run(
          'update orphans set sealed = :sealed, generation = :generation where id = :rowId and generation = :was',
          params,
        ) === 1
      );
    case 'consents':
      return (
        tx.run(
          'update consents set sealed = :sealed, generation = :generation where id = :rowId and generation = :was',
          params,
        ) === 1
      );
    case 'webhooks':
      return (
        tx.run(
          'update webhooks set sealed = :sealed, generation = :generation where id = :rowId and generation = :was',
          params,
        ) === 1
      );
    case 'home': {
      const { rowId, ...rest } = params;
      const column = rowId === 'key_check' ? 'key_check' : 'fingerprint_key';
      return (
        tx.run(
          `update home set ${column} = :sealed, ${column}_generation = :generation where ${column}_generation = :was`,
          rest,
        ) === 1
      );
    }
  }
}
