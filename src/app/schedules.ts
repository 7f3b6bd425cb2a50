import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import { hasIdForm } from '../model/ids.ts';
import type { MissedPolicy, Occurrence, Schedule, ScheduleTask } from '../model/schedule.ts';
import * as change from '../posts/schedules/change.ts';
import { previewRuns, type PreviewRun } from '../posts/schedules/preview.ts';
import { isComposed } from '../posts/schedules/timing.ts';
import { warningsOf, type ScheduleWarning } from '../posts/schedules/warnings.ts';
import { requireConnection, type Caller } from './api-keys.ts';
import type { App } from './open.ts';
import { outlookWarning } from './outlook.ts';
import { visibleConnection } from './visible.ts';

export type { PreviewRun } from '../posts/schedules/preview.ts';
export type { ScheduleEdit } from '../posts/schedules/change.ts';
export type { ScheduleWarning } from '../posts/schedules/warnings.ts';

export interface ScheduleRequest {
  /** Id or name. */
  readonly connection: string;
  /** Five fields, as in `0 9 * * *`. */
  readonly cron: string;
  /** IANA zone. */
  readonly timezone: string;
  readonly task: ScheduleTask;
  /** Absent: `skip`. */
  readonly missed?: MissedPolicy;
  /** Absent: an hour. */
  readonly latestAfterMs?: number;
}

/** A schedule, and what is worth knowing about it now. */
export interface ScheduleView {
  readonly schedule: Schedule;
  readonly connectionName: string;
  readonly warnings: readonly ScheduleWarning[];
}

/** Throws `not_found`, `revoked`, `invalid` (saying what and where), `forbidden`. */
export async function createSchedule(request: ScheduleRequest, caller: Caller, app: App): Promise<ScheduleView> {
  const connection = await visibleConnection(request.connection, caller, app);
  requireOperator(request.task, caller);
  const schedule = await change.createSchedule({ ...request, connection: connection.id }, app.schedules);
  return viewOf(schedule, connection, app);
}

export interface ScheduleFilter {
  /** Id or name. */
  readonly connection?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ScheduleViewPage {
  readonly items: readonly ScheduleView[];
  readonly nextCursor: string | undefined;
}

/** The caller's schedules, the oldest first. */
export async function listSchedules(
  { connection, ...query }: ScheduleFilter,
  caller: Caller,
  app: App,
): Promise<ScheduleViewPage> {
  const one = connection === undefined ? undefined : await visibleConnection(connection, caller, app);
  const connectionIds = one === undefined ? caller.connections && [...caller.connections] : [one.id];
  const { items, nextCursor } = await app.store.schedules.list({ ...query, connectionIds });
  return { items: await Promise.all(items.map((schedule) => foundView(schedule, app))), nextCursor };
}

/** Throws `not_found`, `forbidden`. */
export async function findSchedule(id: string, caller: Caller, app: App): Promise<ScheduleView> {
  return foundView(await visibleSchedule(id, caller, app), app);
}

/** Also pauses it and lets it go on. Throws `not_found`, `forbidden`, `invalid`, `conflict`. */
export async function editSchedule(
  id: string,
  edit: change.ScheduleEdit,
  caller: Caller,
  app: App,
): Promise<ScheduleView> {
  const seen = await visibleSchedule(id, caller, app);
  if (edit.task !== undefined) requireOperator(edit.task, caller);
  return foundView(await change.editSchedule(seen.id, edit, app.schedules), app);
}

/** What it has made and not yet sent is cancelled. Throws `not_found`, `forbidden`, `conflict`. */
export async function removeSchedule(id: string, caller: Caller, app: App): Promise<void> {
  await change.removeSchedule((await visibleSchedule(id, caller, app)).id, app.schedules);
}

const PREVIEW_MAX = 100;

/** The next runs. Throws `not_found`, `forbidden`, `invalid`. */
export async function previewSchedule(
  id: string,
  count: number,
  caller: Caller,
  app: App,
): Promise<readonly PreviewRun[]> {
  if (!Number.isInteger(count) || count < 1 || count > PREVIEW_MAX) {
    throw new KippuError('invalid', `A preview shows 1 to ${PREVIEW_MAX} runs.`, { where: '/count' });
  }
  return previewRuns(await visibleSchedule(id, caller, app), count, app.schedules);
}

/** What became of its times, the newest first. Throws `not_found`, `forbidden`. */
export async function scheduleOccurrences(
  id: string,
  limit: number,
  caller: Caller,
  app: App,
): Promise<readonly Occurrence[]> {
  return app.store.schedules.occurrences((await visibleSchedule(id, caller, app)).id, limit);
}

async function visibleSchedule(id: string, caller: Caller, app: App): Promise<Schedule> {
  if (!hasIdForm('sch', id)) {
    throw new KippuError('not_found', `There is no schedule ${id}. See "kippu schedule list" for those there are.`);
  }
  const schedule = await change.readSchedule(id, app.schedules);
  requireConnection(caller, schedule.connectionId);
  return schedule;
}

/** A program runs with the rights of this process, and a URL is asked from this machine: not for everybody to choose. */
function requireOperator(task: ScheduleTask, caller: Caller): void {
  if (task.kind !== 'post' || !isComposed(task.text) || caller.scopes.has('admin')) return;
  throw new KippuError(
    'forbidden',
    'Only a key with the scope admin may have texts written by a command or a URL. Use a list or a template, or ask the operator.',
    { where: '/task/text' },
  );
}

async function foundView(schedule: Schedule, app: App): Promise<ScheduleView> {
  const connection = await app.store.connections.find(schedule.connectionId);
  if (connection === undefined) throw new KippuError('internal', `${schedule.id} belongs to no connection.`);
  return viewOf(schedule, connection, app);
}

async function viewOf(schedule: Schedule, connection: Connection, app: App): Promise<ScheduleView> {
  const network = app.schedules.networks.get(connection.provider);
  const nowMs = app.options.outside.clock.nowMs();
  const ofTask = network === undefined ? [] : warningsOf(schedule.task, schedule, network, nowMs);
  const outlook = await outlookWarning(connection, schedule.nextAtMs ?? nowMs, app);
  return {
    schedule,
    connectionName: connection.name,
    warnings: outlook === undefined ? ofTask : [...ofTask, outlook],
  };
}
