import type { ConnectionId, PostId, ScheduleId } from '../model/ids.ts';

/** Tables with rows that become due, each with an index on the due time, and what such a row is known by. */
export const DUE_KEYS = { credentials: 'connection_id', posts: 'id', schedules: 'id' } as const;
export type DueTable = keyof typeof DUE_KEYS;

export interface DueIds {
  credentials: ConnectionId;
  posts: PostId;
  schedules: ScheduleId;
}

export interface TakeDue {
  readonly nowMs: number;
  /** Until then nobody else takes the same rows; if the taker dies, they are due again then. */
  readonly againAtMs: number;
  readonly limit: number;
}
