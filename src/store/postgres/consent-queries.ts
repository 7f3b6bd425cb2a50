import type { Clock } from '../../model/clock.ts';
import type { Consent, ConsentStore } from '../../model/consent-store.ts';
import { CONSENT_COLUMNS, consentOf, consentParams } from '../rows/consent-rows.ts';
import type { PostgresDatabase } from './database.ts';

export function postgresConsentStore(db: PostgresDatabase, clock: Clock): ConsentStore {
  return {
    create: (consent) =>
      db.write(async (tx) => {
        const fields = Object.keys(CONSENT_COLUMNS) as (keyof Consent)[];
        await tx.run(
          `insert into kippu.consents (${fields.map((field) => CONSENT_COLUMNS[field]).join(', ')}) values (${fields.map((field) => `:${field}`).join(', ')})`,
          consentParams(Object.fromEntries(fields.map((field) => [field, consent[field]]))),
        );
      }),
    async find(id) {
      return consentOf(await db.get('select * from kippu.consents where id = :id', { id }));
    },
    async findByState(stateHash) {
      return consentOf(await db.get('select * from kippu.consents where state_hash = :stateHash', { stateHash }));
    },
    advance: (id, from, changes) =>
      db.write(async (tx) => {
        const fields = Object.keys(changes) as (keyof typeof CONSENT_COLUMNS)[];
        const assignments = fields.map((field) => `${CONSENT_COLUMNS[field]} = :${field}`).join(', ');
        return (
          (await tx.run(`update kippu.consents set ${assignments} where id = :id and state = :from`, {
            ...consentParams(changes),
            id,
            from,
          })) === 1
        );
      }),
    async pending(limit) {
      // The youngest first: those that have waited long are likely to wait on, and must not keep the others waiting.
      const sql = `select * from kippu.consents where state = 'pending' and redeem_hash is null and expires_at_ms > :nowMs
          and coalesce(ask_after_ms, 0) <= :nowMs
        order by answered_at_ms desc nulls last limit :limit`;
      const rows = await db.all(sql, {
        nowMs: clock.nowMs(),
        limit,
      });
      return rows.map((row) => consentOf(row)).filter((consent) => consent !== undefined);
    },
    takeWaiting: ({ againAtMs, limit }) =>
      db.write(async (tx) => {
        const rows = await tx.all(
          `select * from kippu.consents where state = 'waiting' and coalesce(ask_after_ms, 0) <= :nowMs and expires_at_ms > :nowMs
            order by ask_after_ms nulls first limit :limit for update skip locked`,
          { nowMs: clock.nowMs(), limit },
        );
        const consents = rows.map((row) => consentOf(row)).filter((consent) => consent !== undefined);
        await tx.run('update kippu.consents set ask_after_ms = :againAtMs where id = any(:ids)', {
          ids: consents.map(({ id }) => id),
          againAtMs,
        });
        return consents;
      }),
    expire: ({ nowMs, forgetBeforeMs }) =>
      db.write(async (tx) => {
        await tx.run(
          `delete from kippu.consents where state in ('attached', 'failed') and created_at_ms < :forgetBeforeMs`,
          {
            forgetBeforeMs,
          },
        );
        return await tx.run(
          `update kippu.consents set state = 'failed', sealed = null, generation = null,
             failure = case when redeem_hash is null then 'expired' else 'not_redeemed' end
           where state not in ('attached', 'failed') and expires_at_ms <= :nowMs`,
          { nowMs },
        );
      }),
  };
}
