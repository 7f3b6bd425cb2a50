import * as z from 'zod';
import { readSeries, SERIES_ITEMS_MAX } from '../../app/metrics.ts';
import { MEASURES } from '../../model/schedule.ts';
import { seriesCsv, seriesJson, seriesSchema } from '../bodies/series.ts';
import { strictResponse } from '../headers.ts';
import { route, type Route } from '../route.ts';
import { described, instantInput } from '../schema.ts';

const FORMATS = ['json', 'csv'] as const;

export const metricRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/metrics/{connection}',
    access: 'posts:read',
    summary:
      'What was measured of an account, the oldest first: the newest measurements of the window, as JSON or CSV.',
    query: z.strictObject({
      measure: described(z.enum(MEASURES).default('followers'), 'What was measured.'),
      from: described(instantInput.optional(), 'At this instant or later.'),
      to: described(instantInput.optional(), 'Before this instant.'),
      limit: described(
        z.coerce.number().int().min(1).max(SERIES_ITEMS_MAX).default(SERIES_ITEMS_MAX),
        'How many measurements at most.',
      ),
      format: described(z.enum(FORMATS).optional(), 'Left out: as the `Accept` header says, else JSON.'),
    }),
    answer: seriesSchema,
    types: ['text/csv'],
    async run({ app, caller, params, query: { measure, from, to, limit, format }, request }) {
      const connection = params['connection'] ?? '';
      const series = seriesJson(await readSeries({ connection, measure, fromMs: from, toMs: to, limit }, caller, app));
      const wantsCsv = format === undefined ? acceptsCsv(request) : format === 'csv';
      if (!wantsCsv) return series;
      return strictResponse(seriesCsv(series), {
        status: 200,
        headers: {
          'content-type': 'text/csv; charset=utf-8; header=present',
          'content-disposition': `attachment; filename="${measure}.csv"`,
        },
      });
    },
  }),
];

function acceptsCsv(request: Request): boolean {
  return (request.headers.get('accept') ?? '').includes('text/csv');
}
