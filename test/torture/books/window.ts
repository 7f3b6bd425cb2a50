import { overlaps, type Commit, type Evidence, type Span } from '../evidence.ts';
import type { Entry } from './renewals.ts';

/** Spans in milliseconds. */
export interface Distribution {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export interface Windows {
  /** No process was killed, stopped or started anew meanwhile, no disk was full, and the database was there. */
  readonly calm: Distribution | undefined;
  /** All whose answer left at once. */
  readonly all: Distribution | undefined;
}

/** After a kill or a pause, this long until everything is as before. */
const AFTERMATH_MS = 3000;

/**
 * From the provider's commit to the end of our own: the time in which a power cut loses the answer. The provider's
 * instant is taken before it makes its change durable, and ours after, so that the span is rather too long. An answer
 * that went through the spool counts until the store had it, which is later than it was durable.
 */
export function measureWindows(entries: readonly Entry[], evidence: Evidence): Windows {
  const spans = entries.flatMap(({ exchange, attempt, isStored }) => {
    const writtenAtMs = attempt?.endedAtMs ?? undefined;
    if (!isStored || attempt === undefined || writtenAtMs === undefined) return [];
    if ((exchange.fault?.delayMs ?? 0) > 0) return [];
    const toMs = durableAt(writtenAtMs, evidence.commits.get(attempt.senderPid) ?? []);
    return [{ fromMs: exchange.atMs, toMs }];
  });
  const disturbed = disturbances(evidence);
  const isCalm = ({ fromMs, toMs }: Span): boolean => !disturbed.some((one) => overlaps(one, fromMs, toMs));
  return { calm: distribution(spans.filter(isCalm).map(spanMs)), all: distribution(spans.map(spanMs)) };
}

function spanMs({ fromMs, toMs }: Span): number {
  return toMs - fromMs;
}

/** The settlement is written inside a transaction; it is durable when that one's commit has returned. */
function durableAt(writtenAtMs: number, commits: readonly Commit[]): number {
  let low = 0;
  let high = commits.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((commits[middle]?.startedAtMs ?? 0) < writtenAtMs) low = middle + 1;
    else high = middle;
  }
  return commits[low]?.durableAtMs ?? writtenAtMs;
}

function disturbances({ killings, pauses, fullDisk, outages }: Evidence): readonly Span[] {
  return [
    ...killings.map(({ atMs }) => ({ fromMs: atMs, toMs: atMs + AFTERMATH_MS })),
    ...[...pauses, ...fullDisk, ...outages].map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + AFTERMATH_MS })),
  ];
}

export function distribution(values: readonly number[]): Distribution | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { count: sorted.length, min: at(0), median: at(0.5), p99: at(0.99), max: at(1) };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
