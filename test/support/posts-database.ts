import type { Clock } from '../../src/model/clock.ts';
import { newId, type ConnectionId } from '../../src/model/ids.ts';
import type { Random } from '../../src/model/random.ts';
import { SqliteDatabase } from '../../src/store/sqlite/database.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';

/** A database with the whole schema. */
export async function openDatabase(clock: Clock, path = ':memory:'): Promise<SqliteDatabase> {
  const db = new SqliteDatabase(path, clock);
  await migrate(db);
  return db;
}

/** A connection with no tokens, for what only needs somebody to belong to. */
export async function insertConnection(db: SqliteDatabase, name: string, random: Random): Promise<ConnectionId> {
  const id = newId('con', random);
  const [provider = '', handle = ''] = name.split(':');
  await db.write((tx) => {
    tx.run(
      `insert or ignore into provider_apps (id, provider, issuer, client_id, secret_hash)
       values (:id, :provider, 'https://issuer.example', 'client', '')`,
      { id: `app_${provider}`, provider },
    );
    tx.run(
      `insert into connections (id, name, provider, provider_app_id, owner, subject, handle, state, scopes, policy, metadata,
         granted_at_ms, jitter, created_at_ms)
       values (:id, :name, :provider, :app, '', '42', :handle, 'active', '["tweet.read","tweet.write","users.read"]', 'on-use', '{}', 0, 0, 0)`,
      { id, name, provider, app: `app_${provider}`, handle },
    );
  });
  return id;
}
