import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '../../src/model/clock.ts';
import { classify } from '../../src/protocol/classify.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { answered } from '../protocol/answers.ts';
import { familyKilling, plain, reusable } from '../support/made-up-providers.ts';
import { Crash } from '../support/process-life.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld } from '../support/world.ts';
import { textOf } from '../support/world-node.ts';

/** What users of other systems met, one failure a test. */

test('P01: of two processes that renew at once, the loser neither deletes nor overwrites what the winner stored', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  for (let round = 0; round < 5; round += 1) {
    await world.advance('2h');
    world.provider.delayNextAnswer('1s');
    const [one, other] = await world.until(
      Promise.all([world.node(0).accessToken(alice), world.node(1).accessToken(alice)]),
    );
    assert.equal(one, other);
    assert.ok(world.provider.knowsAsGood(one));
  }
  assert.equal(world.provider.renewals, 5);
  assert.equal(world.provider.reuses, 0);
  assert.equal(await world.state(alice), 'active');
});

test('P02: an answer that takes two minutes makes no second process spend the same token, and nobody releases another’s lease', async () => {
  await using world = await createWorld({ nodes: 3 });
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.delayNextAnswer('119s');
  const slow = world.node(0).getToken(alice, { deadlineMs: 180_000 });
  await settle();
  for (let seconds = 0; seconds < 110; seconds += 10) {
    await world.advance('10s');
    assert.equal((await world.until(world.node(1).getToken(alice, { deadlineMs: 10 }))).kind, 'uncertain');
  }
  await world.until(slow);
  assert.equal(world.provider.presentations.length, 1);
  assert.equal(await world.state(alice), 'active');
});

test('P03: a crash between the answer and the commit loses nothing that had reached the disk', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('1s');
  const died = assert.rejects(world.node(0).getToken(alice), Crash);
  await settle();
  world.node(0).failStore();
  world.node(0).crashAt('spool.synced');
  await world.wait('3s');
  await died;
  await world.node(0).restart();
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.knowsAsGood(await world.node(1).accessToken(alice)));
});

test('P04: when the answer is lost, the old token is not presented again at once, and not again and again', async () => {
  await using world = await createWorld({ provider: familyKilling });
  const alice = await world.connect('alice');
  await world.advance('30m');
  world.provider.loseNextAnswer();
  await world.node().renewNow(alice);
  for (let minute = 0; minute < 25; minute += 1) {
    await world.advance('1m');
    await world.node().getToken(alice);
  }
  assert.equal(world.provider.presentations.length, 1);
  assert.ok(world.provider.isGrantAlive('alice'), 'the family lives');
  await world.advance('2h');
  assert.equal(world.provider.presentations.length, 2, 'one replay, when nothing was left to lose');
});

test('P05: work that throws after the answer does not lose the token: nothing of the kind stands before the commit', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  const odd = {
    access_token: 'odd-access',
    refresh_token: 'odd-refresh',
    expires_in: { $date: 'soon' },
    id_token: 'not.a.token',
    scope: 7,
    token_type: null,
  };
  world.provider.script((request) => (request.url.includes('/oauth2/token') ? jsonAnswer(200, odd) : undefined));
  world.provider.order({ endpoint: 'me', fault: 'status', status: 500, count: 100 });
  assert.equal(await world.node().accessToken(alice), 'odd-access');
  assert.equal(await world.state(alice), 'active');
});

test('P06: a 5xx or a network error logs nobody out', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  for (const fails of ['dns', 'connect', 'tls'] as const) {
    world.node().road = { fails };
    await world.node().getToken(alice);
    await world.advance('10s');
  }
  world.node().road = {};
  world.provider.answerNext(502, '<html>Bad gateway</html>', { count: 3 });
  await world.advance('1m');
  await world.node().getToken(alice);
  await world.advance('1d');
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
});

test('P07: a wrong client secret logs nobody out', async () => {
  await using world = await createWorld({ nodes: 2 });
  const users = await Promise.all(Array.from({ length: 12 }, (_, index) => world.connect(`user${index}`)));
  await world.advance('2h');
  world.provider.answerNext(
    401,
    { error: 'unauthorized_client', error_description: 'Missing valid authorization header' },
    { count: 1000 },
  );
  for (let hour = 0; hour < 6; hour += 1) {
    for (const [index, user] of users.entries())
      assert.equal((await world.node(index % 2).getToken(user)).kind, 'misconfigured');
    await world.advance('1h');
  }
  for (const user of users) assert.equal(await world.state(user), 'active');
  assert.ok(world.provider.presentations.length < 200, `${world.provider.presentations.length} requests in six hours`);
});

test('P08: a dead token at X is recognised, though X says invalid_request', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.advance('2h');
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
  await world.advance('7d');
  assert.equal(world.provider.presentations.length, 1, 'and it is not retried for ever');
});

test('P09: an error inside HTTP 200 is no success, and nothing of it is stored', async () => {
  const hubLike: Provider = {
    ...plain,
    tokenErrors: [{ status: 200, error: 'bad_refresh_token', means: { kind: 'rejected', reason: 'rejected_unknown' } }],
  };
  for (const body of [
    'error=bad_refresh_token&error_description=The+refresh+token',
    JSON.stringify({ error: 'bad_refresh_token' }),
  ]) {
    assert.equal(classify(answered(200, body), hubLike, 0).kind, 'rejected');
  }
  await using world = await createWorld({ provider: hubLike });
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  world.provider.script((request) =>
    request.url.endsWith('/token') ? jsonAnswer(200, { error: 'bad_refresh_token' }) : undefined,
  );
  assert.equal((await world.node().renewNow(alice)).kind, 'reauth_required');
  assert.equal(await world.node().accessToken(alice), token);
});

test('P10: when the provider omits the refresh token, the old one is kept on renewal and dropped on a fresh consent', async () => {
  await using world = await createWorld({ provider: reusable });
  const alice = await world.connect('alice');
  await world.advance('1h');
  await world.node().accessToken(alice);
  assert.equal((await world.connection(alice)).hasRefreshToken, true);
  await world.connect('alice', { offline: false, again: alice });
  assert.equal((await world.connection(alice)).hasRefreshToken, false);
});

test('P11: the rotated token is nowhere but in the store, so that no application can forget to save it', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  for (let renewal = 0; renewal < 4; renewal += 1) {
    await world.advance('2h');
    await world.node().accessToken(alice);
    await world.node().restart();
  }
  assert.equal((await world.connection(alice)).renewals, 4);
  assert.equal(world.provider.reuses, 0);
});

test('P12: a forced refresh from many simultaneous 401s is one exchange', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  const refused = await world.node().accessToken(alice);
  await world.advance('10m');
  world.provider.delayNextAnswer('1s');
  const tokens = await world.until(
    Promise.all(Array.from({ length: 50 }, (_, index) => world.node(index % 2).accessToken(alice, { refused }))),
  );
  assert.equal(new Set(tokens).size, 1);
  assert.equal(world.provider.presentations.length, 1);
});

test('P13: one failed renewal does not stay: the next call tries again without a restart', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.node().failStore();
  await assert.rejects(world.node().getToken(alice));
  await assert.rejects(world.node().getToken(alice));
  world.node().healStore();
  assert.equal((await world.node().getToken(alice)).kind, 'served');
});

test('P14: a token that is still valid is served when the early renewal fails', async () => {
  const troubles: readonly [number, string | Record<string, unknown>][] = [
    [429, ''],
    [401, { error: 'unauthorized_client' }],
    [418, ''],
    [500, ''],
  ];
  for (const [status, body] of troubles) {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    const token = await world.node().accessToken(alice);
    await world.advance(2 * HOUR_MS - 40_000);
    world.provider.answerNext(status, body, { count: 5 });
    for (let call = 0; call < 3; call += 1) assert.equal(await world.node().accessToken(alice), token);
  }
});

test('P15: who waited for the lock reads again, and does not use what he read before', async () => {
  await using world = await createWorld({ nodes: 2, workers: false });
  const alice = await world.connect('alice');
  const old = await world.node().accessToken(alice);
  await world.wait('2h');
  world.provider.delayNextAnswer('5s');
  const winner = world.node(0).accessToken(alice);
  await settle();
  const waiter = world.node(1).accessToken(alice);
  const [won, waited] = await world.until(Promise.all([winner, waiter]));
  assert.equal(waited, won);
  assert.notEqual(waited, old);
  assert.equal(world.provider.presentations.length, 1);
});

test('P16: writes to the connection while it is renewed revert nothing', async () => {
  await using world = await createWorld({ workers: false });
  const alice = await world.connect('alice');
  await world.wait('2h');
  world.provider.delayNextAnswer('5s');
  const renewal = world.node().accessToken(alice);
  await settle();
  const { connections } = world.node().look;
  await connections.update(alice, {
    name: 'x:renamed',
    metadata: { last: 'used' },
    policy: 'always',
    dueAtMs: world.clock.nowMs(),
  });
  const token = await world.until(renewal);
  await connections.update(alice, { metadata: { last: 'used again' } });
  assert.equal(await world.node().accessToken(alice), token);
  const connection = await world.connection(alice);
  assert.deepEqual(
    [connection.name, connection.metadata, connection.renewals],
    ['x:renamed', { last: 'used again' }, 1],
  );
});

test('P17: consent again during a renewal: the old grant’s tokens do not overwrite the new ones', async () => {
  for (const node of [0, 1]) {
    await using world = await createWorld({ nodes: 2, workers: false });
    const alice = await world.connect('alice');
    await world.wait('2h');
    world.provider.delayNextAnswer('20s');
    const old = world.node(0).getToken(alice);
    await settle();
    await world.wait('2s');
    assert.equal(await world.connect('alice', { node: world.node(node) }), alice);
    const fresh = await world.node(node).accessToken(alice);
    const brought = await world.until(old);
    assert.equal(textOf(brought), fresh, 'who waited for the old renewal gets the new grant’s token');
    assert.equal(await world.node(node).accessToken(alice), fresh);
    await world.wait('2h');
    assert.ok(
      world.provider.knowsAsGood(await world.node(node).accessToken(alice)),
      'the new grant’s refresh token was not replaced',
    );
  }
});

test('P18: a row that does not open stops nobody else', async () => {
  await using world = await createWorld({ workers: false });
  const ids = await Promise.all(['alice', 'bob', 'carol'].map((user) => world.connect(user)));
  for (const id of ids)
    await world.node().look.connections.update(id, { policy: 'always', dueAtMs: world.clock.nowMs() });
  await world.wait(2 * HOUR_MS - 60_000);
  await world
    .node()
    .database.write((tx) =>
      tx.run(`update credentials set sealed = x'0badc0de' where connection_id = :id`, { id: ids[1]! }),
    );
  world.node().startWork();
  await settle();
  assert.deepEqual(await Promise.all(ids.map(async (id) => (await world.connection(id)).renewals)), [1, 0, 1]);
  const problems = world.node().problems.splice(0);
  assert.equal(problems.length, 1);
  assert.match(String(problems[0]), new RegExp(ids[1]!));
  assert.deepEqual(
    await world.node().look.credentials.attempts(ids[1]!, 10),
    [],
    'nothing was claimed for what cannot be opened',
  );
});

test('P19: a connection that is used now and then is rotated now and then, and not every hour to be safe', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  for (let day = 0; day < 30; day += 1) {
    await world.advance('1d');
    await world.node(day % 2).accessToken(alice);
  }
  assert.equal(world.provider.renewals, 30, 'once a day, because it was used once a day');
  await world.advance('30d');
  assert.equal(world.provider.renewals, 30, 'and not at all when it was not used');
});

test('P21: a store restored from a copy presents no spent token while a living one is there, and says what it does not know', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.node().look.home.adopt('the copy', true);
  assert.equal(await world.state(alice), 'uncertain');
  const [event] = await world.events('connection.uncertain');
  assert.match(String(event?.data['error']), /restored from a copy/);
  await world.node().accessToken(alice);
  await world.advance('1h');
  assert.equal(world.provider.presentations.length, 0);
});
