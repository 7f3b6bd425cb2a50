import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { renew } from '../../src/renewal/renew.ts';
import { plain, reusable } from '../support/made-up-providers.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { settle } from '../support/virtual-clock.ts';
import { textOf } from '../support/world-node.ts';
import { createWorld } from '../support/world.ts';

/** Rules 8 to 11 of the renewal: what becomes of an answer. What each excludes is tried. */

test('rule 8: a pair whose parent is still stored is adopted, however late it comes', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  const slow = world.node(0);
  world.provider.delayNextAnswer('1s');
  void slow.getToken(alice);
  await settle();
  slow.pause();
  await world.wait('4m');
  assert.equal((await world.node(1).getToken(alice)).kind, 'uncertain');
  assert.equal(await world.state(alice), 'uncertain');
  slow.resume();
  await world.wait('1s');
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.knowsAsGood(await world.node(1).accessToken(alice)));
});

test('rule 8: a pair that has no place is kept, shown and never dropped', async () => {
  await using world = await createWorld({ provider: plain, workers: false });
  const alice = await world.connect('alice');
  world.provider.delayNextAnswer('20s');
  const late = world.node().renewNow(alice);
  await settle();
  const again = await world.browser().consent('alice', { again: alice });
  assert.equal(again.kind, 'connected');
  assert.equal((await world.until(late)).kind, 'served');
  const [orphan] = await world.node().look.credentials.orphans(alice);
  assert.equal(orphan?.tried, false);
  assert.equal(await world.state(alice), 'active');
});

test('rule 8: an answer that rotates nothing is adopted only as the next version', async () => {
  await using world = await createWorld({ provider: reusable, workers: false });
  const alice = await world.connect('alice');
  world.provider.delayNextAnswer('20s');
  const late = world.node().renewNow(alice);
  await settle();
  await world.browser().consent('alice', { again: alice });
  const fresh = await world.node().accessToken(alice);
  await world.until(late);
  assert.equal(await world.node().accessToken(alice), fresh);
  assert.deepEqual(await world.node().look.credentials.orphans(alice), []);
});

test('rule 9: a rejection is believed only after a second look: what another node has stored is used', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  // The answer of node 0 is held up until after node 1 was rejected for the same refresh token.
  const slow = world.node(0);
  world.provider.delayNextAnswer('1s');
  const late = slow.getToken(alice);
  await settle();
  slow.pause();
  await world.wait('5m');
  world.provider.delayNextAnswer('30s');
  const rejected = world.node(1).getToken(alice, { deadlineMs: 600_000 });
  await settle();
  slow.resume();
  await world.wait('10s');
  assert.equal((await late).kind, 'uncertain', 'its caller waited no longer than the deadline');
  assert.ok(world.provider.knowsAsGood(textOf(await world.until(rejected))));
  assert.equal(world.provider.reuses, 1, 'node 1 was rejected');
  assert.equal(await world.state(alice), 'active');
});

test('rule 9: after a rejection the row and its access token stay', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  world.provider.answerNext(400, {
    error: 'invalid_request',
    error_description: 'Value passed for the token was invalid.',
  });
  assert.equal((await world.node().renewNow(alice)).kind, 'reauth_required');
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  assert.equal(await world.node().accessToken(alice), token, 'it lives for two hours, whatever became of the grant');
  await world.advance('2h');
  const over = await world.node().getToken(alice);
  assert.ok(over.kind === 'reauth_required' && over.reason === 'rejected_unknown');
  assert.equal(world.provider.presentations.length, 1, 'nobody presents it again');
  assert.equal((await world.events('connection.reauth_required')).length, 1);
});

test('rule 9: a refusal that nobody knows ends nothing', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.answerNext(400, { error: 'a_new_error' });
  const renewal = await world.node().getToken(alice);
  assert.ok(renewal.kind === 'misconfigured');
  assert.match(renewal.error, /HTTP 400 a_new_error/);
  assert.equal(await world.state(alice), 'active');
});

test('rule 9: a refusal that nobody knows concerns one connection, and not the others of the app', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const bob = await world.connect('bob');
  await world.advance('2h');
  world.provider.answerNext(403, { error: 'this_user_is_odd' });
  assert.equal((await world.node().getToken(alice)).kind, 'misconfigured');
  assert.equal((await world.node().getToken(bob)).kind, 'served');
  const [event, ...others] = await world.events('provider.misconfigured');
  assert.equal(event?.connectionId, alice);
  assert.deepEqual(others, []);
  await world.advance('2m');
  assert.equal((await world.node().getToken(alice)).kind, 'served', 'it is tried again by itself');
});

test('rule 9: a connection of another client id or issuer is misconfigured before anything is sent', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  const { ports } = world.node();
  for (const other of [
    providerApp(world.app.provider, { clientId: 'another' }),
    providerApp(world.app.provider, { clientId: 'a-client', baseUrl: 'https://sim.example' }),
  ]) {
    const renewal = await renew(
      alice,
      { kind: 'use', minTtlMs: undefined },
      { ...ports, apps: new Map([[other.id, other]]) },
    );
    assert.ok(renewal.kind === 'misconfigured');
    assert.match(renewal.error, new RegExp(world.app.id));
  }
  assert.equal(world.provider.presentations.length, 0);
});

test('rule 9: so many rejections at once hold the app, and an operator is asked, once', async () => {
  await using world = await createWorld({ workers: false });
  const users = Array.from({ length: 20 }, (_, index) => `user${index}`);
  const ids = await Promise.all(users.map((user) => world.connect(user)));
  await world.wait('2h');
  world.provider.answerNext(
    400,
    { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' },
    { count: 10 },
  );
  for (const id of ids) await world.node().getToken(id);
  const states = await Promise.all(ids.map((id) => world.state(id)));
  assert.equal(states.filter((state) => state !== 'active').length, 9, 'the tenth rejection is not believed');
  assert.equal(world.provider.presentations.length, 10, 'after that nothing is sent');
  const told = await world.events('provider.misconfigured');
  assert.deepEqual(
    told.map(({ data }) => data['held']),
    [true],
  );
  await world.node().look.home.releaseApp(world.app.id);
  assert.equal((await world.node().getToken(ids[19]!)).kind, 'served');
});

test('rule 9: rejections that an operator has looked at do not hold the app again when he lets it go on', async () => {
  await using world = await createWorld({ workers: false });
  const users = Array.from({ length: 30 }, (_, index) => `user${index}`);
  const ids = await Promise.all(users.map((user) => world.connect(user)));
  await world.wait('2h');
  for (const user of users.slice(0, 20)) world.provider.removeApp(user);
  const askAll = async (): Promise<string[]> => {
    for (const id of ids) await world.node().getToken(id);
    return Promise.all(ids.map((id) => world.state(id)));
  };
  const endsOf = (states: readonly string[]): number =>
    states.filter((state) => state.startsWith('reauth_required')).length;
  assert.equal(endsOf(await askAll()), 9);
  await world.wait('1s');
  await world.node().look.home.releaseApp(world.app.id);
  assert.equal(endsOf(await askAll()), 18, 'nine more are believed before the operator is asked again');
  await world.wait('1s');
  await world.node().look.home.releaseApp(world.app.id);
  const states = await askAll();
  assert.equal(endsOf(states), 20);
  assert.equal(states.filter((state) => state === 'active').length, 10, 'the others were renewed');
});

test('rule 9: ten rejections among two hundred connections within a minute hold nothing', async () => {
  await using world = await createWorld({ workers: false });
  const ids = [];
  for (let index = 0; index < 120; index += 1) ids.push(await world.connect(`user${index}`));
  await world.wait('2h');
  for (let index = 0; index < 12; index += 1) world.provider.removeApp(`user${index}`);
  for (const id of ids.slice(0, 12)) assert.equal((await world.node().getToken(id)).kind, 'reauth_required');
  assert.deepEqual(await world.events('provider.misconfigured'), []);
});

test('rule 10: five simultaneous 401s make one exchange', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  const refused = await world.node().accessToken(alice);
  await world.wait('2m');
  const calls = Promise.all([0, 1, 0, 1, 0].map((node) => world.node(node).accessToken(alice, { refused })));
  const tokens = await world.until(calls);
  assert.equal(new Set(tokens).size, 1);
  assert.ok(!tokens.includes(refused));
  assert.equal(world.provider.presentations.length, 1);
  assert.equal(
    await world.node().accessToken(alice, { refused }),
    tokens[0],
    'who comes later with the same 401 gets the same answer',
  );
  assert.equal(world.provider.presentations.length, 1);
});

test('rule 10: a token that is refused in its first minute is not renewed', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const refused = await world.node().accessToken(alice);
  assert.equal((await world.node().getToken(alice, { refused })).kind, 'refused');
  assert.equal(world.provider.presentations.length, 0);
  assert.equal(await world.node().accessToken(alice), refused, 'nobody else is told that it is refused');
});

test('rule 10: the refused token is never the answer, even when nothing else can be had', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const refused = await world.node().accessToken(alice);
  await world.advance('2m');
  world.provider.answerNext(503, { error: 'temporarily_unavailable' }, { count: 3 });
  assert.equal((await world.node().getToken(alice, { refused })).kind, 'unavailable');
  assert.equal(
    (await world.node().getToken(alice)).kind,
    'unavailable',
    'who comes without a refusal does not get it either',
  );
});

test('rule 11: an answer without a refresh token keeps the old one', async () => {
  await using world = await createWorld({ provider: reusable });
  const alice = await world.connect('alice');
  for (let renewal = 0; renewal < 3; renewal += 1) {
    await world.advance('1h');
    await world.node().accessToken(alice);
  }
  assert.equal(new Set(world.provider.presentations.map(({ presented }) => presented)).size, 1);
  assert.equal((await world.connection(alice)).hasRefreshToken, true);
});

test('rule 11: a fresh consent without a refresh token has none, and the old one is not brought back to life', async () => {
  await using world = await createWorld({ provider: plain });
  const alice = await world.connect('alice');
  await world.connect('alice', { offline: false, again: alice });
  assert.equal((await world.connection(alice)).hasRefreshToken, false);
  await world.advance('1h');
  assert.equal(await world.state(alice), 'reauth_required: no_refresh_token');
  assert.equal(world.provider.presentations.length, 0);
});

test('rule 11: without expires_in the token is served until it is refused', async () => {
  await using world = await createWorld({ provider: plain });
  const alice = await world.connect('alice');
  world.provider.script((request) =>
    request.url.endsWith('/token') ? jsonAnswer(200, { access_token: 'endless', refresh_token: 'another' }) : undefined,
  );
  await world.node().renewNow(alice);
  world.provider.script(() => undefined);
  await world.advance('400d');
  assert.equal(await world.node().accessToken(alice), 'endless');
  assert.equal((await world.connection(alice)).accessExpiresAtMs, undefined);
  world.provider.script((request) =>
    request.url.endsWith('/token')
      ? jsonAnswer(200, { access_token: 'next', refresh_token: 'yet another' })
      : undefined,
  );
  assert.equal(await world.node().accessToken(alice, { refused: 'endless' }), 'next');
});

test('the secret of a token never stands in a message, whatever goes wrong', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  world.provider.answerNext(400, { error: 'x', error_description: `the token ${token} is odd` });
  await world.node().renewNow(alice);
  assert.doesNotMatch(
    JSON.stringify([
      await world.events(),
      await world.node().look.credentials.attempts(alice, 9),
      await world.node().look.home.apps(),
    ]),
    new RegExp(token.slice(0, 20)),
  );
  assert.doesNotMatch(JSON.stringify(await world.node().getToken(alice)), new RegExp(token.slice(0, 20)));
  assert.equal(String(new Secret(token)), '[secret]');
});
