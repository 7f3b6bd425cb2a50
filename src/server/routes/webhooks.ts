import * as z from 'zod';
import {
  addWebhook,
  changeWebhook,
  findWebhook,
  listDeliveries,
  listWebhooks,
  redeliver,
  removeWebhook,
  renewWebhookSecret,
  testWebhook,
} from '../../app/webhooks.ts';
import { KippuError } from '../../model/errors.ts';
import { DELIVERY_STATES } from '../../model/notice.ts';
import { deliveryJson, deliverySchema, newWebhookSchema, webhookJson, webhookSchema } from '../bodies/webhook.ts';
import { route, type Route } from '../route.ts';
import { described, pageOf, pageQuery } from '../schema.ts';

const events = described(z.array(z.string()).max(100), 'Types of events; empty: all.');
const connections = described(z.array(z.string()).max(1000), 'Ids or names; empty: all.');

export const webhookRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/webhooks',
    access: 'admin',
    summary: 'Makes a webhook: what happens from now on is sent there, signed. Its secret is shown this once.',
    body: z.strictObject({
      url: described(z.string().max(2000), 'https, or http on this machine.'),
      events: events.default([]),
      connections: connections.default([]),
    }),
    status: 201,
    answer: newWebhookSchema,
    async run({ app, body }) {
      const { webhook, secret } = await addWebhook(body, app);
      return { ...webhookJson(webhook), secret: secret.reveal() };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/webhooks',
    access: 'admin',
    summary: 'All webhooks, the oldest first; never their secrets.',
    answer: z.strictObject({ items: z.array(webhookSchema), next_cursor: z.null() }),
    run: async ({ app }) => ({ items: (await listWebhooks(app)).map(webhookJson), next_cursor: null }),
  }),
  route({
    method: 'GET',
    path: '/v1/webhooks/{id}',
    access: 'admin',
    summary: 'One webhook.',
    answer: webhookSchema,
    run: async ({ app, params }) => webhookJson(await findWebhook(params['id'] ?? '', app)),
  }),
  route({
    method: 'PATCH',
    path: '/v1/webhooks/{id}',
    access: 'admin',
    summary: 'Changes where it goes and what it gets. Disabled, it gets nothing, and what waits for it fails.',
    body: z.strictObject({
      url: z.string().max(2000).optional(),
      events: events.optional(),
      connections: connections.optional(),
      disabled: z.boolean().optional(),
    }),
    answer: webhookSchema,
    run: async ({ app, params, body }) => webhookJson(await changeWebhook(params['id'] ?? '', body, app)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/webhooks/{id}',
    access: 'admin',
    summary: 'Removes a webhook with its deliveries.',
    answer: webhookSchema,
    run: async ({ app, params }) => webhookJson(await removeWebhook(params['id'] ?? '', app)),
  }),
  route({
    method: 'POST',
    path: '/v1/webhooks/{id}/secret',
    access: 'admin',
    summary: 'Makes a new secret, shown this once. The old one signs as well for a day.',
    answer: newWebhookSchema,
    async run({ app, params }) {
      const { webhook, secret } = await renewWebhookSecret(params['id'] ?? '', app);
      return { ...webhookJson(webhook), secret: secret.reveal() };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/webhooks/{id}/test',
    access: 'admin',
    summary: 'Sends a message of the type `kippu.test` now, once, and tells what came of it.',
    answer: z.strictObject({
      delivered: z.boolean(),
      status: described(z.number().int().nullable(), "The receiver's HTTP status; `null`: no answer."),
      error: z.string().nullable(),
    }),
    async run({ app, params }) {
      const handover = await testWebhook(params['id'] ?? '', app);
      const error = handover.kind === 'delivered' ? null : handover.error;
      return { delivered: handover.kind === 'delivered', status: handover.status ?? null, error };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/webhooks/{id}/deliveries',
    access: 'admin',
    summary: 'What was delivered and what was not, the newest event first, with every attempt. Kept for 30 days.',
    query: z.strictObject({ ...pageQuery, state: z.enum(DELIVERY_STATES).optional() }),
    answer: pageOf(deliverySchema),
    async run({ app, params, query: { limit, cursor, state } }) {
      const page = await listDeliveries(params['id'] ?? '', { limit, before: sequenceOf(cursor), state }, app);
      return {
        items: page.items.map(deliveryJson),
        next_cursor: page.before === undefined ? null : String(page.before),
      };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/webhooks/{id}/deliveries/{delivery}/redeliver',
    access: 'admin',
    summary: 'Sends an event once more, with the same `webhook-id`.',
    answer: deliverySchema,
    run: async ({ app, params }) => deliveryJson(await redeliver(params['id'] ?? '', params['delivery'] ?? '', app)),
  }),
];

function sequenceOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new KippuError('invalid', `"${cursor}" is not where a page ended.`, { where: 'cursor' });
}
