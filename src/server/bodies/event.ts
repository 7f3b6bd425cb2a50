import * as z from 'zod';
import { EVENT_TYPES, type KippuEvent } from '../../model/event.ts';
import { withInstants } from '../../model/event-data.ts';
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
