import type { AppStatus, Home, SealedRow } from '../../model/home-store.ts';
import type { ProviderAppId } from '../../model/ids.ts';
import { bytes, integer, integerOrNone, text, textOrNone, type Row } from './columns.ts';

export function homeOf(row: Row): Home {
  return {
    storeId: text(row, 'store_id'),
    identity: textOrNone(row, 'identity'),
    stamp: textOrNone(row, 'stamp'),
    keyCheck: { sealed: bytes(row, 'key_check'), generation: text(row, 'key_check_generation') },
    fingerprintKey: { sealed: bytes(row, 'fingerprint_key'), generation: text(row, 'fingerprint_key_generation') },
  };
}

export function appOf(row: Row): AppStatus {
  return {
    id: text(row, 'id') as ProviderAppId,
    provider: text(row, 'provider'),
    issuer: text(row, 'issuer'),
    clientId: text(row, 'client_id'),
    secretHash: text(row, 'secret_hash'),
    connections: integer(row, 'connections'),
    misconfiguredSinceMs: integerOrNone(row, 'misconfigured_since_ms'),
    error: textOrNone(row, 'error'),
    holdUntilMs: integerOrNone(row, 'hold_until_ms'),
    heldForOperator: integer(row, 'held_for_operator') === 1,
  };
}

export function sealedRowOf(row: Row): SealedRow {
  return {
    table: text(row, 'tbl') as SealedRow['table'],
    rowId: text(row, 'row_id'),
    bindingTable: text(row, 'binding') as SealedRow['bindingTable'],
    bindingRowId: text(row, 'binding_row'),
    providerAppId: text(row, 'app') as ProviderAppId | '',
    owner: text(row, 'owner'),
    generation: text(row, 'generation'),
    sealed: bytes(row, 'sealed'),
  };
}
