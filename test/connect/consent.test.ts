import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finishConsent } from '../../src/connect/finish.ts';
import type { Finished } from '../../src/connect/ending.ts';
import { Secret } from '../../src/model/secret.ts';
import { plain } from '../support/made-up-providers.ts';
import { createWorld, isCode } from '../support/world.ts';

function failureOf(finished: Finished): string {
  return finished.kind === 'failed' ? finished.failure : finished.kind;
}

test('a consent becomes a connection with the user’s name, its scopes and a token', async () => {
  await using world = await createWorld();
  const finished = await world.browser().consent('alice');
  assert.ok(finished.kind === 'connected');
  const { connection } = finished;
  assert.deepEqual(
    [
      connection.name,
      connection.handle,
      connection.state,
      connection.hasRefreshToken,
      connection.policy,
      connection.owner,
    ],
    ['x:alice', 'alice', 'active', true, 'on-use', ''],
  );
  assert.deepEqual(connection.scopes.toSorted(), ['offline.access', 'tweet.read', 'tweet.write', 'users.read']);
  assert.match(connection.subject ?? '', /^\d+$/);
  await world.node().accessToken(connection.id);
  assert.deepEqual(
    (await world.events()).map(({ type, data }) => [type, data['again']]),
    [['connection.created', false]],
  );
});

test('whose account it is, is asked once', async () => {
  await using world = await createWorld();
  await world.connect('alice');
  assert.equal(world.provider.sentTo('/2/users/me').length, 1);
});

test('a user who presses Deny ends the consent, and nothing else', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const consent = await browser.begin();
  const finished = await browser.comeBack(browser.deny(await browser.open(consent)));
  assert.equal(failureOf(finished), 'denied');
  assert.equal((await world.node().look.consents.find(consent.id))?.state, 'failed');
  assert.equal(world.provider.sent.length, 0);
});

test('a consent that takes too long has expired', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  await world.wait('15m');
  assert.equal(failureOf(await browser.comeBack(back)), 'expired');
  assert.equal(world.provider.sent.length, 0, 'the code is not even presented');
});

test('a link that lay around too long is refused', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const consent = await browser.begin();
  await world.wait('15m');
  await assert.rejects(browser.open(consent), isCode('consent_failed'));
});

test('an answer that comes twice is used once', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  assert.equal((await browser.comeBack(back)).kind, 'connected');
  assert.equal(failureOf(await browser.comeBack(back)), 'replayed');
  assert.equal(world.provider.controls.state().counts.codesReplayed, 0);
});

test('of two answers at the same moment one gets on', async () => {
  await using world = await createWorld({ nodes: 2 });
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  const outcomes = await Promise.all([browser.comeBack(back, world.node(0)), browser.comeBack(back, world.node(1))]);
  assert.deepEqual(outcomes.map(failureOf).sort(), ['connected', 'replayed']);
});

test('an answer in another browser than the one that began is foreign, and the right one still gets on', async () => {
  await using world = await createWorld();
  const [victim, attacker] = [world.browser(), world.browser()];
  const back = victim.allow(await victim.open(await victim.begin()), 'alice');
  assert.equal(failureOf(await attacker.comeBack(back)), 'foreign');
  await attacker.open(await attacker.begin());
  assert.equal(failureOf(await attacker.comeBack(back)), 'foreign', 'also with a cookie of its own');
  assert.equal((await victim.comeBack(back)).kind, 'connected');
});

test('a stranger’s code under one’s own state is not accepted at the provider', async () => {
  await using world = await createWorld();
  const [mine, stranger] = [world.browser(), world.browser()];
  const back = new URL(mine.allow(await mine.open(await mine.begin()), 'alice'));
  const other = new URL(stranger.allow(await stranger.open(await stranger.begin()), 'bob'));
  back.searchParams.set('code', other.searchParams.get('code') ?? '');
  assert.equal(failureOf(await mine.comeBack(back.href)), 'code_refused', 'the verifier is another one (PKCE)');
});

test('an answer that nobody asked for is foreign', async () => {
  await using world = await createWorld();
  for (const query of ['', 'code=a', 'state=nobody&code=a', 'state=&code=a']) {
    assert.equal(failureOf(await world.browser().comeBack(`http://127.0.0.1:4180/callback/x?${query}`)), 'foreign');
  }
});

test('an answer that comes in at another provider’s door is a mix-up, and changes nothing', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  assert.equal(failureOf(await browser.comeBack(back.replace('/callback/x', '/callback/github'))), 'foreign');
  assert.equal((await browser.comeBack(back)).kind, 'connected');
});

test('an answer of another issuer is a mix-up, and changes nothing', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  assert.equal(failureOf(await browser.comeBack(`${back}&iss=https%3A%2F%2Fevil.example`)), 'mixed_up');
  assert.equal((await world.node().look.connections.list({ limit: 10 })).items.length, 0);
});

for (const [name, value] of [
  ['state', 'another'],
  ['code', 'another'],
  ['error', 'access_denied&error=server_error'],
  ['iss', undefined],
] as const) {
  test(`an answer with ${name} twice is in the wrong format, and its code is not exchanged`, async () => {
    await using world = await createWorld();
    const browser = world.browser();
    const back = browser.allow(await browser.open(await browser.begin()), 'alice');
    const iss = encodeURIComponent(world.app.issuer);
    const finished = await browser.comeBack(`${back}&${name}=${value ?? `${iss}&iss=${iss}`}`);
    assert.equal(failureOf(finished), 'unusable_answer');
    assert.ok(finished.kind === 'failed' && finished.detail === `the answer has ${name} more than once`);
    assert.equal(world.provider.sentTo('/2/oauth2/token').length, 0);
  });
}

test('an answer with neither a code nor an error is in the wrong format', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const back = new URL(browser.allow(await browser.open(await browser.begin()), 'alice'));
  back.searchParams.delete('code');
  assert.equal(failureOf(await browser.comeBack(back.href)), 'unusable_answer');
});

test('a link works in one browser; opened again in the same one it begins anew', async () => {
  await using world = await createWorld();
  const [first, second] = [world.browser(), world.browser()];
  const consent = await first.begin();
  const earlier = first.allow(await first.open(consent), 'alice');
  await assert.rejects(second.open(consent), isCode('consent_failed'));
  const later = first.allow(await first.open(consent), 'alice');
  assert.equal(failureOf(await first.comeBack(earlier)), 'foreign', 'it was started again since');
  assert.equal((await first.comeBack(later)).kind, 'connected');
  await assert.rejects(first.open(consent), isCode('consent_failed'), 'and then it is used up');
});

test('two browsers that open a link at the same moment: one gets it', async () => {
  await using world = await createWorld();
  const consent = await world.browser().begin();
  const opened = await Promise.allSettled([world.browser().open(consent), world.browser().open(consent)]);
  assert.deepEqual(opened.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('there is no link by a name that was guessed', async () => {
  await using world = await createWorld();
  const consent = await world.browser().begin();
  await assert.rejects(world.browser().open({ ...consent, id: 'cns_guess' as never }), isCode('not_found'));
});

test('a code that comes later than thirty seconds is refused by X, and that is said', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const back = browser.allow(await browser.open(await browser.begin()), 'alice');
  await world.wait('31s');
  const finished = await browser.comeBack(back);
  assert.equal(failureOf(finished), 'code_refused');
  assert.match(finished.kind === 'failed' ? finished.detail : '', /authorization code was invalid/);
});

for (const [says, order, failure] of [
  ['loses the answer', { endpoint: 'token', fault: 'lose' }, 'unanswered'],
  ['has no time', { endpoint: 'token', fault: 'status', status: 429 }, 'unanswered'],
  ['has an error', { endpoint: 'token', fault: 'status', status: 500 }, 'unanswered'],
  [
    'refuses our app',
    { endpoint: 'token', fault: 'status', status: 401, body: { error: 'unauthorized_client' } },
    'misconfigured',
  ],
  [
    'refuses for a reason that nobody knows',
    { endpoint: 'token', fault: 'status', status: 400, body: { error: 'odd' } },
    'misconfigured',
  ],
] as const) {
  test(`when the provider ${says} at the exchange, the consent fails as ${failure} and leaves nothing behind`, async () => {
    await using world = await createWorld();
    const browser = world.browser();
    const consent = await browser.begin();
    world.provider.order(order);
    assert.equal(failureOf(await browser.comeBack(browser.allow(await browser.open(consent), 'alice'))), failure);
    const stored = await world.node().look.consents.find(consent.id);
    assert.deepEqual([stored?.state, stored?.failure, stored?.sealed], ['failed', failure, undefined]);
    assert.deepEqual((await world.node().look.connections.list({ limit: 10 })).items, []);
    assert.equal((await browser.consent('alice')).kind, 'connected', 'the next one works');
  });
}

test('tokens that the provider does not accept itself are not connected', async () => {
  await using world = await createWorld();
  world.provider.order({ endpoint: 'me', fault: 'status', status: 401 });
  assert.equal(failureOf(await world.browser().consent('alice')), 'provider_refused');
});

test('without the scope for a refresh token the connection ends with its access token, and says so', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice', { offline: false });
  const connection = await world.connection(alice);
  assert.deepEqual([connection.hasRefreshToken, connection.refreshExpiresAtMs], [false, undefined]);
  const [event] = await world.events('connection.created');
  assert.equal(event?.data['has_refresh_token'], false);
  await world.advance('119m');
  assert.equal(await world.state(alice), 'active');
  await world.advance('2m');
  assert.equal(await world.state(alice), 'reauth_required: no_refresh_token');
  const renewal = await world.node().getToken(alice);
  assert.ok(renewal.kind === 'reauth_required' && renewal.reason === 'no_refresh_token');
  assert.deepEqual(
    (await world.events('connection.reauth_required')).map(({ data }) => data['reason']),
    ['no_refresh_token'],
  );
});

test('presets are replaced by their scopes, and what was granted counts, not what was asked', async () => {
  await using world = await createWorld({ provider: plain });
  const alice = await world.connect('alice', { scopes: ['default', 'write', 'write'] });
  assert.deepEqual((await world.connection(alice)).scopes, ['read', 'write', 'offline_access']);
});

test('what the browser carries opens nothing that is stored', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const consent = await browser.begin();
  const page = new URL(await browser.open(consent));
  const stored = JSON.stringify(world.node().database.all('select * from consents'));
  assert.ok(!stored.includes(page.searchParams.get('state') ?? '?'), 'the state is stored as a hash');
});

test('a provider app that is not configured any more finishes nothing', async () => {
  await using world = await createWorld();
  const browser = world.browser();
  const back = new URL(browser.allow(await browser.open(await browser.begin()), 'alice'));
  const finished = await finishConsent(
    { provider: 'x', params: back.searchParams, browserSecret: new Secret('x') },
    { ...world.node().connect, apps: new Map() },
  );
  assert.equal(failureOf(finished), 'foreign');
});
