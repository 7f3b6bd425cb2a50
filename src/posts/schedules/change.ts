import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import { newId, type ScheduleId } from '../../model/ids.ts';
import { MISSED_POLICIES, type MissedPolicy, type Schedule, type ScheduleTask } from '../../model/schedule.ts';
import type { ScheduleChange } from '../../model/schedule-store.ts';
import { findTarget, refuseRevoked, refuseUnfit } from '../draft-content.ts';
import { invalid } from '../invalid.ts';
import { checkRule, nextOccurrence, type Rule } from '../recurrence.ts';
import { checkTask } from './check-task.ts';
import type { SchedulePorts } from './ports.ts';
import { takeBack } from './take-back.ts';
import { dueFor } from './timing.ts';

export interface NewSchedule {
  /** Id or name. */
  readonly connection: string;
  readonly cron: string;
  readonly timezone: string;
  readonly task: ScheduleTask;
  readonly missed?: MissedPolicy;
  readonly latestAfterMs?: number;
}

export interface ScheduleEdit {
  readonly cron?: string;
  readonly timezone?: string;
  readonly task?: ScheduleTask;
  readonly missed?: MissedPolicy;
  readonly latestAfterMs?: number;
  readonly isPaused?: boolean;
}

const LATEST_AFTER_MS = HOUR_MS;
const LATEST_AFTER_MIN_MS = MINUTE_MS;
const LATEST_AFTER_MAX_MS = 7 * DAY_MS;

/** Throws `not_found`, `revoked`, `invalid` (saying what and where). */
export async function createSchedule(request: NewSchedule, ports: SchedulePorts): Promise<Schedule> {
  const nowMs = ports.clock.nowMs();
  const rule = checkRule(request.cron, request.timezone);
  const { connection, network } = await findTarget(request.connection, ports);
  checkTask(request.task, rule, network, nowMs);
  if (request.task.kind === 'post') refuseUnfit(connection, network);
  else refuseRevoked(connection);
  const nextAtMs = nextOccurrence(rule, nowMs);
  const schedule: Schedule = {
    id: newId('sch', ports.random),
    connectionId: connection.id,
    version: 1,
    task: request.task,
    ...rule,
    missed: checkMissed(request.missed ?? 'skip'),
    isPaused: false,
    latestAfterMs: checkLatestAfter(request.latestAfterMs ?? LATEST_AFTER_MS),
    nextAtMs,
    dueAtMs: dueFor(request.task, nextAtMs),
    made: 0,
    failures: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  await ports.schedules.create(schedule);
  return schedule;
}

const TRIES_MAX = 20;

/**
 * Changes a schedule, pauses it, or lets it go on. What it has made ahead and not yet sent is taken back where it would no
 * longer be right; its time comes again with what is right then.
 *
 * Throws `not_found`, `invalid`, `conflict`.
 */
export async function editSchedule(id: ScheduleId, edit: ScheduleEdit, ports: SchedulePorts): Promise<Schedule> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const change = await edited(await readSchedule(id, ports), edit, ports);
    if (change !== undefined && (await ports.schedules.change(change))) return change.next;
  }
  throw busy(id);
}

/** Ends a schedule. What it has not sent yet is cancelled; what it has made stays. Throws `not_found`, `conflict`. */
export async function removeSchedule(id: ScheduleId, ports: SchedulePorts): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const seen = await readSchedule(id, ports);
    const taken = await takeBack(seen, 'all', ports);
    if (taken !== undefined && (await ports.schedules.remove(seen, taken.posts))) return;
  }
  throw busy(id);
}

/** Throws `not_found`. */
export async function readSchedule(id: ScheduleId, { schedules }: Pick<SchedulePorts, 'schedules'>): Promise<Schedule> {
  const schedule = await schedules.read(id);
  if (schedule !== undefined) return schedule;
  throw new KippuError('not_found', `There is no schedule ${id}. See "kippu schedule list" for those there are.`);
}

async function edited(seen: Schedule, edit: ScheduleEdit, ports: SchedulePorts): Promise<ScheduleChange | undefined> {
  const nowMs = ports.clock.nowMs();
  const rule = checkRule(edit.cron ?? seen.cron, edit.timezone ?? seen.timezone);
  const task = edit.task ?? seen.task;
  if (task.kind !== seen.task.kind) {
    throw invalid(
      'A schedule that makes posts cannot take measurements, nor the other way round. Make another.',
      '/task',
    );
  }
  if (edit.task !== undefined) await checkEditedTask(seen, edit.task, rule, ports);
  const next: Schedule = {
    ...seen,
    ...rule,
    version: seen.version + 1,
    task,
    missed: checkMissed(edit.missed ?? seen.missed),
    isPaused: edit.isPaused ?? seen.isPaused,
    latestAfterMs: checkLatestAfter(edit.latestAfterMs ?? seen.latestAfterMs),
    failures: 0,
    updatedAtMs: nowMs,
  };
  const isOtherRule = rule.cron !== seen.cron || rule.timezone !== seen.timezone;
  const isOther = isOtherRule || edit.task !== undefined;
  const taken = await takeBack(seen, next.isPaused ? 'all' : isOther ? 'ahead' : 'none', ports);
  if (taken === undefined) return undefined;
  const nextAtMs = next.isPaused
    ? undefined
    : isOtherRule || seen.isPaused
      ? nextOccurrence(rule, nowMs)
      : earliest(seen.nextAtMs, ...taken.reopened);
  // What was taken back counts as never made: its text, and its number, come again.
  const made = Math.max(0, seen.made - taken.reopened.length);
  return { next: { ...next, made, nextAtMs, dueAtMs: dueFor(task, nextAtMs) }, ...taken };
}

/** Not whether the connection is fit: a schedule may be changed while it is not. */
async function checkEditedTask(
  { connectionId }: Schedule,
  task: ScheduleTask,
  rule: Rule,
  ports: SchedulePorts,
): Promise<void> {
  const { network } = await findTarget(connectionId, ports);
  checkTask(task, rule, network, ports.clock.nowMs());
}

function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function checkMissed(missed: MissedPolicy): MissedPolicy {
  if (MISSED_POLICIES.includes(missed)) return missed;
  throw invalid(`"${missed}" is no policy for missed times. Choose ${MISSED_POLICIES.join(' or ')}.`, '/missed');
}

function checkLatestAfter(ms: number): number {
  if (Number.isFinite(ms) && ms >= LATEST_AFTER_MIN_MS && ms <= LATEST_AFTER_MAX_MS) return Math.round(ms);
  throw invalid('A run may be late by a minute at least and by seven days at most.', '/latest_after');
}

function busy(id: ScheduleId): KippuError {
  return new KippuError('conflict', `${id} is being changed by others all the time. Try again in a moment.`);
}
