import type { MetricStore } from '../../model/metric.ts';
import { measurementOf } from '../rows/metric-rows.ts';
import type { PostgresDatabase } from './database.ts';

export function postgresMetricStore(db: PostgresDatabase): MetricStore {
  return {
    async list({ connectionId, measure, fromMs, toMs, limit }) {
      const rows = await db.all(
        `select * from (
           select * from kippu.metrics
           where connection_id = :connectionId and measure = :measure and at_ms >= :fromMs and at_ms < :toMs
           order by at_ms desc limit :limit
         ) newest order by at_ms`,
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
