import assert from 'node:assert/strict';
import { test } from 'node:test';
import { direct, PUBLIC, REDIRECT, served, type App, type Answer } from './sim-world.ts';

test('the page asks who and whether, and allowing leads back with state and code', async () => {
  await using world = await served();
  const page = await open(world.app);
  assert.equal(page.status, 200);
  for (const shown of ['web-app', 'alice', 'bob', 'carol', 'tweet.write', REDIRECT])
    assert.ok(page.text.includes(shown), shown);
  const answer = await submit(world.app, page, { user: 'bob', decision: 'allow' });
  assert.equal(answer.status, 303);
  const target = new URL(answer.headers['location'] ?? '');
  assert.equal(target.origin + target.pathname, REDIRECT);
  assert.equal(target.searchParams.get('state'), 'a-state');
  const tokens = (await world.app.exchange(target.searchParams.get('code') ?? '')).json;
  assert.equal((await world.app.call('GET', '/2/users/me', tokens.access_token)).json.data.username, 'bob');
});

test('any handle can be typed, with or without its at sign', async () => {
  const { app } = direct();
  const answer = await submit(app, await open(app), { user: 'alice', handle: '@Dora_1', decision: 'allow' });
  const code = new URL(answer.headers['location'] ?? '').searchParams.get('code') ?? '';
  const { access_token: access } = (await app.exchange(code)).json;
  assert.equal((await app.call('GET', '/2/users/me', access)).json.data.username, 'Dora_1');
  const bad = await submit(app, await open(app), { handle: 'not a handle', decision: 'allow' });
  assert.equal(bad.status, 400);
});

test('denying leads back with access_denied and the state', async () => {
  const { app } = direct();
  const answer = await submit(app, await open(app), { user: 'alice', decision: 'deny' });
  assert.equal(answer.headers['location'], `${REDIRECT}?error=access_denied&state=a-state`);
  assert.equal(
    app.controls.consent(`https://x.com${app.authorizationPath()}`, { user: 'alice', decision: 'deny' }),
    `${REDIRECT}?error=access_denied&state=a-state`,
  );
});

test('the form works once, and not without its one-time id', async () => {
  const { app } = direct();
  const page = await open(app);
  assert.equal((await submit(app, page, { user: 'alice', decision: 'allow' })).status, 303);
  assert.equal((await submit(app, page, { user: 'alice', decision: 'allow' })).status, 400);
  const forged = await app.send(
    'POST',
    app.authorizationPath(),
    { 'content-type': 'application/x-www-form-urlencoded' },
    'user=alice&decision=allow',
  );
  assert.equal(forged.status, 400);
  assert.equal(app.controls.state().grants.length, 0);
});

test('an app or a redirect URI that cannot be trusted is told on the page, never by a redirect', async () => {
  const { app } = direct();
  for (const changed of [
    { client_id: 'nobody' },
    { client_id: undefined },
    { redirect_uri: undefined },
    { redirect_uri: `${REDIRECT}/` },
    { redirect_uri: 'https://evil.example/callback' },
    { redirect_uri: 'javascript:alert(1)' },
    { redirect_uri: `${REDIRECT}#fragment` },
  ]) {
    const answer = await open(app, changed);
    assert.equal(answer.status, 400, JSON.stringify(changed));
    assert.equal(answer.headers['location'], undefined);
    assert.match(answer.text, /Something went wrong/);
  }
});

test('everything else that is wrong goes back to the app', async () => {
  const { app } = direct();
  const errorOf = async (changed: Record<string, string | undefined>): Promise<string | null> => {
    const answer = await open(app, changed);
    assert.equal(answer.status, 303, JSON.stringify(changed));
    const query = new URL(answer.headers['location'] ?? '').searchParams;
    assert.equal(query.get('state'), 'state' in changed ? (changed['state'] ?? null) : 'a-state');
    return query.get('error');
  };
  assert.equal(await errorOf({ response_type: 'token' }), 'unsupported_response_type');
  assert.equal(await errorOf({ response_type: undefined }), 'invalid_request');
  assert.equal(await errorOf({ state: undefined }), 'invalid_request');
  assert.equal(await errorOf({ state: 's'.repeat(501) }), 'invalid_request');
  assert.equal(await errorOf({ scope: undefined }), 'invalid_request');
  assert.equal(await errorOf({ scope: 'tweet.read tweet.destroy' }), 'invalid_scope');
  assert.equal(await errorOf({ code_challenge: undefined }), 'invalid_request');
  assert.equal(await errorOf({ code_challenge_method: 'S512' }), 'invalid_request');
  assert.equal(await errorOf({ code_challenge: 'short' }), 'invalid_request');
  assert.equal((await open(app, { state: 's'.repeat(500) })).status, 200);
  const twice = await app.send('GET', `${app.authorizationPath()}&scope=tweet.read`, {});
  assert.equal(new URL(twice.headers['location'] ?? '').searchParams.get('error'), 'invalid_request');
});

test('without a list of apps, any https or loopback redirect URI is taken, and localhost unless it is switched off', async () => {
  const { app } = direct({ clients: undefined });
  const status = async (redirect_uri: string): Promise<number> => (await open(app, { redirect_uri })).status;
  assert.equal(await status('https://app.example/callback?keep=this'), 200);
  assert.equal(await status('http://127.0.0.1:3000/callback'), 200);
  assert.equal(await status('http://localhost:3000/callback'), 200);
  assert.equal(await status('http://app.example/callback'), 400);
  assert.equal(await status('myapp://callback'), 400);
  app.controls.set({ allowLocalhost: false });
  assert.equal(await status('http://localhost:3000/callback'), 400);
});

test('a redirect URI keeps its own query, to the letter', () => {
  const { app } = direct({ clients: undefined });
  const redirect = app.controls.consent(
    `https://x.com${app.authorizationPath({ redirect_uri: 'https://app.example/cb?keep=a%20b' })}`,
    { user: 'alice' },
  );
  assert.match(redirect, /^https:\/\/app\.example\/cb\?keep=a%20b&state=a-state&code=[\w-]+$/);
});

test('a registered scheme of a native app is taken, and only that', async () => {
  const { app } = direct({ clients: [{ ...PUBLIC, redirectUris: ['com.example.app:/callback'] }] });
  const page = await open(app.as(PUBLIC), { redirect_uri: 'com.example.app:/callback' });
  assert.equal(page.status, 200);
  assert.match(page.headers['content-security-policy'] ?? '', /form-action 'self' http: https: com\.example\.app:$/);
});

test('an app may register ten redirect URIs and no more', () => {
  const redirectUris = Array.from({ length: 11 }, (_, index) => `https://app.example/${index}`);
  assert.throws(() => direct({ clients: [{ id: 'app', redirectUris }] }), { code: 'invalid', message: /at most 10/ });
});

test('without a list of apps, the first use decides whether an app is confidential', async () => {
  const { app } = direct({ clients: undefined });
  const confidential = app.as({ id: 'first', secret: 'sesame' });
  const tokens = await confidential.connect();
  assert.equal((await app.as({ id: 'first', secret: 'another' }).renew(tokens.refresh_token)).status, 401);
  assert.equal((await app.as({ id: 'first' }).renew(tokens.refresh_token)).status, 401);
  assert.equal((await confidential.renew(tokens.refresh_token)).status, 200);

  const open = app.as({ id: 'second' });
  const publicTokens = await open.connect();
  assert.equal((await app.as({ id: 'second', secret: 'late' }).renew(publicTokens.refresh_token)).status, 401);
  assert.equal((await open.renew(publicTokens.refresh_token)).status, 200);
  assert.deepEqual(app.controls.state().clients, [
    { id: 'first', kind: 'confidential' },
    { id: 'second', kind: 'public' },
  ]);
});

test('what comes from outside is text on the page, never markup', async () => {
  const { app } = direct({ clients: undefined });
  const page = await open(app, {
    client_id: '<img src=x onerror=alert(1)>',
    redirect_uri: 'https://app.example/"><script>alert(1)</script>',
  });
  assert.equal(page.status, 200);
  assert.ok(!page.text.includes('<img') && !page.text.includes('<script>alert'));
});

test('the pages allow nothing inline and nothing from elsewhere', async () => {
  const { app } = direct();
  for (const page of [
    await open(app),
    await open(app, { client_id: 'nobody' }),
    await app.send('GET', '/', { host: '127.0.0.1:1' }),
  ]) {
    const policy = page.headers['content-security-policy'] ?? '';
    assert.match(policy, /^default-src 'none'; style-src 'self'; script-src 'self';/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(!/ (style|on\w+)="/.test(page.text) && !/<script>|<style/.test(page.text), 'nothing inline');
    const elsewhere = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map((found) => found[1] ?? '')
      .filter((target) => !target.startsWith('/'));
    assert.deepEqual(elsewhere, []);
  }
});

function open(app: App, changed: Record<string, string | undefined> = {}): Promise<Answer> {
  return app.send('GET', app.authorizationPath(changed), {});
}

function submit(app: App, page: Answer, fields: Record<string, string>): Promise<Answer> {
  const consent = /name="consent" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  return app.post('/i/oauth2/authorize', { consent, ...fields }, {});
}
