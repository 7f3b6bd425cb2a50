import type { ConnectionId } from '../../model/ids.ts';
import type { Measurement, MetricStore } from '../../model/metric.ts';
import type { Measure } from '../../model/schedule.ts';
import type { Queryable, Row, SqliteDatabase } from './database.ts';
import { integer, integerOrNone, text, textOrNone } from './rows.ts';

/**
 * Writes what was measured in the transaction of its occurrence. Of two schedules that measure the same at the same
 * instant the first value stays, a value fills a gap, and both were paid for.
 */
export function insertMeasurement(tx: Queryable, measurement: Measurement): void {
  tx.run(
    `insert into metrics (connection_id, measure, at_ms, value, detail, cost_micro_usd)
     values (:connectionId, :measure, :atMs, :value, :detail, :costMicroUsd)
     on conflict (connection_id, measure, at_ms) do update set
       value = coalesce(metrics.value, excluded.value),
       detail = case when coalesce(metrics.value, excluded.value) is null then metrics.detail end,
       cost_micro_usd = metrics.cost_micro_usd + excluded.cost_micro_usd`,
    {
      connectionId: measurement.connectionId,
      measure: measurement.measure,
      atMs: measurement.atMs,
      value: measurement.value ?? null,
      detail: measurement.detail ?? null,
      costMicroUsd: measurement.costMicroUsd,
    },
  );
}

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
