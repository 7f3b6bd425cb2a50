import type { ApiKeyStore, SessionStore } from '../../model/api-key-store.ts';
import type { Clock } from '../../model/clock.ts';
import { apiKeyParams, keyOf } from '../rows/api-key-rows.ts';
import type { SqliteDatabase } from './database.ts';

export function sqliteApiKeyStore(db: SqliteDatabase, clock: Clock): ApiKeyStore {
  return {
    create: (key) =>
      db.write((tx) => {
        tx.run(
          `insert into api_keys (id, name, scopes, connections, hash, created_at_ms)
           values (:id, :name, :scopes, :connections, :hash, :createdAtMs)`,
          apiKeyParams(key),
        );
      }),
    async findByHash(hash) {
      const row = db.get('select * from api_keys where hash = :hash and revoked_at_ms is null', { hash });
      return row === undefined ? undefined : keyOf(row);
    },
    async list() {
      return db.all('select * from api_keys order by created_at_ms').map(keyOf);
    },
    revoke: (id) =>
      db.write(
        (tx) =>
          tx.run('update api_keys set revoked_at_ms = :nowMs where id = :id and revoked_at_ms is null', {
            id,
            nowMs: clock.nowMs(),
          }) === 1,
      ),
  };
}

export function sqliteSessionStore(db: SqliteDatabase, clock: Clock): SessionStore {
  return {
    create: ({ hash, kind, expiresAtMs }) =>
      db.write((tx) => {
        tx.run('delete from sessions where expires_at_ms <= :nowMs', { nowMs: clock.nowMs() });
        tx.run('insert into sessions (hash, kind, expires_at_ms) values (:hash, :kind, :expiresAtMs)', {
          hash,
          kind,
          expiresAtMs,
        });
      }),
    redeemLink: (hash) =>
      db.write(
        (tx) =>
          tx.run(`delete from sessions where hash = :hash and kind = 'link' and expires_at_ms > :nowMs`, {
            hash,
            nowMs: clock.nowMs(),
          }) === 1,
      ),
    async isOpen(hash) {
      return (
        db.get(`select 1 as open from sessions where hash = :hash and kind = 'browser' and expires_at_ms > :nowMs`, {
          hash,
          nowMs: clock.nowMs(),
        }) !== undefined
      );
    },
    end: (hash) =>
      db.write((tx) => {
        tx.run('delete from sessions where hash = :hash', { hash });
      }),
  };
}
