import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

async function kippuWithAlice(): Promise<ServedKippu> {
  const kippu = await serveKippu();
  await kippu.connect('alice');
  return kippu;
}

test('a post without a time is published now', async () => {
  await using kippu = await kippuWithAlice();
  const { status, json } = await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'hello' });
  assert.equal(status, 201);
  assert.equal(json.status, 'published');
  assert.equal(json.remote_url, `https://x.com/alice/status/${json.remote_id}`);
  assert.deepEqual(json.cost, { amount: 0.015, currency: 'USD' });
  assert.deepEqual(
    json.attempts.map((attempt: Json) => attempt.outcome),
    ['published'],
  );
  assert.equal(kippu.x.state().posts[0]?.text, 'hello');
});

test('the same request with the same key makes one post; another request with it is a conflict', async () => {
  await using kippu = await kippuWithAlice();
  const send = (text: string, key: string) =>
    kippu.operator.post('/v1/posts', { connection: 'x:alice', text }, { 'idempotency-key': key });
  const first = await send('once', 'key-1');
  const again = await send('once', 'key-1');
  assert.deepEqual(
    [again.status, again.json.id, again.headers.get('idempotency-replayed')],
    [201, first.json.id, 'true'],
  );
  assert.equal(first.headers.get('idempotency-replayed'), null);
  assert.equal(kippu.x.state().counts.postsCreated, 1);
  const other = await send('twice', 'key-1');
  assert.deepEqual([other.status, other.json.code, other.json.where], [409, 'conflict', 'Idempotency-Key']);
  assert.equal((await send('long', 'k'.repeat(300))).status, 422);
  // Another caller's key is another key.
  const client = await kippu.key(['posts:write']);
  const foreign = await client.post(
    '/v1/posts',
    { connection: 'x:alice', text: 'by another' },
    { 'idempotency-key': 'key-1' },
  );
  assert.deepEqual([foreign.status, foreign.json.text], [201, 'by another']);
});

test('a draft is edited, scheduled, cancelled', async () => {
  await using kippu = await kippuWithAlice();
  const draft = (await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'first', draft: true })).json;
  assert.deepEqual([draft.status, draft.publish_at], ['draft', null]);
  const path = `/v1/posts/${draft.id}`;
  const edited = await kippu.operator.patch(path, {
    text: 'second',
    publish_at: '2026-11-22 09:00',
    timezone: 'Asia/Tokyo',
    reply_to: '123',
  });
  assert.deepEqual(
    [edited.json.status, edited.json.publish_at, edited.json.timezone],
    ['scheduled', '2026-11-22T00:00:00.000Z', 'Asia/Tokyo'],
  );
  assert.equal(edited.json.reply_to, '123');
  assert.equal((await kippu.operator.patch(path, { reply_to: null })).json.reply_to, null);
  assert.equal((await kippu.operator.get(path)).json.text, 'second');
  const cancelled = await kippu.operator.delete(path);
  assert.deepEqual([cancelled.status, cancelled.json.status], [200, 'cancelled']);
  const late = await kippu.operator.post(`${path}/publish`);
  assert.deepEqual([late.status, late.json.code], [409, 'conflict']);
  assert.equal((await kippu.operator.patch(path, { text: 'third' })).status, 409);
});

test('what needs approval waits for it', async () => {
  await using kippu = await kippuWithAlice();
  const waiting = (await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'may I?', approval: true }))
    .json;
  assert.equal(waiting.status, 'needs_approval');
  assert.equal((await kippu.operator.post(`/v1/posts/${waiting.id}/approve`)).json.status, 'published');
  assert.equal((await kippu.operator.post(`/v1/posts/${waiting.id}/approve`)).status, 409);
  const draft = (await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'and this', draft: true })).json;
  assert.equal((await kippu.operator.post(`/v1/posts/${draft.id}/publish`)).json.status, 'published');
});

test('a post whose answer was lost is unknown until somebody says what became of it', async () => {
  await using kippu = await kippuWithAlice();
  kippu.x.faults.loseNextAnswer('tweets');
  const sent = await kippu.until(kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'is it out?' }));
  assert.deepEqual([sent.status, sent.json.status], [201, 'unknown']);
  const path = `/v1/posts/${sent.json.id}`;
  assert.equal((await kippu.operator.delete(path)).status, 409);
  for (const [body, where] of [
    [{}, '/as'],
    [{ as: 'maybe' }, '/as'],
    [{ as: 'published' }, '/remote_id'],
    [{ as: 'published', remote_id: 'abc' }, '/remote_id'],
    [{ as: 'not_published', remote_id: '1' }, '/remote_id'],
  ] as const) {
    const refused = await kippu.operator.post(`${path}/resolve`, body);
    assert.deepEqual([refused.status, refused.json.where], [422, where], JSON.stringify(body));
  }
  const remoteId = kippu.x.state().posts[0]?.id;
  const resolved = await kippu.operator.post(`${path}/resolve`, { as: 'published', remote_id: remoteId });
  assert.deepEqual(
    [resolved.json.status, resolved.json.remote_id, resolved.json.remote_evidence],
    ['published', remoteId, 'user'],
  );
});

test('the list is filtered by status, connection and time, in pages', async () => {
  await using kippu = await kippuWithAlice();
  await kippu.connect('bob');
  for (const day of ['23', '24', '25']) {
    await kippu.operator.post('/v1/posts', {
      connection: 'x:alice',
      text: `on the ${day}`,
      publish_at: `2026-11-${day}T09:00:00Z`,
    });
    await kippu.clock.advance(1000);
  }
  await kippu.operator.post('/v1/posts', { connection: 'x:bob', text: 'a draft', draft: true });
  const textsOf = async (query: string): Promise<string[]> =>
    (await kippu.operator.get(`/v1/posts?${query}`)).json.items.map((item: Json) => item.text);
  assert.deepEqual(await textsOf(''), ['a draft', 'on the 25', 'on the 24', 'on the 23']);
  assert.deepEqual(await textsOf('status=draft'), ['a draft']);
  assert.deepEqual(await textsOf('connection=x:alice&from=2026-11-24T00:00:00Z&to=2026-11-25T09:00:00Z'), [
    'on the 24',
  ]);
  const first = (await kippu.operator.get('/v1/posts?limit=3')).json;
  const rest = (await kippu.operator.get(`/v1/posts?limit=3&cursor=${first.next_cursor}`)).json;
  assert.deepEqual([first.items.length, rest.items.length, rest.next_cursor], [3, 1, null]);
  for (const query of ['status=gone', 'from=yesterday', 'limit=0', 'limit=1000', 'cursor=made-up', 'order=asc']) {
    const refused = await kippu.operator.get(`/v1/posts?${query}`);
    assert.equal(refused.status, 422, query);
  }
  assert.equal((await kippu.operator.get('/v1/posts?connection=x:nobody')).status, 404);
});

test('a text is counted, priced and judged without being saved', async () => {
  await using kippu = await kippuWithAlice();
  const good = await kippu.operator.post('/v1/posts/check', {
    text: 'こんにちは https://example.com/a-rather-long-path',
  });
  assert.deepEqual([good.json.valid, good.json.weighted_length, good.json.weighted_length_max], [true, 34, 280]);
  assert.deepEqual(good.json.cost, { amount: 0.2, currency: 'USD' });
  const bad = await kippu.operator.post('/v1/posts/check', { connection: 'x:alice', text: 'あ'.repeat(141) });
  assert.equal(bad.json.valid, false);
  assert.deepEqual(
    bad.json.problems.map((problem: Json) => [problem.code, problem.where]),
    [['text_too_long', '/text']],
  );
  assert.equal((await kippu.operator.get('/v1/posts')).json.items.length, 0);
});

test('what cannot be published is refused with where and why', async () => {
  await using kippu = await kippuWithAlice();
  for (const [body, status, where] of [
    [{ connection: 'x:alice' }, 422, '/text'],
    [{ connection: 'x:alice', text: '' }, 422, '/text'],
    [{ connection: 'x:alice', text: 'a'.repeat(281) }, 422, '/text'],
    [{ connection: 'x:alice', text: 'a', publish_at: '2026-11-20T23:00:00Z' }, 422, '/publish_at'],
    [{ connection: 'x:alice', text: 'a', publish_at: '2026-11-22 09:00' }, 422, '/publish_at'],
    [{ connection: 'x:alice', text: 'a', publish_at: 'tomorrow 09:00', timezone: 'Mars/Olympus' }, 422, '/timezone'],
    [{ connection: 'x:alice', text: 'a', reply_settings: 'friends' }, 422, '/reply_settings'],
    [{ connection: 'x:alice', text: 'a', reply_to: 'abc' }, 422, '/reply_to'],
    [{ connection: 'x:alice', text: 'a', publishAt: 'now' }, 422, '/publishAt'],
    [{ connection: 'x:nobody', text: 'a' }, 404, undefined],
  ] as const) {
    const refused = await kippu.operator.post('/v1/posts', body);
    assert.deepEqual([refused.status, refused.json.where], [status, where], `${JSON.stringify(body)} ${refused.text}`);
  }
  assert.equal((await kippu.operator.get('/v1/posts/pst_00000000000000000000')).status, 404);
  assert.equal((await kippu.operator.get('/v1/posts/anything')).status, 404);
  assert.equal(kippu.x.state().counts.postsCreated, 0);
});

test('the worker publishes a scheduled post at its time', async () => {
  await using kippu = await serveKippu({ withWorker: true });
  await kippu.connect('alice');
  kippu.worker?.start();
  const { id } = (await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'later', publish_at: '+10m' }))
    .json;
  await kippu.clock.advance(9 * 60_000);
  assert.equal((await kippu.operator.get(`/v1/posts/${id}`)).json.status, 'scheduled');
  await kippu.clock.advance(62_000);
  assert.equal((await kippu.operator.get(`/v1/posts/${id}`)).json.status, 'published');
});
