import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { connectAppOnly, type AppOnlyWish } from '../../src/connect/app-only.ts';
import type { Connection } from '../../src/model/connection.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { demanding, plain, withAppTokens } from '../support/made-up-providers.ts';
import { jsonAnswer } from '../support/provider-side.ts';
import { Secret } from '../../src/model/secret.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { openTokens } from '../../src/renewal/open-tokens.ts';
import { createWorld, isCode, type World, type WorldOptions } from '../support/world.ts';

function worldOf(options: WorldOptions = {}): Promise<World> {
  return createWorld({ provider: withAppTokens, ...options });
}

function connectApp(world: World, wish: Partial<AppOnlyWish> = {}): Promise<Connection> {
  const nothing = { owner: '', name: undefined, scopes: ['read'], connectionId: undefined };
  return connectAppOnly({ app: world.app, ...nothing, ...wish }, world.node().connect);
}

async function attempts(world: World, id: ConnectionId): Promise<readonly (string | undefined)[]> {
  return (await world.node().look.credentials.attempts(id, 10)).map(({ outcome }) => outcome);
}

const SECRET_REFUSED = [401, { error: 'invalid_client' }] as const;

test('an app gets a token of its own, for the scopes asked for and with the parameters of its provider', async () => {
  await using world = await worldOf();
  const { id, name, restsOn, subject, hasRefreshToken, scopes } = await connectApp(world);
  assert.deepEqual(
    { name, restsOn, subject, hasRefreshToken, scopes },
    { name: 'plain:app', restsOn: 'app', subject: undefined, hasRefreshToken: false, scopes: ['read'] },
  );
  const [asked] = world.provider.sentTo('/token');
  assert.deepEqual(Object.fromEntries(asked?.form ?? []), {
    grant_type: 'client_credentials',
    scope: 'read',
    audience: 'https://api.plain.example',
  });
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(id)));
});

test('a second app-only connection has a name of its own, and asking anew for one keeps it', async () => {
  await using world = await worldOf();
  const first = await connectApp(world);
  assert.equal((await connectApp(world)).name, 'plain:app-2');
  const again = await connectApp(world, { connectionId: first.id, scopes: ['write'] });
  assert.deepEqual([again.id, again.name, again.scopes], [first.id, first.name, ['write']]);
});

test('when its token is over, another one is asked for, once however many ask, and the attempt is recorded', async () => {
  await using world = await worldOf({ nodes: 2 });
  const { id } = await connectApp(world);
  const first = await world.node().accessToken(id);
  await world.advance('1h');
  const asking = Array.from({ length: 20 }, (_one, index) => world.node(index % 2).accessToken(id));
  const texts = new Set(await world.until(Promise.all(asking)));
  assert.equal(texts.size, 1);
  assert.ok(!texts.has(first));
  assert.equal(world.provider.sentTo('/token').length, 2);
  assert.deepEqual(await attempts(world, id), ['renewed']);
  assert.equal(await world.state(id), 'active');
});

test('where tokens are bound to a key, the app proves one key of its own, at first and at each renewal', async () => {
  await using world = await createWorld({ provider: { ...demanding, appOnly: {} }, workers: false });
  world.provider.controls.set({ dpopNonces: 'required' });
  const { id } = await connectApp(world);
  const keyOf = async (): Promise<string | undefined> => {
    const credential = await world.node().look.credentials.read(id);
    assert.ok(credential !== undefined);
    return openTokens({ credential, app: world.app }, world.node().ports).proofKey?.reveal();
  };
  const key = await keyOf();
  assert.match(key ?? '', /"d":/);
  const renewal = await world.node().renewNow(id);
  assert.equal(renewal.kind === 'served' && renewal.tokens.proofKey?.reveal(), key);
  assert.equal(await keyOf(), key);
  assert.deepEqual(await attempts(world, id), ['renewed']);
});

test('an app with a key signs for its token instead of sending a secret', async () => {
  await using world = await createWorld({ provider: { ...demanding, appOnly: {} }, workers: false });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const clientPrivateKey = new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  const app = providerApp(world.app.provider, { clientId: 'signing', clientPrivateKey });
  world.provider.script(({ url }) =>
    url.endsWith('/token')
      ? jsonAnswer(200, { access_token: 'signed-for', token_type: 'DPoP', expires_in: 3600 })
      : undefined,
  );
  // The store knows nothing of this second app: what was sent is enough.
  await connectApp(world, { app }).catch(() => undefined);
  const form = world.provider.sentTo('/token')[0]?.form;
  assert.deepEqual([form?.get('grant_type'), form?.get('client_id')], ['client_credentials', 'signing']);
  assert.match(form?.get('client_assertion') ?? '', /^ey/);
  assert.equal(form?.has('client_secret'), false);
});

test('it is renewed ahead where the policy says always', async () => {
  await using world = await worldOf();
  const { id } = await connectApp(world);
  await world.node().look.connections.update(id, { policy: 'always', dueAtMs: world.clock.nowMs() });
  await world.advance('90m');
  assert.ok((await world.connection(id)).renewals > 0);
});

test('a refused token is replaced by another one', async () => {
  await using world = await worldOf();
  const { id } = await connectApp(world);
  const refused = await world.node().accessToken(id);
  await world.advance('2m');
  const other = await world.node().accessToken(id, { refused });
  assert.notEqual(other, refused);
  assert.ok(world.provider.knowsAsGood(other));
});

test('where the provider gives out the refused token again, the caller is told and never handed it', async () => {
  await using world = await worldOf();
  world.provider.script(({ url }) =>
    url.endsWith('/token')
      ? jsonAnswer(200, { access_token: 'the-only-one', token_type: 'bearer', expires_in: 3600 })
      : undefined,
  );
  const { id } = await connectApp(world);
  await world.advance('2m');
  assert.deepEqual(await world.node().getToken(id, { refused: 'the-only-one' }), {
    kind: 'refused',
    because: 'same_again',
  });
});

test('an unanswered request leaves nothing uncertain: it is asked again, at once when it is wanted', async () => {
  await using world = await worldOf();
  const { id } = await connectApp(world);
  await world.advance('1h');
  world.provider.loseNextAnswer();
  const renewal = await world.until(world.node().getToken(id, { deadlineMs: 200_000 }), '10m');
  assert.equal(renewal.kind, 'unavailable');
  assert.equal(await world.state(id), 'active');
  await world.advance('1m');
  assert.equal((await world.node().getToken(id)).kind, 'served');
  assert.deepEqual(await attempts(world, id), ['renewed', 'unavailable']);
  assert.equal((await world.events('connection.uncertain')).length, 0);
});

test('a process that dies after it has asked leaves nothing uncertain', async () => {
  await using world = await worldOf({ nodes: 2 });
  const { id } = await connectApp(world);
  await world.advance('1h');
  world.node(0).crashAt('renewal.sent');
  await world
    .node(0)
    .getToken(id)
    .catch(() => undefined);
  const renewal = await world.until(world.node(1).getToken(id));
  assert.equal(renewal.kind, 'served');
  assert.equal((await world.events('connection.uncertain')).length, 0);
});

test('a wrong secret is the operator’s to put right: misconfigured, the app flagged, the connection as it was', async () => {
  await using world = await worldOf();
  const { id } = await connectApp(world);
  await world.advance('1h');
  world.provider.answerNext(...SECRET_REFUSED);
  assert.equal((await world.node().getToken(id)).kind, 'misconfigured');
  assert.equal(await world.state(id), 'active');
  assert.equal((await world.events('provider.misconfigured')).length, 1);
});

for (const error of ['invalid_grant', 'invalid_scope', 'unauthorized_client', 'unsupported_grant_type'] as const) {
  test(`${error} never asks a user for a consent, and does not hold up the users of the same app`, async () => {
    await using world = await worldOf();
    const { id } = await connectApp(world);
    const alice = await world.connect('alice');
    await world.advance('1h');
    world.provider.answerNext(400, { error });
    assert.equal((await world.node().getToken(id)).kind, 'misconfigured');
    assert.equal(await world.state(id), 'active');
    assert.equal((await world.node().getToken(alice)).kind, 'served');
    assert.equal((await world.events('connection.reauth_required')).length, 0);
  });
}

test('a refresh token in the answer is not kept: nothing would ever present it', async () => {
  await using world = await worldOf();
  world.provider.script(({ url }) =>
    url.endsWith('/token')
      ? jsonAnswer(200, { access_token: 'a', token_type: 'bearer', expires_in: 3600, refresh_token: 'r' })
      : undefined,
  );
  assert.equal((await connectApp(world)).hasRefreshToken, false);
});

test('it is revoked at the provider, and a token that comes after that is revoked too', async () => {
  await using world = await worldOf({ nodes: 2 });
  const { id } = await connectApp(world);
  const token = await world.node().accessToken(id);
  await world.node().revoke(id);
  assert.equal(await world.state(id), 'revoked');
  assert.equal(world.provider.knowsAsGood(token), false);
});

test('its fingerprint is never taken for one of a spent refresh token', async () => {
  await using world = await worldOf();
  const { id } = await connectApp(world);
  await world.advance('1h');
  await world.node().accessToken(id);
  const spent = world.node().database.all('select * from spent_tokens');
  assert.deepEqual(spent, []);
});

test('an app without a secret is refused before anything is sent', async () => {
  await using world = await worldOf({ clientSecret: false });
  await assert.rejects(connectApp(world), isCode('misconfigured'));
  assert.equal(world.provider.sent.length, 0);
});

test('a provider that gives an app no token of its own is refused before anything is sent', async () => {
  await using world = await createWorld({ provider: plain });
  await assert.rejects(connectApp(world), isCode('misconfigured'));
  assert.equal(world.provider.sent.length, 0);
});

test('what the provider refuses, and no answer, leave no connection behind', async () => {
  await using world = await worldOf();
  world.provider.answerNext(...SECRET_REFUSED);
  await assert.rejects(connectApp(world), isCode('misconfigured'));
  world.provider.answerNext(400, { error: 'invalid_grant' });
  await assert.rejects(connectApp(world), isCode('misconfigured'));
  world.provider.answerNext(503);
  await assert.rejects(connectApp(world), isCode('unavailable'));
  world.provider.loseNextAnswer();
  await assert.rejects(world.until(connectApp(world), '10m'), isCode('unavailable'));
  assert.equal((await world.node().look.connections.list({ limit: 10 })).items.length, 0);
});

test('a name that is taken is refused, and an app-only connection is not one that never expires', async () => {
  await using world = await worldOf();
  await connectApp(world, { name: 'mine' });
  await assert.rejects(connectApp(world, { name: 'mine' }), isCode('conflict'));
  world.provider.script(({ url }) => (url.endsWith('/token') ? jsonAnswer(200, { access_token: 'a' }) : undefined));
  await connectApp(world, { name: 'endless' });
  assert.deepEqual((await world.node().look.connections.list({ limit: 10, neverExpires: true })).items, []);
});
