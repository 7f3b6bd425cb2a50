import { SECOND_MS } from '../model/clock.ts';
import type { OccurrencesJson, ScheduleJson, SchedulePreviewJson } from './api/json.ts';
import type { Cli } from './cli.ts';
import { printable } from './printable.ts';
import { distanceText } from './show-connection.ts';
import { form, table } from './table.ts';
import { cutTo } from './text-width.ts';
import { SCHEDULE_TEXTS } from './texts/schedule-texts.ts';
import { clockText, instantText, spanText } from './times.ts';

const TEXT_COLUMNS = 48;
const SOURCE_COLUMNS = 32;

/** A schedule as a form. */
export function scheduleForm(schedule: ScheduleJson, cli: Cli): string {
  const texts = SCHEDULE_TEXTS[cli.language];
  const { fields } = texts;
  const isPost = schedule.collect === null;
  const rows: (readonly [string, string | undefined])[] = [
    [fields.id, cli.style.bold(schedule.id)],
    [fields.connection, printable(schedule.connection_name)],
    [fields.rule, `${printable(schedule.cron)}  ${schedule.timezone}`],
    [fields.does, sourceText(schedule, cli)],
    [fields.state, stateText(schedule, cli)],
    [fields.next, nextText(schedule, cli)],
    [fields.missed, texts.missed[schedule.missed] ?? schedule.missed],
    [fields.latestAfter, spanText(schedule.latest_after * SECOND_MS, cli.texts.spanUnits)],
    [fields.approval, schedule.approval ? texts.approvalNeeded : undefined],
    [fields.madeWithAi, schedule.made_with_ai ? texts.labelled : undefined],
    [fields.made, isPost ? String(schedule.made) : undefined],
  ];
  return form(rows.filter((row): row is [string, string] => row[1] !== undefined));
}

/** One line a schedule, with what stands in its way. */
export function scheduleTable(schedules: readonly ScheduleJson[], cli: Cli): string {
  const { headings } = SCHEDULE_TEXTS[cli.language];
  const rows = schedules.map((schedule) => [
    schedule.id,
    printable(schedule.connection_name),
    `${printable(schedule.cron)}  ${schedule.timezone}`,
    schedule.next_run_at === null ? '-' : clockText(Date.parse(schedule.next_run_at), schedule.timezone),
    cutTo(sourceText(schedule, cli), SOURCE_COLUMNS),
    stateText(schedule, cli),
  ]);
  const { id, connection, rule, next, source, state } = headings;
  return table([id, connection, rule, next, source, state], rows);
}

/** The next runs, by the clocks of the zone. */
export function previewTable(
  runs: SchedulePreviewJson['items'],
  { timezone, compose }: Pick<ScheduleJson, 'timezone' | 'compose'>,
  cli: Cli,
): string {
  const texts = SCHEDULE_TEXTS[cli.language];
  if (runs.length === 0) return texts.noRun;
  return runs
    .map(({ at, text, note }) => {
      const remark = note === null ? '' : `  (${texts.notes[note] ?? note})`;
      const known = text === null ? '' : `  ${cutTo(printable(text), TEXT_COLUMNS)}`;
      const said = compose === null ? known : `  ${texts.notKnownBefore}`;
      return `${instantText(Date.parse(at), timezone)}${said}${remark}`;
    })
    .join('\n');
}

/** What became of the last times. */
export function occurrencesTable({ items }: OccurrencesJson, zone: string, cli: Cli): string {
  const texts = SCHEDULE_TEXTS[cli.language];
  return items
    .map(({ at, outcome, post, detail }) =>
      [
        instantText(Date.parse(at), zone),
        texts.outcomes[outcome] ?? outcome,
        ...(post === null ? [] : [post]),
        ...(detail === null ? [] : [printable(detail)]),
      ].join('  '),
    )
    .join('\n');
}

/** In the language of the reader where there are words for it, else in the server's own. */
export function warningText({ code, message }: ScheduleJson['warnings'][number], cli: Cli): string {
  const texts = SCHEDULE_TEXTS[cli.language];
  return `${cli.talkStyle.warn(texts.note)}: ${printable(texts.warnings[code] ?? message)}`;
}

function sourceText({ text, list, template, compose, collect }: ScheduleJson, cli: Cli): string {
  const { sources, measures } = SCHEDULE_TEXTS[cli.language];
  if (collect !== null) return sources.collect(measures[collect] ?? collect);
  if (list !== null) return sources.list(list.length);
  if (template !== null) return sources.template(printable(template));
  if (compose !== null) return composeText(compose, sources);
  return sources.text(printable(text ?? ''));
}

function composeText(
  compose: NonNullable<ScheduleJson['compose']>,
  { command, url, function: own }: { readonly command: string; readonly url: string; readonly function: string },
): string {
  const [says, value] =
    'command' in compose ? [command, compose.command] : 'url' in compose ? [url, compose.url] : [own, compose.function];
  return value === null ? says : `${says}: ${printable(value)}`;
}

function stateText(schedule: ScheduleJson, { language, style }: Cli): string {
  const { states, obstacles, failing } = SCHEDULE_TEXTS[language];
  const state = schedule.paused
    ? style.soft(states.paused)
    : schedule.next_run_at === null
      ? style.soft(states.over)
      : style.good(states.active);
  const inTheWay = [
    ...(schedule.failures === 0 ? [] : [failing(schedule.failures)]),
    ...schedule.warnings.map(({ code }) => obstacles[code] ?? code),
  ];
  return inTheWay.length === 0 ? state : `${state} (${style.warn(inTheWay.join(', '))})`;
}

function nextText({ next_run_at: nextRunAt, timezone }: ScheduleJson, cli: Cli): string | undefined {
  if (nextRunAt === null) return undefined;
  const atMs = Date.parse(nextRunAt);
  return `${instantText(atMs, timezone)} (${distanceText(atMs, cli)})`;
}
