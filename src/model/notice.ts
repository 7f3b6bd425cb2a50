import type { EventType, KippuEvent } from './event.ts';
import type { ConnectionId, DeliveryId, WebhookId } from './ids.ts';

/** How a notice travels. In-process listeners are told directly, and keep no record. */
export const NOTICE_CHANNELS = ['webhook', 'mail'] as const;
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number];

/**
 * A delivery's life: `pending` until the destination has accepted it (`delivered`), or it was tried for days, refused for
 * good, or its webhook was disabled (`failed`). A redelivery makes it `pending` again.
 */
export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Where events are sent by HTTP, and which. Its secrets are sealed beside it. */
export interface Webhook {
  readonly id: WebhookId;
  readonly url: string;
  /** Absent: every type. */
  readonly eventTypes: readonly EventType[] | undefined;
  /** Absent: every connection, and what belongs to none. */
  readonly connections: readonly ConnectionId[] | undefined;
  /** The secrets as JSON, the newest first. */
  readonly sealed: Uint8Array;
  readonly generation: string;
  /** Until then the secret before the newest signs too. */
  readonly overlapEndsAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly disabled: { readonly atMs: number; readonly because: string } | undefined;
}

/** One event on its way to one destination. */
export interface Delivery {
  readonly id: DeliveryId;
  readonly event: KippuEvent;
  readonly channel: NoticeChannel;
  /** A webhook's id, or a mail address. */
  readonly destination: string;
  readonly state: DeliveryState;
  readonly round: number;
  readonly roundBeganAtMs: number;
  /** Failed attempts of this round: decides when the next one is. */
  readonly tries: number;
  readonly dueAtMs: number | undefined;
  readonly lastStatus: number | undefined;
  readonly lastError: string | undefined;
  readonly createdAtMs: number;
  readonly endedAtMs: number | undefined;
}

/** A delivery that its taker may send, alone, until `takenUntilMs`. */
export interface TakenDelivery extends Delivery {
  readonly dueAtMs: number;
  readonly takenUntilMs: number;
  /** It is not due itself: it is the oldest of its lane, tried because something younger is due. Failing costs no try. */
  readonly isProbe: boolean;
}

export interface DeliveryAttempt {
  readonly number: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Of HTTP or SMTP; absent: no answer. */
  readonly status: number | undefined;
  readonly error: string | undefined;
}

/** Whether a webhook asked for this event. */
export function wants(
  { eventTypes, connections }: Pick<Webhook, 'eventTypes' | 'connections'>,
  { type, connectionId }: Pick<KippuEvent, 'type' | 'connectionId'>,
): boolean {
  if (eventTypes !== undefined && !eventTypes.includes(type)) return false;
  return connections === undefined || (connectionId !== undefined && connections.includes(connectionId));
}
