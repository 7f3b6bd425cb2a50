import type { ApiKey, ApiScope } from '../../model/api-key-store.ts';
import type { ApiKeyId, ConnectionId } from '../../model/ids.ts';
import { integer, integerOrNone, json, text, type Params, type Row } from './columns.ts';

export function keyOf(row: Row): ApiKey {
  return {
    id: text(row, 'id') as ApiKeyId,
    name: text(row, 'name'),
    scopes: json(row, 'scopes') as ApiScope[],
    connections: row['connections'] === null ? undefined : (json(row, 'connections') as ConnectionId[]),
    hash: text(row, 'hash'),
    createdAtMs: integer(row, 'created_at_ms'),
    revokedAtMs: integerOrNone(row, 'revoked_at_ms'),
  };
}

export function apiKeyParams(key: ApiKey & { readonly hash: string }): Params {
  return {
    id: key.id,
    name: key.name,
    scopes: JSON.stringify(key.scopes),
    connections: key.connections === undefined ? null : JSON.stringify(key.connections),
    hash: key.hash,
    createdAtMs: key.createdAtMs,
  };
}
