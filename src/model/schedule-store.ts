import type { ConnectionId, ScheduleId } from './ids.ts';
import type { Measurement } from './metric.ts';
import type { Post } from './post.ts';
import type { PostChange } from './post-store.ts';
import type { Occurrence, Schedule } from './schedule.ts';

/** The schedules. Each call is one whole operation, durable when its promise resolves. */
export interface ScheduleStore {
  create(schedule: Schedule): Promise<void>;
  read(id: ScheduleId): Promise<Schedule | undefined>;
  /** The oldest first. */
  list(query: ScheduleQuery): Promise<SchedulePage>;
  /** `false`: somebody moved the schedule, or one of the posts, first; nothing was written. */
  change(change: ScheduleChange): Promise<boolean>;
  /** Its occurrences go with it; the posts that it made stay. `false`: as for {@link change}. */
  remove(seen: Schedule, posts: readonly PostChange[]): Promise<boolean>;
  /** Ids that are due; each is not due again before `againAtMs`, so that a crash of the taker loses nothing. */
  takeDue(take: { readonly againAtMs: number; readonly limit: number }): Promise<readonly ScheduleId[]>;
  /** The earliest due time there is. */
  nextDueAtMs(): Promise<number | undefined>;
  /** Writes what became of an occurrence and moves the schedule on, in one transaction. */
  settle(settlement: OccurrenceSettlement): Promise<OccurrenceSettled>;
  /** The newest first. One whose post was cancelled is `skipped`. */
  occurrences(id: ScheduleId, limit: number): Promise<readonly Occurrence[]>;
  /** Posts of this schedule that are not sent yet, each with the occurrence that it was made for. */
  unsentPosts(id: ScheduleId): Promise<readonly UnsentPost[]>;
  /** What this connection published, or is to publish, up to an instant: the latest first, and each text once. */
  recentTexts(query: RecentTextsQuery): Promise<readonly string[]>;
  /** For each connection that has something to publish, when that is next; by connection id. */
  upcoming(query: UpcomingQuery): Promise<readonly Upcoming[]>;
}

export interface ScheduleChange {
  /** The schedule as it is to be from now on; its version is one more than the one that was seen. */
  readonly next: Schedule;
  /** What becomes of posts that it has made and not yet sent. */
  readonly posts: readonly PostChange[];
  /** Occurrences whose posts were taken back ahead of their time: their records go, and they may be made again. */
  readonly reopened: readonly number[];
}

export interface UnsentPost {
  readonly post: Post;
  readonly atMs: number;
}

export interface RecentTextsQuery {
  readonly connectionId: ConnectionId;
  readonly untilMs: number;
  readonly limit: number;
}

export interface UpcomingQuery {
  readonly connectionId?: ConnectionId | undefined;
  /** Only connections after this one. */
  readonly after?: ConnectionId | undefined;
  readonly limit: number;
}

export interface Upcoming {
  readonly connectionId: ConnectionId;
  readonly atMs: number;
}

export interface OccurrenceSettlement {
  /** The schedule as it is to be from now on; its version is one more than the one that was seen. */
  readonly next: Schedule;
  /** One, or several that were missed together. */
  readonly occurrences: readonly Occurrence[];
  /** The post that was made for it. */
  readonly post: Post | undefined;
  readonly measurement: Measurement | undefined;
  /** Announced as `schedule.missed`, once. */
  readonly missed: MissedEvent | undefined;
}

export interface MissedEvent {
  readonly happening: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type OccurrenceSettled =
  | 'settled'
  /** Somebody else changed the schedule first. Nothing was written. */
  | 'moved'
  /** This occurrence has its record already. Nothing was written. */
  | 'known';

export interface ScheduleQuery {
  /** Absent: of every connection. */
  readonly connectionIds?: readonly ConnectionId[] | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface SchedulePage {
  readonly items: readonly Schedule[];
  readonly nextCursor: string | undefined;
}
