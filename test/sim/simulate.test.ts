import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings } from '../../src/sim/settings.ts';
import { xData } from '../../src/providers/data/x.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { simulate, startSimulator } from '../../src/sim/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { App, CONFIDENTIAL, direct, REDIRECT, sendTo, served, VERIFIER } from './sim-world.ts';

test('a developer simulates X in a line, consents without a browser, and loses an answer', async () => {
  await using sim = await simulate('x', { fast: 60 });
  assert.match(sim.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const app = new App(sendTo(sim.url), { id: 'my-app' }, sim);
  const redirect = sim.consent(`${sim.url}${app.authorizationPath()}`, { user: 'alice' });
  const tokens = (await app.exchange(new URL(redirect).searchParams.get('code') ?? '')).json;
  assert.equal(tokens.expires_in, 120);
  sim.faults.loseNextAnswer();
  await assert.rejects(app.renew(tokens.refresh_token));
  assert.equal(sim.state().counts.answersLost, 1);
});

test('an unknown provider is refused with those there are', async () => {
  await assert.rejects(simulate('myspace'), { code: 'invalid', message: /There are: x/ });
});

test('it listens on loopback and nowhere else', async () => {
  await assert.rejects(startSimulator({ provider: xData, host: '0.0.0.0' }), { code: 'invalid' });
});

test('a port in use is said in words, and nothing is left open', async () => {
  await using world = await served();
  const port = Number(new URL(world.sim.url).port);
  await assert.rejects(startSimulator({ provider: xData, port }), {
    code: 'unavailable',
    message: new RegExp(`127\\.0\\.0\\.1:${port}`),
  });
});

test('a port, a speed and a delay that cannot be are refused in words', async () => {
  for (const port of [Number.NaN, -1, 70_000, 0.5])
    await assert.rejects(simulate('x', { port }), { code: 'invalid', where: 'port' }, String(port));
  for (const fast of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY])
    await assert.rejects(simulate('x', { fast }), { code: 'invalid' }, String(fast));
  await using sim = await simulate('x');
  assert.throws(() => sim.faults.delayNextAnswer('token', Number.NaN), { code: 'invalid' });
  assert.throws(() => sim.advance(Number.NaN), { code: 'invalid' });
});

test('faults and settings can be given at the start', async () => {
  await using world = await served({
    faults: [{ endpoint: 'me', fault: 'status', status: 500 }],
    settings: { familyKill: true },
  });
  const { faults, settings } = world.sim.state();
  assert.deepEqual([faults.length, settings.familyKill], [1, true]);
});

test('closing ends answers that are still on their way', async () => {
  const sim = await simulate('x', { clients: [CONFIDENTIAL] });
  const app = new App(sendTo(sim.url), CONFIDENTIAL, sim);
  sim.faults.delayNextAnswer('token', 3_600_000);
  const pending = assert.rejects(app.renew('x'));
  while (sim.state().counts.answersDelayed === 0) await new Promise((resolve) => setImmediate(resolve));
  await sim.close();
  await pending;
});

test('with a clock of its own it lives in that time, and nobody else moves it', async () => {
  const clock = new VirtualClock('2027-01-04T00:00:00Z');
  await using sim = await simulate('x', { clock });
  const app = new App(sendTo(sim.url), { id: 'my-app' }, sim);
  const redirect = sim.consent(`${sim.url}${app.authorizationPath()}`, { user: 'alice' });
  const { access_token: token } = (await app.exchange(new URL(redirect).searchParams.get('code') ?? '')).json;
  const statusOfMe = async (): Promise<number> =>
    (await fetch(`${sim.url}/2/users/me`, { headers: { authorization: `Bearer ${token}` } })).status;
  await clock.advance(7_199_999);
  assert.equal(await statusOfMe(), 200);
  await clock.advance(1);
  assert.equal(await statusOfMe(), 401);
  assert.throws(() => sim.advance(1000), { message: /cannot be moved/ });
});

test('a body larger than anybody needs is refused', async () => {
  await using world = await served();
  const answer = await world.app.post('/2/oauth2/token', { grant_type: 'x'.repeat(2_000_000) }).catch(() => undefined);
  assert.ok(answer === undefined || answer.status === 413);
  assert.equal((await world.app.renew('x')).status, 400, 'and the next one is served');
});

test('the page of buttons does what its buttons say', async () => {
  await using world = await served();
  const { app, sim } = world;
  await app.connect('alice');
  const page = (await app.send('GET', '/', {})).text;
  for (const [, action = '', buttons = ''] of page.matchAll(
    /<form method="post" action="([^"]+)"[^>]*>(.*?)<\/form>/gs,
  )) {
    for (const [, json = ''] of buttons.matchAll(/<button[^>]*value="([^"]*)"/g)) {
      const value = json.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      const answer = await app.post(action, { json: value }, { 'sec-fetch-site': 'same-origin' });
      assert.deepEqual([answer.status, answer.headers['location']], [303, '/'], `${action} ${value}`);
    }
  }
  const state = sim.state();
  assert.ok(state.faults.length > 8);
  assert.equal(state.grants[0]?.end?.reason, 'removed_by_user');
  assert.equal(state.settings.familyKill, true);
});

test('a provider that nobody described closer is played by the RFCs', async () => {
  const plain = {
    ...xData,
    id: 'plain',
    name: 'Plain',
    endpoints: {
      authorization: 'https://plain.example/authorize',
      token: 'https://plain.example/token',
      revocation: 'https://plain.example/revoke',
      api: 'https://plain.example',
    },
    clientAuth: { confidential: 'body' },
    refresh: {
      rotation: 'reusable',
      reuseGraceMs: 0,
      graceForksFamily: false,
      reuseKillsFamily: false,
      renewalKillsAccess: false,
    },
    identity: { path: '/userinfo', subject: '/sub', handle: '/profile/name', mayBeBilled: false },
    grantsPerSubject: 'many',
    quirks: {},
  } as const satisfies Provider;
  const { app } = direct({ provider: plain });
  const own = { client_id: CONFIDENTIAL.id, client_secret: CONFIDENTIAL.secret ?? '' };
  const code = app.code();
  const exchanged = await app.post(
    '/token',
    { ...own, grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER },
    {},
  );
  assert.equal(exchanged.json.token_type, 'Bearer');
  const form = { ...own, grant_type: 'refresh_token', refresh_token: exchanged.json.refresh_token };
  const renewed = await app.post('/token', form, {});
  assert.equal(renewed.json.refresh_token, undefined, 'the same refresh token stays good');
  assert.equal((await app.post('/token', form, {})).status, 200);
  const who = await app.call('GET', '/userinfo', renewed.json.access_token);
  assert.equal(who.json.profile.name, 'alice');
  assert.deepEqual((await app.post('/token', { ...form, refresh_token: 'x' }, {})).json, { error: 'invalid_grant' });
  assert.deepEqual((await app.post('/token', { ...form, client_secret: 'x' }, {})).json, { error: 'invalid_client' });
  assert.equal((await app.call('GET', '/userinfo', 'x')).status, 401);
});

test('inside a documented reuse window a spent token is taken again: as a fork, or in place of its child', async () => {
  for (const graceForksFamily of [true, false]) {
    const provider: Provider = { ...xData, refresh: { ...xData.refresh, reuseGraceMs: 10_000, graceForksFamily } };
    const { app, clock } = direct({ provider });
    const first = await app.connect();
    const second = (await app.renew(first.refresh_token)).json;
    await clock.advance(9_999);
    const again = await app.renew(first.refresh_token);
    assert.equal(again.status, 200);
    assert.equal((await app.renew(second.refresh_token)).status, graceForksFamily ? 200 : 400);
    await clock.advance(1);
    assert.equal((await app.renew(first.refresh_token)).status, 400);
  }
});

test("the defaults are the provider's data", () => {
  const strict: Provider = {
    ...xData,
    refresh: { ...xData.refresh, reuseKillsFamily: true, renewalKillsAccess: true },
  };
  const { familyKill, killAccessOnRefresh } = defaultSettings(strict);
  assert.deepEqual([familyKill, killAccessOnRefresh], [true, true]);
});
