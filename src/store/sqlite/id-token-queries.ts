import type { IdTokenStore } from '../../model/id-token-store.ts';
import type { ConnectionId } from '../../model/ids.ts';
import { integer, text } from '../rows/columns.ts';
import type { SqliteDatabase } from './database.ts';

export function sqliteIdTokenStore(db: SqliteDatabase): IdTokenStore {
  return {
    note: ({ connectionId, version, reason, atMs }) =>
      db.write((tx) => {
        tx.run(
          `insert into id_token_refusals (connection_id, version, reason, at_ms)
           values (:connectionId, :version, :reason, :atMs)
           on conflict (connection_id) do update
           set version = excluded.version, reason = excluded.reason, at_ms = excluded.at_ms
           where excluded.version > id_token_refusals.version`,
          { connectionId, version, reason, atMs },
        );
      }),
    async refused(limit) {
      const rows = db.all(
        `select r.* from id_token_refusals r
         join credentials c on c.connection_id = r.connection_id and c.version = r.version
         order by r.connection_id limit :limit`,
        { limit },
      );
      return rows.map((row) => ({
        connectionId: text(row, 'connection_id') as ConnectionId,
        version: integer(row, 'version'),
        reason: text(row, 'reason'),
        atMs: integer(row, 'at_ms'),
      }));
    },
  };
}
