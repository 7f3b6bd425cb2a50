import type { MetricStore } from '../../model/metric.ts';
import { measurementOf } from '../rows/metric-rows.ts';
import type { SqliteDatabase } from './database.ts';

export function sqliteMetricStore(db: SqliteDatabase): MetricStore {
  return {
    async list({ connectionId, measure, fromMs, toMs, limit }) {
      const rows = db.all(
        `select * from (
           select * from metrics
           where connection_id = :connectionId and measure = :measure and at_ms >= :fromMs and at_ms < :toMs
           order by at_ms desc limit :limit
         ) order by at_ms`,
        {
          connectionId,
          measure,
          fromMs: fromMs ?? Number.MIN_SAFE_INTEGER,
          toMs: toMs ?? Number.MAX_SAFE_INTEGER,
          limit,
        },
      );
      return rows.map(measurementOf);
    },
  };
}
