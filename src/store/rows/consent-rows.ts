import type { Consent, ConsentFailure, ConsentState } from '../../model/consent-store.ts';
import type { ConnectionId, ConsentId, ProviderAppId } from '../../model/ids.ts';
import { integer, integerOrNone, json, text, textOrNone, type Params, type Row } from './columns.ts';

/** Field → column: the same table writes and reads a consent. */
export const CONSENT_COLUMNS = {
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

export function consentParams(consent: Partial<Consent>): Params {
  const entries = Object.entries(consent).map(([field, value]) => [
    field,
    field === 'scopes' ? JSON.stringify(value) : (value ?? null),
  ]);
  return Object.fromEntries(entries) as Params;
}

export function consentOf(row: Row | undefined): Consent | undefined {
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
