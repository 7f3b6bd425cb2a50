import type { Attempt } from '../model/credential-store.ts';
import type { KippuEvent } from '../model/event.ts';
import { findConnection } from './find-connection.ts';
import type { App } from './open.ts';

export type TimelineEntry =
  | { readonly kind: 'attempt'; readonly atMs: number; readonly attempt: Attempt }
  | { readonly kind: 'event'; readonly atMs: number; readonly event: KippuEvent }
  | { readonly kind: 'orphan'; readonly atMs: number; readonly tried: boolean };

const ENTRIES_MAX = 500;

/** What happened to a connection, the oldest first: consents, renewals with their outcomes, warnings, orphans. */
export async function timelineOf(idOrName: string, app: App): Promise<readonly TimelineEntry[]> {
  const { id } = await findConnection(idOrName, app);
  const [attempts, events, orphans] = await Promise.all([
    app.store.credentials.attempts(id, ENTRIES_MAX),
    app.store.events.list({ connectionId: id, limit: ENTRIES_MAX, newestFirst: true }),
    app.store.credentials.orphans(id),
  ]);
  const entries: TimelineEntry[] = [
    ...attempts.toReversed().map((attempt) => ({ kind: 'attempt', atMs: attempt.startedAtMs, attempt }) as const),
    ...events.toReversed().map((event) => ({ kind: 'event', atMs: event.atMs, event }) as const),
    ...orphans.map(({ arrivedAtMs, tried }) => ({ kind: 'orphan', atMs: arrivedAtMs, tried }) as const),
  ];
  return entries.sort((a, b) => a.atMs - b.atMs || rankOf(a) - rankOf(b)).slice(-ENTRIES_MAX);
}

/** Within one millisecond: the consent, what was sent with it, what came of that. */
function rankOf(entry: TimelineEntry): number {
  if (entry.kind === 'event') return entry.event.type === 'connection.created' ? 0 : 2;
  return entry.kind === 'attempt' ? 1 : 2;
}
