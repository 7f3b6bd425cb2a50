import * as z from 'zod';
import type { Caller } from '../../app/api-keys.ts';
import {
  createSchedule,
  editSchedule,
  findSchedule,
  listSchedules,
  previewSchedule,
  removeSchedule,
  scheduleOccurrences,
  type ScheduleView,
} from '../../app/schedules.ts';
import { KippuError } from '../../model/errors.ts';
import { bodyPointer } from '../bodies/schedule-task.ts';
import {
  newSchedule,
  occurrencesJson,
  occurrencesSchema,
  previewJson,
  previewSchema,
  scheduleEdit,
  scheduleEditOf,
  scheduleJson,
  scheduleRequestOf,
  scheduleSchema,
} from '../bodies/schedule.ts';
import { route, type Route } from '../route.ts';
import { described, pageOf, pageQuery } from '../schema.ts';

const PREVIEW_RUNS_DEFAULT = 5;
const PREVIEW_RUNS_MAX = 100;

export const scheduleRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/schedules',
    access: 'posts:write',
    summary: 'Makes a rule that makes posts, or takes measurements, again and again.',
    body: newSchedule,
    status: 201,
    answer: scheduleSchema,
    async run({ app, caller, body }) {
      const made = await inFields(body, () => createSchedule(scheduleRequestOf(body), caller, app));
      return shown(made, caller);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/schedules',
    access: 'posts:read',
    summary: 'The schedules that the key may see, the oldest first.',
    query: z.strictObject({ connection: described(z.string().optional(), 'Id or name.'), ...pageQuery }),
    answer: pageOf(scheduleSchema),
    async run({ app, caller, query }) {
      const { items, nextCursor } = await listSchedules(query, caller, app);
      return { items: items.map((view) => shown(view, caller)), next_cursor: nextCursor ?? null };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/schedules/{id}',
    access: 'posts:read',
    summary: 'One schedule.',
    answer: scheduleSchema,
    run: async ({ app, caller, params }) => shown(await findSchedule(params['id'] ?? '', caller, app), caller),
  }),
  route({
    method: 'PATCH',
    path: '/v1/schedules/{id}',
    access: 'posts:write',
    summary: 'Changes it, pauses it, or lets it go on. Posts that it has made and not yet sent are taken back.',
    body: scheduleEdit,
    answer: scheduleSchema,
    async run({ app, caller, params, body }) {
      const { schedule } = await findSchedule(params['id'] ?? '', caller, app);
      const edited = await inFields(body, () => editSchedule(schedule.id, scheduleEditOf(body, schedule), caller, app));
      return shown(edited, caller);
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/schedules/{id}',
    access: 'posts:write',
    summary: 'Ends it, and cancels what it has not sent yet; the posts that it made stay. Answers with what it was.',
    answer: scheduleSchema,
    async run({ app, caller, params }) {
      const last = await findSchedule(params['id'] ?? '', caller, app);
      await removeSchedule(last.schedule.id, caller, app);
      return shown(last, caller);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/schedules/{id}/preview',
    access: 'posts:read',
    summary: 'The next runs, with their texts as far as they are known.',
    query: z.strictObject({
      count: described(z.coerce.number().int().min(1).max(PREVIEW_RUNS_MAX).default(PREVIEW_RUNS_DEFAULT), 'How many.'),
    }),
    answer: previewSchema,
    run: async ({ app, caller, params, query }) =>
      previewJson(await previewSchedule(params['id'] ?? '', query.count, caller, app)),
  }),
  route({
    method: 'GET',
    path: '/v1/schedules/{id}/occurrences',
    access: 'posts:read',
    summary: 'What became of the times that its rule has named, the newest first.',
    query: z.strictObject({ limit: pageQuery.limit }),
    answer: occurrencesSchema,
    run: async ({ app, caller, params, query }) =>
      occurrencesJson(await scheduleOccurrences(params['id'] ?? '', query.limit, caller, app)),
  }),
];

function shown(view: ScheduleView, caller: Caller): ReturnType<typeof scheduleJson> {
  return scheduleJson(view, { showsCompose: caller.scopes.has('admin') });
}

/** A use case knows a task; whoever sent the body knows its fields. */
async function inFields<T>(body: Parameters<typeof bodyPointer>[1], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    const where = bodyPointer(error.where, body);
    if (where === error.where) throw error;
    throw new KippuError(error.code, error.message, { cause: error, ...(where === undefined ? {} : { where }) });
  }
}
