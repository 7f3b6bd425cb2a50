import {
  HISTORY_COUNT_MAX,
  type HistoryLimits,
  type HistoryPortion,
  type HistoryStanding,
  type HistoryStore,
} from '../../model/history-store.ts';
import { integer, text } from '../rows/columns.ts';
import { portionOf, roundOf, roundParams, type Done } from '../rows/history-rows.ts';
import type { Settling } from '../settling.ts';
import type { Queryable, SqliteDatabase } from './database.ts';

export function sqliteHistoryStore(db: SqliteDatabase, { clock }: Pick<Settling, 'clock'>): HistoryStore {
  return {
    // Mostly no round is under way: that is seen without locking others out.
    forget: async (limits) =>
      isDue(db, clock.nowMs()) ? db.write((tx) => forget(tx, limits, clock.nowMs())) : undefined,
    standing: async () => standing(db),
  };
}

const ROUND_SQL = 'select * from forgetting';

function isDue(db: Queryable, nowMs: number): boolean {
  return roundOf(db.get(ROUND_SQL)).dueAtMs <= nowMs;
}

function forget(tx: Queryable, limits: HistoryLimits, nowMs: number): HistoryPortion | undefined {
  const round = roundOf(tx.get(ROUND_SQL));
  if (round.dueAtMs > nowMs) return undefined;
  const spent = forgetSpent(tx, limits);
  const visits = visitConnections(tx, round.afterId, { ...limits, rowsMax: limits.rowsMax - spent });
  const done = { forgotten: spent + visits.forgotten, visitedTo: visits.visitedTo };
  tx.run(
    `insert into forgetting (only_row, after_id, due_at_ms, forgotten, last_ended_at_ms, last_forgotten)
     values (1, :afterId, :dueAtMs, :forgotten, :lastEndedAtMs, :lastForgotten)
     on conflict (only_row) do update set after_id = :afterId, due_at_ms = :dueAtMs, forgotten = :forgotten,
       last_ended_at_ms = :lastEndedAtMs, last_forgotten = :lastForgotten`,
    roundParams(round, done, { nowMs, nextRoundAtMs: limits.nextRoundAtMs }),
  );
  return portionOf(round, done);
}

function forgetSpent(tx: Queryable, { spentBeforeMs, rowsMax }: HistoryLimits): number {
  return tx.run(
    `delete from spent_tokens where fingerprint in (
       select fingerprint from spent_tokens where spent_at_ms < :spentBeforeMs order by spent_at_ms limit :rowsMax)`,
    { spentBeforeMs, rowsMax },
  );
}

function visitConnections(tx: Queryable, afterId: string, limits: HistoryLimits): Done {
  const { rowsMax, connectionsMax } = limits;
  const rows = tx.all('select id from connections where id > :afterId order by id limit :connectionsMax', {
    afterId,
    connectionsMax,
  });
  let forgotten = 0;
  let visitedTo = afterId;
  for (const row of rows) {
    const id = text(row, 'id');
    forgotten += forgetAttempts(tx, id, { ...limits, rowsMax: rowsMax - forgotten });
    // There may be more of this one.
    if (forgotten >= rowsMax) return { forgotten, visitedTo };
    visitedTo = id;
  }
  return { forgotten, visitedTo: rows.length < connectionsMax ? undefined : visitedTo };
}

/** Goes no further in the connection's attempts than there are old ones. */
const OLD_ATTEMPTS_SQL = `
  select a.id from attempts a join credentials c on c.connection_id = a.connection_id
  where a.connection_id = :id
    and a.started_at_ms < min(:endedBeforeMs, (
      select k.started_at_ms from attempts k where k.connection_id = :id order by k.started_at_ms desc
      limit 1 offset :newestKept - 1))
    and a.ended_at_ms < :endedBeforeMs and a.id is not c.attempt_id
    and (a.outcome <> 'unanswered' or (a.version < c.version and a.parent_fingerprint is not c.refresh_fingerprint))
    and not exists (
      select 1 from events e where e.happening in ('renewed:' || a.id, 'uncertain:' || a.id)
        and (e.sequence > (select sequence from notice_cursors where channel = 'webhook')
             or exists (select 1 from deliveries d where d.event_sequence = e.sequence)))
  order by a.started_at_ms limit :rowsMax`;

/** An attempt goes with what was told of it, so that the timeline never has one without the other. */
function forgetAttempts(tx: Queryable, connectionId: string, limits: HistoryLimits): number {
  const { endedBeforeMs, newestKept, rowsMax } = limits;
  const rows = tx.all(OLD_ATTEMPTS_SQL, { id: connectionId, endedBeforeMs, newestKept, rowsMax });
  for (const row of rows) {
    const id = text(row, 'id');
    tx.run('delete from attempts where id = :id', { id });
    tx.run('delete from events where happening in (:renewed, :uncertain)', {
      renewed: `renewed:${id}`,
      uncertain: `uncertain:${id}`,
    });
  }
  return rows.length;
}

function standing(db: Queryable): HistoryStanding {
  const counted = (table: 'attempts' | 'spent_tokens' | 'events'): number => {
    const row = db.get(`select count(*) as count from (select 1 from ${table} limit :max)`, {
      max: HISTORY_COUNT_MAX,
    });
    return row === undefined ? 0 : integer(row, 'count');
  };
  return {
    attempts: counted('attempts'),
    spentTokens: counted('spent_tokens'),
    events: counted('events'),
    lastRound: roundOf(db.get(ROUND_SQL)).last,
  };
}
