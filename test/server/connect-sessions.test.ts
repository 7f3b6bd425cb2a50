import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveKippu } from './served-kippu.ts';

test('a connect session leads a user through the consent to a connection', async () => {
  await using kippu = await serveKippu();
  const begun = await kippu.operator.post('/v1/connect-sessions', {
    provider: 'x',
    owner: 'team',
    name: 'main',
    scopes: ['read'],
  });
  assert.equal(begun.status, 201);
  assert.equal(begun.json.url, `http://127.0.0.1:4180/connect/${begun.json.id}`);
  assert.equal(begun.json.expires_at, '2026-11-21T00:15:00.000Z');
  const progress = () => kippu.operator.get(`/v1/connect-sessions/${begun.json.id}`);
  assert.deepEqual((await progress()).json, {
    id: begun.json.id,
    state: 'begun',
    failure: null,
    detail: null,
    connection: null,
  });

  const browser = kippu.browser();
  const departure = await browser.open(begun.json.url);
  assert.equal((await progress()).json.state, 'sent');
  const authorization = new URL(departure.headers.get('location') ?? '');
  assert.equal(authorization.searchParams.get('scope'), 'tweet.read users.read offline.access');
  const arrival = await browser.open(kippu.x.consent(authorization.href, { user: 'alice' }));
  assert.equal(arrival.status, 200);
  assert.match(arrival.text, /main/);

  const { json } = await progress();
  assert.equal(json.state, 'attached');
  const connection = (await kippu.operator.get(`/v1/connections/${json.connection}`)).json;
  assert.deepEqual([connection.name, connection.owner, connection.handle], ['main', 'team', 'alice']);
});

test('a refusal at the provider is seen by whoever waits', async () => {
  await using kippu = await serveKippu();
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'x' })).json;
  const arrival = await kippu.browser().consent(begun.url, 'alice', 'deny');
  assert.match(arrival.text, /declined/);
  const { json } = await kippu.operator.get(`/v1/connect-sessions/${begun.id}`);
  assert.deepEqual([json.state, json.failure, json.connection], ['failed', 'denied', null]);
  assert.equal((await kippu.operator.get('/v1/connections')).json.items.length, 0);
});

test('a link that nobody used in time has failed, whether or not a worker runs', async () => {
  await using kippu = await serveKippu();
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'x' })).json;
  await kippu.clock.advance(15 * 60_000);
  const { json } = await kippu.operator.get(`/v1/connect-sessions/${begun.id}`);
  assert.deepEqual([json.state, json.failure], ['failed', 'expired']);
  assert.equal((await kippu.browser().open(begun.url)).status, 400);
});

test('a callback that is replayed, or comes from a browser that did not begin, connects nobody', async () => {
  await using kippu = await serveKippu();
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'x' })).json;
  const [browser, stranger] = [kippu.browser(), kippu.browser()];
  const departure = await browser.open(begun.url);
  const back = kippu.x.consent(departure.headers.get('location') ?? '', { user: 'alice' });
  const foreign = await stranger.open(back);
  assert.deepEqual([foreign.status, /did not begin/.test(foreign.text)], [400, true]);
  assert.equal((await stranger.open(begun.url)).status, 400);
  assert.equal((await browser.open(back)).status, 200);
  assert.equal((await browser.open(back)).status, 400);
  assert.equal((await kippu.operator.get('/v1/connections')).json.items.length, 1);
});

test('an application redeems what its user brought to the return_url, once', async () => {
  await using kippu = await serveKippu({ returnUrls: ['https://app.example/oauth'] });
  const client = await kippu.key(['connections:write', 'connections:read']);
  const begun = (
    await client.post('/v1/connect-sessions', {
      provider: 'x',
      owner: 'user-7',
      return_url: 'https://app.example/oauth/done?tab=1',
    })
  ).json;
  const arrival = await kippu.browser().consent(begun.url, 'alice');
  assert.equal(arrival.status, 303);
  const returned = new URL(arrival.headers.get('location') ?? '');
  assert.equal(returned.origin + returned.pathname, 'https://app.example/oauth/done');
  assert.deepEqual([returned.searchParams.get('tab'), returned.searchParams.get('kippu_session')], ['1', begun.id]);
  assert.equal((await client.get(`/v1/connect-sessions/${begun.id}`)).json.state, 'pending');

  const redeem = (code: string | null) => client.post(`/v1/connect-sessions/${begun.id}/redeem`, { code });
  const wrong = await redeem('wrong');
  assert.deepEqual([wrong.status, wrong.json.code], [409, 'consent_failed']);
  const redeemed = await redeem(returned.searchParams.get('kippu_code'));
  assert.deepEqual([redeemed.status, redeemed.json.state], [200, 'attached']);
  assert.equal((await client.get(`/v1/connections/${redeemed.json.connection}`)).json.owner, 'user-7');
  assert.equal((await redeem(returned.searchParams.get('kippu_code'))).status, 409);
  assert.equal((await redeem(null)).status, 422);
});

test('consent again for a connection is for its own user alone', async () => {
  await using kippu = await serveKippu();
  const alice = await kippu.connect('alice');
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'x', connection: 'x:alice' })).json;
  const arrival = await kippu.browser().consent(begun.url, 'bob');
  assert.match(arrival.text, /alice.*bob/s);
  const { json } = await kippu.operator.get(`/v1/connect-sessions/${begun.id}`);
  assert.deepEqual([json.state, json.failure], ['failed', 'wrong_user']);
  assert.equal((await kippu.connect('alice', { connection: 'x:alice' })).id, alice.id);
});

test('what cannot begin is refused with where and why', async () => {
  await using kippu = await serveKippu();
  for (const [body, status, where] of [
    [{}, 422, '/provider'],
    [{ provider: 'nowhere' }, 404, '/provider'],
    [{ provider: 'x', return_url: 'https://evil.example/' }, 422, '/return_url'],
    [{ provider: 'x', name: 'a/b' }, 422, '/name'],
    [{ provider: 'x', scopes: 'read' }, 422, '/scopes'],
    [{ provider: 'x', scopes: [7] }, 422, '/scopes/0'],
    [{ provider: 'x', scope: ['read'] }, 422, '/scope'],
  ] as const) {
    const refused = await kippu.operator.post('/v1/connect-sessions', body);
    assert.deepEqual([refused.status, refused.json.where], [status, where], JSON.stringify(body));
  }
  assert.equal(
    (await kippu.operator.post('/v1/connect-sessions', { provider: 'x', connection: 'x:nobody' })).status,
    404,
  );
  assert.equal((await kippu.operator.get('/v1/connect-sessions/cns_00000000000000000000')).status, 404);
  assert.equal((await kippu.operator.get('/v1/connect-sessions/anything')).status, 404);
});

test('the steps of a session that was begun with explain are kept, masked, and of no other', async () => {
  await using kippu = await serveKippu();
  const plain = (await kippu.operator.post('/v1/connect-sessions', { provider: 'x' })).json;
  assert.equal((await kippu.operator.get(`/v1/connect-sessions/${plain.id}/steps`)).status, 404);
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'x', explain: true })).json;
  const steps = async () => (await kippu.operator.get(`/v1/connect-sessions/${begun.id}/steps`)).json.items;
  assert.deepEqual(
    (await steps()).map((one: { step: number }) => one.step),
    [1],
  );
  await kippu.browser().consent(begun.url, 'alice');
  const seen = await steps();
  assert.deepEqual(
    seen.map((one: { step: number; from: string; to: string }) => `${one.step} ${one.from} ${one.to}`),
    [
      '1 user client',
      '2 client authorization_server',
      '3 user authorization_server',
      '4 authorization_server client',
      '5 client authorization_server',
      '6 authorization_server client',
      '7 client resource_server',
    ],
  );
  assert.deepEqual(seen[3].request.fields, { state: '[state-1]', code: '[code-1]' });
});

test('a callback of a stranger is no step of the flow', async () => {
  await using kippu = await serveKippu();
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'x', explain: true })).json;
  const [browser, stranger] = [kippu.browser(), kippu.browser()];
  const departure = await browser.open(begun.url);
  const back = kippu.x.consent(departure.headers.get('location') ?? '', { user: 'alice' });
  const numbers = async () =>
    (await kippu.operator.get(`/v1/connect-sessions/${begun.id}/steps`)).json.items.map(
      (one: { step: number }) => one.step,
    );
  await stranger.open(back);
  assert.deepEqual(await numbers(), [1, 2, 3]);
  await browser.open(back);
  assert.deepEqual(await numbers(), [1, 2, 3, 4, 5, 6, 7]);
  await browser.open(back);
  assert.deepEqual(await numbers(), [1, 2, 3, 4, 5, 6, 7]);
});
