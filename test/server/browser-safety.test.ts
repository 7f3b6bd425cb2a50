import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ORIGIN, serveKippu } from './served-kippu.ts';

const OWN = { 'sec-fetch-site': 'same-origin', origin: ORIGIN };

test("a signed-in browser may do what the operator may, from our own pages and no other's", async () => {
  await using kippu = await serveKippu();
  const browser = kippu.browser();
  await browser.signIn();
  const make = (headers: Record<string, string>) =>
    browser.raw(
      'POST',
      '/v1/api-keys',
      { ...headers, 'content-type': 'application/json' },
      '{"name":"a","scopes":["admin"]}',
    );
  assert.equal((await make(OWN)).status, 201);
  assert.equal((await make({ origin: ORIGIN })).status, 201);
  for (const [why, headers] of Object.entries({
    'says nothing of where it comes from': {},
    'a page elsewhere': { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    'a page on another port of this machine': { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:9999' },
    'an older browser elsewhere': { origin: 'https://evil.example' },
    'an older browser on another port': { origin: 'http://127.0.0.1:9999' },
    'a sandboxed frame': { origin: 'null' },
    'an origin that is not one': { origin: 'x' },
    'no page at all': { 'sec-fetch-site': 'none' },
  })) {
    assert.equal((await make(headers)).status, 403, why);
  }
});

test('reading with the session, too, is for our own pages and the address bar', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const browser = kippu.browser();
  await browser.signIn();
  const token = '/v1/connections/x:alice/token';
  assert.equal((await browser.raw('GET', token, OWN)).status, 200);
  assert.equal((await browser.raw('GET', token, { 'sec-fetch-site': 'none' })).status, 200);
  assert.equal((await browser.raw('GET', token, { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await browser.raw('GET', token, { origin: 'https://evil.example' })).status, 403);
});

test('a wrong key is not made good by a session', async () => {
  await using kippu = await serveKippu();
  const browser = kippu.browser();
  await browser.signIn();
  assert.equal(
    (await browser.raw('GET', '/v1/connections', { ...OWN, authorization: 'Bearer kpu_wrong' })).status,
    401,
  );
});

test('without a session a browser gets nothing', async () => {
  await using kippu = await serveKippu();
  const browser = kippu.browser();
  assert.equal((await browser.raw('GET', '/v1/connections', OWN)).status, 401);
  assert.equal((await browser.raw('GET', '/v1/connections', { ...OWN, cookie: 'kippu-session=made-up' })).status, 401);
});

test('it is asked under its own names only, so that no page can rebind one to this machine', async () => {
  await using kippu = await serveKippu();
  const statusFor = async (host: string, path = '/v1/connections'): Promise<number> =>
    (await kippu.operator.get(path, { host })).status;
  for (const host of ['127.0.0.1:4180', 'localhost:4180', '[::1]:4180', '127.0.0.1', 'LOCALHOST:4180'])
    assert.equal(await statusFor(host), 200, host);
  for (const host of [
    'evil.example',
    'evil.example:4180',
    '127.0.0.1.evil.example:4180',
    'localhost.evil.example',
    '0.0.0.0:4180',
    '10.0.0.7:4180',
    'a b',
    '',
  ]) {
    assert.equal(await statusFor(host), 421, host);
  }
  for (const path of ['/', '/sign-in/anything', '/connect/anything', '/callback/x', '/v1/openapi.json'])
    assert.equal(await statusFor('evil.example', path), 421, path);
  for (const path of ['/healthz', '/readyz']) assert.equal(await statusFor('10.0.0.7:4180', path), 200, path);

  kippu.server.listensOn('10.0.0.7');
  kippu.server.listensOn('fd00::7');
  assert.equal(await statusFor('10.0.0.7:4180'), 200);
  assert.equal(await statusFor('[fd00::7]:4180'), 200);
  await using open = await serveKippu({ publicUrl: 'https://kippu.example' });
  assert.equal((await open.operator.get('/v1/connections', { host: 'kippu.example' })).status, 200);
  assert.equal((await open.operator.get('/v1/connections', { host: 'other.example' })).status, 421);
});

test('a session over https has a cookie that nobody else can set or read', async () => {
  await using kippu = await serveKippu({ publicUrl: 'https://kippu.example' });
  const { json } = await kippu.operator.post('/v1/sign-in-links');
  const browser = kippu.browser();
  const signedIn = await browser.open(json.url);
  assert.match(
    signedIn.headers.get('set-cookie') ?? '',
    /^__Host-kippu-session=[\w-]{40,}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure$/,
  );
  assert.match(signedIn.headers.get('strict-transport-security') ?? '', /max-age=\d+/);
  assert.match((await browser.open('/')).text, /sign-out/);
});

test('below a path of a public address everything works as at the root', async () => {
  await using kippu = await serveKippu({ publicUrl: 'https://example.com/kippu' });
  const browser = kippu.browser();
  const { json } = await kippu.operator.post('/v1/sign-in-links');
  const signedIn = await browser.open(json.url);
  assert.equal(signedIn.headers.get('location'), '/kippu/');
  const page = await browser.open('/kippu/');
  assert.match(page.text, /action="\/kippu\/connect"/);
  const client = await kippu.key(['connections:read']);
  assert.equal((await client.get('https://example.com/kippu/v1/connections')).status, 200);
});

test('monitoring is open to this machine alone, and to administrators', async () => {
  await using kippu = await serveKippu();
  const ask = (headers: Record<string, string>, address?: string) =>
    kippu.send(
      kippu.as(undefined).request('GET', '/metrics', { headers }),
      address === undefined ? undefined : { address },
    );
  assert.equal((await ask({}, '127.0.0.1')).status, 200);
  assert.equal((await ask({}, '::1')).status, 200);
  assert.equal((await ask({}, '::ffff:127.0.0.1')).status, 200);
  assert.equal((await ask({})).status, 401);
  assert.equal((await ask({}, '10.0.0.8')).status, 401);
  assert.equal((await ask({ 'x-forwarded-for': '10.0.0.8' }, '127.0.0.1')).status, 401);
  assert.equal((await ask({ host: 'kippu.example' }, '127.0.0.1')).status, 401);
  assert.equal((await kippu.operator.get('/metrics')).status, 200);
});
