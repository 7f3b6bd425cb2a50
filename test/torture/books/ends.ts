import { overlaps, type Evidence } from '../evidence.ts';
import type { EndFact } from '../history.ts';
import type { EventRecord } from '../records.ts';
import type { Entry } from './renewals.ts';

/** Two clocks' readings in whole milliseconds, and a request on its way. */
const SLACK_MS = 3000;

/**
 * The grants at the provider that a connection may have rested on when something happened to it. Mostly one. Where users
 * may have many grants, an interrupted consent can be attached after a later one was given; what was exchanged since
 * tells which it was, and where nothing was, it may be each that was given since the connection ended the last time.
 */
export function grantsThen(event: EventRecord, entries: readonly Entry[], evidence: Evidence): readonly string[] {
  const { handle = '' } = evidence.connections.find(({ id }) => id === event.connectionId) ?? {};
  const own = evidence.events.filter(
    ({ connectionId, atMs }) => connectionId === event.connectionId && atMs <= event.atMs,
  );
  const consents = evidence.provider.consents.filter((one) => one.handle === handle && one.atMs <= event.atMs);
  const created = own.findLast(({ type }) => type === 'connection.created');
  if (created === undefined) return consents.slice(-1).map(({ grantId }) => grantId);
  const presented = entries.findLast(
    ({ exchange: { atMs, handle: whose } }) => whose === handle && atMs >= created.atMs && atMs <= event.atMs,
  );
  if (presented !== undefined) return [presented.exchange.grantId];
  const ended = own.findLast(({ type, atMs }) => ENDS.has(type) && atMs <= created.atMs);
  return consents
    .filter(({ atMs }) => atMs <= created.atMs && atMs >= (ended?.atMs ?? 0) - SLACK_MS)
    .map(({ grantId }) => grantId);
}

const ENDS: ReadonlySet<string> = new Set(['connection.reauth_required', 'connection.revoked']);

/** A grant that ended at the provider, and not for anything that Kippu did unasked: what is said of it here is true. */
export function endedByOthers(grantId: string, atMs: number, evidence: Evidence): boolean {
  return evidence.provider.ends.some(
    (end) => end.grantId === grantId && end.atMs <= atMs && (end.why !== 'reuse' || isForced(end, evidence)),
  );
}

/** The spent token came with a renewal that somebody wanted at any cost. */
export function isForced({ handle, atMs }: EndFact, { forced }: Evidence): boolean {
  return forced.some((one) => one.handle === handle && overlaps({ ...one, toMs: one.toMs + SLACK_MS }, atMs, atMs));
}
