import type { ConnectionChanges, ConnectionStore, OwnerChange } from '../../model/connection-store.ts';
import type { ConnectionState } from '../../model/connection.ts';
import type { Claim } from '../../model/credential-store.ts';
import type { ConnectionId, Fingerprint } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { integer, text, textOrNone } from '../rows/columns.ts';
import { connectionOf, filterOf } from '../rows/connection-rows.ts';
import type { Settling } from '../settling.ts';
import { attach } from './attach-queries.ts';
import type { PostgresDatabase, Queryable } from './database.ts';
import { insertEvent } from './event-queries.ts';
import { isUniqueViolation } from './failures.ts';
import { CONNECTION_SQL, findConnection } from './find-connection.ts';
import { releaseLease, rememberSpent } from './settlement-queries.ts';

export function postgresConnectionStore(db: PostgresDatabase, settling: Settling): ConnectionStore {
  return {
    async find(idOrName) {
      return await findConnection(db, idOrName);
    },
    async list(query) {
      const { limit, cursor = '' } = query;
      const { conditions, params } = filterOf(query);
      const rows = await db.all(
        `${CONNECTION_SQL} where ${['n.id > :cursor', ...conditions].join(' and ')} order by n.id limit :limit`,
        {
          ...params,
          cursor,
          limit: limit + 1,
        },
      );
      const items = rows.slice(0, limit).map(connectionOf);
      return { items, nextCursor: rows.length > limit ? items.at(-1)?.id : undefined };
    },
    async update(id, changes) {
      try {
        return await db.write((tx) => update(tx, id, changes));
      } catch (error) {
        if (isUniqueViolation(error)) return 'name_taken';
        throw error;
      }
    },
    changeOwner: (change) => db.write((tx) => changeOwner(tx, change, settling.clock.nowMs())),
    attach: async (attachment) => {
      const attached = await db.write((tx) => attach(tx, attachment, settling));
      settling.faults.reach('consent.attached');
      return attached;
    },
    identify: (id, { subject, handle }) =>
      db.write(async (tx) => {
        await tx.run(
          'update kippu.connections set subject = :subject, handle = :handle where id = :id and subject is null',
          {
            id,
            subject,
            handle,
          },
        );
      }),
    settleRevoked: (claim, { atProvider }) => db.write((tx) => settleRevoked(tx, claim, atProvider, settling)),
    async countByState() {
      const counts: Record<ConnectionState, number> = { active: 0, uncertain: 0, reauth_required: 0, revoked: 0 };
      for (const row of await db.all('select state, count(*) as count from kippu.connections group by state')) {
        counts[text(row, 'state') as ConnectionState] = integer(row, 'count');
      }
      return counts;
    },
  };
}

async function update(
  tx: Queryable,
  id: ConnectionId,
  { name, policy, metadata, dueAtMs }: ConnectionChanges,
): Promise<'updated' | 'not_found'> {
  if (dueAtMs !== undefined)
    await tx.run('update kippu.credentials set due_at_ms = :dueAtMs where connection_id = :id', { id, dueAtMs });
  const changed = await tx.run(
    `update kippu.connections set name = coalesce(:name, name), policy = coalesce(:policy, policy),
       metadata = coalesce(:metadata, metadata) where id = :id`,
    {
      id,
      name: name ?? null,
      policy: policy ?? null,
      metadata: metadata === undefined ? null : JSON.stringify(metadata),
    },
  );
  return changed === 0 ? 'not_found' : 'updated';
}

/** A lease that is over hinders nobody: whoever died with it may leave it standing. */
async function changeOwner(
  tx: Queryable,
  { id, version, owner, sealed, generation }: OwnerChange,
  nowMs: number,
): Promise<boolean> {
  const changed = await tx.run(
    `update kippu.credentials set version = version + 1, sealed = :sealed, generation = :generation
     where connection_id = :id and version = :version and attempt_id is null
       and (lease_fence is null or lease_expires_at_ms <= :nowMs)`,
    { id, version, sealed, generation, nowMs },
  );
  if (changed === 0) return false;
  await tx.run('update kippu.connections set owner = :owner where id = :id', { id, owner });
  return true;
}

async function settleRevoked(tx: Queryable, claim: Claim, atProvider: boolean, settling: Settling): Promise<boolean> {
  const { connectionId: id, fence } = claim;
  const nowMs = settling.clock.nowMs();
  const row = await tx.get(
    'select attempt_id, refresh_fingerprint, version from kippu.credentials where connection_id = :id and lease_fence = :fence for no key update',
    { id, fence },
  );
  if (row === undefined) return false;
  if (integer(row, 'version') !== claim.version) {
    await releaseLease(tx, claim);
    return false;
  }
  await rememberSpent(tx, id, textOrNone(row, 'refresh_fingerprint') as Fingerprint | undefined, nowMs);
  await tx.run(
    `update kippu.attempts set outcome = 'revoked', ended_at_ms = :nowMs where id = :attemptId and outcome is null`,
    {
      attemptId: textOrNone(row, 'attempt_id') ?? null,
      nowMs,
    },
  );
  await tx.run(
    `update kippu.credentials set version = version + 1, sealed = '', refresh_fingerprint = null, access_expires_at_ms = null,
       lease_fence = null, lease_expires_at_ms = null, lease_holder = null, attempt_id = null, hold_until_ms = null,
       due_at_ms = null
     where connection_id = :id`,
    { id },
  );
  await tx.run(`update kippu.connections set state = 'revoked', state_reason = null where id = :id`, { id });
  await insertEvent(tx, newEvents.revoked(id, { version: integer(row, 'version'), atProvider }), settling);
  return true;
}
