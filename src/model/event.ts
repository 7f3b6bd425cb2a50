import type { ConnectionId, EventId, PostId } from './ids.ts';

export const EVENT_TYPES = [
  'connection.created',
  'connection.renewed',
  'connection.uncertain',
  'connection.reauth_soon',
  'connection.reauth_required',
  'connection.reuse_detected',
  'connection.revoked',
  'provider.misconfigured',
  'post.published',
  'post.unknown',
  'post.failed',
  'schedule.missed',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Something that happened, written in the transaction in which it happened. Never holds a secret. */
export interface KippuEvent {
  readonly id: EventId;
  /** Increases by the order of commits: the cursor of `/v1/events?after=`. */
  readonly sequence: number;
  readonly type: EventType;
  readonly atMs: number;
  readonly connectionId: ConnectionId | undefined;
  readonly postId: PostId | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventStore {
  list(query: {
    readonly after?: number;
    readonly connectionId?: ConnectionId;
    readonly limit: number;
    readonly newestFirst?: boolean;
  }): Promise<readonly KippuEvent[]>;
}
