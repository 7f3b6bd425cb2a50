import type { ConnectionState } from '../../model/connection.ts';
import { sessionName, type LedgerEntry, type SessionFacts } from '../../model/session-ledger.ts';
import { integer, integerOrNone, text, type Params, type Row } from './columns.ts';

export function entryOf(row: Row): LedgerEntry {
  return {
    state: text(row, 'state') as ConnectionState,
    version: integer(row, 'version'),
    presentedVersion: integer(row, 'presented_version'),
    presentedAtMs: integer(row, 'presented_at_ms'),
    previousVersion: integerOrNone(row, 'previous_version'),
    holdsTokens: integer(row, 'holds_tokens') === 1,
  };
}

export function sessionParams(session: SessionFacts, state: ConnectionState): Params {
  return {
    id: session.id,
    name: sessionName(session.id),
    provider: session.provider,
    providerAppId: session.providerAppId,
    owner: sessionName(session.id),
    subject: session.subject ?? null,
    handle: session.handle ?? null,
    state,
    scopes: JSON.stringify(session.scopes),
    grantedAtMs: session.grantedAtMs,
  };
}
