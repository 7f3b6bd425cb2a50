import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import { clockText } from './times.ts';

/** Instants on so many columns of a terminal. */
export interface TimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly width: number;
  columnOf(atMs: number): number;
}

const STEPS_MS = [
  ...[1, 5, 10, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 30, 90, 365].map((days) => days * DAY_MS),
];
const LABEL_GAP = 3;

/** A line with ticks, and one with their labels, by the clocks of a zone. */
export function drawTicks(axis: TimeAxis, zone: string): [line: string, labels: string] {
  const spanMs = axis.toMs - axis.fromMs;
  const label = labelFor(axis, zone);
  const room = label(axis.fromMs).length + LABEL_GAP;
  const stepMs = STEPS_MS.find((candidate) => (candidate / spanMs) * (axis.width - 1) >= room) ?? spanMs;
  const line = Array.from({ length: axis.width }, () => '-');
  let labels = '';
  for (let atMs = firstTick(axis.fromMs, stepMs, zone); atMs <= axis.toMs; atMs += stepMs) {
    const column = axis.columnOf(atMs);
    line[column] = '+';
    const text = label(atMs);
    const start = Math.min(column, axis.width - text.length);
    if (start >= labels.length + (labels === '' ? 0 : 1)) labels = labels.padEnd(start) + text;
  }
  return [line.join(''), labels];
}

/** On the full hours (days, minutes) of the zone's own clock. */
function firstTick(fromMs: number, stepMs: number, zone: string): number {
  const wholeSecondMs = Math.floor(fromMs / SECOND_MS) * SECOND_MS;
  const offsetMs = Date.parse(`${clockText(wholeSecondMs, zone).replace(' ', 'T')}Z`) - wholeSecondMs;
  return Math.ceil((fromMs + offsetMs) / stepMs) * stepMs - offsetMs;
}

/** As much of date and time as the span needs. */
function labelFor({ fromMs, toMs }: TimeAxis, zone: string): (atMs: number) => string {
  const spanMs = toMs - fromMs;
  if (spanMs < 10 * MINUTE_MS) return (atMs) => clockText(atMs, zone).slice(11, 19);
  if (spanMs < DAY_MS) return (atMs) => clockText(atMs, zone).slice(11, 16);
  if (spanMs < 5 * DAY_MS) return (atMs) => clockText(atMs, zone).slice(5, 16);
  return (atMs) => clockText(atMs, zone).slice(0, 10);
}
