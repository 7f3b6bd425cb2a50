import type { Connection } from '../model/connection.ts';
import { KippuError } from '../model/errors.ts';
import type { Measurement } from '../model/metric.ts';
import type { Measure } from '../model/schedule.ts';
import type { Caller } from './api-keys.ts';
import type { App } from './open.ts';
import { visibleConnection } from './visible.ts';

export interface SeriesQuery {
  /** Id or name. */
  readonly connection: string;
  readonly measure: Measure;
  readonly fromMs?: number | undefined;
  /** Before this instant. */
  readonly toMs?: number | undefined;
  readonly limit?: number | undefined;
}

/** What was measured, the oldest first. A time at which nothing could be measured is there without a value. */
export interface Series {
  readonly connection: Connection;
  readonly measure: Measure;
  readonly items: readonly Measurement[];
  /** What these measurements cost together by the network's price list, in millionths of a US dollar. */
  readonly costMicroUsd: number;
  /** There is more, all of it before this instant. */
  readonly nextToMs: number | undefined;
}

export const SERIES_ITEMS_MAX = 10_000;

/** The newest measurements of a window. Throws `not_found`, `forbidden`, `invalid`. */
export async function readSeries(
  { connection: idOrName, measure, fromMs, toMs, limit = SERIES_ITEMS_MAX }: SeriesQuery,
  caller: Caller,
  app: App,
): Promise<Series> {
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs)
    throw new KippuError('invalid', '"from" is not before "to". Give them the other way round.', { where: 'from' });
  const connection = await visibleConnection(idOrName, caller, app);
  // One more than wanted says whether there is more.
  const found = await app.store.metrics.list({ connectionId: connection.id, measure, fromMs, toMs, limit: limit + 1 });
  const items = found.slice(-limit);
  return {
    connection,
    measure,
    items,
    costMicroUsd: items.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0),
    nextToMs: found.length > limit ? items[0]?.atMs : undefined,
  };
}
