import { EVENT_TYPES, type EventType } from '../model/event.ts';
import { KippuError } from '../model/errors.ts';
import { hasIdForm, newId, type ConnectionId } from '../model/ids.ts';
import type { Delivery, DeliveryAttempt, DeliveryState, Webhook } from '../model/notice.ts';
import type { WebhookChanges } from '../model/notice-store.ts';
import type { Secret } from '../model/secret.ts';
import type { Handover } from '../notify/handover.ts';
import { postSigned } from '../notify/webhook/post.ts';
import { newWebhookSecret, OVERLAP_MS, sealSecrets, signingSecrets } from '../notify/webhook/secrets.ts';
import { noticePorts } from './notice-ports.ts';
import type { App } from './open.ts';

export interface NewWebhook {
  readonly url: string;
  /** Empty: every type. */
  readonly events: readonly string[];
  /** Ids or names; empty: every connection. */
  readonly connections: readonly string[];
}

/** Makes a webhook; its secret is given out this once. Throws `invalid`, `not_found`. */
export async function addWebhook(
  { url, events, connections }: NewWebhook,
  app: App,
): Promise<{ readonly webhook: Webhook; readonly secret: Secret }> {
  const ports = noticePorts(app);
  const id = newId('whk', ports.random);
  const secret = newWebhookSecret(ports.random);
  const webhook: Webhook = {
    id,
    url: ports.addresses.check(url).href,
    eventTypes: events.length === 0 ? undefined : parseTypes(events),
    connections: connections.length === 0 ? undefined : await idsOf(connections, app),
    ...sealSecrets([secret], id, ports),
    overlapEndsAtMs: undefined,
    createdAtMs: ports.clock.nowMs(),
    disabled: undefined,
  };
  await app.store.notices.createWebhook(webhook);
  return { webhook, secret };
}

export function listWebhooks({ store }: App): Promise<readonly Webhook[]> {
  return store.notices.webhooks();
}

/** Throws `not_found`. */
export async function findWebhook(id: string, { store }: App): Promise<Webhook> {
  return there(hasIdForm('whk', id) ? await store.notices.webhook(id) : undefined, id);
}

export interface WebhookWish {
  readonly url?: string | undefined;
  readonly events?: readonly string[] | undefined;
  readonly connections?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

/** Throws `invalid`, `not_found`. */
export async function changeWebhook(id: string, wish: WebhookWish, app: App): Promise<Webhook> {
  const { url, events, connections, disabled } = wish;
  const { addresses } = noticePorts(app);
  const changes: WebhookChanges = {
    url: url === undefined ? undefined : addresses.check(url).href,
    eventTypes: events === undefined ? undefined : events.length === 0 ? null : parseTypes(events),
    connections:
      connections === undefined ? undefined : connections.length === 0 ? null : await idsOf(connections, app),
    disabledBecause: disabled === undefined ? undefined : disabled ? 'disabled by the operator' : null,
  };
  const { id: known } = await findWebhook(id, app);
  return there(await app.store.notices.updateWebhook(known, changes), id);
}

/** Its deliveries go with it. Throws `not_found`. */
export async function removeWebhook(id: string, app: App): Promise<Webhook> {
  const webhook = await findWebhook(id, app);
  await app.store.notices.removeWebhook(webhook.id);
  return webhook;
}

/**
 * A new secret, given out this once. For a day the old one signs as well, so that the receiver can change over without
 * losing anything. Throws `not_found`, `conflict`.
 */
export async function renewWebhookSecret(
  id: string,
  app: App,
): Promise<{ readonly webhook: Webhook; readonly secret: Secret }> {
  const ports = noticePorts(app);
  const seen = await findWebhook(id, app);
  const nowMs = ports.clock.nowMs();
  const [current] = signingSecrets(seen, ports.vault, nowMs);
  const secret = newWebhookSecret(ports.random);
  const webhook = await app.store.notices.replaceSecrets(seen, {
    ...sealSecrets(current === undefined ? [secret] : [secret, current], seen.id, ports),
    overlapEndsAtMs: nowMs + OVERLAP_MS,
  });
  if (webhook === undefined)
    throw new KippuError('conflict', `The webhook ${id} was changed at the same moment. Look at it and try again.`);
  return { webhook, secret };
}

/** Sends a message of the type `kippu.test`, once and now, and says what came of it. Throws `not_found`, `unreadable`. */
export async function testWebhook(id: string, app: App): Promise<Handover> {
  const ports = noticePorts(app);
  const webhook = await findWebhook(id, app);
  const body = JSON.stringify({
    type: 'kippu.test',
    timestamp: new Date(ports.clock.nowMs()).toISOString(),
    data: { webhook: webhook.id },
  });
  return postSigned({ id: newId('evt', ports.random), body }, webhook, ports);
}

export interface LoggedDelivery {
  readonly delivery: Delivery;
  readonly attempts: readonly DeliveryAttempt[];
}

export interface DeliveryPage {
  readonly items: readonly LoggedDelivery[];
  /** The page after this one begins before this sequence. */
  readonly before: number | undefined;
}

/** What was delivered to a webhook and what was not, the newest event first. Throws `not_found`. */
export async function listDeliveries(
  id: string,
  query: { readonly limit: number; readonly before?: number | undefined; readonly state?: DeliveryState | undefined },
  app: App,
): Promise<DeliveryPage> {
  const { id: destination } = await findWebhook(id, app);
  const found = await app.store.notices.deliveries({ ...query, destination, limit: query.limit + 1 });
  const items = await Promise.all(found.slice(0, query.limit).map((delivery) => withAttempts(delivery, app)));
  return { items, before: found.length > query.limit ? items.at(-1)?.delivery.event.sequence : undefined };
}

/** Sends an event once more, from the start. Throws `not_found`, `conflict` for a disabled webhook. */
export async function redeliver(id: string, deliveryId: string, app: App): Promise<LoggedDelivery> {
  const webhook = await findWebhook(id, app);
  const known = hasIdForm('dlv', deliveryId) ? await app.store.notices.delivery(deliveryId) : undefined;
  if (known === undefined || known.destination !== webhook.id)
    throw new KippuError(
      'not_found',
      `The webhook ${id} has no delivery ${deliveryId}. Deliveries are kept for 30 days.`,
    );
  const delivery = await app.store.notices.redeliver(known.id);
  if (delivery === undefined)
    throw new KippuError('conflict', `The webhook ${id} is disabled. Enable it first: kippu webhooks enable ${id}.`);
  return withAttempts(delivery, app);
}

async function withAttempts(delivery: Delivery, { store }: App): Promise<LoggedDelivery> {
  return { delivery, attempts: await store.notices.deliveryAttempts(delivery.id) };
}

function there(webhook: Webhook | undefined, id: string): Webhook {
  if (webhook !== undefined) return webhook;
  throw new KippuError('not_found', `There is no webhook ${id}. \`kippu webhooks list\` shows those there are.`);
}

function parseTypes(types: readonly string[]): EventType[] {
  return types.map((type) => {
    const known = EVENT_TYPES.find((candidate) => candidate === type);
    if (known === undefined)
      throw new KippuError('invalid', `"${type}" is no type of event. Choose from ${EVENT_TYPES.join(', ')}.`, {
        where: '/events',
      });
    return known;
  });
}

async function idsOf(names: readonly string[], { store }: App): Promise<ConnectionId[]> {
  return Promise.all(
    names.map(async (name) => {
      const connection = await store.connections.find(name);
      if (connection === undefined)
        throw new KippuError('not_found', `There is no connection ${name}.`, { where: '/connections' });
      return connection.id;
    }),
  );
}
