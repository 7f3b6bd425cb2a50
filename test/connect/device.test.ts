import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consentBinding } from '../../src/connect/begin.ts';
import type { ConsentId } from '../../src/model/ids.ts';
import { githubData } from '../../src/providers/data/github.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, isCode, type World, type WorldOptions } from '../support/world.ts';

function githubWorld(options: WorldOptions = {}): Promise<World> {
  return createWorld({ provider: githubData, ...options });
}

function gaps(moments: readonly number[]): number[] {
  return moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
}

test('a code that is typed on another device becomes a connection', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  assert.match(device.code.userCode, /^[A-Z]{4}-[A-Z]{4}$/);
  assert.equal(device.code.verificationUri, 'https://github.com/login/device');
  await world.advance('1m');
  assert.equal(await device.state(), 'waiting');
  device.allow('alice');
  await world.advance('10s');
  assert.equal(await device.state(), 'attached');
  assert.equal((await world.connection(await device.connection())).name, 'github:alice');
});

test('the provider is asked once an interval, however many processes ask', async () => {
  await using world = await githubWorld({ nodes: 3 });
  const device = await world.device();
  await world.advance('2m');
  assert.ok(device.questions.length >= 15, `${device.questions.length} questions`);
  assert.ok(Math.min(...gaps(device.questions)) >= 5000, String(gaps(device.questions)));
});

test('slow_down is obeyed: from then on, the interval is the one that the answer named', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  world.provider.answerNext(200, { error: 'slow_down', interval: 25 });
  await world.advance('2m');
  assert.ok(device.questions.length >= 3);
  assert.ok(Math.min(...gaps(device.questions)) >= 25_000, String(gaps(device.questions)));
});

test('slow_down without a number adds five seconds, and a smaller number makes nobody faster', async () => {
  for (const [body, atLeastMs] of [
    [{ error: 'slow_down' }, 10_000],
    [{ error: 'slow_down', interval: 1 }, 5000],
  ] as const) {
    await using world = await githubWorld();
    const device = await world.device();
    world.provider.answerNext(200, body);
    await world.advance('1m');
    assert.ok(Math.min(...gaps(device.questions)) >= atLeastMs, String(gaps(device.questions)));
  }
});

test('the simulator slows down whoever asks too early, and for good', async () => {
  await using world = await githubWorld({ workers: false });
  const device = await world.device();
  const ask = async (): Promise<string> => {
    const { deviceCode } = await codeOf(world, device.id);
    const answer = world.provider.simulator.handle({
      method: 'POST',
      url: '/login/oauth/access_token',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: 'a-client',
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: deviceCode,
      }).toString(),
    });
    const { error, interval } = JSON.parse(answer.body) as { error: string; interval?: number };
    return interval === undefined ? error : `${error} ${interval}`;
  };
  assert.equal(await ask(), 'authorization_pending');
  assert.equal(await ask(), 'slow_down 10');
  await world.wait('9s');
  assert.equal(await ask(), 'slow_down 15');
  await world.wait('15s');
  assert.equal(await ask(), 'authorization_pending');
});

test('a user who says no ends it', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  device.deny();
  await world.advance('10s');
  assert.equal(await device.state(), 'failed: denied');
  const before = device.questions.length;
  await world.advance('5m');
  assert.equal(device.questions.length, before, 'nobody asks any more');
});

test('a code that nobody types in fifteen minutes is over, by either spelling of it', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  await world.advance('16m');
  const lastMs = device.questions.at(-1) ?? 0;
  assert.ok(lastMs <= world.clock.nowMs() - 60_000, 'nobody asks after its end');
  for (const error of ['expired_token', 'token_expired']) {
    const other = await world.device();
    world.provider.answerNext(200, { error });
    await world.advance('10s');
    assert.equal(await other.state(), 'failed: expired');
  }
});

test('a device code that the provider does not know ends it, and so does a refused app', async () => {
  for (const [error, state] of [
    ['incorrect_device_code', 'failed: provider_refused'],
    ['incorrect_client_credentials', 'failed: misconfigured'],
    ['unsupported_grant_type', 'failed: misconfigured'],
  ] as const) {
    await using world = await githubWorld();
    const device = await world.device();
    world.provider.answerNext(200, { error });
    await world.advance('10s');
    assert.equal(await device.state(), state);
  }
});

test('an outage ends nothing: the provider is asked again, at growing distances', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  world.provider.answerNext(503, '', { count: 3 });
  await world.advance('2m');
  const [first = 0, second = 0, third = 0] = gaps(device.questions);
  assert.ok(first >= 10_000 && second >= 20_000 && third >= 40_000, String(gaps(device.questions)));
  device.allow('alice');
  await world.advance('2m');
  assert.equal(await device.state(), 'attached');
});

test('where the device flow is switched off, that is said at once', async () => {
  for (const status of [400, 200] as const) {
    await using world = await githubWorld();
    world.provider.controls.set({ deviceFlow: false, deviceFlowDisabledStatus: status });
    await assert.rejects(
      world.device(),
      (error) => isCode('misconfigured')(error) && /device_flow_disabled/.test(String(error)),
    );
  }
});

test('X has no device flow, and nobody is asked', async () => {
  await using world = await createWorld();
  await assert.rejects(world.device(), isCode('invalid'));
  assert.equal(world.provider.sent.length, 0);
});

test('an answer that leads the user to a page without https is not shown to him', async () => {
  await using world = await githubWorld();
  world.provider.script((request) =>
    request.url.endsWith('/login/device/code')
      ? jsonAnswer(200, {
          device_code: 'd',
          user_code: 'AAAA-BBBB',
          verification_uri: 'http://github.example/login/device',
          expires_in: 900,
          interval: 5,
        })
      : undefined,
  );
  await assert.rejects(world.device());
});

test('a crash between two questions costs nothing but time', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  await world.advance('20s');
  world.node().crash();
  await world.node().restart();
  device.allow('alice');
  await world.advance('10s');
  assert.equal(await device.state(), 'attached');
});

test('a crash in the middle of a question delays the next one, and asks nothing twice', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  world.node().crashAt('consent.answered');
  await world.advance('6s');
  await world.node().restart();
  device.allow('alice');
  await world.advance('1m');
  assert.equal(await device.state(), 'attached');
  assert.ok(Math.min(...gaps(device.questions)) >= 5000);
});

test('tokens that have arrived survive a crash before anybody knows whose they are', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  device.allow('alice');
  world.node().crashAt('consent.stored');
  await world.advance('10s');
  assert.equal(await device.state(), 'pending');
  await world.node().restart();
  await world.advance('10s');
  assert.equal(await device.state(), 'attached');
});

test('the device code is nowhere in the database but sealed', async () => {
  await using world = await githubWorld();
  const device = await world.device();
  const { deviceCode } = await codeOf(world, device.id);
  const row = world.node().database.get('select * from consents where id = :id', { id: device.id });
  const text = Object.values(row ?? {})
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
    .join('\n');
  assert.ok(deviceCode.length >= 40);
  assert.ok(!text.includes(deviceCode));
  assert.ok(!text.includes(device.code.userCode));
});

test('consent again by device is for the same user alone, and keeps the connection', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  const stranger = await world.device({ again: alice });
  stranger.allow('bob');
  await world.advance('10s');
  assert.equal(await stranger.state(), 'failed: wrong_user');
  const own = await world.device({ again: alice });
  own.allow('alice');
  await world.advance('10s');
  assert.equal(await own.connection(), alice);
  assert.equal((await world.node().getToken(alice)).kind, 'served');
});

for (const clientSecret of [false, undefined] as const) {
  test(`what the device flow gave is renewed without a secret, ${clientSecret === false ? 'where there is none' : 'though the app has one'}`, async () => {
    await using world = await githubWorld(clientSecret === undefined ? {} : { clientSecret });
    const device = await world.device();
    device.allow('alice');
    await world.advance('10s');
    const alice = await device.connection();
    for (let renewal = 1; renewal <= 3; renewal += 1) {
      await world.advance('8h');
      await world.node().accessToken(alice);
    }
    assert.equal(world.provider.renewals, 3);
    assert.ok(world.provider.sent.every(({ form }) => !form.has('client_secret')));
  });
}

test('without a secret, nobody is sent to a consent page whose code GitHub would not exchange', async () => {
  await using world = await githubWorld({ clientSecret: false });
  await assert.rejects(
    world.browser().begin(),
    (error) => isCode('misconfigured')(error) && /KIPPU_GITHUB_CLIENT_SECRET.*--device/.test(String(error)),
  );
});

test('what the web flow gave is renewed with the secret, and not without it', async () => {
  await using world = await githubWorld();
  const alice = await world.connect('alice');
  await world.advance('8h');
  await world.node().accessToken(alice);
  assert.ok(world.provider.sentTo('/login/oauth/access_token').every(({ form }) => form.has('client_secret')));
});

/** The device code, as only the vault can bring it to light. */
async function codeOf(world: World, id: ConsentId): Promise<{ readonly deviceCode: string }> {
  const consent = await world.node().look.consents.find(id);
  if (consent?.sealed === undefined || consent.generation === undefined) throw new Error('It holds no code.');
  const text = world.node().connect.vault.open(consentBinding(consent, consent.generation), consent.sealed);
  const { device_code: deviceCode } = JSON.parse(text.reveal()) as { readonly device_code: string };
  return { deviceCode };
}
