import type { ConnectionId, EventId, PostId } from './ids.ts';

/**
 * What there is to listen for, and to send webhooks about. What each one says is in `docs/notices.md`.
 *
 * @example
 * ```ts
 * import { EVENT_TYPES, type Kippu } from 'kippu';
 * export function logEndings(kippu: Kippu): void {
 *   const endings = EVENT_TYPES.filter((type) => type === 'connection.reauth_required' || type === 'connection.revoked');
 *   for (const type of endings) kippu.on(type, ({ connectionId }) => console.log(type, connectionId));
 * }
 * ```
 */
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
/** One of {@link EVENT_TYPES}. */
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
