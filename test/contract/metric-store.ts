import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Measurement, MetricStore } from '../../src/model/metric.ts';
import type { Schedule } from '../../src/model/schedule.ts';
import type { ScheduleStore } from '../../src/model/schedule-store.ts';
import { newId, type ConnectionId } from '../../src/model/ids.ts';
import { seededRandom } from '../support/seeded-random.ts';

export interface MetricStoreUnderTest {
  readonly store: MetricStore;
  /** A second process at the same store. */
  readonly other: MetricStore;
  connect(name: string): Promise<ConnectionId>;
  /** Measurements are written where their occurrences are settled. */
  readonly schedules: ScheduleStore;
  close(): Promise<void>;
}

/** What every engine's measurements have to keep to. */
export function metricStoreContract(engine: string, open: () => Promise<MetricStoreUnderTest>): void {
  describe(`measurements in ${engine}`, () => {
    it('come back as they were written, the oldest first, and a gap stays a gap', withStore(open, asWritten));
    it('are of one connection', withStore(open, ofOneConnection));
    it('begin at the first instant that was asked for and end before the last', withStore(open, window));
    it('of which too many were asked for are the newest ones', withStore(open, newest));
    it(
      'of the same instant are one, with a value where any schedule had one, and were all paid for',
      withStore(open, twice),
    );
    it('that nobody was there to take are gaps, where no other schedule took them', withStore(open, missedOnes));
    it('of nobody are none', withStore(open, none));
  });
}

type Test = (under: MetricStoreUnderTest) => Promise<void>;

function withStore(open: () => Promise<MetricStoreUnderTest>, test: Test): () => Promise<void> {
  return async () => {
    const under = await open();
    try {
      await test(under);
    } finally {
      await under.close();
    }
  };
}

const HOUR = 3_600_000;
const START = Date.parse('2026-11-21T00:00:00Z');

function measured(connectionId: ConnectionId, hour: number, more: Partial<Measurement> = {}): Measurement {
  return {
    connectionId,
    measure: 'followers',
    atMs: START + hour * HOUR,
    value: 100 + hour,
    detail: undefined,
    costMicroUsd: 10_000,
    ...more,
  };
}

function gap(connectionId: ConnectionId, hour: number, detail: string): Measurement {
  return measured(connectionId, hour, { value: undefined, detail, costMicroUsd: 0 });
}

const random = seededRandom('metrics');

/** As the settlement of an occurrence writes it; each time of another schedule, so that an instant may come twice. */
async function write({ schedules }: MetricStoreUnderTest, measurement: Measurement): Promise<void> {
  const schedule = sampleSchedule(measurement.connectionId, measurement.atMs);
  await schedules.create(schedule);
  const outcome = measurement.value === undefined ? 'failed' : 'collected';
  const settled = await schedules.settle({
    next: { ...schedule, version: 2 },
    occurrences: [
      {
        scheduleId: schedule.id,
        atMs: measurement.atMs,
        outcome,
        postId: undefined,
        detail: measurement.detail,
        recordedAtMs: measurement.atMs,
      },
    ],
    post: undefined,
    measurement,
    missed: undefined,
  });
  assert.equal(settled, 'settled');
}

function sampleSchedule(connectionId: ConnectionId, atMs: number): Schedule {
  return {
    id: newId('sch', random),
    connectionId,
    version: 1,
    task: { kind: 'collect', what: 'followers' },
    cron: '0 * * * *',
    timezone: 'UTC',
    missed: 'skip',
    isPaused: false,
    latestAfterMs: HOUR,
    nextAtMs: atMs,
    dueAtMs: atMs,
    made: 0,
    failures: 0,
    createdAtMs: START,
    updatedAtMs: START,
  };
}

const everything = { measure: 'followers', limit: 100 } as const;

async function asWritten(under: MetricStoreUnderTest): Promise<void> {
  const { store, other, connect } = under;
  const connectionId = await connect('x:alice');
  const zero = measured(connectionId, 0, { value: 0 });
  const series = [zero, gap(connectionId, 1, 'HTTP 503'), measured(connectionId, 2)];
  for (const measurement of series.toReversed()) await write(under, measurement);
  assert.deepEqual(await store.list({ connectionId, ...everything }), series);
  assert.deepEqual(await other.list({ connectionId, ...everything }), series);
}

async function ofOneConnection(under: MetricStoreUnderTest): Promise<void> {
  const { store, connect } = under;
  const [alice, bob] = [await connect('x:alice'), await connect('x:bob')];
  await write(under, measured(alice, 1));
  await write(under, measured(bob, 1, { value: 7 }));
  assert.deepEqual(await store.list({ connectionId: bob, ...everything }), [measured(bob, 1, { value: 7 })]);
}

async function window(under: MetricStoreUnderTest): Promise<void> {
  const { store, connect } = under;
  const connectionId = await connect('x:alice');
  for (const hour of [0, 1, 2, 3]) await write(under, measured(connectionId, hour));
  const values = async (fromMs?: number, toMs?: number): Promise<(number | undefined)[]> =>
    (await store.list({ connectionId, ...everything, fromMs, toMs })).map(({ value }) => value);
  assert.deepEqual(await values(START + HOUR, START + 3 * HOUR), [101, 102]);
  assert.deepEqual(await values(START + HOUR), [101, 102, 103]);
  assert.deepEqual(await values(undefined, START + HOUR), [100]);
  assert.deepEqual(await values(START + 3 * HOUR, START + HOUR), []);
}

async function newest(under: MetricStoreUnderTest): Promise<void> {
  const { store, connect } = under;
  const connectionId = await connect('x:alice');
  for (const hour of [0, 1, 2, 3]) await write(under, measured(connectionId, hour));
  const list = await store.list({ connectionId, ...everything, limit: 2 });
  assert.deepEqual(
    list.map(({ value }) => value),
    [102, 103],
  );
}

async function twice(under: MetricStoreUnderTest): Promise<void> {
  const { store, connect } = under;
  const connectionId = await connect('x:alice');
  await write(under, measured(connectionId, 0));
  await write(under, measured(connectionId, 0));
  await write(under, gap(connectionId, 1, 'HTTP 503'));
  await write(under, measured(connectionId, 1));
  await write(under, measured(connectionId, 2));
  await write(under, gap(connectionId, 2, 'HTTP 503'));
  await write(under, gap(connectionId, 3, 'why'));
  await write(under, gap(connectionId, 3, 'why'));
  assert.deepEqual(await store.list({ connectionId, ...everything }), [
    measured(connectionId, 0, { costMicroUsd: 20_000 }),
    measured(connectionId, 1, { value: 101 }),
    measured(connectionId, 2, { value: 102 }),
    gap(connectionId, 3, 'why'),
  ]);
}

async function missedOnes(under: MetricStoreUnderTest): Promise<void> {
  const { store, schedules, connect } = under;
  const connectionId = await connect('x:alice');
  await write(under, measured(connectionId, 1));
  const schedule = sampleSchedule(connectionId, START);
  await schedules.create(schedule);
  const occurrences = [1, 2, 3].map((hour) => ({
    scheduleId: schedule.id,
    atMs: START + hour * HOUR,
    outcome: 'missed' as const,
    postId: undefined,
    detail: 'nobody was there',
    recordedAtMs: START + 4 * HOUR,
  }));
  const next = { ...schedule, version: 2 };
  const settlement = { next, occurrences, post: undefined, measurement: undefined, missed: undefined };
  assert.equal(await schedules.settle(settlement), 'settled');
  assert.deepEqual(await store.list({ connectionId, ...everything }), [
    measured(connectionId, 1),
    gap(connectionId, 2, 'nobody was there'),
    gap(connectionId, 3, 'nobody was there'),
  ]);
}

async function none({ store, connect }: MetricStoreUnderTest): Promise<void> {
  assert.deepEqual(await store.list({ connectionId: await connect('x:alice'), ...everything }), []);
  assert.deepEqual(await store.list({ connectionId: 'con_nobody' as ConnectionId, ...everything }), []);
}
