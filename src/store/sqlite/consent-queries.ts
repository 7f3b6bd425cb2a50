import type { Clock } from '../../model/clock.ts';
import type { Consent, ConsentStore } from '../../model/consent-store.ts';
import { CONSENT_COLUMNS, consentOf, consentParams } from '../rows/consent-rows.ts';
import type { SqliteDatabase } from './database.ts';

export function sqliteConsentStore(db: SqliteDatabase, clock: Clock): ConsentStore {
  return {
    create: (consent) =>
      db.write((tx) => {
        const fields = Object.keys(CONSENT_COLUMNS) as (keyof Consent)[];
        tx.run(
          `insert into consents (${fields.map((field) => CONSENT_COLUMNS[field]).join(', ')}) values (${fields.map((field) => `:${field}`).join(', ')})`,
          consentParams(Object.fromEntries(fields.map((field) => [field, consent[field]]))),
        );
      }),
    async find(id) {
      return consentOf(db.get('select * from consents where id = :id', { id }));
    },
    async findByState(stateHash) {
      return consentOf(db.get('select * from consents where state_hash = :stateHash', { stateHash }));
    },
    advance: (id, from, changes) =>
      db.write((tx) => {
        const fields = Object.keys(changes) as (keyof typeof CONSENT_COLUMNS)[];
        const assignments = fields.map((field) => `${CONSENT_COLUMNS[field]} = :${field}`).join(', ');
        return (
          tx.run(`update consents set ${assignments} where id = :id and state = :from`, {
            ...consentParams(changes),
            id,
            from,
          }) === 1
        );
      }),
    async pending(limit) {
      // The youngest first: those that have waited long are likely to wait on, and must not keep the others waiting.
      const sql = `select * from consents where state = 'pending' and redeem_hash is null and expires_at_ms > :nowMs
          and coalesce(ask_after_ms, 0) <= :nowMs
        order by answered_at_ms desc limit :limit`;
      const rows = db.all(sql, {
        nowMs: clock.nowMs(),
        limit,
      });
      return rows.map((row) => consentOf(row)).filter((consent) => consent !== undefined);
    },
    takeWaiting: ({ againAtMs, limit }) =>
      db.write((tx) => {
        const rows = tx.all(
          `select * from consents where state = 'waiting' and coalesce(ask_after_ms, 0) <= :nowMs and expires_at_ms > :nowMs
            order by ask_after_ms limit :limit`,
          { nowMs: clock.nowMs(), limit },
        );
        const consents = rows.map((row) => consentOf(row)).filter((consent) => consent !== undefined);
        for (const { id } of consents)
          tx.run('update consents set ask_after_ms = :againAtMs where id = :id', { id, againAtMs });
        return consents;
      }),
    expire: ({ nowMs, forgetBeforeMs }) =>
      db.write((tx) => {
        tx.run(`delete from consents where state in ('attached', 'failed') and created_at_ms < :forgetBeforeMs`, {
          forgetBeforeMs,
        });
        return tx.run(
          `update consents set state = 'failed', sealed = null, generation = null,
             failure = case when redeem_hash is null then 'expired' else 'not_redeemed' end
           where state not in ('attached', 'failed') and expires_at_ms <= :nowMs`,
          { nowMs },
        );
      }),
  };
}
