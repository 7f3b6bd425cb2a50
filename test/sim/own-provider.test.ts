import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineProvider } from '../../src/providers/index.ts';
import { simulate } from '../../src/sim/index.ts';
import { createWorld } from '../support/world.ts';

const acme = defineProvider({
  id: 'acme',
  name: 'Acme',
  endpoints: {
    authorization: 'https://acme.example/oauth/authorize',
    token: 'https://acme.example/oauth/token',
    revocation: 'https://acme.example/oauth/revoke',
    api: 'https://api.acme.example/v2',
  },
  scopes: { offline: 'forever', presets: { default: ['read'] } },
  access: { lifetimeMs: 1_800_000 },
  identity: { path: '/people/me', subject: '/person/number', handle: '/person/login' },
  tokenErrors: [{ error: 'token_gone', means: { kind: 'rejected', reason: 'revoked_by_provider' } }],
});

test('a provider of one’s own is simulated: connect, expire, renew, dead, consent again', async () => {
  await using world = await createWorld({ provider: acme });
  const alice = await world.connect('alice');
  assert.equal((await world.connection(alice)).name, 'acme:alice');
  const first = await world.node().accessToken(alice);

  await world.advance('31m');
  assert.equal(world.provider.knowsAsGood(first), false, 'its own lifetime was played');
  const second = await world.node().accessToken(alice);
  assert.notEqual(second, first);
  assert.equal(world.provider.renewals, 1);

  world.provider.removeApp('alice');
  await world.advance('31m');
  assert.deepEqual((await world.node().getToken(alice)).kind, 'reauth_required');
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');

  assert.equal(await world.connect('alice', { again: alice }), alice);
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
});

test('its own words for a dead grant are understood', async () => {
  await using world = await createWorld({ provider: acme });
  const alice = await world.connect('alice');
  await world.advance('31m');
  world.provider.answerNext(400, { error: 'token_gone' });
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
  assert.equal(await world.state(alice), 'reauth_required: revoked_by_provider');
});

test('of a provider that nobody has described closer, a lost answer is handled with care: the family is not risked', async () => {
  await using world = await createWorld({ provider: acme });
  const alice = await world.connect('alice');
  await world.advance('31m');
  world.provider.loseNextAnswer();
  await world.until(world.node().getToken(alice, { deadlineMs: 200_000 }), '10m');
  assert.equal(await world.state(alice), 'uncertain');
  assert.equal(world.provider.reuses, 0);
});

test('where it says to nobody whose token it is, users connect without a name', async () => {
  const { identity: _, ...nameless } = acme;
  await using world = await createWorld({ provider: defineProvider(nameless) });
  const id = await world.connect('alice');
  const { name, subject, handle } = await world.connection(id);
  assert.match(name, /^acme:[a-z0-9]+$/);
  assert.deepEqual([subject, handle], [undefined, undefined]);
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(id)));
  assert.deepEqual(world.provider.sentTo('/people/me'), []);
});

test('it is simulated on loopback for the tests of any application', async () => {
  await using sim = await simulate(acme, { clients: [{ id: 'my-app', secret: 's' }] });
  const basic = `Basic ${Buffer.from('my-app:s').toString('base64')}`;
  const ask = async (form: Record<string, string>, authorization = basic): Promise<Response> =>
    fetch(`${sim.url}/oauth/token`, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
  const answer = await ask({ grant_type: 'client_credentials', scope: 'read' });
  const tokens = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual(
    [answer.status, tokens['expires_in'], tokens['scope'], 'refresh_token' in tokens],
    [200, 1800, 'read', false],
  );
  const me = await fetch(`${sim.url}/v2/people/me`, {
    headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
  });
  assert.deepEqual(await me.json(), { person: { number: 'my-app', login: 'app' } });
  const wrong = await ask({ grant_type: 'client_credentials' }, `Basic ${Buffer.from('my-app:no').toString('base64')}`);
  assert.deepEqual([wrong.status, await wrong.json()], [401, { error: 'invalid_client' }]);
});

test('X and GitHub give an app no token of its own, and neither do their simulators', async () => {
  for (const [id, path] of [
    ['x', '/2/oauth2/token'],
    ['github', '/login/oauth/access_token'],
  ] as const) {
    await using sim = await simulate(id, { clients: [{ id: 'my-app', secret: 's' }] });
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'my-app', client_secret: 's' });
    const headers = id === 'x' ? { authorization: `Basic ${Buffer.from('my-app:s').toString('base64')}` } : undefined;
    if (id === 'x') for (const name of ['client_id', 'client_secret']) body.delete(name);
    const answer = await fetch(sim.url + path, {
      method: 'POST',
      body,
      headers: { accept: 'application/json', ...headers },
    });
    assert.equal(((await answer.json()) as { readonly error: string }).error, 'unsupported_grant_type');
  }
});
