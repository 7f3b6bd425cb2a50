import { InvalidArgumentError, type Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import type { OccurrencesJson, ScheduleJson, SchedulePreviewJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { occurrencesTable, previewTable, scheduleForm, scheduleTable, warningText } from '../show-schedule.ts';
import { SCHEDULE_TEXTS } from '../texts/schedule-texts.ts';
import { localZone } from '../times.ts';
import { registerScheduleAdd } from './schedule-add.ts';

interface JsonFlag {
  readonly json?: boolean;
}

const RUNS_SHOWN = 5;
const RUNS_MAX = 100;

export function registerSchedule(program: Command, cli: Cli): void {
  const texts = SCHEDULE_TEXTS[cli.language];
  const { commands, options } = texts;
  const schedule = program.command('schedule').helpGroup(cli.texts.program.groups.posts).description(commands.schedule);
  registerScheduleAdd(schedule, cli);
  schedule
    .command('list')
    .description(commands.list)
    .option('--connection <connection>', options.connection)
    .option('--json', cli.texts.options.json)
    .action((_: unknown, command: Command) => list(command.optsWithGlobals(), cli));
  schedule
    .command('preview')
    .description(commands.preview)
    .argument('[id]', texts.argument)
    .option('--cron <rule>', options.cron)
    .option('--tz <zone>', options.tz)
    .option('--count <n>', options.count, (text: string) => parseCount(text, texts.countRemark), RUNS_SHOWN)
    .option('--json', cli.texts.options.json)
    .action((id: string | undefined, _: unknown, command: Command) => preview(id, command.optsWithGlobals(), cli));
  const verbs = { show, pause: paused(true), resume: paused(false), remove };
  for (const [name, act] of Object.entries(verbs)) {
    schedule
      .command(name)
      .description(commands[name as keyof typeof verbs])
      .argument('<id>', texts.argument)
      .option('--json', cli.texts.options.json)
      .action((id: string, _: unknown, command: Command) => act(id, command.optsWithGlobals(), cli));
  }
}

function parseCount(text: string, remark: string): number {
  const count = Number(text);
  if (/^\d{1,3}$/.test(text) && count >= 1 && count <= RUNS_MAX) return count;
  throw new InvalidArgumentError(remark);
}

async function list({ connection, json }: JsonFlag & { readonly connection?: string }, cli: Cli): Promise<void> {
  const texts = SCHEDULE_TEXTS[cli.language];
  const all = await withApi(cli, async ({ api, local }) => ({
    ...(await api.all<ScheduleJson>('/v1/schedules', { connection })),
    hasServer: local === undefined,
  }));
  const { items, next_cursor: next, hasServer } = all;
  if (json === true) return cli.printJson({ items, next_cursor: next });
  if (items.length === 0) return cli.say(texts.none);
  cli.print(scheduleTable(items, cli));
  if (!hasServer) cli.say(texts.noServer);
}

async function show(id: string, { json }: JsonFlag, cli: Cli): Promise<void> {
  const texts = SCHEDULE_TEXTS[cli.language];
  const [schedule, next, last] = await withApi(cli, async ({ api }) => [
    await api.get<ScheduleJson>(schedulePath(id)),
    await api.get<SchedulePreviewJson>(schedulePath(id, `/preview?count=${RUNS_SHOWN}`)),
    await api.get<OccurrencesJson>(schedulePath(id, `/occurrences?limit=${RUNS_SHOWN}`)),
  ]);
  if (json === true) return cli.printJson({ ...schedule, next_runs: next.items, last_runs: last.items });
  const nextRuns = `${cli.style.bold(texts.nextRuns)}\n${previewTable(next.items, schedule, cli)}`;
  const lastRuns = `${cli.style.bold(texts.lastRuns)}\n${occurrencesTable(last, schedule.timezone, cli)}`;
  cli.print([scheduleForm(schedule, cli), nextRuns, ...(last.items.length === 0 ? [] : [lastRuns])].join('\n\n'));
  for (const warning of schedule.warnings) cli.say(warningText(warning, cli));
}

interface PreviewFlags extends JsonFlag {
  readonly cron?: string;
  readonly tz?: string;
  readonly count: number;
}

async function preview(id: string | undefined, flags: PreviewFlags, cli: Cli): Promise<void> {
  const { items, ofWhat } = await runsOf(id, flags, cli);
  if (flags.json === true) cli.printJson({ items });
  else cli.print(previewTable(items, ofWhat, cli));
}

interface Runs {
  readonly items: SchedulePreviewJson['items'];
  readonly ofWhat: Pick<ScheduleJson, 'timezone' | 'compose'>;
}

async function runsOf(id: string | undefined, { cron, tz, count }: PreviewFlags, cli: Cli): Promise<Runs> {
  const texts = SCHEDULE_TEXTS[cli.language];
  if ((id === undefined) === (cron === undefined) || (id !== undefined && tz !== undefined))
    throw new KippuError('invalid', texts.idOrRule, { where: '--cron' });
  if (cron !== undefined) return runsOfRule({ cron, timezone: tz ?? localZone() }, count, cli);
  return withApi(cli, async ({ api }) => {
    const ofWhat = await api.get<ScheduleJson>(schedulePath(id ?? ''));
    const { items } = await api.get<SchedulePreviewJson>(schedulePath(id ?? '', `/preview?count=${count}`));
    return { items, ofWhat };
  });
}

/** Nothing is saved, and nobody is asked. */
async function runsOfRule(
  rule: { readonly cron: string; readonly timezone: string },
  count: number,
  cli: Cli,
): Promise<Runs> {
  const { previewRule } = await import('../../app/schedule-preview.ts');
  const runs = previewRule(rule, { afterMs: cli.nowMs(), count });
  return {
    items: runs.map(({ atMs, note }) => ({ at: new Date(atMs).toISOString(), text: null, note: note ?? null })),
    ofWhat: { timezone: rule.timezone, compose: null },
  };
}

function paused(isPaused: boolean): typeof show {
  return async (id, { json }, cli) => {
    const edit = { paused: isPaused };
    const schedule = await withApi(cli, ({ api }) => api.call<ScheduleJson>('PATCH', schedulePath(id), edit));
    if (json === true) return cli.printJson(schedule);
    cli.print(scheduleForm(schedule, cli));
    for (const warning of schedule.warnings) cli.say(warningText(warning, cli));
  };
}

async function remove(id: string, { json }: JsonFlag, cli: Cli): Promise<void> {
  const schedule = await withApi(cli, ({ api }) => api.delete<ScheduleJson>(schedulePath(id)));
  if (json === true) cli.printJson(schedule);
  else cli.say(SCHEDULE_TEXTS[cli.language].removed(schedule.id));
}

function schedulePath(id: string, rest = ''): string {
  return `/v1/schedules/${encodeURIComponent(id)}${rest}`;
}
