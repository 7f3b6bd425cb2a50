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
import type { PostgresDatabase, Queryable } from './database.ts';

export function postgresHistoryStore(db: PostgresDatabase, { clock }: Pick<Settling, 'clock'>): HistoryStore {
  return {
    async forget(limits) {
      const row = await db.get(ROUND_SQL);
      if (roundOf(row).dueAtMs > clock.nowMs()) return undefined;
      // Nobody reads anything else because of it.
      return db.write((tx) => forget(tx, limits, { nowMs: clock.nowMs(), isFirst: row === undefined }), {
        isNews: false,
      });
    },
    standing: () => standing(db),
  };
}

const ROUND_SQL = 'select * from kippu.forgetting';

/** Whoever has the row is at it; the others do not wait for him. */
async function forget(
  tx: Queryable,
  limits: HistoryLimits,
  { nowMs, isFirst }: { readonly nowMs: number; readonly isFirst: boolean },
): Promise<HistoryPortion | undefined> {
  if (isFirst)
    await tx.run(
      `insert into kippu.forgetting (only_row, after_id, due_at_ms, forgotten) values (1, '', 0, 0)
       on conflict (only_row) do nothing`,
    );
  const row = await tx.get(`${ROUND_SQL} where due_at_ms <= :nowMs for update skip locked`, { nowMs });
  if (row === undefined) return undefined;
  const round = roundOf(row);
  const spent = await forgetSpent(tx, limits);
  const visits = await visitConnections(tx, round.afterId, { ...limits, rowsMax: limits.rowsMax - spent });
  const done = { forgotten: spent + visits.forgotten, visitedTo: visits.visitedTo };
  await tx.run(
    `update kippu.forgetting set after_id = :afterId, due_at_ms = :dueAtMs, forgotten = :forgotten,
       last_ended_at_ms = :lastEndedAtMs, last_forgotten = :lastForgotten`,
    roundParams(round, done, { nowMs, nextRoundAtMs: limits.nextRoundAtMs }),
  );
  return portionOf(round, done);
}

function forgetSpent(tx: Queryable, { spentBeforeMs, rowsMax }: HistoryLimits): Promise<number> {
  return tx.run(
    `with chosen as materialized (
       select fingerprint as chosen_key from kippu.spent_tokens where spent_at_ms < :spentBeforeMs
       order by spent_at_ms limit :rowsMax for update skip locked)
     delete from kippu.spent_tokens using chosen where fingerprint = chosen_key`,
    { spentBeforeMs, rowsMax },
  );
}

async function visitConnections(tx: Queryable, afterId: string, limits: HistoryLimits): Promise<Done> {
  const { rowsMax, connectionsMax } = limits;
  if (rowsMax === 0) return { forgotten: 0, visitedTo: afterId };
  const rows = await tx.all('select id from kippu.connections where id > :afterId order by id limit :connectionsMax', {
    afterId,
    connectionsMax,
  });
  const ids = rows.map((row) => text(row, 'id'));
  const old = await oldAttempts(tx, ids, limits);
  await forgetAttempts(tx, old, limits);
  const isAll = old.length < rowsMax;
  // There may be more of the last one.
  const visited = isAll ? ids : ids.slice(0, ids.indexOf(old.at(-1)?.connectionId ?? ''));
  const isOver = isAll && ids.length < connectionsMax;
  return { forgotten: old.length, visitedTo: isOver ? undefined : (visited.at(-1) ?? afterId) };
}

interface OldAttempt {
  readonly id: string;
  readonly connectionId: string;
}

/** Goes no further in each connection's attempts than there are old ones. In the order of the connections. */
export const OLD_ATTEMPTS_SQL = `
  select old.id, c.connection_id
  from kippu.credentials c
  cross join lateral (
    select k.started_at_ms from kippu.attempts k where k.connection_id = c.connection_id
    order by k.started_at_ms desc offset :newestKept - 1 limit 1) kept
  cross join lateral (
    select a.id from kippu.attempts a
    where a.connection_id = c.connection_id and a.started_at_ms < least(:endedBeforeMs, kept.started_at_ms)
      and a.ended_at_ms < :endedBeforeMs and a.id is distinct from c.attempt_id
      and (a.outcome <> 'unanswered'
           or (a.version < c.version and a.parent_fingerprint is distinct from c.refresh_fingerprint))
      and not exists (
        select 1 from kippu.events e where e.happening in ('renewed:' || a.id, 'uncertain:' || a.id)
          and (e.sequence is null or e.sequence > (select sequence from kippu.notice_cursors where channel = 'webhook')
               or exists (select 1 from kippu.deliveries d where d.event_sequence = e.sequence)))
    order by a.started_at_ms limit :rowsMax) old
  where c.connection_id = any(:ids)
  order by c.connection_id limit :rowsMax`;

async function oldAttempts(
  tx: Queryable,
  ids: readonly string[],
  { endedBeforeMs, newestKept, rowsMax }: HistoryLimits,
): Promise<readonly OldAttempt[]> {
  const rows = await tx.all(OLD_ATTEMPTS_SQL, { ids, endedBeforeMs, newestKept, rowsMax });
  return rows.map((row) => ({ id: text(row, 'id'), connectionId: text(row, 'connection_id') }));
}

/**
 * An attempt goes with what was told of it, so that the timeline never has one without the other. One that a late answer
 * has ended at this moment stays.
 */
async function forgetAttempts(
  tx: Queryable,
  old: readonly OldAttempt[],
  { endedBeforeMs }: HistoryLimits,
): Promise<void> {
  if (old.length === 0) return;
  const rows = await tx.all(
    'delete from kippu.attempts where id = any(:ids) and ended_at_ms < :endedBeforeMs returning id',
    { ids: old.map(({ id }) => id), endedBeforeMs },
  );
  await tx.run('delete from kippu.events where happening = any(:happenings)', {
    happenings: rows.map((row) => text(row, 'id')).flatMap((id) => [`renewed:${id}`, `uncertain:${id}`]),
  });
}

async function standing(db: Queryable): Promise<HistoryStanding> {
  const counted = async (table: 'attempts' | 'spent_tokens' | 'events'): Promise<number> => {
    const sql = `select count(*) as count from (select 1 from kippu.${table} limit :max) counted`;
    const row = await db.get(sql, { max: HISTORY_COUNT_MAX });
    return row === undefined ? 0 : integer(row, 'count');
  };
  return {
    attempts: await counted('attempts'),
    spentTokens: await counted('spent_tokens'),
    events: await counted('events'),
    lastRound: roundOf(await db.get(ROUND_SQL)).last,
  };
}
