import type { SurveyStore } from '../../model/survey-store.ts';
import { namedOf, unansweredOf } from '../rows/survey-rows.ts';
import type { Queryable } from './database.ts';

export function sqliteSurveyStore(db: Queryable): SurveyStore {
  return {
    unanswered: async ({ namesMax, heardForMs }) => unansweredOf(db.all(UNANSWERED_SQL, { namesMax, heardForMs })),
    withOrphans: async ({ namesMax }) => namedOf(db.all(WITH_ORPHANS_SQL, { namesMax })),
    endedByReuse: async ({ namesMax }) => namedOf(db.all(ENDED_BY_REUSE_SQL, { namesMax })),
  };
}

/**
 * The open attempt, or one that another took the place of while nothing was known of it: a replay that was rejected ends the
 * grant, and the answer that would bring it back may still lie with whoever asked first. A restored store doubts its grants
 * in nobody's name.
 */
const UNANSWERED_SQL = `
  select node_id, name, spool_empty_at_ms, count from (
    select a.node_id, n.id, n.name, d.spool_empty_at_ms,
      count(*) over (partition by a.node_id) as count,
      row_number() over (partition by a.node_id order by n.id) as place
    from (
      select id, connection_id, version, sender ->> '$.nodeId' as node_id, coalesce(ended_at_ms, started_at_ms + :heardForMs) as at_ms
      from attempts where (outcome is null or outcome = 'unanswered') and purpose <> 'revocation') a
    join connections n on n.id = a.connection_id
    join credentials c on c.connection_id = a.connection_id and (c.attempt_id = a.id
      or (c.version = a.version and (n.state = 'uncertain' or n.state_reason = 'answer_lost')))
    left join nodes d on d.id = a.node_id
    where a.node_id <> ''
      and (d.spool_empty_at_ms is null or d.spool_empty_at_ms <= a.at_ms))
  where place <= :namesMax order by count desc, node_id, id`;

const WITH_ORPHANS_SQL = `
  select n.name, count(*) over () as count from (select distinct connection_id from orphans) o
  join connections n on n.id = o.connection_id order by n.id limit :namesMax`;

const ENDED_BY_REUSE_SQL = `
  select n.name, count(*) over () as count from connections n
  where n.state = 'reauth_required' and 'suspected' = (
    select e.data ->> '$.reuse' from events e
    where e.connection_id = n.id and e.type = 'connection.reauth_required' order by e.sequence desc limit 1)
  order by n.id limit :namesMax`;
