import type { Attached, Attachment, ConnectionQuery } from '../../model/connection-store.ts';
import type { Connection, ConnectionState, Foundation, ReauthReason, RenewalPolicy } from '../../model/connection.ts';
import type { ConnectionId, Fingerprint, ProviderAppId } from '../../model/ids.ts';
import { integer, integerOrNone, json, text, textOrNone, type Params, type Row } from './columns.ts';

/** A connection with what its credential says of it. */
export function connectionOf(row: Row): Connection {
  return {
    id: text(row, 'id') as ConnectionId,
    name: text(row, 'name'),
    provider: text(row, 'provider'),
    restsOn: text(row, 'rests_on') as Foundation,
    providerAppId: text(row, 'provider_app_id') as ProviderAppId,
    owner: text(row, 'owner'),
    subject: textOrNone(row, 'subject'),
    handle: textOrNone(row, 'handle'),
    state: text(row, 'state') as ConnectionState,
    stateReason: textOrNone(row, 'state_reason') as ReauthReason | undefined,
    scopes: json(row, 'scopes') as string[],
    policy: text(row, 'policy') as RenewalPolicy,
    metadata: json(row, 'metadata') as Record<string, unknown>,
    accessExpiresAtMs: integerOrNone(row, 'access_expires_at_ms'),
    refreshExpiresAtMs: integerOrNone(row, 'refresh_expires_at_ms'),
    hasRefreshToken: row['refresh_fingerprint'] !== null,
    grantedAtMs: integer(row, 'granted_at_ms'),
    lastRenewedAtMs: integerOrNone(row, 'last_renewed_at_ms'),
    renewals: integer(row, 'renewals'),
    nextDueAtMs: integerOrNone(row, 'due_at_ms'),
    createdAtMs: integer(row, 'created_at_ms'),
  };
}

/** Only what is asked for stands in the text, so that an index can serve it. */
export function filterOf({ provider, providerAppId, owner, subject, state, neverExpires }: ConnectionQuery): {
  readonly conditions: string[];
  readonly params: Params;
} {
  const wanted = Object.entries({ provider, provider_app_id: providerAppId, owner, subject, state }).filter(
    ([, value]) => value !== undefined,
  );
  const conditions = wanted.map(([column]) => `n.${column} = :${column}`);
  if (neverExpires === true)
    conditions.push(`c.access_expires_at_ms is null and c.refresh_fingerprint is null and n.rests_on <> 'app'`);
  return { conditions, params: Object.fromEntries(wanted) as Params };
}

export function tokenKnown(row: Row, fingerprint: Fingerprint): Attached {
  return {
    kind: 'token_known',
    connectionId: text(row, 'connection_id') as ConnectionId,
    spent: integer(row, 'spent') === 1,
    fingerprint,
  };
}

export function connectionParams(attachment: Attachment, nowMs: number): Params {
  return {
    id: attachment.connectionId,
    name: attachment.name,
    provider: attachment.provider,
    restsOn: attachment.restsOn,
    providerAppId: attachment.providerAppId,
    owner: attachment.owner,
    subject: attachment.subject ?? null,
    handle: attachment.handle ?? null,
    scopes: JSON.stringify(attachment.grantedScopes),
    policy: attachment.policy,
    grantedAtMs: attachment.grantedAtMs,
    jitter: attachment.jitter,
    nowMs,
  };
}
