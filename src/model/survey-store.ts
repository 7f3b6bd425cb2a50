import type { NodeId } from './ids.ts';

/** Questions over all connections at once, each answered by one statement that does not read all of them. */
export interface SurveyStore {
  /**
   * Connections whose last renewal nobody has an answer of, by the node that sent it. Not those of a node that has said
   * since then that nothing waits in its spool: it would have brought the answer. Those with the most connections first.
   *
   * What it said less than `heardForMs` after the start of a request that was never settled says nothing: the answer may
   * have come after that.
   */
  unanswered(limits: { readonly namesMax: number; readonly heardForMs: number }): Promise<readonly Unanswered[]>;
  /** Connections that token sets are kept for which belong nowhere. */
  withOrphans(limits: { readonly namesMax: number }): Promise<Named>;
  /** Connections that ended, and of which it was said then that somebody else may have used the refresh token. */
  endedByReuse(limits: { readonly namesMax: number }): Promise<Named>;
}

/** Some of the connections, and how many there are in all. */
export interface Named {
  /** In the order of their ids. */
  readonly names: readonly string[];
  readonly count: number;
}

export interface Unanswered extends Named {
  readonly nodeId: NodeId;
  /** When that node last said that nothing waits in its spool. */
  readonly spoolEmptyAtMs: number | undefined;
}
