import { overlaps, type Evidence } from '../evidence.ts';
import type { EndFact } from '../history.ts';

/** Two clocks' readings in whole milliseconds, and a request on its way. */
const SLACK_MS = 3000;

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
