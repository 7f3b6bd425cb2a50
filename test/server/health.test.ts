import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { movedTo, movingTo } from '../../src/model/store-move.ts';
import { createServer } from '../../src/server/server.ts';
import { LOCAL_KEY, serveKippu, type Client, type Json } from './served-kippu.ts';

test('it is alive, and ready while store, keys and worker are', async () => {
  await using kippu = await serveKippu({ withWorker: true });
  const nobody = kippu.as(undefined);
  assert.deepEqual((await nobody.get('/healthz')).json, { status: 'ok', version: '1.2.3' });
  const before = await nobody.get('/readyz');
  assert.deepEqual([before.status, before.json.worker], [503, 'stopped']);
  kippu.worker?.start();
  await kippu.clock.advance(1000);
  assert.deepEqual((await nobody.get('/readyz')).json, {
    status: 'ready',
    store: 'ok',
    keys: 'ok',
    worker: 'running',
    oldest_due_at: null,
  });
  await kippu.connect('alice');
  await kippu.clock.advance(5000);
  assert.match((await nobody.get('/readyz')).json.oldest_due_at, /^20\d\d-/);
});

test('a process without a worker is ready for what it does', async () => {
  await using kippu = await serveKippu();
  const { status, json } = await kippu.operator.get('/readyz');
  assert.deepEqual([status, json.worker], [200, 'elsewhere']);
});

test('a store that cannot be read is a 503 that says so', async () => {
  await using kippu = await serveKippu();
  Object.defineProperty(kippu.app.store.home, 'read', { value: () => Promise.reject(new Error('gone')) });
  const { status, json } = await kippu.operator.get('/readyz');
  assert.deepEqual([status, json.status, json.store], [503, 'not_ready', 'unreachable']);
});

for (const [what, refused, stamp, because] of [
  ['is being moved', 'claims', movingTo('sqlite:/new/kippu.db (1:2)'), 'moving'],
  ['was moved', 'writes', movedTo('sqlite:/new/kippu.db (1:2)'), 'moved'],
] as const)
  test(`a store that ${what} to another database while it is open is a 503 that says so`, async () => {
    await using kippu = await serveKippu({ withWorker: true });
    kippu.worker?.start();
    await kippu.clock.advance(1000);
    assert.equal((await kippu.operator.get('/readyz')).status, 200);
    assert.equal(await kippu.app.store.move.refuse(refused, { was: undefined, now: stamp }), true);
    const { status, json, text } = await kippu.operator.get('/readyz');
    assert.deepEqual([status, json.status, json.worker, json.held_because], [503, 'not_ready', 'held', because]);
    assert.doesNotMatch(text, /kippu\.db/, 'where it went is nothing for whoever asks');
  });

test('a worker whose store was moved away says so at once, and then more and more seldom', async () => {
  await using kippu = await serveKippu({ withWorker: true });
  kippu.worker?.start();
  await kippu.connect('alice');
  await kippu.clock.advance(5000);
  const stamp = movedTo('sqlite:/new/kippu.db (1:2)');
  await kippu.app.store.move.refuse('writes', { was: undefined, now: stamp });
  const failures = async (spanMs: number): Promise<readonly Json[]> => {
    const { logged } = kippu.answers;
    const before = logged.length;
    await kippu.clock.advance(spanMs);
    const lines = logged.slice(before).map((line): Json => JSON.parse(line));
    return lines.filter(({ level }) => level >= 50);
  };
  const [first, ...more] = await failures(10_000);
  assert.match(first?.err.message, /was moved to sqlite:/);
  assert.deepEqual(more, []);
  const [second, ...others] = await failures(60_000);
  assert.ok(second?.repeated > 10, JSON.stringify(second));
  assert.deepEqual(others, []);
  assert.deepEqual(await failures(60_000), []);
  assert.equal((await failures(60_000)).length, 1);
});

test('the metrics count connections and tell how far the worker is behind', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.connect('bob');
  await kippu.operator.delete('/v1/connections/x:bob');
  await kippu.clock.advance(90_000);
  const { headers, text } = await kippu.operator.get('/metrics');
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'kippu_connections{state="active"} 1',
    'kippu_connections{state="revoked"} 1',
    'kippu_due_lag_seconds{work="connections"} 90',
    'kippu_spool_waiting 0',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  }
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"(,\w+="\w+")?\})? \d+(\.\d+)?)$/);
});

test('the metrics tell what renewals ended in, which provider is kept off, and which notices wait', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.clock.advance(3 * 3_600_000);
  kippu.x.faults.order({
    endpoint: 'token',
    fault: 'status',
    status: 429,
    body: '',
    headers: { 'retry-after': '1' },
  });
  const token = '/v1/connections/x:alice/token';
  assert.equal((await kippu.operator.get(token)).status, 503);
  await kippu.clock.advance(60_000);
  assert.equal((await kippu.operator.get(token)).status, 200);
  const lines = (await kippu.operator.get('/metrics')).text.split('\n');
  for (const line of [
    '# TYPE kippu_renewals_total counter',
    'kippu_renewals_total{provider="x",outcome="unavailable"} 1',
    'kippu_renewals_total{provider="x",outcome="renewed"} 1',
    'kippu_provider_paused_seconds{provider="x"} 0',
    'kippu_notices_waiting{queue="webhook"} 0',
    'kippu_notice_lag_seconds{queue="mail"} 0',
  ]) {
    assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`);
  }
});

test('where a process is only watched, an admin key reads the metrics from elsewhere, and nothing else is there for it', async () => {
  await using kippu = await serveKippu();
  const watched = createServer(kippu.app, { localKey: new Secret(LOCAL_KEY), version: '1.2.3', serves: 'monitoring' });
  const [admin, reader] = [await kippu.key(['admin']), await kippu.key(['connections:read'])];
  const statusOf = async (path: string, client: Client): Promise<number> =>
    (await watched.fetch(client.request('GET', path), { address: '192.0.2.7' })).status;
  assert.equal(await statusOf('/metrics', admin), 200);
  assert.equal(await statusOf('/metrics', reader), 403);
  assert.equal(await statusOf('/metrics', kippu.as(undefined)), 401);
  assert.equal(await statusOf('/healthz', kippu.as(undefined)), 200);
  for (const path of ['/', '/v1/connections', '/v1/metrics/x:alice', '/sign-in/x', '/reconnect/con_1'])
    assert.equal(await statusOf(path, admin), 404, path);
  const request = new Request('http://worker.internal:4190/v1/connections', { headers: { host: 'worker.internal' } });
  assert.equal((await watched.fetch(request, { address: '192.0.2.7' })).status, 404, 'under any name');
  assert.equal(watched.answerAtOnce({ target: '/v1/connections/x:alice/token', rawHeaders: [] }), undefined);
});
