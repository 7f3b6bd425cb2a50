import type { Attached, Attachment, ConnectionStore, OwnerChange } from '../../model/connection-store.ts';
import type { Connection, ConnectionState } from '../../model/connection.ts';
import type { Claim } from '../../model/credential-store.ts';
import type { ConnectionId, Fingerprint } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { integer, text, textOrNone } from '../rows/columns.ts';
import { connectionOf, connectionParams, filterOf, tokenKnown } from '../rows/connection-rows.ts';
import { tokenParams } from '../rows/credential-rows.ts';
import type { Settling } from '../settling.ts';
import { isConstraintViolation, type Queryable, type SqliteDatabase } from './database.ts';
import { insertEvent } from './event-queries.ts';
import { endGrant, releaseLease, rememberSpent } from './settlement-queries.ts';

const CONNECTION_SQL = `
  select n.*, c.access_expires_at_ms, c.refresh_fingerprint, c.due_at_ms,
    min(coalesce(c.refresh_absolute_ends_at_ms, c.refresh_idle_ends_at_ms),
        coalesce(c.refresh_idle_ends_at_ms, c.refresh_absolute_ends_at_ms)) as refresh_expires_at_ms
  from connections n join credentials c on c.connection_id = n.id`;

export function sqliteConnectionStore(db: SqliteDatabase, settling: Settling): ConnectionStore {
  return {
    async find(idOrName) {
      return findConnection(db, idOrName);
    },
    async list(query) {
      const { limit, cursor = '' } = query;
      const { conditions, params } = filterOf(query);
      const rows = db.all(
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
    update: (id, { name, policy, metadata, dueAtMs }) =>
      db.write((tx) => {
        try {
          const changed = tx.run(
            `update connections set name = coalesce(:name, name), policy = coalesce(:policy, policy),
               metadata = coalesce(:metadata, metadata) where id = :id`,
            {
              id,
              name: name ?? null,
              policy: policy ?? null,
              metadata: metadata === undefined ? null : JSON.stringify(metadata),
            },
          );
          if (dueAtMs !== undefined)
            tx.run('update credentials set due_at_ms = :dueAtMs where connection_id = :id', { id, dueAtMs });
          return changed === 0 ? 'not_found' : 'updated';
        } catch (error) {
          if (isConstraintViolation(error)) return 'name_taken';
          throw error;
        }
      }),
    changeOwner: (change) => db.write((tx) => changeOwner(tx, change, settling.clock.nowMs())),
    attach: async (attachment) => {
      const attached = await db.write((tx) => attach(tx, attachment, settling));
      settling.faults.reach('consent.attached');
      return attached;
    },
    identify: (id, { subject, handle }) =>
      db.write((tx) => {
        tx.run('update connections set subject = :subject, handle = :handle where id = :id and subject is null', {
          id,
          subject,
          handle,
        });
      }),
    settleRevoked: (claim, { atProvider }) => db.write((tx) => settleRevoked(tx, claim, atProvider, settling)),
    async countByState() {
      const counts: Record<ConnectionState, number> = { active: 0, uncertain: 0, reauth_required: 0, revoked: 0 };
      for (const row of db.all('select state, count(*) as count from connections group by state')) {
        counts[text(row, 'state') as ConnectionState] = integer(row, 'count');
      }
      return counts;
    },
  };
}

/** An id before a name, should anybody have given a connection another one's id as its name. */
function findConnection(db: Queryable, idOrName: string): Connection | undefined {
  const row = db.get(
    `${CONNECTION_SQL} where n.id = :idOrName or n.name = :idOrName order by n.id = :idOrName desc limit 1`,
    { idOrName },
  );
  return row === undefined ? undefined : connectionOf(row);
}

/** A lease that is over hinders nobody: whoever died with it may leave it standing. */
function changeOwner(tx: Queryable, { id, version, owner, sealed, generation }: OwnerChange, nowMs: number): boolean {
  const changed = tx.run(
    `update credentials set version = version + 1, sealed = :sealed, generation = :generation
     where connection_id = :id and version = :version and attempt_id is null
       and (lease_fence is null or lease_expires_at_ms <= :nowMs)`,
    { id, version, sealed, generation, nowMs },
  );
  if (changed === 0) return false;
  tx.run('update connections set owner = :owner where id = :id', { id, owner });
  return true;
}

function attach(tx: Queryable, attachment: Attachment, settling: Settling): Attached {
  const again = attachedBefore(tx, attachment);
  if (again !== undefined) return again;
  const same = attachment.existingVersion === undefined ? sameSubject(tx, attachment) : undefined;
  const known = attachment.imported ? knownHere(tx, attachment) : (same ?? heldElsewhere(tx, attachment));
  if (known !== undefined) return known;
  if (same !== undefined) return same;
  if (attachment.existingVersion === undefined) {
    if (tx.get('select 1 as taken from connections where name = :name', { name: attachment.name }) !== undefined)
      return { kind: 'name_taken' };
    insertConnection(tx, attachment, settling.clock.nowMs());
  } else if (!renewGrant(tx, attachment, attachment.existingVersion, settling.clock.nowMs())) {
    return { kind: 'moved' };
  }
  if (attachment.supersedes) supersedeOthers(tx, attachment, settling);
  if (attachment.consentId !== undefined) {
    tx.run(
      `update consents set state = 'attached', attached_to = :to, sealed = null, generation = null where id = :id`,
      {
        id: attachment.consentId,
        to: attachment.connectionId,
      },
    );
  }
  insertEvent(tx, newEvents.attached(attachment), settling);
  const connection = findConnection(tx, attachment.connectionId);
  if (connection === undefined) throw new TypeError('The connection that was just written is not there.');
  return { kind: 'attached', connection };
}

/** The commit happened before and only its acknowledgement was lost. */
function attachedBefore(tx: Queryable, { consentId }: Attachment): Attached | undefined {
  if (consentId === undefined) return undefined;
  const row = tx.get('select attached_to from consents where id = :consentId and attached_to is not null', {
    consentId,
  });
  const connection = row === undefined ? undefined : findConnection(tx, text(row, 'attached_to'));
  return connection === undefined ? undefined : { kind: 'attached', connection };
}

/** An imported refresh token may be any: one that is or was here has its connection, and its life. */
function knownHere(tx: Queryable, { refreshFingerprint }: Attachment): Attached | undefined {
  if (refreshFingerprint === undefined) return undefined;
  const row = tx.get(
    `select connection_id, 0 as spent from credentials where refresh_fingerprint = :refreshFingerprint
     union all select connection_id, 1 from spent_tokens where fingerprint = :refreshFingerprint
     union all select connection_id, 0 from orphans where refresh_fingerprint = :refreshFingerprint`,
    { refreshFingerprint },
  );
  return row === undefined ? undefined : tokenKnown(row, refreshFingerprint);
}

/** A consent brings what the provider gives out now: where refresh tokens are reusable, perhaps the one that this connection has. */
function heldElsewhere(tx: Queryable, { refreshFingerprint, connectionId }: Attachment): Attached | undefined {
  if (refreshFingerprint === undefined) return undefined;
  const row = tx.get(
    'select connection_id, 0 as spent from credentials where refresh_fingerprint = :refreshFingerprint and connection_id <> :connectionId',
    { refreshFingerprint, connectionId },
  );
  return row === undefined ? undefined : tokenKnown(row, refreshFingerprint);
}

/** One user of ours, one account there, one app: that is one connection, however often the user consents. */
function sameSubject(tx: Queryable, { providerAppId, subject, owner }: Attachment): Attached | undefined {
  if (subject === undefined) return undefined;
  const row = tx.get(
    // The plus keeps the index by owner out of it: where all belongs to nobody in particular, that is every connection.
    'select id from connections where provider_app_id = :providerAppId and subject = :subject and +owner = :owner',
    {
      providerAppId,
      subject,
      owner,
    },
  );
  return row === undefined ? undefined : { kind: 'subject_known', connectionId: text(row, 'id') as ConnectionId };
}

function insertConnection(tx: Queryable, attachment: Attachment, nowMs: number): void {
  tx.run(
    `insert into connections (id, name, provider, rests_on, provider_app_id, owner, subject, handle, state, scopes, policy,
       metadata, granted_at_ms, jitter, created_at_ms)
     values (:id, :name, :provider, :restsOn, :providerAppId, :owner, :subject, :handle, 'active', :scopes, :policy, '{}',
       :grantedAtMs, :jitter, :nowMs)`,
    connectionParams(attachment, nowMs),
  );
  tx.run(
    `insert into credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
       refresh_fingerprint, access_issued_at_ms, access_expires_at_ms, refresh_absolute_ends_at_ms,
       refresh_idle_ends_at_ms, due_at_ms)
     values (:id, 1, 1, 0, :generation, :sealed, :accessFingerprint, :refreshFingerprint, :accessIssuedAtMs,
       :accessExpiresAtMs, :refreshAbsoluteEndsAtMs, :refreshIdleEndsAtMs, :dueAtMs)`,
    { id: attachment.connectionId, ...tokenParams(attachment) },
  );
}

/** A fresh consent ends the old grant here: version and fence rise, so that nothing of the old one can settle any more. */
function renewGrant(tx: Queryable, attachment: Attachment, version: number, nowMs: number): boolean {
  const id = attachment.connectionId;
  const row = tx.get('select refresh_fingerprint from credentials where connection_id = :id and version = :version', {
    id,
    version,
  });
  if (row === undefined) return false;
  const before = textOrNone(row, 'refresh_fingerprint') as Fingerprint | undefined;
  if (before !== attachment.refreshFingerprint) rememberSpent(tx, id, before, nowMs);
  tx.run(
    `update credentials set version = version + 1, grant_version = version + 1, fence = fence + 1, generation = :generation,
       sealed = :sealed, access_fingerprint = :accessFingerprint, refresh_fingerprint = :refreshFingerprint,
       access_issued_at_ms = :accessIssuedAtMs, access_expires_at_ms = :accessExpiresAtMs, access_refused_at_ms = null,
       refresh_absolute_ends_at_ms = :refreshAbsoluteEndsAtMs, refresh_idle_ends_at_ms = :refreshIdleEndsAtMs,
       hold_until_ms = null, failures = 0, lease_fence = null, lease_expires_at_ms = null, lease_holder = null,
       attempt_id = null, due_at_ms = :dueAtMs
     where connection_id = :id`,
    { id, ...tokenParams(attachment) },
  );
  tx.run(
    `update connections set state = 'active', state_reason = null, scopes = :scopes, granted_at_ms = :grantedAtMs,
       subject = coalesce(:subject, subject), handle = coalesce(:handle, handle), provider_app_id = :providerAppId,
       jitter = :jitter, last_renewed_at_ms = null
     where id = :id`,
    {
      id,
      scopes: JSON.stringify(attachment.grantedScopes),
      grantedAtMs: attachment.grantedAtMs,
      subject: attachment.subject ?? null,
      handle: attachment.handle ?? null,
      providerAppId: attachment.providerAppId,
      jitter: attachment.jitter,
    },
  );
  return true;
}

/** The provider keeps one grant per user and app: whoever else holds one for this subject holds a dead one now. */
function supersedeOthers(
  tx: Queryable,
  { connectionId, providerAppId, subject }: Attachment,
  settling: Settling,
): void {
  if (subject === undefined) return;
  const others = tx.all(
    `select id from connections where provider_app_id = :providerAppId and subject = :subject and id <> :connectionId
       and state in ('active', 'uncertain')`,
    { providerAppId, subject, connectionId },
  );
  for (const other of others) {
    const id = text(other, 'id') as ConnectionId;
    // Version and fence rise, so that a renewal of the dead grant that is still in flight settles nothing.
    tx.run(
      `update credentials set version = version + 1, grant_version = version + 1, fence = fence + 1, lease_fence = null, lease_expires_at_ms = null,
         lease_holder = null where connection_id = :id`,
      { id },
    );
    endGrant(tx, { id, reason: 'superseded', error: undefined }, settling);
  }
}

function settleRevoked(tx: Queryable, claim: Claim, atProvider: boolean, settling: Settling): boolean {
  const { connectionId: id, fence } = claim;
  const nowMs = settling.clock.nowMs();
  const row = tx.get(
    'select attempt_id, refresh_fingerprint, version from credentials where connection_id = :id and lease_fence = :fence',
    { id, fence },
  );
  if (row === undefined) return false;
  if (integer(row, 'version') !== claim.version) {
    releaseLease(tx, claim);
    return false;
  }
  rememberSpent(tx, id, textOrNone(row, 'refresh_fingerprint') as Fingerprint | undefined, nowMs);
  tx.run(`update attempts set outcome = 'revoked', ended_at_ms = :nowMs where id = :attemptId and outcome is null`, {
    attemptId: textOrNone(row, 'attempt_id') ?? null,
    nowMs,
  });
  tx.run(
    `update credentials set version = version + 1, sealed = x'', refresh_fingerprint = null, access_expires_at_ms = null,
       lease_fence = null, lease_expires_at_ms = null, lease_holder = null, attempt_id = null, hold_until_ms = null,
       due_at_ms = null
     where connection_id = :id`,
    { id },
  );
  tx.run(`update connections set state = 'revoked', state_reason = null where id = :id`, { id });
  insertEvent(tx, newEvents.revoked(id, { version: integer(row, 'version'), atProvider }), settling);
  return true;
}
