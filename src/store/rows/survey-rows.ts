import type { NodeId } from '../../model/ids.ts';
import type { Named, Unanswered } from '../../model/survey-store.ts';
import { integer, integerOrNone, text, type Row } from './columns.ts';

/** Rows that each have a name, and how many there would be without the limit. */
export function namedOf(rows: readonly Row[]): Named {
  const [first] = rows;
  return { names: rows.map((row) => text(row, 'name')), count: first === undefined ? 0 : integer(first, 'count') };
}

/** The same, for each node. */
export function unansweredOf(rows: readonly Row[]): readonly Unanswered[] {
  return [...Map.groupBy(rows, (row) => text(row, 'node_id'))].map(([nodeId, ofNode]) => {
    const [first] = ofNode;
    const spoolEmptyAtMs = first === undefined ? undefined : integerOrNone(first, 'spool_empty_at_ms');
    return { nodeId: nodeId as NodeId, ...namedOf(ofNode), spoolEmptyAtMs };
  });
}
