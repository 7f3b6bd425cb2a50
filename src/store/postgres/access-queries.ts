import type { ApiKeyStore, SessionStore } from '../../model/api-key-store.ts';
import type { Clock } from '../../model/clock.ts';
import { apiKeyParams, keyOf } from '../rows/api-key-rows.ts';
import type { PostgresDatabase } from './database.ts';

export function postgresApiKeyStore(db: PostgresDatabase, clock: Clock): ApiKeyStore {
  return {
    create: (key) =>
      db.write(async (tx) => {
        await tx.run(
          `insert into kippu.api_keys (id, name, scopes, connections, hash, created_at_ms)
           values (:id, :name, :scopes, :connections, :hash, :createdAtMs)`,
          apiKeyParams(key),
        );
      }),
    async findByHash(hash) {
      const row = await db.get('select * from kippu.api_keys where hash = :hash and revoked_at_ms is null', { hash });
      return row === undefined ? undefined : keyOf(row);
    },
    async list() {
      return (await db.all('select * from kippu.api_keys order by created_at_ms')).map(keyOf);
    },
    revoke: (id) =>
      db.write(
        async (tx) =>
          (await tx.run('update kippu.api_keys set revoked_at_ms = :nowMs where id = :id and revoked_at_ms is null', {
            id,
            nowMs: clock.nowMs(),
          })) === 1,
      ),
  };
}

export function postgresSessionStore(db: PostgresDatabase, clock: Clock): SessionStore {
  return {
    create: ({ hash, kind, expiresAtMs }) =>
      db.write(async (tx) => {
        await tx.run('delete from kippu.sessions where expires_at_ms <= :nowMs', { nowMs: clock.nowMs() });
        await tx.run('insert into kippu.sessions (hash, kind, expires_at_ms) values (:hash, :kind, :expiresAtMs)', {
          hash,
          kind,
          expiresAtMs,
        });
      }),
    redeemLink: (hash) =>
      db.write(
        async (tx) =>
          (await tx.run(`delete from kippu.sessions where hash = :hash and kind = 'link' and expires_at_ms > :nowMs`, {
            hash,
            nowMs: clock.nowMs(),
          })) === 1,
      ),
    async isOpen(hash) {
      return (
        (await db.get(
          `select 1 as open from kippu.sessions where hash = :hash and kind = 'browser' and expires_at_ms > :nowMs`,
          {
            hash,
            nowMs: clock.nowMs(),
          },
        )) !== undefined
      );
    },
    end: (hash) =>
      db.write(async (tx) => {
        await tx.run('delete from kippu.sessions where hash = :hash', { hash });
      }),
  };
}
