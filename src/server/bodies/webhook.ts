import * as z from 'zod';
import type { LoggedDelivery } from '../../app/webhooks.ts';
import { EVENT_TYPES } from '../../model/event.ts';
import { DELIVERY_STATES, type Webhook } from '../../model/notice.ts';
import { described, instant, instantOf, instantOrNull } from '../schema.ts';

export const webhookSchema = described(
  z.strictObject({
    id: z.string(),
    url: z.string(),
    events: described(z.array(z.enum(EVENT_TYPES)).nullable(), 'The types it gets; `null`: all.'),
    connections: described(
      z.array(z.string()).nullable(),
      'The ids whose events it gets; `null`: all, and what belongs to no connection.',
    ),
    created_at: instant,
    old_secret_until: described(instant.nullable(), 'Until then the secret before the newest signs, too.'),
    disabled_at: instant.nullable(),
    disabled_because: z.string().nullable(),
  }),
  { id: 'Webhook' },
);

export const newWebhookSchema = described(
  webhookSchema.extend({ secret: described(z.string(), 'Signs what is sent. Shown this once.') }),
  { id: 'NewWebhook' },
);

export function webhookJson(webhook: Webhook): z.input<typeof webhookSchema> {
  return {
    id: webhook.id,
    url: webhook.url,
    events: webhook.eventTypes === undefined ? null : [...webhook.eventTypes],
    connections: webhook.connections === undefined ? null : [...webhook.connections],
    created_at: instantOf(webhook.createdAtMs),
    old_secret_until: instantOrNull(webhook.overlapEndsAtMs),
    disabled_at: instantOrNull(webhook.disabled?.atMs),
    disabled_because: webhook.disabled?.because ?? null,
  };
}

const attemptSchema = z.strictObject({
  number: z.number().int(),
  at: instant,
  took_ms: z.number().int(),
  status: described(z.number().int().nullable(), "The receiver's HTTP status; `null`: no answer."),
  error: z.string().nullable(),
});

export const deliverySchema = described(
  z.strictObject({
    id: z.string(),
    event: described(z.string(), 'The id of the event: the `webhook-id` of every attempt.'),
    type: z.enum(EVENT_TYPES),
    sequence: z.number().int(),
    state: z.enum(DELIVERY_STATES),
    created_at: instant,
    next_attempt_at: described(instant.nullable(), '`null`: there is none.'),
    ended_at: instant.nullable(),
    error: described(z.string().nullable(), 'Why it has not arrived.'),
    attempts: described(z.array(attemptSchema), 'The latest twenty, the oldest first.'),
  }),
  { id: 'Delivery' },
);

export function deliveryJson({ delivery, attempts }: LoggedDelivery): z.input<typeof deliverySchema> {
  return {
    id: delivery.id,
    event: delivery.event.id,
    type: delivery.event.type,
    sequence: delivery.event.sequence,
    state: delivery.state,
    created_at: instantOf(delivery.createdAtMs),
    next_attempt_at: instantOrNull(delivery.dueAtMs),
    ended_at: instantOrNull(delivery.endedAtMs),
    error: delivery.lastError ?? null,
    attempts: attempts.map(({ number, startedAtMs, endedAtMs, status, error }) => ({
      number,
      at: instantOf(startedAtMs),
      took_ms: Math.max(0, endedAtMs - startedAtMs),
      status: status ?? null,
      error: error ?? null,
    })),
  };
}
