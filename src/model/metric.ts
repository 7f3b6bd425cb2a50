import type { ConnectionId } from './ids.ts';
import type { Measure } from './schedule.ts';

/** One measurement of a connection's account. A time at which nothing could be measured has no value: a gap stays a gap. */
export interface Measurement {
  readonly connectionId: ConnectionId;
  readonly measure: Measure;
  /** The occurrence that it belongs to. */
  readonly atMs: number;
  /** Absent: it was due, and could not be had. */
  readonly value: number | undefined;
  /** Why there is no value. */
  readonly detail: string | undefined;
  /** What it cost by the provider's price list, in millionths of a US dollar. */
  readonly costMicroUsd: number;
}

export interface MetricStore {
  /** The oldest first; of more than `limit`, the newest. */
  list(query: MetricQuery): Promise<readonly Measurement[]>;
}

export interface MetricQuery {
  readonly connectionId: ConnectionId;
  readonly measure: Measure;
  readonly fromMs?: number | undefined;
  /** Before this instant. */
  readonly toMs?: number | undefined;
  readonly limit: number;
}

/** Takes one measurement now. Whatever the network does is the answer; it throws only what must not happen. */
export type Collect = (connection: ConnectionId, measure: Measure) => Promise<Collected>;

export type Collected =
  | { readonly kind: 'measured'; readonly value: number; readonly costMicroUsd: number }
  | {
      readonly kind: 'failed';
      readonly detail: string;
      /** Not before then; absent: nothing is known. */
      readonly retryAtMs: number | undefined;
    };
