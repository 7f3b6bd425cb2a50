import * as z from 'zod';
import type { PreviewRun, ScheduleEdit, ScheduleRequest, ScheduleView } from '../../app/schedules.ts';
import { MISSED_POLICIES, OCCURRENCE_OUTCOMES, type Occurrence, type Schedule } from '../../model/schedule.ts';
import { described, instant, instantOf, instantOrNull } from '../schema.ts';
import { editedTask, taskAnswer, taskFields, taskJson, taskOf } from './schedule-task.ts';

const SECOND_MS = 1000;

const cron = {
  description: 'Five fields: minute, hour, day of the month, month, day of the week.',
  examples: ['0 9 * * *'],
};
const timezone = { description: 'IANA name: the clocks that `cron` is read on.', examples: ['Asia/Tokyo'] };

const rest = {
  missed: described(
    z.enum(MISSED_POLICIES).optional(),
    'What becomes of times at which nothing was running: none of them (`skip`, the default), or the latest one once.',
  ),
  latest_after: described(z.number().min(0).optional(), 'Seconds after its time until which a run may still happen.'),
};

export const newSchedule = z.strictObject({
  connection: described(z.string().min(1), 'Id or name.'),
  cron: described(z.string(), cron),
  timezone: described(z.string(), timezone),
  ...taskFields,
  ...rest,
});

export const scheduleEdit = z.strictObject({
  cron: described(z.string().optional(), cron),
  timezone: described(z.string().optional(), timezone),
  ...taskFields,
  ...rest,
  paused: described(z.boolean().optional(), '`true` stops it, `false` lets it go on.'),
});

/** Throws `invalid`. */
export function scheduleRequestOf(body: z.output<typeof newSchedule>): ScheduleRequest {
  return {
    connection: body.connection,
    cron: body.cron,
    timezone: body.timezone,
    task: taskOf(body),
    ...restOf(body),
  };
}

/** Throws `invalid`. */
export function scheduleEditOf(body: z.output<typeof scheduleEdit>, seen: Schedule): ScheduleEdit {
  const task = editedTask(body, seen.task);
  return {
    ...(body.cron === undefined ? {} : { cron: body.cron }),
    ...(body.timezone === undefined ? {} : { timezone: body.timezone }),
    ...(task === undefined ? {} : { task }),
    ...restOf(body),
    ...(body.paused === undefined ? {} : { isPaused: body.paused }),
  };
}

function restOf({
  missed,
  latest_after: latestAfter,
}: Pick<z.output<typeof newSchedule>, 'missed' | 'latest_after'>): Pick<ScheduleEdit, 'missed' | 'latestAfterMs'> {
  return {
    ...(missed === undefined ? {} : { missed }),
    ...(latestAfter === undefined ? {} : { latestAfterMs: latestAfter * SECOND_MS }),
  };
}

export const scheduleSchema = described(
  z.strictObject({
    id: z.string(),
    connection: described(z.string(), "The connection's id."),
    connection_name: z.string(),
    cron: z.string(),
    timezone: z.string(),
    ...taskAnswer,
    missed: z.enum(MISSED_POLICIES),
    latest_after: described(z.number(), 'Seconds.'),
    paused: z.boolean(),
    next_run_at: described(instant.nullable(), '`null`: it is paused, or the rule names no time any more.'),
    made: described(z.number().int(), 'How many posts it has made.'),
    failures: described(z.number().int(), 'Tries that have failed for the next run.'),
    warnings: described(
      z.array(z.strictObject({ code: z.string(), message: z.string() })),
      'What is worth knowing while it can still be helped.',
    ),
    created_at: instant,
    updated_at: instant,
  }),
  { id: 'Schedule' },
);

/** `showsCompose`: whoever may set commands and URLs may see them, too. */
export function scheduleJson(
  { schedule, connectionName, warnings }: ScheduleView,
  reader: { readonly showsCompose: boolean },
): z.input<typeof scheduleSchema> {
  return {
    id: schedule.id,
    connection: schedule.connectionId,
    connection_name: connectionName,
    cron: schedule.cron,
    timezone: schedule.timezone,
    ...taskJson(schedule.task, reader),
    missed: schedule.missed,
    latest_after: schedule.latestAfterMs / SECOND_MS,
    paused: schedule.isPaused,
    next_run_at: instantOrNull(schedule.nextAtMs),
    made: schedule.made,
    failures: schedule.failures,
    warnings: warnings.map(({ code, message }) => ({ code, message })),
    created_at: instantOf(schedule.createdAtMs),
    updated_at: instantOf(schedule.updatedAtMs),
  };
}

const RUN_NOTES = ['moved_forward', 'first_of_two', 'second_of_two'] as const;

export const previewSchema = described(
  z.strictObject({
    items: z.array(
      z.strictObject({
        at: instant,
        text: described(z.string().nullable(), '`null`: it is not known before.'),
        note: described(
          z.enum(RUN_NOTES).nullable(),
          'Clocks change there: the time does not exist and was moved forward, or comes twice.',
        ),
      }),
    ),
  }),
  { id: 'SchedulePreview' },
);

export function previewJson(runs: readonly PreviewRun[]): z.input<typeof previewSchema> {
  return {
    items: runs.map(({ atMs, text, note }) => ({ at: instantOf(atMs), text: text ?? null, note: note ?? null })),
  };
}

export const occurrencesSchema = described(
  z.strictObject({
    items: z.array(
      z.strictObject({
        at: described(instant, 'The time that the rule named.'),
        outcome: z.enum(OCCURRENCE_OUTCOMES),
        post: described(z.string().nullable(), 'The id of the post that was made.'),
        detail: z.string().nullable(),
        recorded_at: instant,
      }),
    ),
  }),
  { id: 'Occurrences' },
);

export function occurrencesJson(occurrences: readonly Occurrence[]): z.input<typeof occurrencesSchema> {
  return {
    items: occurrences.map(({ atMs, outcome, postId, detail, recordedAtMs }) => ({
      at: instantOf(atMs),
      outcome,
      post: postId ?? null,
      detail: detail ?? null,
      recorded_at: instantOf(recordedAtMs),
    })),
  };
}
