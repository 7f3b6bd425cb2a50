import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_SCOPES, type ApiScope } from '../../src/model/api-key-store.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { serveKippu } from './served-kippu.ts';

/** Who may call what: the promise, written down apart from the code that keeps it. */
const SCOPE_OF: Readonly<Record<string, ApiScope | 'anyone' | 'monitor'>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /metrics': 'monitor',
  'GET /v1/openapi.json': 'anyone',
  'GET /v1/providers': 'connections:read',
  'POST /v1/connect-sessions': 'connections:write',
  'GET /v1/connect-sessions/{id}': 'connections:read',
  'GET /v1/connect-sessions/{id}/steps': 'connections:read',
  'POST /v1/connect-sessions/{id}/redeem': 'connections:write',
  'GET /v1/connections': 'connections:read',
  'POST /v1/connections': 'connections:write',
  'POST /v1/app-connections': 'connections:write',
  'POST /v1/key-connections': 'connections:write',
  'GET /v1/connections/{id}': 'connections:read',
  'PATCH /v1/connections/{id}': 'connections:write',
  'DELETE /v1/connections/{id}': 'connections:write',
  'GET /v1/connections/{id}/timeline': 'connections:read',
  'GET /v1/connections/{id}/token': 'tokens:read',
  'GET /v1/connections/{id}/id-token': 'tokens:read',
  'POST /v1/connections/{id}/token': 'tokens:read',
  'POST /v1/connections/{id}/renew': 'connections:write',
  'POST /v1/device-sessions': 'connections:write',
  'GET /v1/device-sessions/{id}': 'connections:read',
  'GET /v1/connections/{id}/proxy/{path}': 'tokens:read',
  'POST /v1/connections/{id}/proxy/{path}': 'tokens:read',
  'PUT /v1/connections/{id}/proxy/{path}': 'tokens:read',
  'PATCH /v1/connections/{id}/proxy/{path}': 'tokens:read',
  'DELETE /v1/connections/{id}/proxy/{path}': 'tokens:read',
  'POST /v1/posts': 'posts:write',
  'POST /v1/posts/check': 'posts:read',
  'GET /v1/posts': 'posts:read',
  'GET /v1/posts/{id}': 'posts:read',
  'PATCH /v1/posts/{id}': 'posts:write',
  'DELETE /v1/posts/{id}': 'posts:write',
  'POST /v1/posts/{id}/publish': 'posts:write',
  'POST /v1/posts/{id}/approve': 'posts:write',
  'POST /v1/posts/{id}/resolve': 'posts:write',
  'POST /v1/schedules': 'posts:write',
  'GET /v1/schedules': 'posts:read',
  'GET /v1/schedules/{id}': 'posts:read',
  'PATCH /v1/schedules/{id}': 'posts:write',
  'DELETE /v1/schedules/{id}': 'posts:write',
  'GET /v1/schedules/{id}/preview': 'posts:read',
  'GET /v1/schedules/{id}/occurrences': 'posts:read',
  'GET /v1/metrics/{connection}': 'posts:read',
  'GET /v1/events': 'connections:read',
  'POST /v1/api-keys': 'admin',
  'GET /v1/api-keys': 'admin',
  'DELETE /v1/api-keys/{id}': 'admin',
  'POST /v1/sign-in-links': 'admin',
  'POST /v1/webhooks': 'admin',
  'GET /v1/webhooks': 'admin',
  'GET /v1/webhooks/{id}': 'admin',
  'PATCH /v1/webhooks/{id}': 'admin',
  'DELETE /v1/webhooks/{id}': 'admin',
  'POST /v1/webhooks/{id}/secret': 'admin',
  'POST /v1/webhooks/{id}/test': 'admin',
  'GET /v1/webhooks/{id}/deliveries': 'admin',
  'POST /v1/webhooks/{id}/deliveries/{delivery}/redeliver': 'admin',
};

const CALLS = Object.entries(SCOPE_OF).map(([call, scope]) => {
  const [method = '', path = ''] = call.split(' ');
  return {
    call,
    method,
    path: path.replace(/\{id\}|\{connection\}/, 'nothing').replace('{path}', '2/users/me'),
    scope,
  };
});

test('the table of scopes names every route that there is', () => {
  assert.deepEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort(), Object.keys(SCOPE_OF).sort());
});

test('each call is open to its own scope and to admin, and to no other', async () => {
  await using kippu = await serveKippu();
  for (const scope of API_SCOPES) {
    const client = await kippu.key([scope]);
    for (const { call, method, path, scope: needed } of CALLS) {
      const { status } = await client.send(method, path);
      const isMeant = needed === 'anyone' || needed === scope || scope === 'admin';
      assert.equal(status !== 403, isMeant, `${call} with ${scope}: ${status}`);
      assert.notEqual(status, 401, call);
      assert.notEqual(status, 500, call);
    }
  }
});

test('without a key, with a wrong one and with a revoked one nothing is open but health and the description', async () => {
  await using kippu = await serveKippu();
  const made = await kippu.operator.post('/v1/api-keys', { name: 'short-lived', scopes: ['admin'] });
  const revoked = kippu.as(made.json.key);
  assert.equal((await revoked.get('/v1/connections')).status, 200);
  await kippu.operator.delete(`/v1/api-keys/${made.json.id}`);
  for (const client of [kippu.as(undefined), kippu.as('kpu_wrong'), kippu.as(`${made.json.key}x`), revoked]) {
    for (const { call, method, path, scope } of CALLS) {
      const answer = await client.send(method, path);
      assert.equal(answer.status === 401, scope !== 'anyone', `${call}: ${answer.status}`);
      if (answer.status === 401) assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    }
  }
  const basic = await kippu.as(undefined).get('/v1/connections', { authorization: 'Basic a2lwcHU6a2lwcHU=' });
  assert.equal(basic.status, 401);
});

test('a key that is bound to a connection sees that one and nothing of others', async () => {
  await using kippu = await serveKippu();
  const alice = await kippu.connect('alice');
  const bob = await kippu.connect('bob');
  const bobsPost = (await kippu.operator.post('/v1/posts', { connection: 'x:bob', text: 'by bob', draft: true })).json;
  await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'by alice', draft: true });
  const bound = await kippu.key(
    ['connections:read', 'connections:write', 'tokens:read', 'posts:read', 'posts:write'],
    ['x:alice'],
  );

  const refused = [
    ...['', '/timeline', '/token', '/proxy/2/users/me'].map(
      (rest) => ['GET', `/v1/connections/${bob.id}${rest}`] as const,
    ),
    ...['', '/timeline', '/token'].map((rest) => ['GET', `/v1/connections/x:bob${rest}`] as const),
    ['GET', '/v1/connections/x:nobody'],
    ['GET', '/v1/connections/x:nobody/token'],
    ['PATCH', '/v1/connections/x:bob', { name: 'mine' }],
    ['DELETE', '/v1/connections/x:bob'],
    ['POST', '/v1/connections/x:bob/renew'],
    ['POST', '/v1/connections/x:bob/token', { refused: 'a' }],
    ['POST', '/v1/connections/x:bob/proxy/2/tweets', { text: 'a' }],
    ['POST', '/v1/connections', { provider: 'x', access_token: 'a' }],
    ['POST', '/v1/connect-sessions', { provider: 'x' }],
    ['POST', '/v1/connect-sessions', { provider: 'x', connection: 'x:bob' }],
    ['POST', '/v1/posts', { connection: 'x:bob', text: 'a' }],
    ['POST', '/v1/posts/check', { connection: 'x:bob', text: 'a' }],
    ['GET', '/v1/posts?connection=x:bob'],
    ['GET', `/v1/posts/${bobsPost.id}`],
    ['PATCH', `/v1/posts/${bobsPost.id}`, { text: 'a' }],
    ['DELETE', `/v1/posts/${bobsPost.id}`],
    ['POST', `/v1/posts/${bobsPost.id}/publish`],
    ['POST', `/v1/posts/${bobsPost.id}/approve`],
    ['POST', `/v1/posts/${bobsPost.id}/resolve`, { as: 'not_published' }],
  ] as const;
  for (const [method, path, body] of refused) {
    assert.equal((await bound.send(method, path, { body })).status, 403, `${method} ${path}`);
  }

  const own = await bound.get('/v1/connections');
  assert.deepEqual(
    own.json.items.map((item: { name: string }) => item.name),
    ['x:alice'],
  );
  assert.equal((await bound.get('/v1/connections?state=revoked')).json.items.length, 0);
  assert.equal((await bound.get(`/v1/connections/${alice.id}/token`)).status, 200);
  assert.deepEqual(
    (await bound.get('/v1/posts')).json.items.map((item: { text: string }) => item.text),
    ['by alice'],
  );
  const events = (await bound.get('/v1/events')).json.items as { connection: string }[];
  assert.ok(events.length > 0);
  assert.ok(events.every((event) => event.connection === alice.id));
  const again = await bound.post('/v1/connect-sessions', { provider: 'x', connection: 'x:alice' });
  assert.equal(again.status, 201);
  assert.equal((await bound.get(`/v1/connect-sessions/${again.json.id}`)).status, 200);
  const bobsAgain = await kippu.operator.post('/v1/connect-sessions', { provider: 'x', connection: 'x:bob' });
  assert.equal((await bound.get(`/v1/connect-sessions/${bobsAgain.json.id}`)).status, 403);
});

test('a bound key is never an administrator, whatever its scopes say', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const bound = await kippu.key(['admin'], ['x:alice']);
  for (const path of ['/v1/api-keys', '/v1/sign-in-links']) assert.equal((await bound.post(path, {})).status, 403);
  assert.equal((await bound.get('/metrics')).status, 403);
});

test('events about posts are for keys that may read posts', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.operator.post('/v1/posts', { connection: 'x:alice', text: 'hello' });
  const typesFor = async (scopes: readonly ApiScope[]): Promise<string[]> =>
    (await (await kippu.key(scopes)).get('/v1/events')).json.items.map((event: { type: string }) => event.type);
  assert.deepEqual(await typesFor(['connections:read']), ['connection.created']);
  assert.deepEqual(await typesFor(['connections:read', 'posts:read']), ['connection.created', 'post.published']);
});
