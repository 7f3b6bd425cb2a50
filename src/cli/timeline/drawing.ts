import { MINUTE_MS } from '../../model/clock.ts';
import type { Style } from '../style.ts';
import { padEnd, textWidth } from '../text-width.ts';
import { drawTicks, type TimeAxis } from '../time-axis.ts';

/** What can be marked on the axis, the more important last: of several in one column, that one is seen. */
export const MARKS = {
  failed: { letter: 'x', lane: 'events', colour: 'warn' },
  post: { letter: 'p', lane: 'events', colour: 'soft' },
  consent: { letter: 'C', lane: 'access', colour: 'good' },
  renewed: { letter: 'R', lane: 'access', colour: 'good' },
  orphan: { letter: 'o', lane: 'events', colour: 'warn' },
  ended: { letter: 'E', lane: 'access', colour: 'warn' },
  refreshEnded: { letter: 'E', lane: 'refresh', colour: 'bad' },
  warning: { letter: 'W', lane: 'events', colour: 'warn' },
  uncertain: { letter: '?', lane: 'events', colour: 'warn' },
  misconfigured: { letter: 'M', lane: 'events', colour: 'bad' },
  revoked: { letter: 'V', lane: 'events', colour: 'bad' },
  reuse: { letter: '#', lane: 'events', colour: 'bad' },
  reauth: { letter: '!', lane: 'events', colour: 'bad' },
} as const satisfies Record<string, { letter: string; lane: Lane; colour: keyof Style }>;
export type MarkKind = keyof typeof MARKS;
export type Lane = 'access' | 'refresh' | 'events';

export interface Mark {
  readonly kind: MarkKind;
  readonly atMs: number;
}

/** The life of a token. Without an end: it has none, or nobody knows it. */
export interface Life {
  readonly fromMs: number;
  readonly untilMs: number | undefined;
}

export interface TokenTimeline {
  readonly nowMs: number;
  /** In order. */
  readonly marks: readonly Mark[];
  /** Of the access tokens, one after the other. */
  readonly access: readonly Life[];
  /** Of the grant: as long as there is a good refresh token. */
  readonly refresh: Life | undefined;
}

export interface DrawingTexts {
  readonly lanes: Readonly<Record<Lane, string>>;
  readonly marks: Readonly<Record<MarkKind, string>>;
  readonly now: string;
  readonly lived: string;
  readonly toCome: string;
  readonly before: (count: number) => string;
}

export interface DrawingOptions {
  readonly columns: number;
  readonly zone: string;
  readonly style: Style;
  readonly texts: DrawingTexts;
}

const AXIS_MIN = 20;
const AXIS_MAX = 110;
/** So many of the last marks decide how far back the axis goes. */
const MARKS_SHOWN = 16;

/**
 * The token timeline as lines of text: a lane for the access tokens, one for the refresh token, one for everything
 * else, over a time axis with a legend. ASCII only: the width of other signs differs between East Asian terminals.
 */
export function drawTimeline(timeline: TokenTimeline, options: DrawingOptions): string {
  const { texts, columns } = options;
  const labelWidth = Math.max(...Object.values(texts.lanes).map(textWidth)) + 2;
  const width = Math.min(AXIS_MAX, Math.max(AXIS_MIN, columns - labelWidth - 1));
  const axis = axisOf(timeline, width);
  const indent = ' '.repeat(labelWidth);
  const lanes = (['access', 'refresh', 'events'] as const).map(
    (lane) => padEnd(texts.lanes[lane], labelWidth) + drawLane(lane, timeline, axis, options),
  );
  const ticks = drawTicks(axis, options.zone).map((line) => indent + line);
  const nowLine = indent + labelAt(axis.columnOf(timeline.nowMs), texts.now, width);
  return [nowLine, ...lanes, ...ticks, '', ...legend(timeline, axis, options)].map((line) => line.trimEnd()).join('\n');
}

function axisOf({ nowMs, marks, access, refresh }: TokenTimeline, width: number): TimeAxis {
  const shown = marks.slice(-MARKS_SHOWN);
  const fromMs = Math.min(nowMs, shown[0]?.atMs ?? nowMs);
  const accessEndMs = access.at(-1)?.untilMs ?? nowMs;
  const lastMs = Math.max(nowMs, accessEndMs, shown.at(-1)?.atMs ?? nowMs);
  const spanMs = Math.max(lastMs - fromMs, MINUTE_MS);
  // A little of what follows, and all of it where the refresh token's end is near.
  const refreshEndMs = refresh?.untilMs;
  const isNear = refreshEndMs !== undefined && refreshEndMs > lastMs && refreshEndMs < lastMs + spanMs / 2;
  const toMs = (isNear ? refreshEndMs : lastMs) + spanMs / 12;
  const columnOf = (atMs: number): number => Math.floor(((atMs - fromMs) / (toMs - fromMs)) * (width - 1));
  return { fromMs, toMs, width, columnOf };
}

interface Cell {
  readonly char: string;
  readonly colour: keyof Style | undefined;
}

function drawLane(lane: Lane, timeline: TokenTimeline, axis: TimeAxis, { style }: DrawingOptions): string {
  const cells: Cell[] = Array.from({ length: axis.width }, () => ({ char: ' ', colour: undefined }));
  const put = (column: number, cell: Cell): void => {
    if (column >= 0 && column < axis.width) cells[column] = cell;
  };
  const lives =
    lane === 'access'
      ? timeline.access
      : lane === 'refresh' && timeline.refresh !== undefined
        ? [timeline.refresh]
        : [];
  const nowColumn = axis.columnOf(timeline.nowMs);
  for (const life of lives) {
    const last = life.untilMs === undefined ? axis.width - 1 : Math.min(axis.columnOf(life.untilMs), axis.width - 1);
    for (let column = Math.max(0, axis.columnOf(life.fromMs)); column <= last; column += 1) {
      put(column, column <= nowColumn ? { char: '=', colour: 'good' } : { char: '-', colour: 'soft' });
    }
    if (life.untilMs === undefined || life.untilMs > axis.toMs) put(axis.width - 1, { char: '>', colour: 'soft' });
  }
  put(nowColumn, { char: '|', colour: 'bold' });
  for (const kind of Object.keys(MARKS) as MarkKind[]) {
    const { letter, lane: home, colour } = MARKS[kind];
    if (home !== lane) continue;
    for (const mark of timeline.marks) if (mark.kind === kind) put(axis.columnOf(mark.atMs), { char: letter, colour });
  }
  return cells.map(({ char, colour }) => (colour === undefined ? char : style[colour](char))).join('');
}

function labelAt(column: number, text: string, width: number): string {
  const start = Math.max(0, Math.min(column - Math.floor(textWidth(text) / 2), width - textWidth(text)));
  return ' '.repeat(start) + text;
}

function legend(
  { marks, nowMs, access }: TokenTimeline,
  axis: TimeAxis,
  { columns, style, texts }: DrawingOptions,
): string[] {
  const visible = marks.filter(({ atMs }) => atMs >= axis.fromMs);
  const kinds = (Object.keys(MARKS) as MarkKind[]).filter((kind) => visible.some((mark) => mark.kind === kind));
  const isToCome = access.some(({ untilMs }) => untilMs === undefined || untilMs > nowMs);
  const entries = [
    ...kinds.map((kind) => ({ sign: style[MARKS[kind].colour](MARKS[kind].letter), text: texts.marks[kind] })),
    { sign: '=', text: texts.lived },
    ...(isToCome ? [{ sign: '-', text: texts.toCome }] : []),
  ];
  const unique = entries.filter((entry, index) => entries.findIndex((other) => other.text === entry.text) === index);
  const hidden = marks.length - visible.length;
  return [
    ...wrap(
      unique.map(({ sign, text }) => `${sign} ${text}`),
      columns,
    ),
    ...(hidden === 0 ? [] : [texts.before(hidden)]),
  ];
}

function wrap(entries: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    const longer = last === undefined ? entry : `${last}   ${entry}`;
    if (last === undefined || textWidth(longer) > columns) lines.push(entry);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
