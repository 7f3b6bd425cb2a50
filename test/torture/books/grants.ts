import type { Evidence } from '../evidence.ts';
import type { EventRecord } from '../records.ts';
import { grantsThen, isForced } from './ends.ts';
import { instant, type Entry, type Flaw } from './renewals.ts';

/**
 * Grants that the provider ended because a spent refresh token came again, while the last one of the family was here, in
 * the store or in a spool. Nobody may do that, but whoever renews at any cost.
 */
export function killedFamilies(entries: readonly Entry[], evidence: Evidence): Flaw[] {
  return evidence.provider.ends.flatMap((end) => {
    const { grantId, handle, why, atMs } = end;
    if (why !== 'reuse' || isForced(end, evidence)) return [];
    const last = entries.findLast(({ exchange }) => exchange.grantId === grantId && exchange.atMs <= atMs);
    const isHere = last === undefined || last.isStored || evidence.spooled.has(last.attempt?.id ?? '');
    return isHere ? [{ handle, what: `${grantId} was ended at ${instant(atMs)}, and its last token was here` }] : [];
  });
}

/** Revoked here and at the provider, and a refresh token that was here is still good there. */
export function livingAfterRevocation(entries: readonly Entry[], evidence: Evidence): Flaw[] {
  const handles = new Map(evidence.connections.map(({ id, handle }) => [id, handle]));
  return evidence.events.filter(isRevocation).flatMap((event) => {
    const { connectionId, atMs } = event;
    const handle = handles.get(connectionId ?? '') ?? '';
    const [grantId, ...others] = grantsThen(event, entries, evidence);
    // Two consents on their way at once: nobody can say which of them it was.
    if (others.length > 0) return [];
    const living = [...evidence.provider.tokens].filter(
      ([, token]) =>
        token.kind === 'refresh' &&
        token.grantId === grantId &&
        token.spentAtMs === undefined &&
        token.ended === undefined,
    );
    return living.flatMap(([hash, { id }]) => {
      const bringing = entries.find(({ exchange }) => exchange.successor === hash);
      const wasHere = bringing === undefined || bringing.isStored;
      return wasHere ? [{ handle, what: `revoked at ${instant(atMs)}, and ${id} is good` }] : [];
    });
  });
}

function isRevocation({ type, data }: EventRecord): boolean {
  return type === 'connection.revoked' && data['at_provider'] === true;
}
