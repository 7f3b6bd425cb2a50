import type { SurveyStore } from '../../model/survey-store.ts';
import { namedOf, unansweredOf } from '../rows/survey-rows.ts';
import type { PostgresDatabase } from './database.ts';

export function postgresSurveyStore(db: PostgresDatabase): SurveyStore {
  return {
    unanswered: async ({ namesMax, heardForMs }) =>
      unansweredOf(await db.all(UNANSWERED_SQL, { namesMax, heardForMs })),
    withOrphans: async ({ namesMax }) => namedOf(await db.all(WITH_ORPHANS_SQL, { namesMax })),
    endedByReuse: async ({ namesMax }) => namedOf(await db.all(ENDED_BY_REUSE_SQL, { namesMax })),
  };
}

/**
 * The open attempt, or one that another took the place of while nothing was known of it: a replay that was rejected ends the
 * grant, and the answer that would bring it back may still lie with whoever asked first. A restored store doubts its grants
 * in nobody's name.
 */
export const UNANSWERED_SQL = `
  select node_id, name, spool_empty_at_ms, count from (
    select a.node_id, n.id, n.name, d.spool_empty_at_ms,
      count(*) over (partition by a.node_id) as count,
      row_number() over (partition by a.node_id order by n.id) as place
    from (
      select id, connection_id, version, sender::json ->> 'nodeId' as node_id, coalesce(ended_at_ms, started_at_ms + :heardForMs::bigint) as at_ms
      from kippu.attempts where (outcome is null or outcome = 'unanswered') and purpose <> 'revocation') a
    join kippu.connections n on n.id = a.connection_id
    join kippu.credentials c on c.connection_id = a.connection_id and (c.attempt_id = a.id
      or (c.version = a.version and (n.state = 'uncertain' or n.state_reason = 'answer_lost')))
    left join kippu.nodes d on d.id = a.node_id
    where a.node_id <> ''
      and (d.spool_empty_at_ms is null or d.spool_empty_at_ms <= a.at_ms)) counted
  where place <= :namesMax order by count desc, node_id, id`;

export const WITH_ORPHANS_SQL = `
  select n.name, count(*) over () as count from (select distinct connection_id from kippu.orphans) o
  join kippu.connections n on n.id = o.connection_id order by n.id limit :namesMax`;

/** Events without a number are newer than those with one. */
export const ENDED_BY_REUSE_SQL = `
  select n.name, count(*) over () as count from kippu.connections n
  where n.state = 'reauth_required' and 'suspected' = (
    select e.data::json ->> 'reuse' from kippu.events e
    where e.connection_id = n.id and e.type = 'connection.reauth_required'
    order by e.sequence desc nulls first, e.arrival desc limit 1)
  order by n.id limit :namesMax`;
