import assert from 'node:assert/strict';
import { test } from 'node:test';
import { githubData } from '../../src/providers/data/github.ts';
import { serveKippu } from './served-kippu.ts';

const github = { provider: githubData, withWorker: true } as const;

test('a device session shows a code, and becomes a connection when its user has typed it', async () => {
  await using kippu = await serveKippu(github);
  kippu.worker?.start();
  const { status, json: begun } = await kippu.operator.post('/v1/device-sessions', {
    provider: 'github',
    owner: 'team',
    name: 'main',
  });
  assert.equal(status, 201);
  assert.match(begun.user_code, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.deepEqual(begun, {
    id: begun.id,
    state: 'waiting',
    failure: null,
    detail: null,
    user_code: begun.user_code,
    verification_uri: 'https://github.com/login/device',
    verification_uri_complete: null,
    interval: 5,
    expires_at: '2026-11-21T00:15:00.000Z',
    connection: null,
  });
  const session = async () => (await kippu.operator.get(`/v1/device-sessions/${begun.id}`)).json;
  await kippu.clock.advance(7000);
  assert.deepEqual(await session(), begun, 'whoever reloads the page sees the same code');
  kippu.x.typeUserCode(begun.user_code, { user: 'alice' });
  await kippu.clock.advance(7000);
  const { state, connection: id, user_code: code } = await session();
  assert.deepEqual([state, code], ['attached', null]);
  const { json: connection } = await kippu.operator.get(`/v1/connections/${id}`);
  assert.deepEqual([connection.name, connection.owner, connection.handle], ['main', 'team', 'alice']);
});

test('asking here often asks the provider no more often', async () => {
  await using kippu = await serveKippu(github);
  kippu.worker?.start();
  const { json: begun } = await kippu.operator.post('/v1/device-sessions', { provider: 'github' });
  for (let second = 0; second < 30; second += 1) {
    await kippu.operator.get(`/v1/device-sessions/${begun.id}`);
    await kippu.clock.advance(1000);
  }
  const questions = kippu.answers.sent.filter(({ url }) => url.endsWith('/access_token'));
  assert.ok(questions.length <= 6 && questions.length >= 4, `${questions.length} questions in half a minute`);
});

test('a code that is over has failed, whether or not a worker runs', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  const { json: begun } = await kippu.operator.post('/v1/device-sessions', { provider: 'github' });
  await kippu.clock.advance(15 * 60_000);
  const { json } = await kippu.operator.get(`/v1/device-sessions/${begun.id}`);
  assert.deepEqual([json.state, json.failure, json.user_code], ['failed', 'expired', null]);
});

test('a provider without a device flow is the caller’s mistake, and an app without it the operator’s', async () => {
  await using x = await serveKippu();
  assert.equal((await x.operator.post('/v1/device-sessions', { provider: 'x' })).status, 422);
  assert.equal((await x.operator.post('/v1/device-sessions', { provider: 'nowhere' })).status, 404);
  await using kippu = await serveKippu({ provider: githubData });
  kippu.x.set({ deviceFlow: false });
  const { status, json } = await kippu.operator.post('/v1/device-sessions', { provider: 'github' });
  assert.equal(status, 502);
  assert.match(json.detail, /device_flow_disabled.*switched on/);
});

test('a device session takes no return_url: no browser comes back', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  const body = { provider: 'github', return_url: 'http://127.0.0.1:4180/' };
  assert.equal((await kippu.operator.post('/v1/device-sessions', body)).status, 422);
});

test('a key that is bound to other connections can neither begin nor see one', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  const alice = await kippu.connect('alice', { provider: 'github' });
  const bob = await kippu.connect('bob', { provider: 'github' });
  const bound = await kippu.key(['connections:read', 'connections:write'], [alice.id]);
  assert.equal((await bound.post('/v1/device-sessions', { provider: 'github' })).status, 403);
  const again = { provider: 'github', connection: bob.id };
  assert.equal((await bound.post('/v1/device-sessions', again)).status, 403);
  const { json: theirs } = await kippu.operator.post('/v1/device-sessions', again);
  assert.equal((await bound.get(`/v1/device-sessions/${theirs.id}`)).status, 403);
  const { status, json: own } = await bound.post('/v1/device-sessions', { provider: 'github', connection: alice.id });
  assert.equal(status, 201);
  assert.equal((await bound.get(`/v1/device-sessions/${own.id}`)).status, 200);
  const reader = await kippu.key(['connections:read']);
  assert.equal((await reader.post('/v1/device-sessions', { provider: 'github' })).status, 403);
});

test('an unknown session is not found, and the link of one leads no browser anywhere', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  assert.equal((await kippu.operator.get('/v1/device-sessions/cns_nothing')).status, 404);
  const { json: begun } = await kippu.operator.post('/v1/device-sessions', { provider: 'github' });
  assert.equal((await kippu.browser().open(`http://127.0.0.1:4180/connect/${begun.id}`)).status, 400);
});
