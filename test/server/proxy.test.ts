import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu } from './served-kippu.ts';

const PROXY = '/v1/connections/x:alice/proxy';

test('a call goes to the provider with a good token, and its answer comes back', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const client = await kippu.key(['tokens:read']);
  const me = await client.get(`${PROXY}/2/users/me?user.fields=id,name`);
  assert.equal(me.status, 200);
  assert.equal(me.json.data.username, 'alice');
  const posted = await client.post(`${PROXY}/2/tweets`, { text: 'by proxy' }, { 'content-type': 'application/json' });
  assert.equal(posted.status, 201);
  assert.equal(kippu.x.state().posts[0]?.text, 'by proxy');
  const deleted = await client.delete(`${PROXY}/2/tweets/${posted.json.data.id}`);
  assert.equal(deleted.json.data.deleted, true);
});

test('neither our key nor a cookie reaches the provider, nor its cookies and rules a browser', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  kippu.x.faults.order({
    endpoint: 'me',
    fault: 'status',
    status: 404,
    body: '<script>alert(1)</script>',
    headers: {
      'content-type': 'text/html',
      'set-cookie': 'a=b',
      'content-security-policy': 'default-src *',
      'access-control-allow-origin': '*',
      'x-rate-limit-remaining': '7',
    },
  });
  const answer = await kippu.operator.get(`${PROXY}/2/users/me`, {
    cookie: 'kippu-session=secret',
    origin: 'https://evil.example',
    'x-custom': 'kept',
  });
  assert.equal(answer.status, 404);
  for (const header of ['set-cookie', 'access-control-allow-origin']) assert.equal(answer.headers.get(header), null);
  assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/);
  assert.equal(answer.headers.get('x-rate-limit-remaining'), '7');
  const sent = kippu.answers.sent.at(-1);
  assert.equal(sent?.headers['cookie'], undefined);
  assert.equal(sent?.headers['origin'], undefined);
  assert.equal(sent?.headers['x-custom'], 'kept');
  assert.match(sent?.headers['authorization'] ?? '', /^Bearer (?!the-local-key)/);
});

test('a 401 is renewed and the call repeated once', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.clock.advance(120_000);
  kippu.x.faults.order({ endpoint: 'me', fault: 'status', status: 401, body: '{"title":"Unauthorized"}' });
  const before = kippu.answers.sent.length;
  const me = await kippu.operator.get(`${PROXY}/2/users/me`);
  assert.equal(me.status, 200);
  const calls = kippu.answers.sent.slice(before).map(({ url }) => new URL(url).pathname);
  assert.deepEqual(calls, ['/2/users/me', '/2/oauth2/token', '/2/users/me']);

  await kippu.clock.advance(120_000);
  kippu.x.faults.order({ endpoint: 'me', fault: 'status', status: 401, body: '{"title":"Unauthorized"}', count: 5 });
  const still = await kippu.operator.get(`${PROXY}/2/users/me`);
  assert.equal(still.status, 401);
  assert.equal(kippu.answers.sent.slice(before + 3).filter(({ url }) => url.endsWith('/2/users/me')).length, 2);
});

test('a token never leaves for a foreign origin', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const before = kippu.answers.sent.length;
  for (const path of [
    '//evil.example/2/users/me',
    '/https://evil.example/2/users/me',
    '/http://api.x.com/2/users/me',
    '/https://api.x.com@evil.example/',
    '/\\evil.example/',
  ]) {
    const refused = await kippu.operator.get(`${PROXY}${path}`);
    assert.equal(refused.status, 422, path);
    assert.equal(refused.json.code, 'invalid');
  }
  assert.equal(kippu.answers.sent.length, before);
  assert.equal((await kippu.operator.get(`${PROXY}/https://api.x.com/2/users/me`)).status, 200);
});

test('what is escaped in the path stays escaped, and the query goes along', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.operator.get(`${PROXY}/2/users/by%2Fname/a%20b?x=%26&y=1`);
  assert.equal(kippu.answers.sent.at(-1)?.url, 'https://api.x.com/2/users/by%2Fname/a%20b?x=%26&y=1');
});

test('no answer, half an answer and a body beyond measure are each said as what they are', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  kippu.x.faults.loseNextAnswer('me');
  const lost = await kippu.operator.get(`${PROXY}/2/users/me`);
  assert.deepEqual([lost.status, lost.json.code], [503, 'unavailable']);
  kippu.x.faults.cutNextAnswer('me');
  const cut = await kippu.operator.get(`${PROXY}/2/users/me`);
  assert.deepEqual([cut.status, cut.json.code], [503, 'unavailable']);
  const large = await kippu.operator.post(`${PROXY}/2/tweets`, 'x'.repeat(16 * 1024 * 1024 + 1));
  assert.equal(large.status, 413);
});
