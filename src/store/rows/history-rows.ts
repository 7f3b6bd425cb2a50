import type { HistoryPortion, HistoryStanding } from '../../model/history-store.ts';
import { integer, integerOrNone, text, type Row } from './columns.ts';

/** As `forgetting` keeps it. */
export interface Round {
  readonly afterId: string;
  readonly dueAtMs: number;
  readonly forgotten: number;
  readonly last: HistoryStanding['lastRound'];
}

export function roundOf(row: Row | undefined): Round {
  if (row === undefined) return { afterId: '', dueAtMs: Number.NEGATIVE_INFINITY, forgotten: 0, last: undefined };
  const endedAtMs = integerOrNone(row, 'last_ended_at_ms');
  return {
    afterId: text(row, 'after_id'),
    dueAtMs: integer(row, 'due_at_ms'),
    forgotten: integer(row, 'forgotten'),
    last: endedAtMs === undefined ? undefined : { endedAtMs, forgotten: integer(row, 'last_forgotten') },
  };
}

/** What one portion did. */
export interface Done {
  readonly forgotten: number;
  /** Absent: every connection has been visited. */
  readonly visitedTo: string | undefined;
}

export function portionOf(round: Round, { forgotten, visitedTo }: Done): HistoryPortion {
  return { forgotten, roundForgot: visitedTo === undefined ? round.forgotten + forgotten : undefined };
}

/** The round as it stands after a portion; after its last one, as the next will find it. */
export function roundParams(
  round: Round,
  { forgotten, visitedTo }: Done,
  { nowMs, nextRoundAtMs }: { readonly nowMs: number; readonly nextRoundAtMs: number },
): Readonly<Record<string, string | number | null>> {
  const isOver = visitedTo === undefined;
  const sofar = round.forgotten + forgotten;
  const last = isOver ? { endedAtMs: nowMs, forgotten: sofar } : round.last;
  return {
    afterId: visitedTo ?? '',
    dueAtMs: isOver ? nextRoundAtMs : nowMs,
    forgotten: isOver ? 0 : sofar,
    lastEndedAtMs: last?.endedAtMs ?? null,
    lastForgotten: last?.forgotten ?? null,
  };
}
