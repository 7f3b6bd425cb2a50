import { SECOND_MS } from '../model/clock.ts';
import type { LedgerEntry } from '../model/session-ledger.ts';

/** How long the cookie before the latest one is still good: the requests that were under way when it was replaced. */
export const SPENT_GRACE_MS = 30 * SECOND_MS;

/**
 * Where a cookie stands.
 *
 * `latest`: nobody has shown a later one. `first_seen`: it was handed out, and this request shows that its browser has
 * it. `replaced`: the browser has shown its successor just now, and this request was under way. `spent`: the browser has
 * had its successor for longer, so that whoever brings this one should not have it. `signed_out`: its session is over.
 */
export type Standing = 'latest' | 'first_seen' | 'replaced' | 'spent' | 'signed_out';

/** Pure. `entry` is what the ledger knows of the cookie's session; nothing, before its first renewal. */
export function standingOf(
  cookie: { readonly version: number },
  entry: LedgerEntry | undefined,
  nowMs: number,
): Standing {
  if (entry === undefined) return 'latest';
  if (entry.state === 'revoked') return 'signed_out';
  if (cookie.version > entry.presentedVersion) return 'first_seen';
  if (cookie.version === entry.presentedVersion) return 'latest';
  const isJustReplaced = cookie.version === entry.previousVersion && nowMs - entry.presentedAtMs <= SPENT_GRACE_MS;
  return isJustReplaced ? 'replaced' : 'spent';
}
