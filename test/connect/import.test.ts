import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importConnection, type ImportedTokens } from '../../src/connect/import.ts';
import { Secret } from '../../src/model/secret.ts';
import { tokenRequest } from '../../src/protocol/token-request.ts';
import { createWorld, isCode, type World } from '../support/world.ts';

interface Tokens {
  readonly access: Secret;
  readonly refresh: Secret;
}

/** Tokens that another program obtained for this user. */
async function obtained(world: World, user: string, { offline = true } = {}): Promise<Tokens> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: world.app.clientId,
    redirect_uri: 'http://127.0.0.1/other',
    state: 's',
    scope: `tweet.read users.read${offline ? ' offline.access' : ''}`,
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'plain',
  });
  const back = new URL(
    world.provider.controls.consent(`${world.app.endpoints.authorization}?${query.toString()}`, { user }),
  );
  const code = new Secret(back.searchParams.get('code') ?? '');
  const request = tokenRequest(
    world.app,
    { kind: 'authorization_code', code, redirectUri: 'http://127.0.0.1/other', verifier: new Secret('a'.repeat(43)) },
    1000,
  );
  const answer = await world.node().ports.http.send(request);
  const tokens = JSON.parse(Buffer.from(answer.kind === 'answered' ? answer.body : '').toString());
  return { access: new Secret(tokens.access_token), refresh: new Secret(tokens.refresh_token ?? '') };
}

function take(world: World, imported: Partial<ImportedTokens>): ReturnType<typeof importConnection> {
  const nothing = {
    accessToken: undefined,
    refreshToken: undefined,
    idToken: undefined,
    accessExpiresAtMs: undefined,
    refreshExpiresAtMs: undefined,
    scopes: undefined,
    subject: undefined,
  };
  return importConnection(
    { app: world.app, owner: '', name: undefined, ...nothing, ...imported },
    world.node().connect,
  );
}

test('both tokens are taken over, with the name of whose they are', async () => {
  await using world = await createWorld();
  const { access, refresh } = await obtained(world, 'alice');
  const connection = await take(world, {
    accessToken: access,
    refreshToken: refresh,
    accessExpiresAtMs: world.clock.nowMs() + 7_200_000,
    scopes: ['tweet.read'],
  });
  assert.deepEqual(
    [connection.name, connection.handle, connection.state, connection.scopes],
    ['x:alice', 'alice', 'active', ['tweet.read']],
  );
  assert.equal(await world.node().accessToken(connection.id), access.reveal());
  await world.advance('2h');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(connection.id)));
});

test('a refresh token alone is taken over, and the first use renews', async () => {
  await using world = await createWorld();
  const { refresh } = await obtained(world, 'alice');
  const connection = await take(world, { refreshToken: refresh, name: 'mine' });
  assert.equal(world.provider.sentTo('/2/users/me').length, 0);
  const renewal = await world.node().getToken(connection.id);
  assert.ok(renewal.kind === 'served' && renewal.renewed);
});

test('an access token alone is taken over, and ends by itself', async () => {
  await using world = await createWorld();
  const { access } = await obtained(world, 'alice', { offline: false });
  const connection = await take(world, { accessToken: access, accessExpiresAtMs: world.clock.nowMs() + 7_200_000 });
  assert.equal(connection.hasRefreshToken, false);
  await world.advance('2h');
  assert.equal(await world.state(connection.id), 'reauth_required: no_refresh_token');
});

for (const access of ['a b\nc', '日本', ' a', '']) {
  test(`an access token that no header can carry is refused: ${JSON.stringify(access)}`, async () => {
    await using world = await createWorld();
    const isRefused = (error: unknown): boolean =>
      isCode('invalid')(error) && /access_token/.test((error as Error).message);
    await assert.rejects(take(world, { accessToken: new Secret(access), refreshToken: new Secret('r') }), isRefused);
    assert.deepEqual((await world.node().look.connections.list({ limit: 9 })).items, []);
    await world.advance('1m');
    assert.deepEqual([world.provider.sent, world.problems], [[], []]);
  });
}

test('an access token that is over is not used to ask whose it is', async () => {
  await using world = await createWorld();
  const { access, refresh } = await obtained(world, 'alice');
  const connection = await take(world, {
    accessToken: access,
    refreshToken: refresh,
    accessExpiresAtMs: world.clock.nowMs() - 1,
  });
  assert.equal(connection.subject, undefined);
  assert.equal(world.provider.sentTo('/2/users/me').length, 0);
});

test('an access token that the provider refuses counts as over, if there is a refresh token', async () => {
  await using world = await createWorld();
  const { access, refresh } = await obtained(world, 'alice');
  await world.wait('3h');
  const connection = await take(world, { accessToken: access, refreshToken: refresh });
  const renewal = await world.node().getToken(connection.id);
  assert.ok(renewal.kind === 'served' && renewal.renewed);
});

test('an access token that the provider refuses is not taken over alone', async () => {
  await using world = await createWorld();
  await assert.rejects(take(world, { accessToken: new Secret('over') }), isCode('invalid'));
  assert.deepEqual((await world.node().look.connections.list({ limit: 9 })).items, []);
});

test('a subject that is given is not asked for', async () => {
  await using world = await createWorld();
  const { access, refresh } = await obtained(world, 'alice');
  const connection = await take(world, { accessToken: access, refreshToken: refresh, subject: '42' });
  assert.equal(connection.subject, '42');
  assert.equal(world.provider.sentTo('/2/users/me').length, 0);
});

test('an access token without an end is trusted until it is refused', async () => {
  await using world = await createWorld();
  const { access, refresh } = await obtained(world, 'alice');
  const connection = await take(world, { accessToken: access, refreshToken: refresh });
  await world.advance('3h');
  assert.equal(await world.node().accessToken(connection.id), access.reveal());
  assert.notEqual(await world.node().accessToken(connection.id, { refused: access.reveal() }), access.reveal());
});

test('no token at all is refused', async () => {
  await using world = await createWorld();
  await assert.rejects(take(world, {}), isCode('invalid'));
});

test('a refresh token that is here already is refused, and nothing changes', async () => {
  await using world = await createWorld();
  const { refresh } = await obtained(world, 'alice');
  const { id } = await take(world, { refreshToken: refresh });
  await assert.rejects(take(world, { refreshToken: refresh, owner: 'another' }), /is in this store already/);
  assert.equal((await world.node().look.connections.list({ limit: 9 })).items.length, 1);
  await world.node().accessToken(id);
});

test('a refresh token that was spent here is refused: its successor is here', async () => {
  await using world = await createWorld();
  const { refresh } = await obtained(world, 'alice');
  const { id } = await take(world, { refreshToken: refresh });
  await world.node().accessToken(id);
  await assert.rejects(take(world, { refreshToken: refresh }), /was spent here already/);
});

test('two imports of one refresh token at the same moment: one is taken', async () => {
  await using world = await createWorld();
  const { refresh } = await obtained(world, 'alice');
  const taken = await Promise.allSettled([
    take(world, { refreshToken: refresh }),
    take(world, { refreshToken: refresh }),
  ]);
  assert.deepEqual(taken.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a name that is taken is refused, and says which part is wrong', async () => {
  await using world = await createWorld();
  await world.connect('alice', { name: 'main' });
  await assert.rejects(
    take(world, { refreshToken: new Secret('r'), name: 'main' }),
    (error: unknown) => isCode('conflict')(error) && (error as { where?: string }).where === 'name',
  );
});

test('an import does not end another user’s connection: nobody knows which grant is the later one', async () => {
  await using world = await createWorld();
  const { access, refresh } = await obtained(world, 'alice');
  const first = await world.connect('alice', { owner: 'u1' });
  await take(world, {
    accessToken: access,
    refreshToken: refresh,
    owner: 'u2',
    accessExpiresAtMs: world.clock.nowMs() + 7_200_000,
  });
  assert.equal(await world.state(first), 'active');
  await world.advance('2h');
  await world.node().accessToken(first);
});

test('an imported refresh token that is dead is found dead at the first use, and the connection stays', async () => {
  await using world = await createWorld();
  const { id } = await take(world, { refreshToken: new Secret('garbage') });
  assert.equal((await world.node().getToken(id)).kind, 'reauth_required');
  assert.equal(await world.state(id), 'reauth_required: rejected_unknown');
});
