import type { EventType, KippuEvent } from './event.ts';
import type { ConnectionId, DeliveryId, WebhookId } from './ids.ts';
import type { Delivery, DeliveryAttempt, DeliveryState, NoticeChannel, TakenDelivery, Webhook } from './notice.ts';

export interface NoticeStore {
  /** What happens from now on is delivered to it. */
  createWebhook(webhook: Webhook): Promise<void>;
  webhook(id: WebhookId): Promise<Webhook | undefined>;
  /** The oldest first. */
  webhooks(): Promise<readonly Webhook[]>;
  /** Only what is named is written. Disabling fails what waits; enabling begins with what happens from now on. */
  updateWebhook(id: WebhookId, changes: WebhookChanges): Promise<Webhook | undefined>;
  /** New secrets, if these are still the ones that were seen. */
  replaceSecrets(seen: Webhook, secrets: NewSecrets): Promise<Webhook | undefined>;
  /** Its deliveries go with it. */
  removeWebhook(id: WebhookId): Promise<boolean>;

  /**
   * Makes the deliveries of the next events and moves the channel's cursor, in one transaction: one delivery for each
   * event and destination, whoever else does the same. Gives how many events it has looked at.
   */
  fanOut(plan: FanOut): Promise<number>;
  /**
   * Of each lane that has something due and nobody at work, one delivery: the oldest of those that are due, or an older
   * one that failed a while ago. Nobody else gets anything of these lanes until `untilMs`, so that a crash of the taker
   * loses nothing.
   */
  takeDue(take: TakeDue): Promise<readonly TakenDelivery[]>;
  /**
   * Writes the attempt down and what follows from it. One that arrived although earlier attempts failed makes due at once
   * what else waits for its destination: it is there again. `false`: the attempt is logged, and somebody else has moved
   * the delivery since.
   */
  settleDelivery(settlement: DeliverySettlement): Promise<boolean>;
  /** The newest event first. */
  deliveries(query: DeliveryQuery): Promise<readonly Delivery[]>;
  delivery(id: DeliveryId): Promise<Delivery | undefined>;
  /** Oldest first; the latest twenty of each delivery are kept. */
  deliveryAttempts(id: DeliveryId): Promise<readonly DeliveryAttempt[]>;
  /** Begins a new round, due now. `undefined`: no such delivery, or its webhook is disabled. */
  redeliver(id: DeliveryId): Promise<Delivery | undefined>;
  /** Forgets deliveries that ended before, the oldest first; gives how many. */
  forgetDeliveries(endedBeforeMs: number, limit: number): Promise<number>;
  backlog(): Promise<NoticeBacklog>;
}

export interface WebhookChanges {
  readonly url?: string | undefined;
  /** `null`: every type. */
  readonly eventTypes?: readonly EventType[] | null | undefined;
  /** `null`: every connection. */
  readonly connections?: readonly ConnectionId[] | null | undefined;
  /** `null`: enabled. */
  readonly disabledBecause?: string | null | undefined;
}

export interface NewSecrets {
  readonly sealed: Uint8Array;
  readonly generation: string;
  readonly overlapEndsAtMs: number;
}

export type FanOut =
  | { readonly channel: 'webhook'; readonly limit: number }
  | {
      readonly channel: 'mail';
      readonly limit: number;
      readonly recipients: readonly string[];
      /** Whether it is mailed. */
      readonly wants: (event: KippuEvent) => boolean;
    };

export interface TakeDue {
  readonly channels: readonly NoticeChannel[];
  readonly untilMs: number;
  /** How many lanes. */
  readonly limit: number;
  /** A failed delivery is tried ahead of its time, for the sake of the order, if its last attempt was before this. */
  readonly probeBeforeMs: number;
}

export interface DeliverySettlement {
  readonly taken: TakenDelivery;
  readonly attempt: Omit<DeliveryAttempt, 'number'>;
  readonly outcome: DeliveryOutcome;
}

export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  /** Nothing goes to this webhook before `holdUntilMs`, where the receiver asked for that. */
  | {
      readonly kind: 'again';
      readonly dueAtMs: number;
      readonly tries: number;
      readonly holdUntilMs?: number | undefined;
    }
  | { readonly kind: 'failed' }
  /** The receiver wants nothing any more: the webhook is disabled, and what waits for it fails. */
  | { readonly kind: 'unwanted'; readonly because: string };

export interface DeliveryQuery {
  readonly destination: string;
  readonly state?: DeliveryState | undefined;
  /** Only events before this sequence. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface NoticeBacklog {
  /** Events that were not fanned out to webhooks yet. */
  readonly eventsWaiting: number;
  /** When the oldest of them happened. */
  readonly oldestEventAtMs: number | undefined;
  readonly channels: Readonly<Record<NoticeChannel, ChannelBacklog>>;
}

export interface ChannelBacklog {
  readonly pending: number;
  /** When the oldest delivery that waits was made. */
  readonly oldestPendingAtMs: number | undefined;
  readonly failed: number;
}
