import * as z from 'zod';
import { eventsAfter, newestSequence } from '../../app/events.ts';
import { KippuError } from '../../model/errors.ts';
import { eventJson, eventSchema } from '../bodies/event.ts';
import { route, type Route } from '../route.ts';
import { described, pageOf, pageQuery } from '../schema.ts';

export const eventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/events',
    access: 'connections:read',
    summary:
      'What happened, in order: a list, or a stream of server-sent events. What concerns posts needs the scope `posts:read` too.',
    headers: [{ name: 'Last-Event-ID', description: 'For a stream: as `after`. Without either it begins now.' }],
    query: z.strictObject({
      after: described(z.coerce.number().int().min(0).optional(), 'The `sequence` of the last event that you have.'),
      ...pageQuery,
    }),
    answer: pageOf(eventSchema),
    types: ['text/event-stream'],
    async run({ app, caller, query, request, streams, readmit }) {
      if (wantsStream(request)) {
        const after = query.after ?? lastEventId(request) ?? (await newestSequence(app));
        return streams.start({ after, caller, readmit });
      }
      const after = query.after ?? sequenceOf(query.cursor, 'cursor') ?? 0;
      const { items, lastSequence, hasMore } = await eventsAfter(after, query.limit, caller, app);
      return { items: items.map(eventJson), next_cursor: hasMore ? String(lastSequence) : null };
    },
  }),
];

function wantsStream(request: Request): boolean {
  return (request.headers.get('accept') ?? '').includes('text/event-stream');
}

function lastEventId(request: Request): number | undefined {
  return sequenceOf(request.headers.get('last-event-id') ?? undefined, 'Last-Event-ID');
}

function sequenceOf(text: string | undefined, where: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new KippuError('invalid', `"${text}" is not the number of an event.`, { where });
}
