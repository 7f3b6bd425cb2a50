import type { Claim, ReuseSeen } from '../../model/credential-store.ts';
import type { ConnectionId, Fingerprint } from '../../model/ids.ts';
import * as newEvents from '../new-events.ts';
import { text } from '../rows/columns.ts';
import type { Settling } from '../settling.ts';
import type { Queryable } from './database.ts';
import { insertEvent } from './event-queries.ts';

/**
 * Refresh tokens that work once make a copy visible: it is used by the thief first, and then the owner is refused, or by
 * the owner first, and then the copy is a spent token.
 *
 * Whether the token of this claim was never presented from here before. An attempt without an answer may have presented
 * it, and an orphan shows that the token was handed out beside another one: then there is nothing to suspect.
 */
export function wasNeverPresented(tx: Queryable, claim: Claim): boolean {
  const row = tx.get(
    `select 1 as doubtful from attempts own
     where own.id = :attemptId and (
       exists (select 1 from attempts other where other.connection_id = own.connection_id and other.id <> own.id
         and other.parent_fingerprint = own.parent_fingerprint and other.outcome = 'unanswered')
       or exists (select 1 from orphans where refresh_fingerprint = own.parent_fingerprint))`,
    { attemptId: claim.attemptId },
  );
  return row === undefined;
}

/** The token of this claim is rejected, and nobody here can have spent it. */
export function suspectReuse(tx: Queryable, claim: Claim, error: string, settling: Settling): void {
  const row = tx.get('select parent_fingerprint from attempts where id = :id', { id: claim.attemptId });
  if (row === undefined)
    throw new TypeError(`The attempt ${claim.attemptId} is gone; one that may still be settled is never forgotten.`);
  const token = text(row, 'parent_fingerprint') as Fingerprint;
  report(
    tx,
    { token, id: claim.connectionId, evidence: 'unpresented_token_rejected', seen: 'renewal', error },
    settling,
  );
}

/** A token that was spent here was brought by somebody. What is no spent token is no concern. */
export function reportSpent(tx: Queryable, token: Fingerprint, seen: ReuseSeen, settling: Settling): void {
  const row = tx.get('select connection_id from spent_tokens where fingerprint = :token', { token });
  if (row === undefined) return;
  const id = text(row, 'connection_id') as ConnectionId;
  report(tx, { token, id, evidence: 'spent_token_presented', seen, error: undefined }, settling);
}

function report(tx: Queryable, reuse: newEvents.Reuse, settling: Settling): void {
  const connection = tx.get('select name, state from connections where id = :id', { id: reuse.id });
  if (connection === undefined)
    throw new TypeError(`The connection ${reuse.id} is gone; connections are never deleted.`);
  insertEvent(tx, newEvents.reuseDetected(reuse, connection), settling);
}
