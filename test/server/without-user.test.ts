import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAppTokens } from '../support/made-up-providers.ts';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

const KEY = 'sk-a-static-key-of-plain';

function serve(): Promise<ServedKippu> {
  return serveKippu({ provider: { ...withAppTokens, apiKey: { header: 'X-Api-Key', scheme: '' } } });
}

async function importKey(kippu: ServedKippu, more: Record<string, unknown> = {}): Promise<Json> {
  kippu.answers.secrets.add(KEY);
  const answer = await kippu.operator.post('/v1/key-connections', { provider: 'plain', api_key: KEY, ...more });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

test('an app is connected without a user, its token handed out, refused, replaced, and revoked', async () => {
  await using kippu = await serve();
  const made = await kippu.operator.post('/v1/app-connections', { provider: 'plain', scopes: ['read'], owner: 'team' });
  assert.equal(made.status, 201, made.text);
  const { name, rests_on: restsOn, renewable, subject, owner, refresh_expires_at: ends } = made.json;
  assert.deepEqual([name, restsOn, renewable, subject, owner, ends], ['plain:app', 'app', true, null, 'team', null]);
  const first = (await kippu.operator.get('/v1/connections/plain:app/token')).json;
  assert.deepEqual([first.token_type.toLowerCase(), first.scopes, 'header' in first], ['bearer', ['read'], false]);
  await kippu.clock.advance(120_000);
  const other = await kippu.operator.post('/v1/connections/plain:app/token', { refused: first.access_token });
  assert.notEqual(other.json.access_token, first.access_token);
  const me = await kippu.operator.get('/v1/connections/plain:app/proxy/me');
  assert.deepEqual([me.status, me.json.login], [200, 'app']);
  assert.equal((await kippu.operator.post('/v1/connections/plain:app/renew')).json.renewals, 2);
  assert.equal((await kippu.operator.delete('/v1/connections/plain:app')).json.state, 'revoked');
});

test('nobody is ever sent to a page to consent for an app or for a key', async () => {
  await using kippu = await serve();
  await kippu.operator.post('/v1/app-connections', { provider: 'plain' });
  await importKey(kippu);
  for (const name of ['plain:app', 'plain:key']) {
    assert.equal((await kippu.as(undefined).get(`/reconnect/${name}`)).status, 400);
    const session = await kippu.operator.post('/v1/connect-sessions', { provider: 'plain', connection: name });
    assert.deepEqual([session.status, session.json.code], [409, 'conflict']);
    const device = await kippu.operator.post('/v1/device-sessions', { provider: 'plain', connection: name });
    assert.notEqual(device.status, 201);
  }
});

test('a static key is handed out with its header, and carried so to the API', async () => {
  await using kippu = await serve();
  const { name, rests_on: restsOn, renewable, access_expires_at: ends } = await importKey(kippu);
  assert.deepEqual([name, restsOn, renewable, ends], ['plain:key', 'key', false, null]);
  const token = (await kippu.operator.get('/v1/connections/plain:key/token')).json;
  assert.deepEqual(token, {
    access_token: KEY,
    token_type: 'ApiKey',
    header: 'X-Api-Key',
    expires_at: null,
    scopes: [],
    version: 1,
  });
  const headers = { 'x-api-key': 'the caller’s own'.replace('’', '') };
  await kippu.operator.get('/v1/connections/plain:key/proxy/anything', headers);
  const sent = kippu.answers.sent.at(-1);
  assert.equal(sent?.headers['x-api-key'], KEY);
  assert.equal(sent?.headers['authorization'], undefined);
});

test('a refused key is said to be one that nothing renews', async () => {
  await using kippu = await serve();
  await importKey(kippu);
  const answer = await kippu.operator.post('/v1/connections/plain:key/token', { refused: KEY });
  assert.deepEqual([answer.status, answer.json.code], [409, 'refused']);
  assert.match(answer.json.detail, /nothing can renew it/);
  const renewed = await kippu.operator.post('/v1/connections/plain:key/renew');
  assert.deepEqual([renewed.status, renewed.json.code], [409, 'conflict']);
  assert.equal((await kippu.operator.get('/v1/connections/plain:key/token')).status, 200, 'others still get it');
});

test('a key is replaced in its place, and over when its date comes', async () => {
  await using kippu = await serve();
  const { id } = await importKey(kippu, { expires_at: '2026-11-22T00:00:00Z', api_key_header: 'Authorization' });
  const another = {
    provider: 'plain',
    api_key: 'sk-another',
    connection: 'plain:key',
    expires_at: '2026-11-23T00:00:00Z',
  };
  assert.equal((await kippu.operator.post('/v1/key-connections', another)).json.id, id);
  assert.equal((await kippu.operator.get(`/v1/connections/${id}/token`)).json.access_token, 'sk-another');
  await kippu.clock.advance(49 * 3_600_000);
  const answer = await kippu.operator.get(`/v1/connections/${id}/token`);
  assert.deepEqual([answer.status, answer.json.code, answer.json.connect_url], [409, 'reauth_required', undefined]);
  assert.match(answer.json.detail, /Import another one in its place/);
});

const REFUSED: readonly (readonly [
  path: string,
  body: Record<string, unknown>,
  status: number,
  where: string | undefined,
])[] = [
  ['/v1/key-connections', { provider: 'plain' }, 422, '/api_key'],
  ['/v1/key-connections', { provider: 'plain', api_key: '' }, 422, '/api_key'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'two words' }, 422, '/api_key'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'k', api_key_header: 'Host' }, 422, '/api_key_header'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'k', expires_at: 'soon' }, 422, '/expires_at'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'k', expires_at: '2020-01-01' }, 422, '/expires_at'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'k', refresh_token: 'r' }, 422, '/refresh_token'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'k', name: 'with space' }, 422, '/name'],
  ['/v1/key-connections', { provider: 'nobody', api_key: 'k' }, 404, '/provider'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'k', connection: 'plain:app' }, 409, '/connection'],
  ['/v1/key-connections', { provider: 'plain', api_key: 'k', connection: 'plain:nobody' }, 404, undefined],
  ['/v1/app-connections', { provider: 'plain', api_key: 'k' }, 422, '/api_key'],
  ['/v1/app-connections', { provider: 'plain', scopes: 'read' }, 422, '/scopes'],
  ['/v1/app-connections', { provider: 'plain', connection: 'plain:key' }, 409, '/connection'],
  ['/v1/app-connections', { provider: 'nobody' }, 404, '/provider'],
  ['/v1/connections', { provider: 'plain', access_token: 'a', api_key: 'k' }, 422, '/api_key'],
];

for (const [path, body, status, where] of REFUSED) {
  test(`refused with ${status}: ${path} ${JSON.stringify(body)}`, async () => {
    await using kippu = await serve();
    await kippu.operator.post('/v1/app-connections', { provider: 'plain' });
    await importKey(kippu);
    const answer = await kippu.operator.post(path, body);
    assert.equal(answer.status, status, answer.text);
    if (where !== undefined) assert.ok(answer.text.includes(where), answer.text);
    assert.equal((await kippu.operator.get('/v1/connections')).json.items.length, 2);
  });
}

test('it takes a key with the right to write, and one that is bound to no connection', async () => {
  await using kippu = await serve();
  const { id } = await importKey(kippu);
  const reader = await kippu.key(['connections:read', 'tokens:read']);
  const bound = await kippu.key(['connections:write'], [id]);
  for (const client of [reader, bound]) {
    assert.equal((await client.post('/v1/app-connections', { provider: 'plain' })).status, 403);
    assert.equal((await client.post('/v1/key-connections', { provider: 'plain', api_key: 'k' })).status, 403);
  }
});
