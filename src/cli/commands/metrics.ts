import process from 'node:process';
import { InvalidArgumentError, type Command } from 'commander';
import { KippuError } from '../../model/errors.ts';
import type { ApiClient } from '../api/client.ts';
import type { SeriesJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import type { CanvasSigns } from '../series/canvas.ts';
import { drawSeries } from '../series/plot.ts';
import { seriesSummary } from '../series/summary.ts';
import { checkZone, readPastTime } from '../series/window.ts';
import { METRICS_TEXTS } from '../texts/metrics-texts.ts';
import { localZone } from '../times.ts';

interface MetricsFlags {
  readonly from?: string;
  readonly to?: string;
  readonly tz?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly width?: number;
}

const COLUMNS_DEFAULT = 80;
const [COLUMNS_MIN, COLUMNS_MAX] = [40, 400];
const ROWS = 12;
/** Prices are whole millionths. */
const MICRO = 1_000_000;

export function registerMetrics(program: Command, cli: Cli): void {
  const texts = METRICS_TEXTS[cli.language];
  program
    .command('metrics')
    .helpGroup(cli.texts.program.groups.posts)
    .description(texts.description)
    .argument('<connection>', cli.texts.arguments.connection)
    .option('--from <time>', texts.from)
    .option('--to <time>', texts.to)
    .option('--tz <zone>', texts.tz)
    .option('--csv', texts.csv)
    .option('--width <columns>', texts.width, (text) => parseWidth(text, texts.widthRemark))
    .option('--json', cli.texts.options.json)
    .addHelpText('after', `\n${texts.help}`)
    .action((connection: string, flags: MetricsFlags) => metrics(connection, flags, cli));
}

async function metrics(connection: string, flags: MetricsFlags, cli: Cli): Promise<void> {
  const texts = METRICS_TEXTS[cli.language];
  if (flags.csv === true && flags.json === true) throw new KippuError('invalid', texts.oneForm, { where: '--csv' });
  const zone = flags.tz === undefined ? localZone() : await checkZone(flags.tz);
  const window = { from: await timeOf(flags.from, '--from', zone, cli), to: await timeOf(flags.to, '--to', zone, cli) };
  const series = await withApi(cli, ({ api }) => wholeSeries(api, connection, window));
  if (flags.json === true) return cli.printJson(series);
  if (flags.csv === true) return printCsv(series);
  if (series.items.length === 0) {
    const isOpen = flags.from === undefined && flags.to === undefined;
    cli.say(isOpen ? texts.none(connection) : texts.noneInWindow);
    return;
  }
  cli.print(seriesSummary(series, { connection, zone, texts }));
  const points = series.items.map(({ at, value }) => ({ atMs: Date.parse(at), value: value ?? undefined }));
  const columns = flags.width ?? (process.stdout.columns || COLUMNS_DEFAULT);
  // One measurement is no curve.
  const plot =
    points.length < 2 ? '' : drawSeries(points, { columns, rows: ROWS, zone, signs: signsFor(cli), style: cli.style });
  if (plot !== '') cli.print(`\n${plot}`);
  if (points.some(({ value }) => value === undefined)) cli.say(texts.gapSign);
  cli.say(cli.texts.times.zone(zone));
}

async function timeOf(
  text: string | undefined,
  where: string,
  timezone: string,
  cli: Cli,
): Promise<string | undefined> {
  if (text === undefined) return undefined;
  return new Date(await readPastTime(text, { nowMs: cli.nowMs(), timezone, where })).toISOString();
}

/** Page before page, the newest first. */
async function wholeSeries(
  api: ApiClient,
  connection: string,
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
): Promise<SeriesJson> {
  const path = `/v1/metrics/${encodeURIComponent(connection)}`;
  const page = (before: string | undefined): Promise<SeriesJson> => {
    const query = Object.entries({ from, to: before }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    return api.get<SeriesJson>(`${path}?${new URLSearchParams(query).toString()}`);
  };
  let series = await page(to);
  while (series.next_to !== null) {
    const earlier = await page(series.next_to);
    const amount = Math.round((earlier.cost.amount + series.cost.amount) * MICRO) / MICRO;
    series = { ...earlier, items: [...earlier.items, ...series.items], cost: { ...series.cost, amount } };
  }
  return series;
}

async function printCsv(series: SeriesJson): Promise<void> {
  const { seriesCsv } = await import('../../server/bodies/series.ts');
  process.stdout.write(seriesCsv(series));
}

/** Braille only where it is sure to be seen as such. */
function signsFor({ environment, style }: Cli): CanvasSigns {
  const isPlain = style.bold('x') === 'x';
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
  const isUnicode = process.platform === 'win32' || process.platform === 'darwin' || /utf-?8/i.test(locale);
  return isPlain || !isUnicode ? 'ascii' : 'braille';
}

function parseWidth(text: string, remark: string): number {
  const columns = Number(text);
  if (/^\d{1,4}$/.test(text) && columns >= COLUMNS_MIN && columns <= COLUMNS_MAX) return columns;
  throw new InvalidArgumentError(remark);
}
