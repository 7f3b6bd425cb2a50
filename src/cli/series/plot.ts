import { MINUTE_MS } from '../../model/clock.ts';
import type { Style } from '../style.ts';
import { drawTicks, type TimeAxis } from '../time-axis.ts';
import { Canvas, type CanvasSigns } from './canvas.ts';

/** One measurement, in the order of time. */
export interface Point {
  readonly atMs: number;
  /** Absent: it was due, and could not be had. */
  readonly value: number | undefined;
}

export interface PlotOptions {
  readonly columns: number;
  /** Of the area with the curve, without the axis below. */
  readonly rows: number;
  readonly zone: string;
  readonly signs: CanvasSigns;
  readonly style: Style;
}

const WIDTH_MIN = 10;
/** An interval that is so many times as long as they usually are is taken for a gap that nobody wrote down. */
const UNUSUAL = 3.5;

/**
 * A series as lines of text: the values over the time, a scale at the left, the clocks of a zone below. Where nothing
 * could be measured there is no line, and an `x` stands on the axis. Axes are ASCII: the width of box-drawing signs differs
 * between East Asian terminals, that of Braille does not. Nothing measured: no lines.
 */
export function drawSeries(points: readonly Point[], { columns, rows, zone, signs, style }: PlotOptions): string {
  const measured = points.filter((point): point is Measured => point.value !== undefined);
  if (measured.length === 0) return '';
  const scale = scaleOf(measured, rows);
  const labels = [...scale.ticks].map(({ row, text }) => [row, text] as const);
  const labelWidth = Math.max(...labels.map(([, text]) => text.length));
  const axis = axisOf(points, Math.max(WIDTH_MIN, columns - labelWidth - 2));
  const canvas = new Canvas({ columns: axis.width, rows, signs });
  for (const run of runsOf(points)) drawRun(run, { axis, scale, canvas });
  const labelOf = new Map(labels);
  const area = canvas.lines().map((line, row) => {
    const label = labelOf.get(row);
    const edge = label === undefined ? '|' : '+';
    return `${(label ?? '').padStart(labelWidth)} ${edge}${style.good(line.trimEnd())}`;
  });
  const [ticks, dates] = drawTicks(axis, zone);
  const indent = ' '.repeat(labelWidth + 1);
  return [...area, `${indent}+${withGaps(ticks, points, axis)}`, `${indent} ${dates}`]
    .map((line) => line.trimEnd())
    .join('\n');
}

interface Measured {
  readonly atMs: number;
  readonly value: number;
}

function axisOf(points: readonly Point[], width: number): TimeAxis {
  const fromMs = points[0]?.atMs ?? 0;
  const toMs = Math.max(points.at(-1)?.atMs ?? 0, fromMs + MINUTE_MS);
  return { fromMs, toMs, width, columnOf: (atMs) => Math.floor(((atMs - fromMs) / (toMs - fromMs)) * (width - 1)) };
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly { readonly row: number; readonly text: string }[];
}

/** Rows from one labelled value to the next, at least. */
const TICK_ROWS = 3;

/** Whole, round steps: counts have no fractions. */
function scaleOf(measured: readonly Measured[], rows: number): Scale {
  const least = measured.reduce((found, { value }) => Math.min(found, value), Number.POSITIVE_INFINITY);
  const most = measured.reduce((found, { value }) => Math.max(found, value), Number.NEGATIVE_INFINITY);
  const step = roundStep((most - least) / Math.max(1, Math.floor((rows - 1) / TICK_ROWS)));
  const low = Math.floor(least / step) * step;
  const high = Math.max(Math.ceil(most / step) * step, low + step);
  const ticks = [];
  for (let value = low; value <= high; value += step) {
    ticks.push({ row: Math.round(((high - value) / (high - low)) * (rows - 1)), text: numberText(value) });
  }
  return { low, high, ticks };
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? power * 10;
}

/** The same in every language: `12,345`. */
export function numberText(value: number): string {
  return new Intl.NumberFormat('en-US').format(value);
}

/** What may be joined by a line: measurements with nothing missing between them. */
function runsOf(points: readonly Point[]): readonly (readonly Measured[])[] {
  const usualMs = medianInterval(points);
  const runs: Measured[][] = [];
  let last: Point | undefined;
  for (const point of points) {
    const { atMs, value } = point;
    const follows = last?.value !== undefined && atMs - last.atMs <= usualMs * UNUSUAL;
    if (value !== undefined && follows) runs.at(-1)?.push({ atMs, value });
    else if (value !== undefined) runs.push([{ atMs, value }]);
    last = point;
  }
  return runs;
}

function medianInterval(points: readonly Point[]): number {
  const intervals = points.slice(1).map(({ atMs }, index) => atMs - (points[index]?.atMs ?? atMs));
  return intervals.sort((a, b) => a - b)[Math.floor(intervals.length / 2)] ?? 0;
}

interface Drawing {
  readonly axis: TimeAxis;
  readonly scale: Scale;
  readonly canvas: Canvas;
}

function drawRun(run: readonly Measured[], { axis, scale, canvas }: Drawing): void {
  const { fromMs, toMs } = axis;
  const spots = run.map(({ atMs, value }) => ({
    x: Math.round(((atMs - fromMs) / (toMs - fromMs)) * (canvas.width - 1)),
    y: Math.round(((scale.high - value) / (scale.high - scale.low)) * (canvas.height - 1)),
  }));
  spots.forEach((spot, index) => {
    const before = spots[index - 1];
    if (before !== undefined) canvas.join(before, spot);
  });
  for (const spot of spots) canvas.mark(spot);
}

function withGaps(line: string, points: readonly Point[], axis: TimeAxis): string {
  const chars = [...line];
  for (const { atMs, value } of points) if (value === undefined) chars[axis.columnOf(atMs)] = 'x';
  return chars.join('');
}
