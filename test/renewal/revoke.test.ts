import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { Secret } from '../../src/model/secret.ts';
import { revoke } from '../../src/renewal/revoke.ts';
import { CATALOGUE } from '../../src/providers/index.ts';
import { githubData } from '../../src/providers/data/github.ts';
import { plain } from '../support/made-up-providers.ts';
import { settle } from '../support/virtual-clock.ts';
import type { Token } from '../../src/sim/state.ts';
import { createWorld, isCode, type World } from '../support/world.ts';

test('a revocation ends the grant at the provider, then here, and the tokens are forgotten', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const token = await world.node().accessToken(alice);
  await world.node().revoke(alice);
  assert.equal(await world.state(alice), 'revoked');
  assert.equal(world.provider.knowsAsGood(token), false);
  assert.equal(world.provider.isGrantAlive('alice'), false);
  const credential = await world.node().look.credentials.read(alice);
  assert.equal(credential?.sealed.length, 0);
  assert.equal((await world.node().getToken(alice)).kind, 'revoked', 'not even a token that lived is served');
  assert.deepEqual(
    (await world.events('connection.revoked')).map(({ data }) => data),
    [{ at_provider: true }],
  );
});

test('a second revocation does nothing', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.node().revoke(alice);
  await world.node().revoke(alice);
  assert.equal(
    world.provider.sentTo('/2/oauth2/revoke').length,
    2,
    'the refresh token and the access token, once each',
  );
});

test('a renewal in flight is waited for, and what it brings is revoked too', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.delayNextAnswer('20s');
  const renewal = world.node(0).getToken(alice);
  await settle();
  const revocation = world.node(1).revoke(alice);
  const brought = await world.until(renewal);
  await world.until(revocation);
  assert.ok(brought.kind === 'served');
  assert.equal(world.provider.knowsAsGood(brought.tokens.accessToken.reveal()), false);
  assert.equal(await world.state(alice), 'revoked');
});

for (const [says, order, code] of [
  ['does not answer', { endpoint: 'revoke', fault: 'lose_request' }, 'unavailable'],
  ['has no time', { endpoint: 'revoke', fault: 'status', status: 503 }, 'unavailable'],
  ['refuses our app', { endpoint: 'revoke', fault: 'status', status: 401 }, 'misconfigured'],
] as const) {
  test(`if the provider ${says}, nothing changes here, and it can be asked for again`, async () => {
    await using world = await createWorld();
    const alice = await world.connect('alice');
    const token = await world.node().accessToken(alice);
    world.provider.order(order);
    await assert.rejects(world.node().revoke(alice), isCode(code));
    assert.equal(await world.state(alice), 'active');
    assert.equal(await world.node().accessToken(alice), token);
    await world.node().revoke(alice);
    assert.equal(await world.state(alice), 'revoked');
  });
}

test('a connection whose grant has ended is not made active by a revocation that fails', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.node().renewNow(alice);
  world.provider.order({ endpoint: 'revoke', fault: 'status', status: 503 });
  await assert.rejects(world.node().revoke(alice), isCode('unavailable'));
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
});

test('here alone it ends without a word to the provider', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.node().revoke(alice, { atProvider: false });
  assert.equal(await world.state(alice), 'revoked');
  assert.ok(world.provider.isGrantAlive('alice'));
});

test('here alone it ends also when its app is not configured any more, or its tokens do not open', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const bob = await world.connect('bob');
  const { ports } = world.node();
  await assert.rejects(revoke(alice, { atProvider: true }, { ...ports, apps: new Map() }), isCode('misconfigured'));
  await revoke(alice, { atProvider: false }, { ...ports, apps: new Map() });
  await world
    .node()
    .database.write((tx) => tx.run(`update credentials set sealed = x'00' where connection_id = :bob`, { bob }));
  await assert.rejects(world.node().revoke(bob), isCode('unreadable'));
  assert.equal(
    (await ports.credentials.read(bob))?.lease,
    undefined,
    'what cannot be opened is found before anything is claimed',
  );
  await revoke(bob, { atProvider: false }, ports);
  assert.deepEqual([await world.state(alice), await world.state(bob)], ['revoked', 'revoked']);
});

test('where the provider cannot revoke, that is said, and here alone it can end', async () => {
  await using world = await createWorld({ provider: { ...plain, revocation: { method: 'none' } } });
  const alice = await world.connect('alice');
  const isPermanent = (error: unknown): boolean =>
    error instanceof KippuError && error.code === 'conflict' && error.retryAfterMs === undefined;
  await assert.rejects(world.node().revoke(alice), isPermanent);
  await assert.rejects(world.node().revoke(alice), /has no revocation endpoint.*user can remove.*--local-only/);
  await assert.rejects(world.node().revoke(alice), (error: Error) => !/try again/i.test(error.message));
  assert.equal(await world.state(alice), 'active');
  await world.node().revoke(alice, { atProvider: false });
});

for (const provider of CATALOGUE.filter(({ revocation }) => revocation.method === 'none')) {
  test(`${provider.name} is not asked to revoke, and nobody is told to try again`, async () => {
    await using world = await createWorld({ provider, workers: false });
    const alice = await world.connect('alice');
    const sent = world.provider.sent.length;
    await assert.rejects(world.node().revoke(alice), isCode('conflict'));
    assert.equal(world.provider.sent.length, sent);
    assert.equal((await world.node().look.credentials.read(alice))?.lease, undefined);
    await world.node().revoke(alice, { atProvider: false });
    assert.equal(await world.state(alice), 'revoked');
  });
}

test('a refusal of the app is not worth another try in half a minute, an outage is', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const waits: (number | undefined)[] = [];
  for (const status of [401, 503]) {
    world.provider.order({ endpoint: 'revoke', fault: 'status', status });
    await world
      .node()
      .revoke(alice)
      .catch((error: KippuError) => waits.push(error.retryAfterMs));
  }
  assert.deepEqual(waits, [undefined, 30_000]);
});

test('a connection that is not there cannot be revoked', async () => {
  await using world = await createWorld();
  await assert.rejects(world.node().revoke('con_none' as never), isCode('not_found'));
});

test('a lease that is never given back is waited out', async () => {
  await using world = await createWorld({ nodes: 2, separateMachines: true, workers: false });
  const alice = await world.connect('alice');
  world.provider.delayNextAnswer('119s');
  const renewal = world.node(0).renewNow(alice);
  await settle();
  world.node(0).pause();
  renewal.catch(() => undefined);
  const revocation = world.node(1).revoke(alice);
  await world.until(revocation, '10m');
  assert.equal(await world.state(alice), 'revoked', 'an expired lease is nobody’s');
});

test('what was revoked can be connected again, and is the same connection', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.node().revoke(alice);
  assert.equal(await world.connect('alice'), alice);
  assert.equal(await world.state(alice), 'active');
  await world.node().accessToken(alice);
});

test('a refresh token that was revoked here is known as spent', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const credential = await world.node().look.credentials.read(alice);
  await world.node().revoke(alice);
  assert.deepEqual(await world.node().look.credentials.knownRefreshToken(credential!.refreshFingerprint!), {
    connectionId: alice,
    spent: true,
  });
  assert.equal(
    await world
      .node()
      .look.credentials.knownRefreshToken(world.node().ports.fingerprinter.fingerprint(new Secret('another'))),
    undefined,
  );
});

test('a grant whose access token died on the way is renewed and ended: its refresh token does not outlive a revocation', async () => {
  await using world = await createWorld({ provider: githubData, workers: false });
  const alice = await world.connect('alice');
  const old = await world.node().accessToken(alice);
  // Alive by all that is known here, and unknown there: GitHub answers 422, as for one that is over.
  const hash = createHash('sha256').update(old).digest('base64url');
  world.provider.simulator.state.tokens.set(hash, { ...tokenOf(world, hash), revokedAtMs: world.clock.nowMs() });
  await world.until(world.node().revoke(alice));
  assert.equal(await world.state(alice), 'revoked');
  assert.equal(world.provider.isGrantAlive('alice'), false);
  assert.equal(world.provider.renewals, 1);
});

test('a provider that knows no access token of a grant at all has not revoked it', async () => {
  await using world = await createWorld({ provider: githubData, workers: false });
  const alice = await world.connect('alice');
  world.provider.order({ endpoint: 'revoke', fault: 'status', status: 422, body: {}, count: 2 });
  await assert.rejects(world.until(world.node().revoke(alice)), isCode('unavailable'));
  assert.equal(await world.state(alice), 'active');
  await world.until(world.node().revoke(alice));
  assert.equal(world.provider.isGrantAlive('alice'), false);
});

test('a grant that is over is revoked although the provider knows no token of it', async () => {
  await using world = await createWorld({ provider: githubData, workers: false });
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.until(world.node().revoke(alice));
  assert.equal(await world.state(alice), 'revoked');
});

function tokenOf(world: World, hash: string): Token {
  const token = world.provider.simulator.state.tokens.get(hash);
  if (token === undefined) throw new Error('There is no such token.');
  return token;
}
