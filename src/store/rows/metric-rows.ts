import type { ConnectionId } from '../../model/ids.ts';
import type { Measurement } from '../../model/metric.ts';
import type { Measure } from '../../model/schedule.ts';
import { integer, integerOrNone, text, textOrNone, type Params, type Row } from './columns.ts';

export function measurementOf(row: Row): Measurement {
  return {
    connectionId: text(row, 'connection_id') as ConnectionId,
    measure: text(row, 'measure') as Measure,
    atMs: integer(row, 'at_ms'),
    value: integerOrNone(row, 'value'),
    detail: textOrNone(row, 'detail'),
    costMicroUsd: integer(row, 'cost_micro_usd'),
  };
}

export function measurementParams(measurement: Measurement): Params {
  return {
    connectionId: measurement.connectionId,
    measure: measurement.measure,
    atMs: measurement.atMs,
    value: measurement.value ?? null,
    detail: measurement.detail ?? null,
    costMicroUsd: measurement.costMicroUsd,
  };
}
