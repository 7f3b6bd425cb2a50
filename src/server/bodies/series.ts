import * as z from 'zod';
import type { Series } from '../../app/metrics.ts';
import { MEASURES } from '../../model/schedule.ts';
import { csvOf } from '../csv.ts';
import { described, instant, instantOf, instantOrNull } from '../schema.ts';
import { cost, costJson } from './cost.ts';

export const seriesSchema = described(
  z.strictObject({
    connection: described(z.string(), "The connection's id."),
    measure: z.enum(MEASURES),
    items: z.array(
      z.strictObject({
        at: instant,
        value: described(z.number().int().nullable(), '`null`: it was due, and could not be had.'),
        detail: described(z.string().nullable(), 'Why there is no value.'),
      }),
    ),
    cost: described(cost, "Of these measurements together, at most, by the network's price list."),
    next_to: described(
      instant.nullable(),
      'There is more, all of it before: give it as `to` for the page before this one. `null`: nothing was left out.',
    ),
  }),
  { id: 'Series' },
);

export function seriesJson({
  connection,
  measure,
  items,
  costMicroUsd,
  nextToMs,
}: Series): z.input<typeof seriesSchema> {
  return {
    connection: connection.id,
    measure,
    items: items.map(({ atMs, value, detail }) => ({
      at: instantOf(atMs),
      value: value ?? null,
      detail: detail ?? null,
    })),
    cost: costJson(costMicroUsd),
    next_to: instantOrNull(nextToMs),
  };
}

/** One line a measurement; where nothing could be measured the value is empty. */
export function seriesCsv({ measure, items }: Pick<z.input<typeof seriesSchema>, 'measure' | 'items'>): string {
  return csvOf([
    ['at', measure, 'detail'],
    ...items.map(({ at, value, detail }) => [at, value ?? undefined, detail ?? undefined]),
  ]);
}
