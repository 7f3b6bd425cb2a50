import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu, type Json } from './served-kippu.ts';

const FIELDS = [
  'id',
  'name',
  'provider',
  'owner',
  'subject',
  'handle',
  'state',
  'state_reason',
  'scopes',
  'policy',
  'access_expires_at',
  'refresh_expires_at',
  'granted_at',
  'last_renewed_at',
  'renewals',
  'next_due_at',
  'metadata',
];

test('a connection has every promised field, instants as ISO 8601, and no token', async () => {
  await using kippu = await serveKippu();
  const alice = await kippu.connect('alice');
  for (const field of FIELDS) assert.ok(field in alice, field);
  assert.equal(alice.name, 'x:alice');
  assert.equal(alice.state, 'active');
  assert.equal(alice.access_expires_at, '2026-11-21T02:00:00.000Z');
  assert.equal(alice.last_renewed_at, null);
  assert.equal(alice.renewable, true);
});

test('a connection is found by its id and by its name, percent-encoded or not', async () => {
  await using kippu = await serveKippu();
  const { id } = await kippu.connect('alice');
  for (const subject of [id, 'x:alice', 'x%3Aalice', 'x%3aalice']) {
    assert.equal((await kippu.operator.get(`/v1/connections/${subject}`)).json.id, id);
  }
  assert.equal((await kippu.operator.get('/v1/connections/x:nobody')).status, 404);
  assert.equal((await kippu.operator.get('/v1/connections/con_00000000000000000000')).status, 404);
  assert.equal((await kippu.operator.get('/v1/connections/%E0%A4%A')).status, 404);
});

test('the list comes in pages, filtered, each connection once', async () => {
  await using kippu = await serveKippu();
  for (const user of ['alice', 'bob', 'carol']) await kippu.connect(user, { owner: user === 'carol' ? 'team' : '' });
  await importEndless(kippu.operator);
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { json }: Json = await kippu.operator.get(`/v1/connections?limit=2&cursor=${cursor}`);
    assert.ok(json.items.length <= 2);
    names.push(...json.items.map((item: Json) => item.name));
    cursor = json.next_cursor;
  }
  assert.deepEqual(names.sort(), ['x:alice', 'x:bob', 'x:carol', 'x:endless']);
  const namesOf = async (query: string): Promise<string[]> =>
    (await kippu.operator.get(`/v1/connections?${query}`)).json.items.map((item: Json) => item.name);
  assert.deepEqual(await namesOf('owner=team'), ['x:carol']);
  assert.deepEqual(await namesOf('never_expires=true'), ['x:endless']);
  assert.deepEqual(await namesOf('provider=github'), []);
  assert.equal((await namesOf('state=active&owner=')).length, 4);
});

test('a bound key gets its connections in pages, too', async () => {
  await using kippu = await serveKippu();
  for (const user of ['alice', 'bob', 'carol']) await kippu.connect(user);
  const bound = await kippu.key(['connections:read'], ['x:alice', 'x:carol']);
  const first = (await bound.get('/v1/connections?limit=1')).json;
  const second = (await bound.get(`/v1/connections?limit=1&cursor=${first.next_cursor}`)).json;
  const names = new Set([...first.items, ...second.items].map((item) => item.name));
  assert.deepEqual(names, new Set(['x:alice', 'x:carol']));
  assert.equal(second.next_cursor, null);
});

test('name, owner, policy and metadata can be changed; a name that is taken is a conflict', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.connect('bob');
  const changed = await kippu.operator.patch('/v1/connections/x:alice', {
    name: 'main',
    owner: 'team',
    policy: 'always',
    metadata: { room: 7 },
  });
  assert.equal(changed.status, 200);
  const { name, owner, policy, metadata } = changed.json;
  assert.deepEqual(
    { name, owner, policy, metadata },
    { name: 'main', owner: 'team', policy: 'always', metadata: { room: 7 } },
  );
  assert.equal((await kippu.operator.get('/v1/connections/main/token')).status, 200);

  const taken = await kippu.operator.patch('/v1/connections/x:bob', { name: 'main' });
  assert.equal(taken.status, 409);
  assert.equal(taken.json.code, 'conflict');
  assert.equal(taken.json.where, '/name');
  for (const [body, where] of [
    [{ name: 'a b' }, '/name'],
    [{ policy: 'never' }, '/policy'],
    [{ metadata: [] }, '/metadata'],
    [{ metadata: { long: 'x'.repeat(20_000) } }, '/metadata'],
    [{ state: 'active' }, '/state'],
    [{ access_token: 'x' }, '/access_token'],
  ] as const) {
    const refused = await kippu.operator.patch('/v1/connections/x:bob', body);
    assert.equal(refused.status, 422);
    assert.equal(refused.json.where, where);
  }
});

test('a name that moved to another connection leads to that one at once', async () => {
  await using kippu = await serveKippu();
  const alice = await kippu.connect('alice');
  const bob = await kippu.connect('bob');
  const tokenOf = async (name: string): Promise<string> =>
    (await kippu.operator.get(`/v1/connections/${name}/token`)).json.access_token;
  const [alices, bobs] = [await tokenOf(alice.id), await tokenOf(bob.id)];
  assert.equal(await tokenOf('x:alice'), alices);
  await kippu.operator.patch('/v1/connections/x:alice', { name: 'old' });
  await kippu.operator.patch('/v1/connections/x:bob', { name: 'x:alice' });
  assert.equal(await tokenOf('x:alice'), bobs);
});

test('deleting revokes at the provider, then here; what happened stays to be read', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const revoked = await kippu.operator.delete('/v1/connections/x:alice');
  assert.equal(revoked.status, 200);
  assert.equal(revoked.json.state, 'revoked');
  assert.equal(kippu.x.state().grants[0]?.end?.reason, 'revoked_by_client');
  assert.equal((await kippu.operator.delete('/v1/connections/x:alice')).status, 200);
  const refused = await kippu.operator.get('/v1/connections/x:alice/token');
  assert.equal(refused.status, 409);
  assert.equal(refused.json.code, 'revoked');
  const { items } = (await kippu.operator.get('/v1/connections/x:alice/timeline')).json;
  assert.deepEqual(
    items.map((item: Json) => item.type ?? item.purpose),
    ['connection.created', 'revocation', 'connection.revoked'],
  );
});

test('a provider that cannot be reached keeps the connection alive, unless only this side is to forget it', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  kippu.x.faults.failNext('revoke', 503);
  const refused = await kippu.until(kippu.operator.delete('/v1/connections/x:alice'));
  assert.equal(refused.status, 503);
  assert.equal((await kippu.operator.get('/v1/connections/x:alice')).json.state, 'active');
  const local = await kippu.operator.delete('/v1/connections/x:alice?local_only=true');
  assert.equal(local.json.state, 'revoked');
  assert.equal(kippu.x.state().grants[0]?.end, null);
});

test('tokens of another program are taken over once', async () => {
  await using kippu = await serveKippu();
  const tokens = {
    provider: 'x',
    name: 'taken-over',
    access_token: 'imported-access',
    refresh_token: 'imported-refresh',
    subject: '42',
  };
  const imported = await kippu.operator.post('/v1/connections', {
    ...tokens,
    expires_at: '2026-11-21T01:00:00Z',
    scope: 'tweet.read users.read',
  });
  kippu.answers.secrets.add('imported-access').add('imported-refresh');
  assert.equal(imported.status, 201);
  assert.equal(imported.json.access_expires_at, '2026-11-21T01:00:00.000Z');
  assert.deepEqual(imported.json.scopes, ['tweet.read', 'users.read']);
  assert.equal((await kippu.operator.get('/v1/connections/taken-over/token')).json.access_token, 'imported-access');
  assert.equal((await kippu.operator.post('/v1/connections', { ...tokens, name: 'again' })).status, 409);

  const nothing = await kippu.operator.post('/v1/connections', { provider: 'x' });
  assert.equal(nothing.status, 422);
  const unknown = await kippu.operator.post('/v1/connections', { provider: 'nowhere', access_token: 'a' });
  assert.deepEqual([unknown.status, unknown.json.where], [404, '/provider']);
  const late = await kippu.operator.post('/v1/connections', { provider: 'x', access_token: 'b', expires_at: 'soon' });
  assert.deepEqual([late.status, late.json.where], [422, '/expires_at']);
});

test('the timeline tells consents, renewals and lost answers in order', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.operator.post('/v1/connections/x:alice/renew');
  await kippu.clock.advance(1000);
  kippu.x.faults.loseNextAnswer('token');
  await kippu.until(kippu.operator.post('/v1/connections/x:alice/renew'));
  const { items } = (await kippu.operator.get('/v1/connections/x:alice/timeline')).json;
  assert.deepEqual(
    items.map((item: Json) => (item.kind === 'attempt' ? `${item.purpose}: ${item.outcome}` : item.type)),
    ['connection.created', 'renewal: renewed', 'connection.renewed', 'renewal: unanswered', 'connection.uncertain'],
  );
  assert.match(items[2].data.access_expires_at, /^2026-11-21T02:00:00/);
  assert.equal((await kippu.operator.get('/v1/connections/x:alice')).json.state, 'uncertain');
});

test('providers are listed with what is known of them and what is configured', async () => {
  await using kippu = await serveKippu();
  const [x] = (await kippu.operator.get('/v1/providers')).json.items;
  assert.deepEqual([x.id, x.configured, x.rotation, x.access_lifetime], ['x', true, 'single-use', 7200]);
  assert.equal(x.callback_url, 'http://127.0.0.1:4180/callback/x');
  await using bare = await serveKippu({ withoutProvider: true });
  const [unconfigured] = (await bare.operator.get('/v1/providers')).json.items;
  assert.equal(unconfigured.configured, false);
});

async function importEndless(operator: Json): Promise<void> {
  const { status } = await operator.post('/v1/connections', {
    provider: 'x',
    name: 'x:endless',
    access_token: 'endless',
    subject: '7',
  });
  assert.equal(status, 201);
}
