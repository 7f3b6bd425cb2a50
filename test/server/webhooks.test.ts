import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticeLag } from '../../src/app/notices.ts';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

const URL_OF_APP = 'https://app.example/hook';

async function made(kippu: ServedKippu, body: Json = {}): Promise<Json> {
  const answer = await kippu.operator.post('/v1/webhooks', { url: URL_OF_APP, ...body });
  assert.equal(answer.status, 201, answer.text);
  kippu.answers.secrets.add(answer.json.secret);
  return answer.json;
}

test('a webhook’s secret is shown once, and a new one once more', async () => {
  await using kippu = await serveKippu();
  const webhook = await made(kippu, { events: ['post.failed'] });
  assert.match(webhook.secret, /^whsec_/);
  assert.deepEqual([webhook.events, webhook.connections, webhook.disabled_at], [['post.failed'], null, null]);
  const { secret: _secret, ...rest } = webhook;
  assert.deepEqual((await kippu.operator.get('/v1/webhooks')).json.items, [rest]);
  assert.deepEqual((await kippu.operator.get(`/v1/webhooks/${webhook.id}`)).json, rest);
  const renewed = await kippu.operator.post(`/v1/webhooks/${webhook.id}/secret`);
  kippu.answers.secrets.add(renewed.json.secret);
  assert.notEqual(renewed.json.secret, webhook.secret);
  assert.equal(renewed.json.old_secret_until, '2026-11-22T00:00:00.000Z');
});

test('a webhook that makes no sense is refused', async () => {
  await using kippu = await serveKippu();
  for (const [body, status, where] of [
    [{}, 422, '/url'],
    [{ url: 'nonsense' }, 422, '/url'],
    [{ url: 'http://app.example/' }, 422, '/url'],
    [{ url: 'https://10.0.0.1/' }, 422, '/url'],
    [{ url: 'https://user:canary@app.example/' }, 422, '/url'],
    [{ url: URL_OF_APP, events: ['everything'] }, 422, '/events'],
    [{ url: URL_OF_APP, connections: ['x:nobody'] }, 404, '/connections'],
    [{ url: URL_OF_APP, secret: 'whsec_mine' }, 422, '/secret'],
  ] as const) {
    const refused = await kippu.operator.post('/v1/webhooks', body);
    assert.deepEqual([refused.status, refused.json.where], [status, where], JSON.stringify(body));
    assert.doesNotMatch(refused.text, /canary/);
  }
  assert.deepEqual((await kippu.operator.get('/v1/webhooks')).json.items, []);
});

test('only an admin sees webhooks, and nobody sees one that there is not', async () => {
  await using kippu = await serveKippu();
  const { id } = await made(kippu);
  const reader = await kippu.key(['connections:read', 'posts:read']);
  for (const [method, path] of [
    ['GET', '/v1/webhooks'],
    ['POST', '/v1/webhooks'],
    ['GET', `/v1/webhooks/${id}`],
    ['PATCH', `/v1/webhooks/${id}`],
    ['DELETE', `/v1/webhooks/${id}`],
    ['POST', `/v1/webhooks/${id}/secret`],
    ['POST', `/v1/webhooks/${id}/test`],
    ['GET', `/v1/webhooks/${id}/deliveries`],
  ] as const) {
    assert.equal((await reader.send(method, path)).status, 403, `${method} ${path}`);
    if (!path.includes(id)) continue;
    const missing = path.replace(id, 'whk_00000000000000000000');
    assert.equal((await kippu.operator.send(method, missing)).status, 404, `${method} ${missing}`);
  }
});

test('a webhook is changed, disabled, enabled and removed', async () => {
  await using kippu = await serveKippu();
  const { id } = await made(kippu, { events: ['post.failed'] });
  const alice = await kippu.connect('alice');
  const changed = await kippu.operator.patch(`/v1/webhooks/${id}`, {
    url: 'https://other.example/hook',
    events: [],
    connections: ['x:alice'],
  });
  assert.deepEqual(
    [changed.json.url, changed.json.events, changed.json.connections],
    ['https://other.example/hook', null, [alice.id]],
  );
  const disabled = await kippu.operator.patch(`/v1/webhooks/${id}`, { disabled: true });
  assert.equal(disabled.json.disabled_because, 'disabled by the operator');
  assert.equal((await kippu.operator.patch(`/v1/webhooks/${id}`, { disabled: false })).json.disabled_at, null);
  assert.equal((await kippu.operator.patch(`/v1/webhooks/${id}`, { url: 'https://10.0.0.1/' })).status, 422);
  assert.equal((await kippu.operator.delete(`/v1/webhooks/${id}`)).json.id, id);
  assert.equal((await kippu.operator.get(`/v1/webhooks/${id}`)).status, 404);
});

test('what happens is delivered by the worker, logged with every attempt, and delivered again on demand', async () => {
  await using kippu = await serveKippu({ withWorker: true });
  const { id } = await made(kippu);
  kippu.worker?.start();
  await kippu.until(kippu.connect('alice'));
  await kippu.clock.advance(3000);
  // The simulated network knows no such host: nothing arrives.
  const page = await kippu.operator.get(`/v1/webhooks/${id}/deliveries?state=pending`);
  const [delivery] = page.json.items;
  assert.deepEqual([delivery.type, delivery.state], ['connection.created', 'pending']);
  assert.ok(delivery.attempts.length > 0 && delivery.attempts[0].error === delivery.error);
  const lag = await noticeLag(kippu.app);
  assert.deepEqual([lag.eventsWaiting, lag.outboxLagMs, lag.channels.webhook.pending], [0, 0, 1]);
  assert.ok(lag.deliveryLagMs > 0);
  const again = await kippu.operator.post(`/v1/webhooks/${id}/deliveries/${delivery.id}/redeliver`);
  assert.deepEqual([again.status, again.json.state], [200, 'pending']);
  const missing = await kippu.operator.post(`/v1/webhooks/${id}/deliveries/dlv_00000000000000000000/redeliver`);
  assert.equal(missing.status, 404);
  await kippu.operator.patch(`/v1/webhooks/${id}`, { disabled: true });
  const refused = await kippu.operator.post(`/v1/webhooks/${id}/deliveries/${delivery.id}/redeliver`);
  assert.deepEqual([refused.status, refused.json.code], [409, 'conflict']);
});

test('deliveries come in pages, the newest first', async () => {
  await using kippu = await serveKippu();
  const { id } = await made(kippu);
  for (const user of ['alice', 'bob', 'carol']) await kippu.connect(user);
  await kippu.app.store.notices.fanOut({ channel: 'webhook', limit: 100 });
  const sequences: number[] = [];
  let cursor = '';
  for (let pages = 0; pages < 9; pages += 1) {
    const { json } = await kippu.operator.get(`/v1/webhooks/${id}/deliveries?limit=2${cursor}`);
    sequences.push(...json.items.map((item: Json) => item.sequence));
    if (json.next_cursor === null) break;
    cursor = `&cursor=${json.next_cursor}`;
  }
  assert.equal(sequences.length, 3);
  assert.deepEqual(
    sequences,
    sequences.toSorted((one, other) => other - one),
  );
  assert.equal((await kippu.operator.get(`/v1/webhooks/${id}/deliveries?cursor=x`)).status, 422);
});

test('a test message says at once what came of it', async () => {
  await using kippu = await serveKippu();
  const { id } = await made(kippu);
  const { json } = await kippu.until(kippu.operator.post(`/v1/webhooks/${id}/test`));
  assert.equal(json.delivered, false);
  assert.ok(typeof json.error === 'string' && json.error.length > 0);
  const sent = kippu.answers.sent.at(-1);
  assert.equal(sent?.url, URL_OF_APP);
  assert.equal(JSON.parse(String(sent?.body)).type, 'kippu.test');
  assert.match(sent?.headers['webhook-signature'] ?? '', /^v1,/);
});
