import { assertNever } from '../../model/assert-never.ts';
import { KippuError } from '../../model/errors.ts';
import type { Measure, MissedPolicy, ScheduleTask, TextSource } from '../../model/schedule.ts';
import { OPERATOR } from '../api-keys.ts';
import type { App } from '../open.ts';
import { inMs } from '../option-spans.ts';
import * as schedules from '../schedules.ts';

/** Who writes the text of each post: a function of `composers`, a program on this machine, or a URL. */
export type Compose = { readonly function: string } | { readonly command: string } | { readonly url: string };

/** What a schedule does each time: exactly one of these. */
export interface ScheduledWork {
  /** The same text each time. */
  readonly text?: string | undefined;
  /** One text after the other, and from the start again. */
  readonly list?: readonly string[] | undefined;
  /** A text with placeholders, as in `{weekday}, {date}: post number {n}`. */
  readonly template?: string | undefined;
  /** Asked for the text two minutes before its time. */
  readonly compose?: Compose | undefined;
  /** Takes this measurement instead of making a post. */
  readonly collect?: Measure | undefined;
}

/** What to do again and again, as whom, and by which rule. */
export interface ScheduleOptions extends ScheduledWork {
  /** Five fields: minute, hour, day of the month, month, day of the week, as in `0 9 * * *`. */
  readonly cron: string;
  /** IANA name: the clocks that `cron` is read on, as in `Asia/Tokyo`. */
  readonly timezone: string;
  /** For the placeholders of `template`. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
  readonly madeWithAi?: boolean | undefined;
  /** `true`: somebody must approve each post before it goes out. */
  readonly approval?: boolean | undefined;
  /** What becomes of times at which nothing ran: none of them (`skip`, the default), or the latest one once. */
  readonly missed?: MissedPolicy | undefined;
  /** Seconds after its time until which a run may still happen. Default an hour. */
  readonly latestAfter?: number | undefined;
}

/** A schedule, and when it comes next. */
export interface Schedule extends ScheduledWork {
  readonly id: string;
  /** The connection's id. */
  readonly connection: string;
  readonly connectionName: string;
  readonly cron: string;
  readonly timezone: string;
  readonly variables: Readonly<Record<string, string>> | undefined;
  readonly missed: MissedPolicy;
  readonly paused: boolean;
  /** Milliseconds since the epoch. Absent: it is paused, or names no time any more. */
  readonly nextRunAt: number | undefined;
  /** How many posts it has made. */
  readonly made: number;
  /** Failed tries for the next run. */
  readonly failures: number;
  /** What is worth knowing about it now, in English. */
  readonly warnings: readonly string[];
}

export async function schedule(connection: string, options: ScheduleOptions, app: App): Promise<Schedule> {
  const { cron, timezone, missed, latestAfter } = options;
  const latestAfterMs = inMs(latestAfter, 'latestAfter');
  const request = {
    connection,
    cron,
    timezone,
    task: taskOf(options, app),
    ...(missed === undefined ? {} : { missed }),
    ...(latestAfterMs === undefined ? {} : { latestAfterMs }),
  };
  return scheduleView(await schedules.createSchedule(request, OPERATOR, app));
}

/** The oldest first, page after page. */
export async function* listSchedules(
  { connection }: { readonly connection?: string | undefined },
  openApp: () => Promise<App>,
): AsyncGenerator<Schedule> {
  const app = await openApp();
  let cursor: string | undefined;
  do {
    const page = await schedules.listSchedules({ connection, limit: PAGE, cursor }, OPERATOR, app);
    for (const view of page.items) yield scheduleView(view);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

export async function pauseSchedule(id: string, isPaused: boolean, app: App): Promise<Schedule> {
  return scheduleView(await schedules.editSchedule(id, { isPaused }, OPERATOR, app));
}

export async function removeSchedule(id: string, app: App): Promise<void> {
  await schedules.removeSchedule(id, OPERATOR, app);
}

const PAGE = 100;
const WORK = ['text', 'list', 'template', 'compose', 'collect'] as const;

/** Throws `invalid` for none of them, and for more than one. */
function taskOf(options: ScheduleOptions, app: App): ScheduleTask {
  const given = WORK.filter((name) => options[name] !== undefined);
  if (given.length !== 1) {
    const what =
      given.length === 0
        ? 'What the schedule does is missing'
        : `A schedule does one thing, and not ${given.join(' and ')}`;
    throw new KippuError('invalid', `${what}. Give one of ${WORK.join(', ')}.`, { where: `/${given[1] ?? 'text'}` });
  }
  const { collect, madeWithAi = false, approval: needsApproval = false } = options;
  if (collect !== undefined) return { kind: 'collect', what: collect };
  return { kind: 'post', text: sourceOf(options, app), madeWithAi, needsApproval };
}

function sourceOf({ text = '', list, template, variables = {}, compose }: ScheduleOptions, app: App): TextSource {
  if (list !== undefined) return { kind: 'list', texts: list };
  if (template !== undefined) return { kind: 'template', template, variables };
  if (compose === undefined) return { kind: 'text', text };
  if ('command' in compose) return { kind: 'command', command: compose.command };
  if ('url' in compose) return { kind: 'url', url: compose.url };
  requireComposer(compose.function, app);
  return { kind: 'function', name: compose.function };
}

/** A name without a function would only be found missing at its time. */
function requireComposer(name: string, { options }: App): void {
  if (options.composers?.has(name) === true) return;
  throw new KippuError(
    'invalid',
    `There is no function "${name}". Give it to createKippu: composers: { ${name}: … }.`,
    {
      where: '/compose',
    },
  );
}

function scheduleView({ schedule: stored, connectionName, warnings }: schedules.ScheduleView): Schedule {
  return {
    id: stored.id,
    connection: stored.connectionId,
    connectionName,
    cron: stored.cron,
    timezone: stored.timezone,
    ...workView(stored.task),
    missed: stored.missed,
    paused: stored.isPaused,
    nextRunAt: stored.nextAtMs,
    made: stored.made,
    failures: stored.failures,
    warnings: warnings.map(({ message }) => message),
  };
}

function workView(task: ScheduleTask): ScheduledWork & Pick<Schedule, 'variables'> {
  const none = { variables: undefined };
  if (task.kind === 'collect') return { ...none, collect: task.what };
  const { text: source } = task;
  switch (source.kind) {
    case 'text':
      return { ...none, text: source.text };
    case 'list':
      return { ...none, list: source.texts };
    case 'template':
      return { template: source.template, variables: source.variables };
    case 'command':
      return { ...none, compose: { command: source.command } };
    case 'url':
      return { ...none, compose: { url: source.url } };
    case 'function':
      return { ...none, compose: { function: source.name } };
    default:
      return assertNever(source);
  }
}
