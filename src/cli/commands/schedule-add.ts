import { InvalidArgumentError, Option, type Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import { MEASURES, MISSED_POLICIES } from '../../model/schedule.ts';
import type { ScheduleJson, SchedulePreviewJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { parseSeconds } from '../flags.ts';
import { readFileInput } from '../input.ts';
import { previewTable, scheduleForm, warningText } from '../show-schedule.ts';
import { atItsLine, parseTextList, type TextList } from '../text-list.ts';
import { SCHEDULE_TEXTS } from '../texts/schedule-texts.ts';
import { localZone } from '../times.ts';

interface AddFlags {
  readonly cron: string;
  readonly tz?: string;
  readonly text?: string;
  readonly list?: string;
  readonly template?: string;
  readonly var?: Readonly<Record<string, string>>;
  readonly compose?: string;
  readonly collect?: string;
  readonly missed?: string;
  readonly latestAfter?: number;
  readonly approval?: boolean;
  readonly madeWithAi?: boolean;
  readonly json?: boolean;
}

const SOURCES = ['text', 'list', 'template', 'compose', 'collect'] as const;
const RUNS_SHOWN = 3;

export function registerScheduleAdd(schedule: Command, cli: Cli): void {
  const texts = SCHEDULE_TEXTS[cli.language];
  const { options } = texts;
  schedule
    .command('add')
    .description(texts.commands.add)
    .argument('<connection>', cli.texts.arguments.connection)
    .requiredOption('--cron <rule>', options.cron)
    .option('--tz <zone>', options.tz)
    .option('--text <text>', options.text)
    .option('--list <file>', options.list)
    .option('--template <text>', options.template)
    .option('--var <name=value>', options.variable, (given: string, all?: Readonly<Record<string, string>>) =>
      withVariable(given, all, texts.variableRemark),
    )
    .option('--compose <program or url>', options.compose)
    .addOption(new Option('--collect <measure>', options.collect).choices(MEASURES))
    .addOption(new Option('--missed <policy>', options.missed).choices(MISSED_POLICIES))
    .option('--latest-after <seconds>', options.latestAfter, parseSeconds)
    .option('--approval', options.approval)
    .option('--made-with-ai', options.madeWithAi)
    .option('--json', cli.texts.options.json)
    .addHelpText('after', `\n${texts.help}`)
    .action((connection: string, _: unknown, command: Command) => add(connection, command.optsWithGlobals(), cli));
}

function withVariable(
  given: string,
  all: Readonly<Record<string, string>> | undefined,
  remark: string,
): Readonly<Record<string, string>> {
  const at = given.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(remark);
  return { ...all, [given.slice(0, at).trim()]: given.slice(at + 1) };
}

async function add(connection: string, flags: AddFlags, cli: Cli): Promise<void> {
  const texts = SCHEDULE_TEXTS[cli.language];
  if (SOURCES.filter((source) => flags[source] !== undefined).length !== 1)
    throw new KippuError('invalid', texts.oneSource, { where: '--text' });
  const list =
    flags.list === undefined ? undefined : parseTextList(await readFileInput(flags.list, cli), nameOf(flags.list));
  const timezone = flags.tz ?? localZone();
  await withApi(cli, async ({ api, local }) => {
    const made = await api
      .post<ScheduleJson>('/v1/schedules', bodyOf(connection, timezone, flags, list))
      .catch((error: unknown) => {
        throw list === undefined ? error : atItsLine(error, list, nameOf(flags.list));
      });
    const path = `/v1/schedules/${encodeURIComponent(made.id)}/preview?count=${RUNS_SHOWN}`;
    const { items } = await api.get<SchedulePreviewJson>(path);
    if (flags.json === true) cli.printJson({ ...made, next_runs: items });
    else cli.print(`${scheduleForm(made, cli)}\n\n${texts.nextRuns}\n${previewTable(items, made, cli)}`);
    if (list !== undefined) cli.say(texts.read(list.texts.length, list.isInBlocks));
    if (flags.tz === undefined) cli.say(texts.zoneIsLocal(timezone));
    for (const warning of made.warnings) cli.say(warningText(warning, cli));
    if (local !== undefined) cli.say(texts.noServer);
  });
}

function nameOf(file: string | undefined): string {
  return file === '-' || file === undefined ? 'stdin' : file;
}

function bodyOf(connection: string, timezone: string, flags: AddFlags, list: TextList | undefined): unknown {
  return {
    connection,
    cron: flags.cron,
    timezone,
    text: flags.text,
    list: list?.texts,
    template: flags.template,
    variables: flags.var,
    compose: flags.compose === undefined ? undefined : composeOf(flags.compose),
    collect: flags.collect,
    missed: flags.missed,
    latest_after: flags.latestAfter,
    approval: flags.approval,
    made_with_ai: flags.madeWithAi,
  };
}

function composeOf(given: string): { readonly url: string } | { readonly command: string } {
  return /^https?:\/\//i.test(given) ? { url: given } : { command: given };
}
