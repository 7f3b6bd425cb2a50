import { DatabaseSync } from 'node:sqlite';
import { Records } from '../records.ts';
import type { TortureDatabase } from './database.ts';

export function sqliteDatabase(path: string): TortureDatabase {
  return {
    urlFor: () => `sqlite:${path}`,
    records: () => new Records(dialect(new DatabaseSync(path, { readOnly: true, timeout: 5000 }))),
    server: undefined,
    async close() {},
  };
}

function dialect(db: DatabaseSync): ConstructorParameters<typeof Records>[0] {
  return {
    ask: async (sql, ...params) => db.prepare(sql).all(...params),
    pid: `json_extract(sender, '$.pid')`,
    eventOrder: 'sequence',
    damages: async () =>
      db
        .prepare('pragma integrity_check')
        .all()
        .map((row) => String(row['integrity_check']))
        .filter((line) => line !== 'ok'),
    async close() {
      db.close();
    },
  };
}
