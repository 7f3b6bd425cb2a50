import type { ConnectionId, PostId, ScheduleId } from './ids.ts';

/**
 * A rule that makes posts, or takes measurements, again and again. Each time that the rule names is an occurrence; what
 * became of it is written once, whatever crashes: (schedule, occurrence) is unique.
 */
export interface Schedule {
  readonly id: ScheduleId;
  readonly connectionId: ConnectionId;
  /** Raised by every change: who changes a schedule names the version that he saw. */
  readonly version: number;
  readonly task: ScheduleTask;
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** The IANA zone whose clocks the rule is read on. */
  readonly timezone: string;
  readonly missed: MissedPolicy;
  readonly isPaused: boolean;
  /** How long after its time a post may still go out, milliseconds; never longer than until the next occurrence. */
  readonly latestAfterMs: number;
  /** The occurrence that is to be made next; absent while it is paused, and when the rule names none any more. */
  readonly nextAtMs: number | undefined;
  /** When the worker must look: ahead of the occurrence, or again after a failure. Absent while there is nothing to do. */
  readonly dueAtMs: number | undefined;
  /** How many posts it has made: the place in its list, and `{n}` of its template. */
  readonly made: number;
  /** Failed tries to compose or collect for the next occurrence. */
  readonly failures: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type ScheduleTask =
  | { readonly kind: 'post'; readonly text: TextSource; readonly madeWithAi: boolean; readonly needsApproval: boolean }
  | { readonly kind: 'collect'; readonly what: Measure };

/** Where a scheduled post's text comes from. */
export type TextSource =
  | { readonly kind: 'text'; readonly text: string }
  /** One after the other, and from the start again. */
  | { readonly kind: 'list'; readonly texts: readonly string[] }
  /** Placeholders are filled in for each occurrence. */
  | {
      readonly kind: 'template';
      readonly template: string;
      readonly variables: Readonly<Record<string, string>>;
    }
  /** A program on this machine, asked when the occurrence is due. Only the operator may set one. */
  | { readonly kind: 'command'; readonly command: string }
  /** Asked with a POST when the occurrence is due. Only the operator may set one. */
  | { readonly kind: 'url'; readonly url: string }
  /** A function of the application that uses the library, by the name it gave it. Only the operator may set one. */
  | { readonly kind: 'function'; readonly name: string };

/** What becomes of occurrences that nobody was there for: none of them, or the latest one once. */
export const MISSED_POLICIES = ['skip', 'once'] as const;
export type MissedPolicy = (typeof MISSED_POLICIES)[number];

/** What can be collected. */
export const MEASURES = ['followers'] as const;
export type Measure = (typeof MEASURES)[number];

export const OCCURRENCE_OUTCOMES = [
  /** A post was made; what became of it is told there. */
  'post',
  'collected',
  /** Nobody was there at its time, or until its latest time. */
  'missed',
  /** A person paused the schedule, or cancelled its post. */
  'skipped',
  /** No text, or no measurement, could be had until its latest time. */
  'failed',
] as const;
export type OccurrenceOutcome = (typeof OCCURRENCE_OUTCOMES)[number];

/** What became of one time that the rule named. */
export interface Occurrence {
  readonly scheduleId: ScheduleId;
  readonly atMs: number;
  readonly outcome: OccurrenceOutcome;
  /** Of `post`; of `failed` where what was composed is kept as a draft. */
  readonly postId: PostId | undefined;
  readonly detail: string | undefined;
  readonly recordedAtMs: number;
}
