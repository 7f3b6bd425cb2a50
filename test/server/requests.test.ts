import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu } from './served-kippu.ts';

test('what there is not is a 404, and a wrong method a 405 that names the right ones', async () => {
  await using kippu = await serveKippu();
  for (const path of [
    '/v1',
    '/v1/',
    '/v1/nope',
    '/v2/connections',
    '/nope',
    '/v1/connections/',
    '/v1/connections/a/b',
    '/reconnect/x:nobody/more',
    '/reconnect/%',
    '/connect/%zz',
    '/callback/%E3%81',
    '/v1/connections/%',
    '/v1/connections/%zz/token',
    '/v1/posts/%ff',
  ]) {
    assert.equal((await kippu.operator.get(path)).status, 404, path);
  }
  for (const [method, path, allowed] of [
    ['PUT', '/v1/connections', 'GET, POST'],
    ['POST', '/v1/connections/x:alice', 'GET, PATCH, DELETE'],
    ['DELETE', '/v1/posts/check', ''],
    ['POST', '/healthz', 'GET'],
    ['GET', '/connect', 'POST'],
    ['POST', '/', 'GET'],
    ['POST', '/sign-in/anything', 'GET'],
    ['OPTIONS', '/v1/connections', 'GET, POST'],
  ] as const) {
    const refused = await kippu.operator.send(method, path);
    if (allowed === '') continue;
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, allowed], `${method} ${path}`);
  }
});

test('a body that is no JSON, no object, too large or holds what nobody asked for is refused', async () => {
  await using kippu = await serveKippu();
  const send = (body: unknown) => kippu.operator.post('/v1/connect-sessions', body);
  for (const text of ['{', '{"provider":"x"', 'provider=x', '{"provider":"x",}', "{'provider':'x'}"]) {
    const refused = await send(text);
    assert.deepEqual([refused.status, refused.json.code], [400, 'invalid'], text);
  }
  for (const text of ['[]', '"x"', '7', 'null', 'true']) assert.equal((await send(text)).status, 422, text);
  const unknown = await send({ provider: 'x', colour: 'red' });
  assert.deepEqual([unknown.status, unknown.json.where], [422, '/colour']);
  assert.match(unknown.json.detail, /There are: provider, owner/);
  assert.equal((await send('{"provider":"x","__proto__":{"a":1}}')).status, 422);
  assert.equal((await send({ provider: 'x', name: 'x'.repeat(1024 * 1024) })).status, 413);
  const lying = await kippu.operator.post('/v1/connect-sessions', '{}', { 'content-length': String(64 * 1024 * 1024) });
  assert.equal(lying.status, 413);
});

test('what a body quotes is not quoted back by the error of a broken one', async () => {
  await using kippu = await serveKippu();
  for (const body of [
    '{"refused": "se-cr-et-token" oops}',
    'se-cr-et-token',
    '{"refused": se-cr-et-token}',
    '{"se-cr-et-token": 1}',
  ]) {
    const refused = await kippu.operator.post('/v1/posts/pst_00000000000000000000/resolve', body);
    if (refused.status === 400) assert.ok(!refused.text.includes('se-cr-et'), refused.text);
  }
});

test('a body is read whatever type it says it has', async () => {
  await using kippu = await serveKippu();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal((await kippu.operator.post('/v1/connect-sessions', '{"provider":"x"}', headers)).status, 201);
});

test('a defect answers as one, and keeps to itself what it was', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  Object.defineProperty(kippu.app.store.connections, 'list', {
    value: () => Promise.reject(new Error('a foreign error with a secret in it')),
  });
  const broken = await kippu.operator.get('/v1/connections');
  assert.deepEqual([broken.status, broken.json.code], [500, 'internal']);
  assert.ok(!broken.text.includes('foreign'));
});

test('HEAD is answered as GET is, without a body', async () => {
  await using kippu = await serveKippu();
  const head = await kippu.operator.send('HEAD', '/healthz');
  assert.deepEqual([head.status, head.text], [200, '']);
});
