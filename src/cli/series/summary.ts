import type { SeriesJson } from '../api/json.ts';
import type { MetricsTexts } from '../texts/metrics-texts.ts';
import { printable } from '../printable.ts';
import { form } from '../table.ts';
import { instantText } from '../times.ts';
import { numberText } from './plot.ts';

/** A series in a few lines: where it began, where it stands, what is missing, and what it cost. */
export function seriesSummary(
  { items, measure, cost }: Pick<SeriesJson, 'items' | 'measure' | 'cost'>,
  { connection, zone, texts }: { readonly connection: string; readonly zone: string; readonly texts: MetricsTexts },
): string {
  const { fields } = texts;
  const measured = items.filter((item): item is Measured => item.value !== null);
  const [first, last] = [measured[0], measured.at(-1)];
  const rows: (readonly [string, string | undefined])[] = [
    [fields.connection, printable(connection)],
    [fields.measure, texts.measures[measure] ?? measure],
    [fields.first, first && valueText(first, zone)],
    [fields.last, last && valueText(last, zone)],
    [fields.change, first && last && measured.length > 1 ? changeText(first.value, last.value) : undefined],
    [fields.measurements, numberText(measured.length)],
    [fields.gaps, gapsText(items, texts)],
    [fields.cost, texts.atMost(`${cost.amount.toFixed(3)} ${cost.currency}`)],
  ];
  return form(rows.filter((row): row is [string, string] => row[1] !== undefined));
}

type Item = SeriesJson['items'][number];
type Measured = Item & { readonly value: number };

function valueText({ value, at }: Measured, zone: string): string {
  return `${numberText(value)}  (${instantText(Date.parse(at), zone)})`;
}

function changeText(from: number, to: number): string {
  const sign = to > from ? '+' : to < from ? '-' : '';
  const share = from === 0 ? '' : ` (${sign}${((Math.abs(to - from) / from) * 100).toFixed(1)} %)`;
  return `${sign}${numberText(Math.abs(to - from))}${share}`;
}

function gapsText(items: readonly Item[], texts: MetricsTexts): string {
  const gaps = items.filter(({ value }) => value === null);
  const why = gaps.at(-1)?.detail;
  return why === null || why === undefined ? numberText(gaps.length) : texts.lastGap(gaps.length, printable(why));
}
