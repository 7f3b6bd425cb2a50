import type { ConnectionId } from '../../model/ids.ts';
import type { Measurement, MetricStore } from '../../model/metric.ts';
import type { Measure } from '../../model/schedule.ts';
import type { PostgresDatabase, Row } from './database.ts';
import { integer, integerOrNone, text, textOrNone } from '../sqlite/rows.ts';

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

function measurementOf(row: Row): Measurement {
  return {
    connectionId: text(row, 'connection_id') as ConnectionId,
    measure: text(row, 'measure') as Measure,
    atMs: integer(row, 'at_ms'),
    value: integerOrNone(row, 'value'),
    detail: textOrNone(row, 'detail'),
    costMicroUsd: integer(row, 'cost_micro_usd'),
  };
}
