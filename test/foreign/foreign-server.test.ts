import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beginConnect } from '../../src/app/connecting.ts';
import { revokeConnection } from '../../src/app/connections.ts';
import { handleConnect } from '../../src/app/web/connect-routes.ts';
import { Secret } from '../../src/model/secret.ts';
import { assertFails, World } from './foreign-world.ts';

describe('an authorization server that we did not write', () => {
  it('connects with PKCE and a form-encoded secret, and renews single-use tokens again and again', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    for (let version = 1; version <= 5; version += 1) {
      assert.equal((await world.app.tokens.get(id)).version, version);
      assert.equal(await world.whoIs(id), 'alice');
      await world.app.tokens.renewNow(id, version);
    }
    assert.equal(world.server.exchanges, 5);
  });

  it('sees one exchange where twenty ask at once', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    const all = await Promise.all(Array.from({ length: 20 }, () => world.app.tokens.renewNow(id, 1)));
    assert.deepEqual(new Set(all.map(({ version }) => version)), new Set([2]));
    assert.equal(world.server.exchanges, 1);
    assert.equal(await world.whoIs(id), 'alice');
  });

  it('kills the family when a thief presents a spent refresh token, and the user is asked again', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    const stolen = await world.refreshToken(id);
    await world.app.tokens.renewNow(id, 1);
    assert.equal(await world.presentAsThief(stolen), 'invalid_grant');
    await assertFails(world.app.tokens.renewNow(id, 2), 'reauth_required');
    assert.equal((await world.app.store.connections.find(id))?.state, 'reauth_required');
  });

  it('refuses a wrong client secret, and nobody is logged out by it', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    await using misled = await world.reopenedWith({ clientSecret: new Secret('another-secret-of-32-characters-xyz') });
    await assertFails(misled.app.tokens.renewNow(id, 1), 'misconfigured');
    assert.equal((await misled.app.store.connections.find(id))?.state, 'active');
  });

  it('is told of a revocation, and its tokens are dead', async () => {
    await using world = await World.open();
    const id = await world.connect('alice');
    const refreshToken = await world.refreshToken(id);
    const { accessToken } = await world.app.tokens.get(id);
    await revokeConnection(id, { localOnly: false }, world.app);
    assert.equal(await world.presentAsThief(refreshToken), 'invalid_grant');
    const me = await fetch(`${world.server.url}/me`, { headers: { authorization: `Bearer ${accessToken.reveal()}` } });
    assert.equal(me.status, 401);
  });

  it('brings a consent for nobody else’s browser', async () => {
    await using world = await World.open();
    const { url } = await beginConnect({ provider: 'foreign' }, world.app);
    const departure = await handleConnect(new Request(url), world.app);
    const back = await world.server.consent(departure?.headers.get('location') ?? '', 'mallory');
    const arrival = await handleConnect(new Request(back), world.app);
    assert.equal(arrival?.status, 400);
    assert.equal((await world.app.store.connections.list({ limit: 10 })).items.length, 0);
  });
});
