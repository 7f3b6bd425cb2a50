import type { Clock } from '../../model/clock.ts';
import type { Consent, ConsentFailure, ConsentState, ConsentStore } from '../../model/consent-store.ts';
import type { ConnectionId, ConsentId, ProviderAppId } from '../../model/ids.ts';
import type { PostgresDatabase, Row } from './database.ts';
import type { Params } from './statement.ts';
import { integer, integerOrNone, json, text, textOrNone } from '../sqlite/rows.ts';

/** Field → column: the same table writes and reads a consent. */
const COLUMNS = {
  id: 'id',
  state: 'state',
  failure: 'failure',
  failureDetail: 'failure_detail',
  provider: 'provider',
  providerAppId: 'provider_app_id',
  owner: 'owner',
  name: 'name',
  connectionId: 'connection_id',
  scopes: 'scopes',
  redirectUri: 'redirect_uri',
  returnUrl: 'return_url',
  stateHash: 'state_hash',
  browserHash: 'browser_hash',
  redeemHash: 'redeem_hash',
  sealed: 'sealed',
  generation: 'generation',
  attachedTo: 'attached_to',
  createdAtMs: 'created_at_ms',
  expiresAtMs: 'expires_at_ms',
  answeredAtMs: 'answered_at_ms',
  askAfterMs: 'ask_after_ms',
} as const satisfies Record<keyof Consent, string>;

export function postgresConsentStore(db: PostgresDatabase, clock: Clock): ConsentStore {
  return {
    create: (consent) =>
      db.write(async (tx) => {
        const fields = Object.keys(COLUMNS) as (keyof Consent)[];
        await tx.run(
          `insert into kippu.consents (${fields.map((field) => COLUMNS[field]).join(', ')}) values (${fields.map((field) => `:${field}`).join(', ')})`,
          params(Object.fromEntries(fields.map((field) => [field, consent[field]]))),
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
        const fields = Object.keys(changes) as (keyof typeof COLUMNS)[];
        const assignments = fields.map((field) => `${COLUMNS[field]} = :${field}`).join(', ');
        return (
          (await tx.run(`update kippu.consents set ${assignments} where id = :id and state = :from`, {
            ...params(changes),
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

function params(consent: Partial<Consent>): Params {
  const entries = Object.entries(consent).map(([field, value]) => [
    field,
    field === 'scopes' ? JSON.stringify(value) : (value ?? null),
  ]);
  return Object.fromEntries(entries) as Params;
}

function consentOf(row: Row | undefined): Consent | undefined {
  if (row === undefined) return undefined;
  return {
    id: text(row, 'id') as ConsentId,
    state: text(row, 'state') as ConsentState,
    failure: textOrNone(row, 'failure') as ConsentFailure | undefined,
    failureDetail: textOrNone(row, 'failure_detail'),
    provider: text(row, 'provider'),
    providerAppId: text(row, 'provider_app_id') as ProviderAppId,
    owner: text(row, 'owner'),
    name: textOrNone(row, 'name'),
    connectionId: textOrNone(row, 'connection_id') as ConnectionId | undefined,
    scopes: json(row, 'scopes') as string[],
    redirectUri: text(row, 'redirect_uri'),
    returnUrl: textOrNone(row, 'return_url'),
    stateHash: textOrNone(row, 'state_hash'),
    browserHash: textOrNone(row, 'browser_hash'),
    redeemHash: textOrNone(row, 'redeem_hash'),
    sealed: (row['sealed'] ?? undefined) as Uint8Array | undefined,
    generation: textOrNone(row, 'generation'),
    attachedTo: textOrNone(row, 'attached_to') as ConnectionId | undefined,
    createdAtMs: integer(row, 'created_at_ms'),
    expiresAtMs: integer(row, 'expires_at_ms'),
    answeredAtMs: integerOrNone(row, 'answered_at_ms'),
    askAfterMs: integerOrNone(row, 'ask_after_ms'),
  };
}
