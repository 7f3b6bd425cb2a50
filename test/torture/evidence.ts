import type { ProviderHistory } from './history.ts';
import type { Killing, Pause } from './processes.ts';
import type { AttemptRecord, ConnectionRecord, EventRecord, PostAttemptRecord, PostRecord } from './records.ts';

/** All that is known of a run when it is over: both sides' books, and what was done to the processes in between. */
export interface Evidence {
  readonly provider: ProviderHistory;
  readonly connections: readonly ConnectionRecord[];
  readonly attempts: readonly AttemptRecord[];
  readonly events: readonly EventRecord[];
  readonly posts: readonly PostRecord[];
  readonly postAttempts: readonly PostAttemptRecord[];
  /** Attempts whose answer is, or was, durable in a spool. */
  readonly spooled: ReadonlySet<string>;
  readonly killings: readonly Killing[];
  readonly pauses: readonly Pause[];
  readonly fullDisk: readonly Span[];
  /** When the database, or the way to it, was away. */
  readonly outages: readonly Outage[];
  /** Of each process: its commits in their order. */
  readonly commits: ReadonlyMap<number, readonly Commit[]>;
  readonly reads: readonly ServedRead[];
  readonly accepted: readonly AcceptedPost[];
  readonly forced: readonly ForcedRenewal[];
  /** What the last renewal, after all faults, was answered; by handle. */
  readonly proofs: ReadonlyMap<string, string>;
  readonly lateAnswerMs: number;
  /** How far the clocks of both sides may be apart. */
  readonly clocksApartMs: number;
}

export interface Outage extends Span {
  /** Whose way was cut. Absent: the database itself was away, for everybody. */
  readonly node: string | undefined;
  readonly how: string;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Commit {
  readonly startedAtMs: number;
  readonly durableAtMs: number;
}

/** A token that somebody got. */
export interface ServedRead {
  readonly handle: string;
  readonly tokenHash: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A renewal that somebody wanted at once, whatever it cost. */
export interface ForcedRenewal {
  readonly handle: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A post whose creation was answered: from then on it may not be forgotten. */
export interface AcceptedPost {
  readonly id: string;
  readonly text: string;
}

export function overlaps(span: Span, fromMs: number, toMs: number): boolean {
  return span.fromMs <= toMs && span.toMs >= fromMs;
}
