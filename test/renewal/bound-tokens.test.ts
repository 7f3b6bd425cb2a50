import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Nonces } from '../../src/protocol/nonces.ts';
import { Secret } from '../../src/model/secret.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { openTokens } from '../../src/renewal/open-tokens.ts';
import { mayIntrospect } from '../../src/renewal/resolve.ts';
import { demanding, plain } from '../support/made-up-providers.ts';
import { Crash } from '../support/process-life.ts';
import { settle } from '../support/virtual-clock.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/** Alice is connected at a provider that binds tokens to a key (RFC 9449) and wants a nonce in every proof. */
async function bound(options: WorldOptions = {}): Promise<{ world: World; alice: ConnectionId }> {
  const world = await createWorld({ provider: demanding, workers: false, ...options });
  world.provider.controls.set({ dpopNonces: 'required' });
  return { world, alice: await world.connect('alice') };
}

async function keyOf(world: World, id: ConnectionId): Promise<string | undefined> {
  const credential = await world.node().look.credentials.read(id);
  assert.ok(credential !== undefined);
  return openTokens({ credential, app: world.app }, world.node().ports).proofKey?.reveal();
}

async function attemptsOf(world: World, id: ConnectionId): Promise<readonly string[]> {
  const rows = world.node().database.all('select outcome from attempts where connection_id = $id', { id });
  return rows.map((row) => String(row['outcome']));
}

test('a renewal that is asked for a nonce is one attempt, and no refresh token is spent twice', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  // A new process knows no nonce.
  await world.node().restart();
  const before = world.provider.sent.length;
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
  const sent = world.provider.sent.slice(before).filter(({ path }) => path === '/token');
  assert.equal(sent.length, 2);
  assert.equal(sent[0]?.presented, sent[1]?.presented);
  assert.equal(world.provider.reuses, 0);
  assert.deepEqual(await attemptsOf(world, alice), ['renewed']);
  assert.deepEqual(await world.events('connection.reuse_detected'), []);
});

test('the key of a grant outlives its tokens', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  const key = await keyOf(world, alice);
  assert.match(key ?? '', /"d":/);
  for (let renewals = 0; renewals < 3; renewals += 1) {
    const renewal = await world.node().renewNow(alice);
    assert.equal(renewal.kind === 'served' && renewal.tokens.proofKey?.reveal(), key, 'whoever asked can prove it');
  }
  assert.equal(await keyOf(world, alice), key);
});

test('a consent again brings a key of its own', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  const key = await keyOf(world, alice);
  const again = await world.browser().consent('alice', { again: alice });
  assert.equal(again.kind, 'connected');
  assert.notEqual(await keyOf(world, alice), key);
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
});

test('a server that asks for nonces for ever is asked twice, nothing is lost, and it is tried again later', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  world.provider.controls.set({ dpopNonces: 'never_satisfied' });
  const before = world.provider.sent.length;
  assert.equal((await world.node().renewNow(alice)).kind, 'unavailable');
  assert.equal(world.provider.sent.length - before, 2);
  assert.equal(await world.state(alice), 'active');
  world.provider.controls.set({ dpopNonces: 'required' });
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
  assert.equal(world.provider.reuses, 0);
});

test('the answer to the repeat is lost: the renewal is in doubt, as any other', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  await world.node().restart();
  world.provider.order({
    endpoint: 'token',
    fault: 'status',
    status: 400,
    body: { error: 'use_dpop_nonce' },
    headers: { 'dpop-nonce': 'a-nonce' },
  });
  world.provider.loseNextAnswer();
  assert.equal((await world.node().renewNow(alice)).kind, 'uncertain');
  assert.equal(await world.state(alice), 'uncertain');
});

test('a process that dies between the challenge and the repeat leaves a doubt, and the token is still good', async () => {
  const { world, alice } = await bound({ workers: true });
  await using _ = world;
  await world.node().restart();
  world.node().crashAt('renewal.answered');
  world.provider.order({ endpoint: 'token', fault: 'lose_request' });
  await assert.rejects(world.node().renewNow(alice), Crash);
  await world.node().restart();
  await world.advance('2h');
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.reuses, 0);
});

test('a replay of an unanswered renewal is signed anew, with the same key', async () => {
  const { world, alice } = await bound({ workers: true });
  await using _ = world;
  world.provider.loseNextRequest();
  assert.equal((await world.node().renewNow(alice)).kind, 'uncertain');
  await world.advance('2h');
  assert.equal(await world.state(alice), 'active');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
});

test('whether an unanswered renewal was handled is asked of the server, and nothing is presented for it', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  world.provider.loseNextRequest();
  assert.equal((await world.node().renewNow(alice)).kind, 'uncertain');
  await world.wait('6m');
  const presented = world.provider.presentations.length;
  world.provider.order({ endpoint: 'introspect', fault: 'status', status: 500 });
  assert.equal((await world.node().renewNow(alice)).kind, 'uncertain', 'an answer that says nothing settles nothing');
  assert.equal(world.provider.presentations.length, presented);
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
  assert.equal(world.provider.reuses, 0);
});

test('a token that was spent is not presented again while the access token lives', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  world.provider.loseNextAnswer();
  assert.equal((await world.node().renewNow(alice)).kind, 'uncertain');
  await world.wait('6m');
  const presented = world.provider.presentations.length;
  assert.equal((await world.node().renewNow(alice)).kind, 'uncertain');
  assert.equal(world.provider.presentations.length, presented);
});

test('where a spent token still counts as good for a while, or the app cannot say who it is, nobody is asked', () => {
  const secret = { clientId: 'c', clientSecret: new Secret('s') };
  const withGrace = { ...demanding, refresh: { ...demanding.refresh, reuseGraceMs: 1 } };
  assert.equal(mayIntrospect(providerApp(demanding, secret)), true);
  assert.equal(mayIntrospect(providerApp(withGrace, secret)), false);
  assert.equal(mayIntrospect(providerApp(demanding, { clientId: 'c' })), false);
  assert.equal(mayIntrospect(providerApp(plain, secret)), false);
});

test('an answer that the store refuses comes back from the spool with its key', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  const key = await keyOf(world, alice);
  world.provider.delayNextAnswer('1s');
  const presented = world.provider.presentations.length;
  const renewal = world.node().renewNow(alice);
  // Signing takes real time: the store fails once the request is out.
  for (let turns = 0; turns < 1000 && world.provider.presentations.length === presented; turns += 1) await settle();
  world.node().failStore();
  await world.until(renewal);
  assert.equal(world.node().spool.entries().length, 1);
  world.node().healStore();
  await world.node().restart();
  assert.equal(await keyOf(world, alice), key);
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
});

test('whoever has the refresh token and not its key can neither use it nor spend it', async () => {
  const { world, alice } = await bound();
  await using _ = world;
  const { ports } = world.node();
  const credential = await world.node().look.credentials.read(alice);
  assert.ok(credential !== undefined);
  const { refreshToken } = openTokens({ credential, app: world.app }, ports);
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken?.reveal() ?? '' });
  const basic = Buffer.from('a-client:a-client-secret').toString('base64');
  const answer = world.provider.simulator.handle({
    method: 'POST',
    url: '/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${basic}` },
    body: form.toString(),
  });
  assert.match(answer.body, /invalid_grant/);
  assert.equal((await world.node().renewNow(alice)).kind, 'served');
});

test('nonces are remembered for each origin, and no more of them than can be used', () => {
  const nonces = new Nonces();
  const answer = (nonce: string) =>
    ({
      kind: 'answered',
      status: 200,
      headers: { 'dpop-nonce': nonce },
      body: new Uint8Array(),
      complete: true,
    }) as const;
  nonces.note('https://a.example/token', answer('one'));
  nonces.note('https://b.example/token', answer('other'));
  nonces.note('https://a.example/else', answer('two'));
  nonces.note('https://a.example/else', answer('x'.repeat(5000)));
  assert.equal(nonces.of('https://a.example/'), 'two');
  assert.equal(nonces.of('https://b.example/'), 'other');
  for (let index = 0; index < 1500; index += 1) nonces.note(`https://${index}.example/`, answer('n'));
  assert.equal(nonces.of('https://a.example/'), undefined);
  assert.equal(nonces.of('https://1499.example/'), 'n');
});
