import * as z from 'zod';
import { gauges, readiness, type Gauges } from '../../app/health.ts';
import { json, route, type Route } from '../route.ts';
import { instant, instantOrNull } from '../schema.ts';

export const healthRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/healthz',
    access: 'anyone',
    summary: 'Whether the process is alive.',
    answer: z.strictObject({ status: z.literal('ok'), version: z.string() }),
    run: async ({ version }) => ({ status: 'ok' as const, version }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    access: 'anyone',
    summary: 'Whether it can do its work: 200, or 503.',
    answer: z.strictObject({
      status: z.enum(['ready', 'not_ready']),
      store: z.enum(['ok', 'unreachable']),
      keys: z.enum(['ok', 'closed']),
      worker: z.enum(['running', 'stopped', 'elsewhere', 'held']),
      held_because: z.enum(['copied', 'moving', 'moved']).optional(),
      oldest_due_at: instant.nullable(),
    }),
    async run({ app, worker }) {
      const { isReady, store, keys, worker: work, heldBecause, oldestDueAtMs } = await readiness(app, worker);
      const body = {
        status: isReady ? 'ready' : 'not_ready',
        store,
        keys,
        worker: work,
        ...(heldBecause === undefined ? {} : { held_because: heldBecause }),
        oldest_due_at: instantOrNull(oldestDueAtMs),
      };
      return json(body, { status: isReady ? 200 : 503 });
    },
  }),
  route({
    method: 'GET',
    path: '/metrics',
    access: 'monitor',
    summary: 'For Prometheus. Open to this machine, and to keys with the scope `admin`.',
    types: ['text/plain'],
    async run({ app, streams }) {
      const text = exposition(await gauges(app), streams.count);
      return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
    },
  }),
];

function exposition(values: Gauges, eventStreams: number): string {
  const byState = Object.entries(values.connections).map(([state, count]): Sample => [labels({ state }), count]);
  const lags = Object.entries(values.dueLagMs).map(([work, lagMs]): Sample => [labels({ work }), lagMs / 1000]);
  return [
    gauge('kippu_connections', 'Connections by state.', byState),
    gauge('kippu_due_lag_seconds', 'How long the oldest due work has been waiting.', lags),
    gauge('kippu_spool_waiting', 'Answers that the store could not take yet.', [['', values.spoolWaiting]]),
    gauge('kippu_spool_damaged', 'Spool entries that cannot be read.', [['', values.spoolDamaged]]),
    gauge('kippu_renewals_under_way', 'Renewals of this process that are not settled yet.', [
      ['', values.renewalsUnderWay],
    ]),
    counter(
      'kippu_renewals_total',
      'Renewals of this process since its start, by what they ended in.',
      values.renewals.map(({ provider, outcome, count }) => [labels({ provider, outcome }), count]),
    ),
    gauge(
      'kippu_provider_paused_seconds',
      'How long this process still keeps off a provider that does not answer, or asked for it.',
      Object.entries(values.pausedForMs).map(([provider, forMs]) => [labels({ provider }), forMs / 1000]),
    ),
    gauge(
      'kippu_notices_waiting',
      'Events that are not notices yet, and notices that were not delivered yet.',
      Object.entries(values.notices.waiting).map(([queue, count]) => [labels({ queue }), count]),
    ),
    gauge(
      'kippu_notice_lag_seconds',
      'How long the oldest of them has been waiting.',
      Object.entries(values.notices.lagMs).map(([queue, lagMs]) => [labels({ queue }), lagMs / 1000]),
    ),
    gauge('kippu_event_streams', 'Open event streams.', [['', eventStreams]]),
  ].join('');
}

type Sample = readonly [labelled: string, value: number];

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return family('gauge', name, help, samples);
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return family('counter', name, help, samples);
}

function family(type: 'gauge' | 'counter', name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labelled, value]) => `${name}${labelled} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** Provider ids and our own words: nothing that would need an escape. */
function labels(named: Readonly<Record<string, string>>): string {
  return `{${Object.entries(named)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`;
}
