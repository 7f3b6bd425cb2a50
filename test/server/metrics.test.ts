import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

/** Five hours, measured every hour; at three o'clock X is out of order. */
async function measuredKippu(): Promise<ServedKippu> {
  const kippu = await serveKippu({ withWorker: true });
  await kippu.connect('alice');
  kippu.x.setFollowers('alice', { count: 1000, perDay: 240 });
  const schedule = {
    connection: 'x:alice',
    cron: '0 * * * *',
    timezone: 'UTC',
    collect: 'followers',
    latest_after: 60,
  };
  assert.equal((await kippu.operator.post('/v1/schedules', schedule)).status, 201);
  kippu.worker?.start();
  for (let hour = 1; hour <= 5; hour += 1) {
    kippu.clock.freeze(Date.parse(`2026-11-21T0${hour}:00:00Z`) - kippu.clock.nowMs() - 1000);
    if (hour === 3) for (let tries = 0; tries < 2; tries += 1) kippu.x.faults.failNext('me', 503);
    await kippu.clock.advance(hour === 3 ? 70_000 : 5000);
  }
  return kippu;
}

const AT = [1, 2, 3, 4, 5].map((hour) => `2026-11-21T0${hour}:00:00.000Z`);

test('a series is what was measured, with its gaps and their reasons, and what it cost', async () => {
  await using kippu = await measuredKippu();
  const { status, json } = await kippu.operator.get('/v1/metrics/x:alice');
  assert.equal(status, 200);
  assert.deepEqual(json, {
    connection: (await kippu.operator.get('/v1/connections/x:alice')).json.id,
    measure: 'followers',
    items: [
      { at: AT[0], value: 1010, detail: null },
      { at: AT[1], value: 1020, detail: null },
      { at: AT[2], value: null, detail: 'HTTP 503' },
      { at: AT[3], value: 1040, detail: null },
      { at: AT[4], value: 1050, detail: null },
    ],
    cost: { amount: 0.04, currency: 'USD' },
    next_to: null,
  });
});

test('a window is cut out, and what is left out can be asked for', async () => {
  await using kippu = await measuredKippu();
  const get = async (query: string): Promise<Json> => (await kippu.operator.get(`/v1/metrics/x:alice?${query}`)).json;
  const times = ({ items }: Json): readonly string[] => items.map(({ at }: Json) => at);
  assert.deepEqual(times(await get(`from=${AT[1]}&to=${AT[4]}`)), AT.slice(1, 4));
  const last = await get('limit=2');
  assert.deepEqual([times(last), last.next_to, last.cost.amount], [AT.slice(3), AT[3], 0.02]);
  const before = await get(`limit=3&to=${last.next_to}`);
  assert.deepEqual([times(before), before.next_to], [AT.slice(0, 3), null]);
  assert.deepEqual(await get(`from=2030-01-01`), { ...before, items: [], cost: { amount: 0, currency: 'USD' } });
});

test('the same as CSV, by the format or by what is accepted', async () => {
  await using kippu = await measuredKippu();
  const csv = `at,followers,detail\r\n${AT[0]},1010,\r\n${AT[1]},1020,\r\n${AT[2]},,HTTP 503\r\n${AT[3]},1040,\r\n${AT[4]},1050,\r\n`;
  const byFormat = await kippu.operator.get('/v1/metrics/x:alice?format=csv');
  assert.equal(byFormat.text, csv);
  assert.equal(byFormat.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
  assert.match(byFormat.headers.get('content-disposition') ?? '', /^attachment; filename="followers\.csv"$/);
  assert.equal((await kippu.operator.get('/v1/metrics/x:alice', { accept: 'text/csv' })).text, csv);
  const json = await kippu.operator.get('/v1/metrics/x:alice?format=json', { accept: 'text/csv' });
  assert.equal(json.json.items.length, 5);
});

test('what cannot be asked for is refused, and names what is wrong', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const wrong = {
    'measure=likes': 'measure',
    'from=yesterday': 'from',
    'to=never': 'to',
    'from=2026-11-22&to=2026-11-21': 'from',
    'limit=0': 'limit',
    'limit=10001': 'limit',
    'format=xml': 'format',
    'cursor=1': 'cursor',
  };
  for (const [query, where] of Object.entries(wrong)) {
    const { status, json } = await kippu.operator.get(`/v1/metrics/x:alice?${query}`);
    assert.deepEqual([status, json.code, json.where], [422, 'invalid', where], query);
  }
  assert.equal((await kippu.operator.get('/v1/metrics/x:nobody')).status, 404);
  assert.deepEqual((await kippu.operator.get('/v1/metrics/x:alice')).json.items, []);
});
