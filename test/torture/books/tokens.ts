import { overlaps, type Evidence } from '../evidence.ts';
import type { TokenFact } from '../history.ts';
import type { RefusedThoughLiving } from '../load/readers.ts';
import { instant, type Entry, type Flaw } from './renewals.ts';

/** Tokens that were handed out and were not good: another user's, nobody's, or known to be over before anybody asked. */
export function badTokens(entries: readonly Entry[], evidence: Evidence): Flaw[] {
  const replacedBy = new Map(
    entries.flatMap((entry) => entry.exchange.replaced.map((hash): [string, Entry] => [hash, entry])),
  );
  return evidence.reads.flatMap(({ handle, tokenHash, fromMs }) => {
    const token = evidence.provider.tokens.get(tokenHash);
    const at = `handed out at ${instant(fromMs)}`;
    if (token === undefined || token.kind !== 'access') return [{ handle, what: `${at}: no token of the provider's` }];
    if (token.handle !== handle) return [{ handle, what: `${at}: ${token.handle}'s` }];
    const knownAtMs = Math.min(
      token.expiresAtMs ?? Number.POSITIVE_INFINITY,
      earlyEndKnownAtMs(token, replacedBy.get(tokenHash), evidence),
    );
    return knownAtMs < fromMs ? [{ handle, what: `${at}: over since ${instant(knownAtMs)}` }] : [];
  });
}

/**
 * When the store had it that the provider had ended a token before its time. A renewal that ends the old token at once is
 * known when its answer is settled, and a revocation when it is done: until then nobody here could know. Of what a user
 * does at the provider, nobody is told.
 */
function earlyEndKnownAtMs({ ended, handle }: TokenFact, replacedBy: Entry | undefined, evidence: Evidence): number {
  switch (ended?.why) {
    case 'replaced':
      return (replacedBy?.isStored === true ? replacedBy.attempt?.endedAtMs : undefined) ?? Number.POSITIVE_INFINITY;
    case 'revoked_by_client':
      return revokedHereAtMs(handle, ended.atMs, evidence);
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function revokedHereAtMs(handle: string, endedAtMs: number, { connections, events }: Evidence): number {
  const ids = new Set(connections.filter((one) => one.handle === handle).map(({ id }) => id));
  const event = events.find(
    ({ type, connectionId, atMs }) =>
      type === 'connection.revoked' && ids.has(connectionId ?? '') && atMs >= endedAtMs - SLACK_MS,
  );
  return event === undefined ? Number.POSITIVE_INFINITY : event.atMs + SLACK_MS;
}

/** Two clocks' readings in whole milliseconds, and a commit that takes a moment. */
const SLACK_MS = 50;

/** After an outage, until a node has found its way to the database again. */
const BACK_AGAIN_MS = 3000;

/** Refusals of a token that would have been good: not one that a renewal had ended at once, or that ended with its grant. */
export function falseRefusals(
  refusals: readonly RefusedThoughLiving[],
  entries: readonly Entry[],
  { provider, outages }: Evidence,
): RefusedThoughLiving[] {
  return refusals.filter(({ handle, node, fromMs, atMs, answer, version, issuedAtMs }) => {
    // A node that has not kept the token cannot know of it while it does not reach the database, and says just that.
    const isAway = outages.some(
      (away) => (away.node ?? node) === node && overlaps({ ...away, toMs: away.toMs + BACK_AGAIN_MS }, fromMs, atMs),
    );
    if (isAway && answer === 'store_unavailable') return false;
    const isReplaced = entries.some(
      ({ exchange, attempt }) =>
        exchange.handle === handle &&
        exchange.replaced.length > 0 &&
        exchange.atMs <= atMs &&
        attempt?.version === version,
    );
    const isOver = provider.ends.some(
      (end) => end.handle === handle && end.endsAccess && end.atMs >= issuedAtMs - SLACK_MS && end.atMs <= atMs,
    );
    return !isReplaced && !isOver;
  });
}
