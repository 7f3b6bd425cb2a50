import type { HomeStore, SealedRow, SealedRowKey } from '../../model/home-store.ts';
import { newId } from '../../model/ids.ts';
import { integer, text } from '../rows/columns.ts';
import { appOf, homeOf, sealedRowOf } from '../rows/home-rows.ts';
import type { PostgresDatabase, Queryable, Row } from './database.ts';
import { isMissingTable } from './failures.ts';
import { acceptAll } from './move-queries.ts';
import { noBackup } from './no-backup.ts';
import type { Settling } from './settling.ts';
import { becomeUncertain } from './settlement-queries.ts';

export function postgresHomeStore(db: PostgresDatabase, identity: string, settling: Settling): HomeStore {
  return {
    async read() {
      try {
        const row = await db.get('select * from kippu.home');
        return row === undefined ? undefined : homeOf(row);
      } catch (error) {
        // Nothing was migrated here yet.
        if (isMissingTable(error)) return undefined;
        throw error;
      }
    },
    found: (home) =>
      db.write(
        async (tx) =>
          (await tx.run(
            `insert into kippu.home (only_row, store_id, identity, stamp, key_check, key_check_generation,
               fingerprint_key, fingerprint_key_generation)
             values (1, :storeId, :identity, null, :keyCheck, :keyCheckGeneration, :fingerprintKey, :fingerprintKeyGeneration)
             on conflict do nothing`,
            {
              storeId: home.storeId,
              identity: home.identity ?? null,
              keyCheck: home.keyCheck.sealed,
              keyCheckGeneration: home.keyCheck.generation,
              fingerprintKey: home.fingerprintKey.sealed,
              fingerprintKeyGeneration: home.fingerprintKey.generation,
            },
          )) === 1,
      ),
    adopt: (adopted, restored) =>
      db.write(async (tx) => {
        await acceptAll(tx);
        await tx.run('update kippu.home set identity = :identity, stamp = null', { identity: adopted });
        if (restored) await doubtEveryGrant(tx, settling);
      }),
    identity: () => identity,
    backup: () => Promise.reject(noBackup()),
    setKeyCheck: (value) =>
      db.write(async (tx) => {
        await tx.run('update kippu.home set key_check = :sealed, key_check_generation = :generation', { ...value });
      }),
    setFingerprintKey: (value) =>
      db.write(async (tx) => {
        await tx.run('update kippu.home set fingerprint_key = :sealed, fingerprint_key_generation = :generation', {
          ...value,
        });
      }),
    async sealedRows(after, limit) {
      const rows: Row[] = [];
      for (const { table, sql } of SEALED_TABLES) {
        if (after !== undefined && table < after.table) continue;
        const from = table === after?.table ? after.rowId : '';
        rows.push(...(await db.all(sql, { after: from, limit: limit - rows.length })));
        if (rows.length >= limit) break;
      }
      return rows.map(sealedRowOf);
    },
    reseal: (row, value) => db.write((tx) => reseal(tx, row, value)),
    async reportSpoolEmpty(node, atMs) {
      // A time to come would speak for answers that are still to come: by a clock that was set, nothing is said. It is said again.
      if ((await settling.clock.corrected()) || atMs > settling.clock.nowMs()) return;
      await db.write(async (tx) => {
        await tx.run(
          'insert into kippu.nodes (id, spool_empty_at_ms) values (:node, :atMs) on conflict (id) do update set spool_empty_at_ms = :atMs',
          { node, atMs },
        );
      });
    },
    async spoolEmptyAtMs(node) {
      const row = await db.get('select spool_empty_at_ms from kippu.nodes where id = :node', { node });
      return row === undefined ? undefined : integer(row, 'spool_empty_at_ms');
    },
    registerApps: (apps) =>
      db.write(async (tx) => {
        for (const app of apps) {
          await tx.run(
            `insert into kippu.provider_apps as known (id, provider, issuer, client_id, secret_hash)
             values (:id, :provider, :issuer, :clientId, :secretHash)
             on conflict (id) do update set secret_hash = excluded.secret_hash, misconfigured_since_ms = null, error = null,
               hold_until_ms = null
             where known.secret_hash <> excluded.secret_hash`,
            { ...app },
          );
        }
      }),
    async apps() {
      const rows = await db.all(
        `select p.*, (select count(*) from kippu.connections n where n.provider_app_id = p.id and n.state <> 'revoked') as connections
         from kippu.provider_apps p order by p.id`,
      );
      return rows.map(appOf);
    },
    releaseApp: (id) =>
      db.write(async (tx) => {
        await tx.run(
          `update kippu.provider_apps set held_for_operator = 0, misconfigured_since_ms = null, hold_until_ms = null, error = null where id = :id`,
          { id },
        );
      }),
  };
}

/**
 * A restored store may hold refresh tokens that were spent after the copy was made. Each becomes a question (as if a
 * renewal had been sent and not answered), which the usual resolution settles without losing a grant that is still good.
 */
async function doubtEveryGrant(tx: Queryable, settling: Settling): Promise<void> {
  const rows = await tx.all(
    `select c.connection_id, c.version, c.fence, c.refresh_fingerprint from kippu.credentials c join kippu.connections n on n.id = c.connection_id
     where n.state = 'active' and c.refresh_fingerprint is not null and c.attempt_id is null
     order by c.connection_id for no key update of c, n`,
  );
  const nowMs = settling.clock.nowMs();
  for (const row of rows) {
    const id = text(row, 'connection_id') as SealedRowKey['rowId'] & Parameters<typeof becomeUncertain>[1]['id'];
    const attemptId = newId('att', settling.random);
    await tx.run(
      `insert into kippu.attempts (id, connection_id, purpose, version, fence, parent_fingerprint, sender, started_at_ms, ended_at_ms, outcome, error, replays)
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
    await tx.run(
      'update kippu.credentials set attempt_id = :attemptId, lease_fence = null, due_at_ms = :nowMs where connection_id = :id',
      { attemptId, id, nowMs },
    );
    await becomeUncertain(tx, { id, attemptId, error: 'this store was restored from a copy' }, settling);
  }
}

/** Everything that is sealed, in one order, so that re-sealing can go on where it stopped; each page by the primary key. */
const SEALED_TABLES: readonly { readonly table: SealedRowKey['table']; readonly sql: string }[] = [
  {
    table: 'consents',
    sql: `select 'consents' as tbl, id as row_id, 'consents' as binding, id as binding_row, provider_app_id as app, owner, generation, sealed
      from kippu.consents where id > :after and sealed is not null order by id limit :limit`,
  },
  {
    table: 'credentials',
    sql: `select 'credentials' as tbl, c.connection_id as row_id, 'credentials' as binding, c.connection_id as binding_row,
        n.provider_app_id as app, n.owner as owner, c.generation as generation, c.sealed as sealed
      from kippu.credentials c join kippu.connections n on n.id = c.connection_id
      where c.connection_id > :after and length(c.sealed) > 0 order by c.connection_id limit :limit`,
  },
  {
    table: 'home',
    sql: `select * from (
        select 'home' as tbl, 'fingerprint_key' as row_id, 'home' as binding, 'fingerprint_key' as binding_row, '' as app, '' as owner,
          fingerprint_key_generation as generation, fingerprint_key as sealed from kippu.home
        union all
        select 'home', 'key_check', 'home', 'key_check', '', '', key_check_generation, key_check from kippu.home
      ) own where row_id > :after order by row_id limit :limit`,
  },
  {
    table: 'orphans',
    sql: `select 'orphans' as tbl, id as row_id, 'credentials' as binding, connection_id as binding_row, provider_app_id as app, owner,
        generation, sealed
      from kippu.orphans where id > :after order by id limit :limit`,
  },
  {
    table: 'webhooks',
    sql: `select 'webhooks' as tbl, id as row_id, 'webhooks' as binding, id as binding_row, '' as app, '' as owner, generation, sealed
      from kippu.webhooks where id > :after order by id limit :limit`,
  },
];

async function reseal(
  tx: Queryable,
  row: SealedRow,
  value: { readonly sealed: Uint8Array; readonly generation: string },
): Promise<boolean> {
  const params = { rowId: row.rowId, sealed: value.sealed, generation: value.generation, was: row.generation };
  switch (row.table) {
    case 'credentials':
      return (
        (await tx.run(
          'update kippu.credentials set sealed = :sealed, generation = :generation where connection_id = :rowId and generation = :was',
          params,
        )) === 1
      );
    case 'orphans':
      return (
        (await tx.run(
          'update kippu.orphans set sealed = :sealed, generation = :generation where id = :rowId and generation = :was',
          params,
        )) === 1
      );
    case 'consents':
      return (
        (await tx.run(
          'update kippu.consents set sealed = :sealed, generation = :generation where id = :rowId and generation = :was',
          params,
        )) === 1
      );
    case 'webhooks':
      return (
        (await tx.run(
          'update kippu.webhooks set sealed = :sealed, generation = :generation where id = :rowId and generation = :was',
          params,
        )) === 1
      );
    case 'home': {
      const { rowId, ...rest } = params;
      const column = rowId === 'key_check' ? 'key_check' : 'fingerprint_key';
      return (
        (await tx.run(
          `update kippu.home set ${column} = :sealed, ${column}_generation = :generation where ${column}_generation = :was`,
          rest,
        )) === 1
      );
    }
  }
}
