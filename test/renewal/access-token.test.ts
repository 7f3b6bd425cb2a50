import assert from 'node:assert/strict';
import { test } from 'node:test';
import { facebookData } from '../../src/providers/data/facebook.ts';
import { instagramData } from '../../src/providers/data/instagram.ts';
import { threadsData } from '../../src/providers/data/threads.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/** Stories where there are no refresh tokens: the access token itself is exchanged, once a day old and before its end. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function threadsWorld(options: WorldOptions = {}): Promise<World> {
  return createWorld({ provider: threadsData, ...options });
}

/** The exchanges that were sent, as paths. */
function exchanges({ provider }: World): readonly string[] {
  return provider.sent
    .map(({ path }) => path)
    .filter((path) => path.includes('access_token') && path !== '/oauth/access_token');
}

for (const provider of [threadsData, instagramData, facebookData]) {
  test(`${provider.name}: the hour's token of a consent is made one of sixty days by the worker, before anybody asks`, async () => {
    await using world = await createWorld({ provider });
    const alice = await world.connect('alice');
    assert.equal((await world.connection(alice)).accessExpiresAtMs, world.clock.nowMs() + HOUR_MS);
    await world.advance('1m');
    const lasting = await world.connection(alice);
    assert.ok((lasting.accessExpiresAtMs ?? 0) > world.clock.nowMs() + 59 * DAY_MS);
    assert.equal(lasting.refreshExpiresAtMs, lasting.accessExpiresAtMs, 'the token that renews it is the token');
    assert.equal(await world.state(alice), 'active');
  });

  test(`${provider.name}: it is renewed in time although nobody uses it, for half a year`, async () => {
    await using world = await createWorld({ provider });
    const alice = await world.connect('alice');
    for (let month = 0; month < 6; month += 1) await world.advance(30 * DAY_MS);
    assert.equal(await world.state(alice), 'active');
    assert.equal(world.provider.knowsAsGood(await world.node().accessToken(alice)), true);
    assert.ok(world.provider.renewals >= 3 && world.provider.renewals <= 6, String(world.provider.renewals));
  });
}

test('where no worker runs, the first use makes the token lasting', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  assert.deepEqual(exchanges(world), ['/access_token']);
  await world.wait(2 * HOUR_MS);
  assert.equal(await world.node().accessToken(alice), token);
  assert.equal(world.provider.knowsAsGood(token), true);
});

test('a short-lived token whose exchange fails is served as long as it lives, and tried again', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  world.provider.answerNext(429);
  const short = await world.node().accessToken(alice);
  assert.equal(world.provider.knowsAsGood(short), true);
  await world.wait('1m');
  assert.notEqual(await world.node().accessToken(alice), short);
});

test('a short-lived token is served when the store takes nothing', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  world.node().failStore();
  assert.equal(world.provider.knowsAsGood(await world.node().accessToken(alice)), true);
  assert.deepEqual(exchanges(world), [], 'nothing is sent that was not written down before');
});

test('a short-lived token that a consent has brought meanwhile is served to whoever waits no longer for an exchange', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  world.provider.delayNextAnswer('100s');
  const first = world.until(world.node().accessToken(alice));
  await world.wait('2s');
  await world.connect('alice');
  const token = await world.until(world.node().accessToken(alice));
  assert.equal(world.provider.knowsAsGood(token), true);
  await first;
});

test('a token younger than a day is not presented for renewal, and says from when on', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.node().accessToken(alice);
  const issuedAtMs = world.clock.nowMs();
  await world.wait(23 * HOUR_MS);
  const early = await world.node().renewNow(alice);
  assert.equal(early.kind, 'unavailable');
  assert.equal(early.kind === 'unavailable' && early.retryAtMs, issuedAtMs + DAY_MS);
  assert.deepEqual(exchanges(world), ['/access_token'], 'nothing was sent');
  await world.wait(HOUR_MS);
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
  assert.deepEqual(exchanges(world), ['/access_token', '/refresh_access_token']);
});

test('a provider that sets no age renews at once', async () => {
  await using world = await createWorld({ provider: facebookData, workers: false });
  const alice = await world.connect('alice');
  await world.node().accessToken(alice);
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
});

for (const killAccessOnRefresh of [false, true]) {
  test(`an exchange without an answer is uncertain, and ${killAccessOnRefresh ? 'ends as a lost answer where the old token died of it' : 'is asked of the old token, and sent again'}`, async () => {
    await using world = await threadsWorld({ workers: false });
    world.provider.controls.set({ killAccessOnRefresh });
    const alice = await world.connect('alice');
    const old = await world.node().accessToken(alice);
    await world.wait(2 * DAY_MS);
    world.provider.loseNextAnswer();
    assert.equal((await world.until(world.node().renewNow(alice))).kind, 'uncertain');
    assert.equal(await world.state(alice), 'uncertain');
    await world.wait('10m');
    const renewal = await world.until(world.node().renewNow(alice));
    if (killAccessOnRefresh) {
      assert.equal(renewal.kind, 'reauth_required');
      assert.equal(await world.state(alice), 'reauth_required: answer_lost');
    } else {
      assert.equal(renewal.kind, 'served');
      assert.equal(await world.state(alice), 'active');
      assert.notEqual(await world.node().accessToken(alice), old);
    }
  });
}

test('a request that never arrived costs nothing: the old token is asked, and exchanged after all', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.node().accessToken(alice);
  await world.wait(2 * DAY_MS);
  world.provider.loseNextRequest();
  assert.equal((await world.until(world.node().renewNow(alice))).kind, 'uncertain');
  await world.wait('10m');
  assert.equal((await world.until(world.node().renewNow(alice))).kind, 'served');
});

test('a process that dies while it renews leaves a record, and the next one resolves it', async () => {
  await using world = await threadsWorld({ workers: false, nodes: 2 });
  const alice = await world.connect('alice');
  await world.node().accessToken(alice);
  await world.wait(2 * DAY_MS);
  world.node(0).crashAt('renewal.answered');
  await Promise.race([
    world
      .node(0)
      .renewNow(alice)
      .catch(() => undefined),
    world.wait('1s'),
  ]);
  await world.wait('10m');
  assert.equal((await world.until(world.node(1).renewNow(alice))).kind, 'served');
  assert.equal(await world.state(alice), 'active');
});

for (const [code, reason] of [
  ['458', 'revoked_by_provider'],
  ['460', 'revoked_by_provider'],
  ['463', 'expired'],
  ['467', 'revoked_by_provider'],
  ['190', 'rejected_unknown'],
] as const) {
  test(`code 190 with ${code === '190' ? 'no subcode' : `subcode ${code}`} ends the grant: ${reason}`, async () => {
    await using world = await threadsWorld({ workers: false });
    const alice = await world.connect('alice');
    await world.node().accessToken(alice);
    await world.wait(2 * DAY_MS);
    world.provider.controls.set({ deadAs: code });
    world.provider.removeApp('alice');
    assert.equal((await world.node().renewNow(alice)).kind, 'reauth_required');
    assert.equal(await world.state(alice), `reauth_required: ${reason}`);
  });
}

test('an error of Meta that nobody knows ends nothing', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.node().accessToken(alice);
  await world.wait(2 * DAY_MS);
  const body = { error: { message: 'An unexpected error.', type: 'OAuthException', code: 2, fbtrace_id: 'A' } };
  world.provider.answerNext(400, body);
  assert.equal((await world.node().renewNow(alice)).kind, 'misconfigured');
  assert.equal(await world.state(alice), 'active');
});

test('a token that died because nothing was running for sixty days needs a new consent, and gets one', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.node().accessToken(alice);
  await world.wait(61 * DAY_MS);
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
  assert.equal(await world.state(alice), 'reauth_required: expired');
  assert.equal(await world.connect('alice', { again: alice }), alice);
  assert.equal(world.provider.knowsAsGood(await world.node().accessToken(alice)), true);
});

test('the #_ after the code is no part of it, in the fragment and in the code', async () => {
  await using world = await threadsWorld({ workers: false });
  const browser = world.browser();
  const address = browser.allow(await browser.open(await browser.begin()), 'alice');
  assert.ok(address.endsWith('#_'), address);
  const quoted = new URL(address);
  quoted.searchParams.set('code', `${quoted.searchParams.get('code')}#_`);
  assert.equal((await browser.comeBack(quoted.href)).kind, 'connected');
});

test('neither token nor secret of the query is in an event, an error or anything else that is kept', async () => {
  await using world = await threadsWorld({ workers: false });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  await world.wait(2 * DAY_MS);
  world.provider.answerNext(400, { error: { message: `Bad token ${token}`, code: 190, error_subcode: 463 } });
  const renewal = await world.node().renewNow(alice);
  const kept = JSON.stringify([renewal, await world.events(), await world.connection(alice)]);
  const rows = world
    .node()
    .database.all('select * from attempts')
    .map((row) => JSON.stringify(row));
  for (const secret of [token, 'a-client-secret']) {
    assert.ok(!kept.includes(secret), 'in what was answered');
    assert.ok(!rows.join().includes(secret), 'in the store');
    assert.ok(!JSON.stringify(world.provider.controls.state()).includes(secret), 'in the simulator');
  }
});

test('an answer without a lifetime is that of an hour after a consent, and of sixty days after that', async () => {
  const provider = { ...threadsData, access: { ...threadsData.access, isAnswered: false } } as const;
  await using world = await createWorld({ provider, workers: false });
  const alice = await world.connect('alice');
  assert.equal((await world.connection(alice)).accessExpiresAtMs, world.clock.nowMs() + HOUR_MS);
  await world.node().accessToken(alice);
  assert.equal((await world.connection(alice)).refreshExpiresAtMs, world.clock.nowMs() + 60 * DAY_MS);
});

test('code 190 says that a token is dead with a 400 as well', async () => {
  await using world = await threadsWorld({ workers: false });
  world.provider.script(({ url }) =>
    url.includes('/v1.0/me')
      ? jsonAnswer(400, { error: { message: 'No.', code: 190, type: 'OAuthException' } })
      : undefined,
  );
  const finished = await world.browser().consent('alice');
  assert.equal(finished.kind === 'failed' && finished.failure, 'provider_refused');
});

test('a lasting token that the provider gives two hours is not taken for that of a consent: one exchange is enough', async () => {
  const provider = { ...threadsData, access: { ...threadsData.access, lifetimeMs: 2 * HOUR_MS } };
  await using world = await createWorld({ provider, workers: false });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  for (let use = 0; use < 3; use += 1) assert.equal(await world.node().accessToken(alice), token);
  assert.deepEqual(exchanges(world), ['/access_token']);
});
