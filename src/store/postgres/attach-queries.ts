import type { Attached, Attachment } from '../../model/connection-store.ts';
import type { ConnectionId, Fingerprint } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { text, textOrNone } from '../rows/columns.ts';
import { connectionParams, tokenKnown } from '../rows/connection-rows.ts';
import { tokenParams } from '../rows/credential-rows.ts';
import type { Settling } from '../settling.ts';
import type { Queryable } from './database.ts';
import { insertEvent } from './event-queries.ts';
import { findConnection } from './find-connection.ts';
import { endGrant, rememberSpent } from './settlement-queries.ts';
import { takeTurn } from './turns.ts';

/** Makes a connection of a token set whose subject is known, or gives it to the connection that there is. */
export async function attach(tx: Queryable, attachment: Attachment, settling: Settling): Promise<Attached> {
  // Two first consents of one user at one moment: the second has to find the connection that the first one makes.
  if (attachment.subject !== undefined)
    await takeTurn(tx, `consents of ${attachment.providerAppId} ${attachment.subject}`);
  const again = await attachedBefore(tx, attachment);
  if (again !== undefined) return again;
  const same = attachment.existingVersion === undefined ? await sameSubject(tx, attachment) : undefined;
  const known = attachment.imported ? await knownHere(tx, attachment) : (same ?? (await heldElsewhere(tx, attachment)));
  if (known !== undefined) return known;
  if (same !== undefined) return same;
  if (attachment.existingVersion === undefined) {
    if (
      (await tx.get('select 1 as taken from kippu.connections where name = :name', { name: attachment.name })) !==
      undefined
    )
      return { kind: 'name_taken' };
    await insertConnection(tx, attachment, settling.clock.nowMs());
  } else if (!(await renewGrant(tx, attachment, attachment.existingVersion, settling.clock.nowMs()))) {
    return { kind: 'moved' };
  }
  if (attachment.supersedes) await supersedeOthers(tx, attachment, settling);
  if (attachment.consentId !== undefined) {
    await tx.run(
      `update kippu.consents set state = 'attached', attached_to = :to, sealed = null, generation = null where id = :id`,
      {
        id: attachment.consentId,
        to: attachment.connectionId,
      },
    );
  }
  await insertEvent(tx, newEvents.attached(attachment), settling);
  const connection = await findConnection(tx, attachment.connectionId);
  if (connection === undefined) throw new TypeError('The connection that was just written is not there.');
  return { kind: 'attached', connection };
}

/** The commit happened before and only its acknowledgement was lost. */
async function attachedBefore(tx: Queryable, { consentId }: Attachment): Promise<Attached | undefined> {
  if (consentId === undefined) return undefined;
  const row = await tx.get('select attached_to from kippu.consents where id = :consentId for no key update', {
    consentId,
  });
  const to = row === undefined ? undefined : textOrNone(row, 'attached_to');
  const connection = to === undefined ? undefined : await findConnection(tx, to);
  return connection === undefined ? undefined : { kind: 'attached', connection };
}

/** An imported refresh token may be any: one that is or was here has its connection, and its life. */
async function knownHere(tx: Queryable, { refreshFingerprint }: Attachment): Promise<Attached | undefined> {
  if (refreshFingerprint === undefined) return undefined;
  const row = await tx.get(
    `select connection_id, 0 as spent from kippu.credentials where refresh_fingerprint = :refreshFingerprint
     union all select connection_id, 1 from kippu.spent_tokens where fingerprint = :refreshFingerprint
     union all select connection_id, 0 from kippu.orphans where refresh_fingerprint = :refreshFingerprint`,
    { refreshFingerprint },
  );
  return row === undefined ? undefined : tokenKnown(row, refreshFingerprint);
}

/** A consent brings what the provider gives out now: where refresh tokens are reusable, perhaps the one that this connection has. */
async function heldElsewhere(
  tx: Queryable,
  { refreshFingerprint, connectionId }: Attachment,
): Promise<Attached | undefined> {
  if (refreshFingerprint === undefined) return undefined;
  const row = await tx.get(
    'select connection_id, 0 as spent from kippu.credentials where refresh_fingerprint = :refreshFingerprint and connection_id <> :connectionId',
    { refreshFingerprint, connectionId },
  );
  return row === undefined ? undefined : tokenKnown(row, refreshFingerprint);
}

/** One user of ours, one account there, one app: that is one connection, however often the user consents. */
async function sameSubject(
  tx: Queryable,
  { providerAppId, subject, owner }: Attachment,
): Promise<Attached | undefined> {
  if (subject === undefined) return undefined;
  const row = await tx.get(
    'select id from kippu.connections where provider_app_id = :providerAppId and subject = :subject and owner = :owner',
    {
      providerAppId,
      subject,
      owner,
    },
  );
  return row === undefined ? undefined : { kind: 'subject_known', connectionId: text(row, 'id') as ConnectionId };
}

async function insertConnection(tx: Queryable, attachment: Attachment, nowMs: number): Promise<void> {
  await tx.run(
    `insert into kippu.connections (id, name, provider, rests_on, provider_app_id, owner, subject, handle, state, scopes, policy,
       metadata, granted_at_ms, jitter, created_at_ms)
     values (:id, :name, :provider, :restsOn, :providerAppId, :owner, :subject, :handle, 'active', :scopes, :policy, '{}',
       :grantedAtMs, :jitter, :nowMs)`,
    connectionParams(attachment, nowMs),
  );
  await tx.run(
    `insert into kippu.credentials (connection_id, version, grant_version, fence, generation, sealed, access_fingerprint,
       refresh_fingerprint, access_issued_at_ms, access_expires_at_ms, refresh_absolute_ends_at_ms,
       refresh_idle_ends_at_ms, due_at_ms)
     values (:id, 1, 1, 0, :generation, :sealed, :accessFingerprint, :refreshFingerprint, :accessIssuedAtMs,
       :accessExpiresAtMs, :refreshAbsoluteEndsAtMs, :refreshIdleEndsAtMs, :dueAtMs)`,
    { id: attachment.connectionId, ...tokenParams(attachment) },
  );
}

/** A fresh consent ends the old grant here: version and fence rise, so that nothing of the old one can settle any more. */
async function renewGrant(tx: Queryable, attachment: Attachment, version: number, nowMs: number): Promise<boolean> {
  const id = attachment.connectionId;
  const row = await tx.get(
    'select refresh_fingerprint from kippu.credentials where connection_id = :id and version = :version for no key update',
    {
      id,
      version,
    },
  );
  if (row === undefined) return false;
  const before = textOrNone(row, 'refresh_fingerprint') as Fingerprint | undefined;
  if (before !== attachment.refreshFingerprint) await rememberSpent(tx, id, before, nowMs);
  await tx.run(
    `update kippu.credentials set version = version + 1, grant_version = version + 1, fence = fence + 1, generation = :generation,
       sealed = :sealed, access_fingerprint = :accessFingerprint, refresh_fingerprint = :refreshFingerprint,
       access_issued_at_ms = :accessIssuedAtMs, access_expires_at_ms = :accessExpiresAtMs, access_refused_at_ms = null,
       refresh_absolute_ends_at_ms = :refreshAbsoluteEndsAtMs, refresh_idle_ends_at_ms = :refreshIdleEndsAtMs,
       hold_until_ms = null, failures = 0, lease_fence = null, lease_expires_at_ms = null, lease_holder = null,
       attempt_id = null, due_at_ms = :dueAtMs
     where connection_id = :id`,
    { id, ...tokenParams(attachment) },
  );
  await tx.run(
    `update kippu.connections set state = 'active', state_reason = null, scopes = :scopes, granted_at_ms = :grantedAtMs,
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
async function supersedeOthers(
  tx: Queryable,
  { connectionId, providerAppId, subject }: Attachment,
  settling: Settling,
): Promise<void> {
  if (subject === undefined) return;
  const others = await tx.all(
    `select n.id from kippu.connections n join kippu.credentials c on c.connection_id = n.id
     where n.provider_app_id = :providerAppId and n.subject = :subject and n.id <> :connectionId
       and n.state in ('active', 'uncertain')
     order by n.id for no key update of c, n`,
    { providerAppId, subject, connectionId },
  );
  for (const other of others) {
    const id = text(other, 'id') as ConnectionId;
    // Version and fence rise, so that a renewal of the dead grant that is still in flight settles nothing.
    await tx.run(
      `update kippu.credentials set version = version + 1, grant_version = version + 1, fence = fence + 1, lease_fence = null, lease_expires_at_ms = null,
         lease_holder = null where connection_id = :id`,
      { id },
    );
    await endGrant(tx, { id, reason: 'superseded', error: undefined }, settling);
  }
}
