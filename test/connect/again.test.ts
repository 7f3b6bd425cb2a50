import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, reusable } from '../support/made-up-providers.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld } from '../support/world.ts';

test('consent again keeps the connection: its id, its name, its policy', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.node().look.connections.update(alice, { name: 'main', policy: 'always', metadata: { a: 1 } });
  await world.advance('1h');
  assert.equal(await world.connect('alice', { again: alice }), alice);
  const connection = await world.connection(alice);
  assert.deepEqual(
    [connection.name, connection.policy, connection.metadata, connection.grantedAtMs],
    ['main', 'always', { a: 1 }, world.clock.nowMs()],
  );
  assert.deepEqual(
    (await world.events('connection.created')).map(({ data }) => data['again']),
    [false, true],
  );
});

test('consent again brings a connection that had ended back to life', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.node().renewNow(alice);
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  await world.connect('alice', { again: alice });
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
});

test('consent again ends a doubt', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.provider.loseNextAnswer();
  await world.node().renewNow(alice);
  await world.connect('alice', { again: alice });
  assert.equal(await world.state(alice), 'active');
  await world.advance('2h');
  await world.node().accessToken(alice);
  assert.equal(world.provider.reuses, 0);
});

test('the same user of ours with the same account is the same connection, however often he consents', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice', { owner: 'u1' });
  assert.equal(await world.connect('alice', { owner: 'u1' }), alice);
  assert.equal(await world.connect('alice', { owner: 'u1', name: 'another' }), alice);
  assert.equal((await world.connection(alice)).name, 'x:alice');
});

test('another user of ours with the same account supersedes the first one’s connection, and that is told', async () => {
  await using world = await createWorld();
  const first = await world.connect('alice', { owner: 'u1' });
  const second = await world.connect('alice', { owner: 'u2' });
  assert.notEqual(second, first);
  assert.equal(await world.state(first), 'reauth_required: superseded');
  assert.equal(await world.state(second), 'active');
  assert.deepEqual(
    (await world.events('connection.reauth_required')).map(({ connectionId, data }) => [connectionId, data['reason']]),
    [[first, 'superseded']],
  );
  assert.equal((await world.connection(second)).name, 'x:alice-2');
  await world.advance('2h');
  await world.node().accessToken(second);
  assert.equal(world.provider.reuses, 0);
});

test('where a provider keeps many grants a user, a second connection kills no first', async () => {
  await using world = await createWorld({ provider: plain });
  const first = await world.connect('alice', { owner: 'u1' });
  const second = await world.connect('alice', { owner: 'u2' });
  await world.advance('1h');
  for (const id of [first, second]) await world.node().accessToken(id);
});

test('consent again as somebody else is refused with both names', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  const finished = await world.browser().consent('bob', { again: alice });
  assert.ok(finished.kind === 'failed' && finished.failure === 'wrong_user');
  assert.match(finished.detail, /x:alice is alice's.*as bob/);
  assert.equal(await world.node().accessToken(alice), token);
  assert.equal(world.provider.isGrantAlive('bob'), false, 'the grant that nobody wanted is revoked');
});

test('consent again as somebody who is connected himself renews his own connection instead of killing it', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const bob = await world.connect('bob');
  const finished = await world.browser().consent('bob', { again: alice });
  assert.ok(finished.kind === 'failed' && finished.failure === 'wrong_user');
  await world.advance('2h');
  for (const id of [alice, bob]) assert.ok(world.provider.knowsAsGood(await world.node().accessToken(id)));
});

test('a name that is taken fails the consent, and the grant is revoked', async () => {
  await using world = await createWorld();
  await world.connect('alice', { name: 'main' });
  const finished = await world.browser().consent('bob', { name: 'main' });
  assert.ok(finished.kind === 'failed' && finished.failure === 'name_taken');
  assert.equal(world.provider.isGrantAlive('bob'), false);
});

test('names that nobody chose get a number', async () => {
  await using world = await createWorld({ provider: plain });
  const ids = [];
  for (const owner of ['a', 'b', 'c']) ids.push(await world.connect('alice', { owner }));
  assert.deepEqual(await Promise.all(ids.map(async (id) => (await world.connection(id)).name)), [
    'plain:alice',
    'plain:alice-2',
    'plain:alice-3',
  ]);
});

test('where a provider gives out the same refresh token again, consent again works', async () => {
  await using world = await createWorld({ provider: reusable });
  const alice = await world.connect('alice');
  const credential = await world.node().look.credentials.read(alice);
  const same = { access_token: 'another-access', refresh_token: 'the-same', expires_in: 3600 };
  world.provider.script((request) => {
    if (request.url.endsWith('/token')) return jsonAnswer(200, same);
    return request.url.endsWith('/me') ? jsonAnswer(200, { id: credential?.subject, login: 'alice' }) : undefined;
  });
  for (let consent = 0; consent < 2; consent += 1) {
    assert.equal(await world.connect('alice'), alice);
    assert.equal(await world.connect('alice', { again: alice }), alice);
  }
  assert.equal(await world.node().accessToken(alice), 'another-access');
  await world.node().revoke(alice, { atProvider: false });
  assert.equal(await world.connect('alice'), alice, 'also after it was revoked here');
});

test('a refresh token that is another connection’s is not shared', async () => {
  await using world = await createWorld({ provider: reusable });
  const same = { access_token: 'an-access', refresh_token: 'the-same', expires_in: 3600 };
  world.provider.script((request) => {
    if (request.url.endsWith('/token')) return jsonAnswer(200, same);
    return request.url.endsWith('/me') ? jsonAnswer(200, { id: '7', login: 'alice' }) : undefined;
  });
  await world.connect('alice', { owner: 'u1' });
  const finished = await world.browser().consent('alice', { owner: 'u2' });
  assert.ok(finished.kind === 'failed' && finished.failure === 'provider_refused');
});

test('a fresh consent during a renewal of the same connection wins, at both ends', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('60s');
  const old = world.node(0).getToken(alice, { deadlineMs: 120_000 });
  await world.wait('1s');
  await world.connect('alice', { node: world.node(1) });
  await world.until(old);
  assert.equal((await world.connection(alice)).renewals, 0);
  await world.wait('2h');
  assert.ok(world.provider.knowsAsGood(await world.node(0).accessToken(alice)));
});
