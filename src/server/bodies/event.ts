import * as z from 'zod';
import { EVENT_TYPES, type KippuEvent } from '../../model/event.ts';
import { described, instant, instantOf } from '../schema.ts';

export const eventSchema = described(
  z.strictObject({
    id: z.string(),
    sequence: described(z.number().int(), 'Grows in the order of happening: give it as `after` to go on from here.'),
    type: z.enum(EVENT_TYPES),
    at: instant,
    connection: described(z.string().nullable(), "The connection's id."),
    post: described(z.string().nullable(), "The post's id."),
    data: z.record(z.string(), z.unknown()),
  }),
  { id: 'Event' },
);

export function eventJson(event: KippuEvent): z.input<typeof eventSchema> {
  return {
    id: event.id,
    sequence: event.sequence,
    type: event.type,
    at: instantOf(event.atMs),
    connection: event.connectionId ?? null,
    post: event.postId ?? null,
    data: withInstants(event.data),
  };
}

/** The store keeps instants as milliseconds, named so; outside they are ISO 8601. */
export function withInstants(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) =>
      name.endsWith('_at_ms')
        ? [name.slice(0, -'_ms'.length), typeof value === 'number' ? instantOf(value) : null]
        : [name, value],
    ),
  );
}
