import { newId } from '../../model/ids.ts';
import type { Post, PostContent } from '../../model/post.ts';
import type { Occurrence, OccurrenceOutcome, Schedule } from '../../model/schedule.ts';
import type { MissedEvent, OccurrenceSettlement } from '../../model/schedule-store.ts';
import type { DraftCheck } from '../compose.ts';
import { freshPost } from '../fresh-post.ts';
import { tokenNeededAt } from '../lifecycle.ts';
import { nextOccurrence } from '../recurrence.ts';
import type { Gap, Making } from './plan.ts';
import type { SchedulePorts } from './ports.ts';
import { dueFor } from './timing.ts';

/** An occurrence that brought a post: to be sent at its time, or kept as a draft because nobody could publish it so. */
export interface MadePost {
  readonly content: PostContent;
  readonly check: DraftCheck;
}

/** What is being made, and for which of the schedule's times. */
export interface Occasion {
  /** As it was seen when its time came. */
  readonly schedule: Schedule;
  readonly making: Making;
  /** What it stands for, if it is the one post after a gap. */
  readonly gap: Gap | undefined;
}

type Chance = Pick<SchedulePorts, 'clock' | 'random'>;

/** The post goes its own way from here. With a gap, it stands for the latest of what was missed. */
export function settledAsPost(
  { schedule, making, gap }: Occasion,
  made: MadePost,
  chance: Chance,
): OccurrenceSettlement {
  const post = postFor(schedule, made, making, chance);
  const earlier = (gap?.times ?? []).filter((atMs) => atMs < making.atMs);
  const nowMs = chance.clock.nowMs();
  return {
    next: movedOn(schedule, nextOccurrence(schedule, making.atMs), { made: 1, nowMs }),
    occurrences: [
      ...earlier.map((atMs) => occurrence(schedule, atMs, { outcome: 'missed', detail: NOBODY }, nowMs)),
      occurrence(schedule, making.atMs, { outcome: 'post', postId: post.id }, nowMs),
    ],
    post,
    measurement: undefined,
    missed: gap === undefined ? undefined : gapEvent(schedule, gap, post.id),
  };
}

export interface Failure {
  readonly detail: string;
  /** What was composed, and cannot be published as it is. */
  readonly draft: MadePost | undefined;
}

/** No text could be had, or none that can be published: announced, and the schedule goes on with its next time. */
export function settledAsFailed(
  { schedule, making, gap }: Occasion,
  { detail, draft }: Failure,
  chance: Chance,
): OccurrenceSettlement {
  const nowMs = chance.clock.nowMs();
  const post = draft === undefined ? undefined : draftFor(schedule, draft, chance);
  const earlier = (gap?.times ?? []).filter((atMs) => atMs < making.atMs);
  return {
    next: movedOn(schedule, nextOccurrence(schedule, making.atMs), { made: post === undefined ? 0 : 1, nowMs }),
    occurrences: [
      ...earlier.map((atMs) => occurrence(schedule, atMs, { outcome: 'missed', detail: NOBODY }, nowMs)),
      occurrence(schedule, making.atMs, { outcome: 'failed', detail, postId: post?.id }, nowMs),
    ],
    post,
    measurement: undefined,
    missed: {
      happening: `schedule.failed:${schedule.id}:${making.atMs}`,
      data: {
        schedule: schedule.id,
        reason: post === undefined ? 'no_text' : 'text_not_publishable',
        message:
          post === undefined
            ? 'No text could be had for this run, so nothing was published.'
            : 'The text for this run cannot be published as it is. It is kept as a draft: shorten it and publish it.',
        detail,
        count: earlier.length + 1,
        is_counted: gap?.isCounted ?? true,
        first_at_ms: earlier[0] ?? making.atMs,
        last_at_ms: making.atMs,
        post: post?.id ?? null,
      },
    },
  };
}

/** Nobody was there. */
export function settledAsMissed(
  schedule: Schedule,
  gap: Gap,
  nextAtMs: number | undefined,
  nowMs: number,
): OccurrenceSettlement {
  return {
    next: movedOn(schedule, nextAtMs, { made: 0, nowMs }),
    occurrences: gap.times.map((atMs) => occurrence(schedule, atMs, { outcome: 'missed', detail: NOBODY }, nowMs)),
    post: undefined,
    measurement: undefined,
    missed: gapEvent(schedule, gap, undefined),
  };
}

/** Of a store that was restored from a copy: nobody knows what the original made of these times, so they are left out. */
export function settledAsDoubtful(
  schedule: Schedule,
  gap: Gap,
  nextAtMs: number | undefined,
  nowMs: number,
): OccurrenceSettlement {
  const { missed, ...settled } = settledAsMissed(schedule, gap, nextAtMs, nowMs);
  return {
    ...settled,
    occurrences: settled.occurrences.map((one) => ({ ...one, detail: RESTORED })),
    missed: missed && { ...missed, data: { ...missed.data, reason: 'restored', message: RESTORED } },
  };
}

const RESTORED =
  'This store was restored from a copy. The original may have published these runs, so they were left out. Look at the account.';
const NOBODY = 'Nobody was there at its time, or until its latest time.';

interface Fate {
  readonly outcome: OccurrenceOutcome;
  readonly postId?: Occurrence['postId'];
  readonly detail?: string | undefined;
}

export function occurrence(schedule: Schedule, atMs: number, fate: Fate, nowMs: number): Occurrence {
  const { outcome, postId, detail } = fate;
  return { scheduleId: schedule.id, atMs, outcome, postId, detail, recordedAtMs: nowMs };
}

/** The schedule with its next time. */
export function movedOn(
  schedule: Schedule,
  nextAtMs: number | undefined,
  { made, nowMs }: { readonly made: number; readonly nowMs: number },
): Schedule {
  return {
    ...schedule,
    version: schedule.version + 1,
    nextAtMs,
    dueAtMs: dueFor(schedule.task, nextAtMs),
    made: schedule.made + made,
    failures: 0,
    updatedAtMs: nowMs,
  };
}

function gapEvent(schedule: Schedule, { times, isCounted }: Gap, post: Post['id'] | undefined): MissedEvent {
  return {
    happening: `schedule.missed:${schedule.id}:${times[0]}`,
    data: {
      schedule: schedule.id,
      reason: 'nobody_there',
      message:
        post === undefined
          ? 'Nobody was there to publish these runs in time, so they were left out.'
          : 'Nobody was there to publish these runs in time. One post goes out for the latest of them.',
      count: times.length,
      is_counted: isCounted,
      first_at_ms: times[0],
      last_at_ms: times.at(-1),
      post: post ?? null,
    },
  };
}

function postFor(schedule: Schedule, made: MadePost, making: Making, { clock, random }: Chance): Post {
  const { publishAtMs, latestAtMs } = making;
  const nowMs = clock.nowMs();
  return freshPost({
    id: newId('pst', random),
    connectionId: schedule.connectionId,
    content: made.content,
    costMicroUsd: made.check.costMicroUsd,
    status: schedule.task.kind === 'post' && schedule.task.needsApproval ? 'needs_approval' : 'scheduled',
    times: {
      publishAtMs,
      latestAtMs,
      timezone: schedule.timezone,
      dueAtMs: Math.max(nowMs, tokenNeededAt({ publishAtMs }) ?? nowMs),
    },
    resendOnce: false,
    nowMs,
  });
}

function draftFor(schedule: Schedule, { content, check }: MadePost, { clock, random }: Chance): Post {
  return freshPost({
    id: newId('pst', random),
    connectionId: schedule.connectionId,
    content,
    costMicroUsd: check.costMicroUsd,
    status: 'draft',
    times: undefined,
    resendOnce: false,
    nowMs: clock.nowMs(),
  });
}
