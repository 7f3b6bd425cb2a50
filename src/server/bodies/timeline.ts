import * as z from 'zod';
import { assertNever } from '../../model/assert-never.ts';
import type { TimelineEntry } from '../../app/timeline.ts';
import { ATTEMPT_OUTCOMES, ATTEMPT_PURPOSES } from '../../model/credential-store.ts';
import { EVENT_TYPES } from '../../model/event.ts';
import { withInstants } from '../../model/event-data.ts';
import { described, instant, instantOf, instantOrNull } from '../schema.ts';

const attemptSchema = z.strictObject({
  at: instant,
  kind: z.literal('attempt'),
  id: z.string(),
  purpose: z.enum(ATTEMPT_PURPOSES),
  version: described(z.number().int(), 'Of the token set that was presented.'),
  outcome: described(z.enum(ATTEMPT_OUTCOMES).nullable(), '`null`: still under way.'),
  error: z.string().nullable(),
  ended_at: instant.nullable(),
  replays: described(z.number().int(), 'How many times the same refresh token had been presented before.'),
});

const eventEntrySchema = z.strictObject({
  at: instant,
  kind: z.literal('event'),
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  data: z.record(z.string(), z.unknown()),
});

const orphanSchema = described(
  z.strictObject({ at: instant, kind: z.literal('orphan'), tried: z.boolean() }),
  'A token set that arrived and could not be attached; kept, never dropped.',
);

export const timelineSchema = described(
  z.strictObject({ items: z.array(z.discriminatedUnion('kind', [attemptSchema, eventEntrySchema, orphanSchema])) }),
  { id: 'Timeline' },
);

export function timelineJson(entries: readonly TimelineEntry[]): z.input<typeof timelineSchema> {
  return { items: entries.map(entryJson) };
}

function entryJson(entry: TimelineEntry): z.input<typeof timelineSchema>['items'][number] {
  const at = instantOf(entry.atMs);
  switch (entry.kind) {
    case 'attempt': {
      const { id, purpose, version, outcome, error, endedAtMs, replays } = entry.attempt;
      return {
        at,
        kind: 'attempt',
        id,
        purpose,
        version,
        outcome: outcome ?? null,
        error: error ?? null,
        ended_at: instantOrNull(endedAtMs),
        replays,
      };
    }
    case 'event':
      return { at, kind: 'event', id: entry.event.id, type: entry.event.type, data: withInstants(entry.event.data) };
    case 'orphan':
      return { at, kind: 'orphan', tried: entry.tried };
    default:
      return assertNever(entry);
  }
}
