import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu } from './served-kippu.ts';

test('a key is shown once, listed without its text, and ends at once', async () => {
  await using kippu = await serveKippu();
  const alice = await kippu.connect('alice');
  const made = await kippu.operator.post('/v1/api-keys', {
    name: 'for the app',
    scopes: ['tokens:read'],
    connections: ['x:alice'],
  });
  assert.equal(made.status, 201);
  assert.match(made.json.key, /^kpu_[\w-]{40,}$/);
  kippu.answers.secrets.add(made.json.key);
  assert.deepEqual(made.json.connections, [alice.id]);
  const client = kippu.as(made.json.key);
  assert.equal((await client.get('/v1/connections/x:alice/token')).status, 200);

  const [listed] = (await kippu.operator.get('/v1/api-keys')).json.items;
  assert.deepEqual(
    [listed.id, listed.name, listed.revoked_at, 'key' in listed],
    [made.json.id, 'for the app', null, false],
  );
  const revoked = await kippu.operator.delete(`/v1/api-keys/${made.json.id}`);
  assert.deepEqual([revoked.status, revoked.json.revoked_at], [200, '2026-11-21T00:00:00.000Z']);
  assert.equal((await client.get('/v1/connections/x:alice/token')).status, 401);
  assert.equal((await kippu.operator.delete(`/v1/api-keys/${made.json.id}`)).status, 200);
  assert.equal((await kippu.operator.delete('/v1/api-keys/key_00000000000000000000')).status, 404);
});

test('a key that makes no sense is refused', async () => {
  await using kippu = await serveKippu();
  for (const [body, status, where] of [
    [{ scopes: ['admin'] }, 422, '/name'],
    [{ name: ' ', scopes: ['admin'] }, 422, '/name'],
    [{ name: 'a', scopes: [] }, 422, '/scopes'],
    [{ name: 'a', scopes: ['everything'] }, 422, '/scopes'],
    [{ name: 'a', scopes: ['admin'], connections: ['x:nobody'] }, 404, '/connections'],
  ] as const) {
    const refused = await kippu.operator.post('/v1/api-keys', body);
    assert.deepEqual([refused.status, refused.json.where], [status, where], JSON.stringify(body));
  }
});
