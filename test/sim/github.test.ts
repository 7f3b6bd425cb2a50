import assert from 'node:assert/strict';
import { test } from 'node:test';
import { githubData } from '../../src/providers/data/github.ts';
import { controlsOf, Simulator, simulate, type SimulatorOptions } from '../../src/sim/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { basic, seededRandom, sendInto, sendTo, type Answer } from './sim-world.ts';

const CLIENT = { id: 'Iv-client', secret: 'github-secret' };
const REDIRECT = 'http://127.0.0.1:4180/callback/github';
const JSON_WANTED = { accept: 'application/json' };

type Fields = Readonly<Record<string, string>>;

class Hub {
  readonly clock = new VirtualClock();
  readonly simulator: Simulator;
  readonly controls: ReturnType<typeof controlsOf>;
  readonly send: ReturnType<typeof sendInto>;

  constructor(options: Partial<SimulatorOptions> = {}) {
    const { clock } = this;
    this.simulator = new Simulator({
      provider: githubData,
      clock,
      random: seededRandom(),
      clients: [CLIENT],
      ...options,
    });
    this.controls = controlsOf(this.simulator);
    this.send = sendInto(this.simulator);
  }

  code(user = 'alice', params: Fields = {}): string {
    const query = new URLSearchParams({ client_id: CLIENT.id, redirect_uri: REDIRECT, ...params });
    const back = this.controls.consent(`https://github.com/login/oauth/authorize?${query.toString()}`, { user });
    return new URL(back).searchParams.get('code') ?? '';
  }

  token(form: Fields, headers: Fields = JSON_WANTED): Promise<Answer> {
    const body = new URLSearchParams({ client_id: CLIENT.id, ...form }).toString();
    const type = 'application/x-www-form-urlencoded';
    return this.send('POST', '/login/oauth/access_token', { 'content-type': type, ...headers }, body);
  }

  async connect(user = 'alice'): Promise<Answer['json']> {
    return (await this.token({ client_secret: CLIENT.secret, code: this.code(user) })).json;
  }

  renew(refreshToken: string, form: Fields = { client_secret: CLIENT.secret }): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...form });
  }

  get(path: string, accessToken: string): Promise<Answer> {
    return this.send('GET', path, { authorization: `Bearer ${accessToken}` });
  }

  app(method: string, what: string, accessToken: string, secret = CLIENT.secret): Promise<Answer> {
    const headers = { authorization: basic(CLIENT.id, secret), 'content-type': 'application/json' };
    return this.send(
      method,
      `/applications/${CLIENT.id}/${what}`,
      headers,
      JSON.stringify({ access_token: accessToken }),
    );
  }
}

test('a consent gives a ghu_ and a ghr_ token, eight hours and 184 days, no scopes', async () => {
  const { access_token: access, refresh_token: refresh, ...rest } = await new Hub().connect();
  assert.match(access, /^ghu_/);
  assert.match(refresh, /^ghr_/);
  assert.deepEqual(rest, { token_type: 'bearer', expires_in: 28_800, scope: '', refresh_token_expires_in: 15_897_600 });
});

test('whoever does not ask for JSON gets a form, errors included', async () => {
  const hub = new Hub();
  const tokens = await hub.token({ client_secret: CLIENT.secret, code: hub.code() }, {});
  assert.match(tokens.headers['content-type'] ?? '', /^application\/x-www-form-urlencoded/);
  assert.match(new URLSearchParams(tokens.text).get('access_token') ?? '', /^ghu_/);
  const refused = await hub.token({ client_secret: CLIENT.secret, code: 'unknown' }, { accept: 'text/html' });
  assert.equal(refused.status, 200);
  assert.equal(new URLSearchParams(refused.text).get('error'), 'bad_verification_code');
});

test('parameters may come as JSON, as Octokit sends them, and in the query', async () => {
  const hub = new Hub();
  const json = JSON.stringify({ client_id: CLIENT.id, client_secret: CLIENT.secret, code: hub.code() });
  const headers = { ...JSON_WANTED, 'content-type': 'application/json; charset=utf-8' };
  assert.match((await hub.send('POST', '/login/oauth/access_token', headers, json)).json.access_token, /^ghu_/);
  const query = new URLSearchParams({ client_id: CLIENT.id, client_secret: CLIENT.secret, code: hub.code() });
  assert.match(
    (await hub.send('POST', `/login/oauth/access_token?${query.toString()}`, JSON_WANTED)).json.access_token,
    /^ghu_/,
  );
});

const ERRORS: readonly [string, (hub: Hub) => Promise<Answer>, string, string][] = [
  [
    'a refresh token that was used',
    async (hub) => {
      const { refresh_token: spent } = await hub.connect();
      await hub.renew(spent);
      return hub.renew(spent);
    },
    'bad_refresh_token',
    'The refresh token passed is incorrect or expired.',
  ],
  [
    'an unknown code',
    (hub) => hub.token({ client_secret: CLIENT.secret, code: 'x' }),
    'bad_verification_code',
    'The code passed is incorrect or expired.',
  ],
  [
    'a code after ten minutes',
    async (hub) => {
      const code = hub.code();
      await hub.clock.advance(600_000);
      return hub.token({ client_secret: CLIENT.secret, code });
    },
    'bad_verification_code',
    'The code passed is incorrect or expired.',
  ],
  [
    'a wrong secret',
    (hub) => hub.token({ client_secret: 'wrong', code: hub.code() }),
    'incorrect_client_credentials',
    'The client_id and/or client_secret passed are incorrect.',
  ],
  [
    'no secret, with PKCE or without',
    (hub) => hub.token({ code: hub.code(), code_verifier: 'a' }),
    'incorrect_client_credentials',
    'The client_id and/or client_secret passed are incorrect.',
  ],
  [
    'another redirect address',
    (hub) => hub.token({ client_secret: CLIENT.secret, code: hub.code(), redirect_uri: 'https://elsewhere.example/' }),
    'redirect_uri_mismatch',
    'The redirect_uri MUST match the registered callback URL for this application.',
  ],
  [
    'an unknown device code',
    (hub) => hub.token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' }),
    'incorrect_device_code',
    'The device_code provided is not valid.',
  ],
];

for (const [what, ask, error, description] of ERRORS) {
  test(`${what} is answered with 200 and ${error}, word for word`, async () => {
    const { status, json } = await ask(new Hub());
    assert.equal(status, 200);
    assert.equal(json.error, error);
    assert.equal(json.error_description, description);
  });
}

test('a renewal kills the refresh token and the old access token at once, and a reuse does not touch the new pair', async () => {
  const hub = new Hub();
  const first = await hub.connect();
  const { json: second } = await hub.renew(first.refresh_token);
  assert.equal((await hub.get('/user', first.access_token)).status, 401);
  assert.deepEqual((await hub.get('/user', first.access_token)).json, {
    message: 'Bad credentials',
    documentation_url: 'https://docs.github.com/rest',
    status: '401',
  });
  assert.equal((await hub.renew(first.refresh_token)).json.error, 'bad_refresh_token');
  assert.equal((await hub.get('/user', second.access_token)).status, 200);
  assert.match((await hub.renew(second.refresh_token)).json.access_token, /^ghu_/);
});

test('each renewal gives the refresh token another six months', async () => {
  const hub = new Hub();
  let { refresh_token: refresh } = await hub.connect();
  for (let renewal = 0; renewal < 4; renewal += 1) {
    await hub.clock.advance(183 * 86_400_000);
    const { json } = await hub.renew(refresh);
    assert.equal(json.refresh_token_expires_in, 15_897_600);
    refresh = json.refresh_token;
  }
  await hub.clock.advance(185 * 86_400_000);
  assert.equal((await hub.renew(refresh)).json.error, 'bad_refresh_token');
});

test('an app that opted out of expiry gets a token alone, which lives on when it opts in', async () => {
  const hub = new Hub({ settings: { tokensExpire: false } });
  const { access_token: access, ...rest } = await hub.connect();
  assert.deepEqual(rest, { token_type: 'bearer', scope: '' });
  hub.controls.set({ tokensExpire: true });
  await hub.clock.advance(400 * 86_400_000);
  assert.equal((await hub.get('/user', access)).status, 200);
  assert.match((await hub.connect()).refresh_token, /^ghr_/);
});

test('who am I, some repositories, and how many requests are left, below /api/v3 too', async () => {
  const hub = new Hub();
  const { access_token: access } = await hub.connect();
  const me = await hub.get('/user', access);
  assert.equal(me.json.login, 'alice');
  assert.equal(Number.isSafeInteger(me.json.id), true);
  assert.equal(me.headers['x-ratelimit-limit'], '5000');
  assert.equal(me.headers['x-ratelimit-remaining'], '4999');
  const repos = await hub.get('/api/v3/user/repos', access);
  assert.equal(repos.json[0].full_name, 'alice/hello-world');
  assert.equal(repos.headers['x-ratelimit-remaining'], '4998');
  hub.controls.set({ rateLimits: { core: { user: { limit: 2, windowMs: 3_600_000 } } } });
  assert.equal((await hub.get('/api/v3/user', access)).status, 403);
  await hub.clock.advance(3_600_000);
  assert.equal((await hub.get('/api/v3/user', access)).status, 200);
});

test('the eleventh grant of a user and app ends the oldest without a word; another user’s is not touched', async () => {
  const hub = new Hub();
  const bob = await hub.connect('bob');
  const tokens: string[] = [];
  for (let count = 0; count < 11; count += 1) tokens.push((await hub.connect()).access_token);
  assert.equal((await hub.get('/user', tokens[0] ?? '')).status, 401);
  assert.equal((await hub.get('/user', tokens[1] ?? '')).status, 200);
  assert.equal((await hub.get('/user', bob.access_token)).status, 200);
});

test('a token is checked, ended alone, and ended with all its grant', async () => {
  const hub = new Hub();
  const [one, two, three] = [await hub.connect(), await hub.connect(), await hub.connect()];
  const checked = await hub.app('POST', 'token', one.access_token);
  assert.equal(checked.status, 200);
  assert.equal(checked.json.user.login, 'alice');
  assert.equal((await hub.app('POST', 'token', 'ghu_unknown')).status, 404);
  assert.equal((await hub.app('DELETE', 'token', one.access_token, 'wrong')).status, 401);
  assert.equal((await hub.app('DELETE', 'token', one.access_token)).status, 204);
  assert.equal((await hub.get('/user', one.access_token)).status, 401);
  assert.equal((await hub.get('/user', two.access_token)).status, 200);
  assert.equal((await hub.app('DELETE', 'grant', two.access_token)).status, 204);
  assert.equal((await hub.get('/user', three.access_token)).status, 401);
  assert.equal((await hub.renew(one.refresh_token)).json.error, 'bad_refresh_token');
  assert.equal((await hub.app('DELETE', 'grant', two.access_token)).status, 422);
});

test('a device code is typed once, on a page that takes it as people type it', async () => {
  await using sim = await simulate('github', { clients: [CLIENT] });
  const send = sendTo(sim.url);
  const form = { ...JSON_WANTED, 'content-type': 'application/x-www-form-urlencoded' };
  const begun = await send('POST', '/login/device/code', form, `client_id=${CLIENT.id}`);
  const { device_code: deviceCode, user_code: userCode, ...rest } = begun.json;
  assert.deepEqual(rest, { verification_uri: `${sim.url}/login/device`, expires_in: 900, interval: 5 });
  assert.equal(deviceCode.length, 40);
  const page = await fetch(rest.verification_uri);
  assert.match(await page.text(), /name="user_code"/);
  const typed = `user_code=${userCode.toLowerCase().replace('-', '+')}&user=alice&decision=allow`;
  assert.match((await send('POST', '/login/device', form, typed)).text, /Your device is connected/);
  assert.equal((await send('POST', '/login/device', form, typed)).status, 400, 'and not twice');
  const grant = 'grant_type=urn:ietf:params:oauth:grant-type:device_code';
  const poll = await send(
    'POST',
    '/login/oauth/access_token',
    form,
    `client_id=${CLIENT.id}&device_code=${deviceCode}&${grant}`,
  );
  assert.match(poll.json.access_token, /^ghu_/);
  const renewal = `client_id=${CLIENT.id}&grant_type=refresh_token&refresh_token=${poll.json.refresh_token}`;
  const renewed = await send('POST', '/login/oauth/access_token', form, renewal);
  assert.match(renewed.json.access_token, /^ghu_/, 'without a secret');
  assert.equal(
    (await fetch(`${sim.url}/api/v3/user`, { headers: { authorization: `Bearer ${renewed.json.access_token}` } }))
      .status,
    200,
  );
});

test('what waits for a device survives a restart of the simulator, without its code on the disk', async () => {
  const { mkdtempSync, readdirSync, readFileSync, rmSync } = await import('node:fs');
  const { join } = await import('node:path');
  const { tmpdir } = await import('node:os');
  const directory = mkdtempSync(join(tmpdir(), 'kippu-hub-'));
  const form = { ...JSON_WANTED, 'content-type': 'application/x-www-form-urlencoded' };
  const first = await simulate('github', { directory });
  const begun = await sendTo(first.url)('POST', '/login/device/code', form, 'client_id=c');
  first.typeUserCode(begun.json.user_code, { user: 'alice' });
  await first.close();
  for (const file of readdirSync(directory))
    assert.ok(!readFileSync(join(directory, file), 'utf8').includes(begun.json.device_code));
  await using second = await simulate('github', { directory });
  const grant = 'grant_type=urn:ietf:params:oauth:grant-type:device_code';
  const body = `client_id=c&device_code=${begun.json.device_code}&${grant}`;
  const poll = await sendTo(second.url)('POST', '/login/oauth/access_token', form, body);
  assert.match(poll.json.access_token, /^ghu_/);
  rmSync(directory, { recursive: true });
});

test('its page has the switches of GitHub, and nothing about posts', async () => {
  const hub = new Hub();
  await hub.connect();
  const { text } = await hub.send('GET', '/', {});
  for (const label of ['tokens expire', 'the app may use the device flow']) assert.ok(text.includes(label), label);
  assert.doesNotMatch(text, /The next post|money spent|out of credits/);
  const off = new URLSearchParams({ json: JSON.stringify({ tokensExpire: false }) }).toString();
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal((await hub.send('POST', '/_sim/settings', form, off)).status, 303);
  assert.equal((await hub.connect()).refresh_token, undefined);
});
