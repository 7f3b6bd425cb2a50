import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, HOUR_MS } from '../../src/model/clock.ts';
import { direct, PUBLIC, served, type App } from './sim-world.ts';

test('a token set is answered as X answers it', async () => {
  await using world = await served();
  const answer = await world.app.exchange(world.app.code());
  assert.equal(answer.status, 200);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  assert.equal(answer.headers['cache-control'], 'no-store');
  const { access_token: access, refresh_token: refresh, ...rest } = answer.json;
  assert.deepEqual(rest, {
    token_type: 'bearer',
    expires_in: 7200,
    scope: 'offline.access follows.read users.read tweet.write tweet.read',
  });
  assert.ok(access.length > 80 && refresh.length > 80 && access !== refresh);
});

test('a renewal brings another pair and the old refresh token is spent', async () => {
  const { app } = direct();
  const first = await app.connect();
  const second = (await app.renew(first.refresh_token)).json;
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.notEqual(second.access_token, first.access_token);
  assert.equal((await app.renew(first.refresh_token)).status, 400);
  assert.equal((await app.renew(second.refresh_token)).status, 200);
});

test('without offline.access there is no refresh token', async () => {
  const { app } = direct();
  const tokens = await app.connect('alice', { scope: 'tweet.read users.read' });
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(await meStatus(app, tokens.access_token), 200);
});

test("presenting a spent token leaves the winner's pair alone, and with the switch kills it", async () => {
  for (const familyKill of [false, true]) {
    const { app } = direct({ settings: { familyKill } });
    const first = await app.connect();
    const winner = (await app.renew(first.refresh_token)).json;
    await app.renew(first.refresh_token);
    assert.equal(await meStatus(app, winner.access_token), familyKill ? 401 : 200);
    assert.equal((await app.renew(winner.refresh_token)).status, familyKill ? 400 : 200);
    assert.equal(app.controls.state().counts.presentedTwice, 1);
  }
});

test('the old access token survives a renewal, and with the switch does not', async () => {
  for (const killAccessOnRefresh of [false, true]) {
    const { app } = direct({ settings: { killAccessOnRefresh } });
    const first = await app.connect();
    const second = (await app.renew(first.refresh_token)).json;
    assert.equal(await meStatus(app, first.access_token), killAccessOnRefresh ? 401 : 200);
    assert.equal(await meStatus(app, second.access_token), 200);
  }
});

test('a second consent of the same user with the same app kills the first refresh token, not the access token', async () => {
  const { app } = direct();
  const first = await app.connect('alice');
  const code = app.code('alice');
  assert.equal(app.controls.state().grants.length, 1, 'the consent alone ends nothing');
  const second = (await app.exchange(code)).json;
  assert.equal((await app.renew(first.refresh_token)).status, 400);
  assert.equal(await meStatus(app, first.access_token), 200);
  assert.equal((await app.renew(second.refresh_token)).status, 200);
  assert.equal(app.controls.state().grants[0]?.end?.reason, 'superseded');
});

test('another user, or another app, is another grant', async () => {
  const { app } = direct();
  const alice = await app.connect('alice');
  await app.connect('bob');
  await app.as(PUBLIC).connect('alice');
  assert.equal((await app.renew(alice.refresh_token)).status, 200);
});

test('a code lives 30 seconds, and real ones at that', async () => {
  for (const fast of [1, 60]) {
    const { app, clock } = direct({ fast });
    const [early, late] = [app.code(), app.code('bob')];
    await clock.advance(29_999);
    assert.equal((await app.exchange(early)).status, 200);
    await clock.advance(1);
    assert.equal((await app.exchange(late)).status, 400);
  }
});

test('a replayed code is refused and counted, and its tokens live on', async () => {
  const { app } = direct();
  const code = app.code();
  const tokens = (await app.exchange(code)).json;
  assert.equal((await app.exchange(code)).status, 400);
  assert.equal(app.controls.state().counts.codesReplayed, 1);
  assert.equal((await app.renew(tokens.refresh_token)).status, 200);
});

test('an access token ends after two hours to the millisecond', async () => {
  const { app, clock } = direct();
  const tokens = await app.connect();
  await clock.advance(2 * HOUR_MS - 1);
  assert.equal(await meStatus(app, tokens.access_token), 200);
  await clock.advance(1);
  assert.equal(await meStatus(app, tokens.access_token), 401);
});

test('a refresh token ends 180 days after the consent, however often it was renewed', async () => {
  const { app, clock } = direct();
  let tokens = await app.connect();
  await clock.advance(179 * DAY_MS);
  tokens = (await app.renew(tokens.refresh_token)).json;
  await clock.advance(DAY_MS);
  assert.equal((await app.renew(tokens.refresh_token)).status, 400);
});

test('with the idle switch it ends 180 days after the last renewal', async () => {
  const { app, clock } = direct({ settings: { refreshLife: 'idle' } });
  let tokens = await app.connect();
  for (let round = 0; round < 3; round += 1) {
    await clock.advance(179 * DAY_MS);
    tokens = (await app.renew(tokens.refresh_token)).json;
  }
  await clock.advance(180 * DAY_MS);
  assert.equal((await app.renew(tokens.refresh_token)).status, 400);
});

test('sixty times faster, tokens live two minutes and three days', async () => {
  const { app, clock } = direct({ fast: 60 });
  const tokens = await app.connect();
  assert.equal(tokens.expires_in, 120);
  await clock.advance(119_999);
  assert.equal(await meStatus(app, tokens.access_token), 200);
  await clock.advance(1);
  assert.equal(await meStatus(app, tokens.access_token), 401);
  assert.equal(app.controls.state().refreshLifeMs, 3 * DAY_MS);
  await clock.advance(3 * DAY_MS);
  assert.equal((await app.renew(tokens.refresh_token)).status, 400);
});

test('however fast, expires_in is at least a second, and true', async () => {
  const { app, clock } = direct({ fast: 100_000 });
  const tokens = await app.connect();
  assert.equal(tokens.expires_in, 1);
  await clock.advance(999);
  assert.equal(await meStatus(app, tokens.access_token), 200);
});

test('a factor that is no number above zero is refused', () => {
  for (const fast of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => direct({ fast }), { code: 'invalid', where: '--fast' });
});

test('revoking the refresh token ends the grant; revoking the access token ends only that', async () => {
  const { app } = direct();
  const alice = await app.connect('alice');
  const bob = await app.connect('bob');
  assert.deepEqual(
    (await app.post('/2/oauth2/revoke', { token: alice.refresh_token, token_type_hint: 'refresh_token' })).json,
    { revoked: true },
  );
  assert.equal(await meStatus(app, alice.access_token), 401);
  assert.deepEqual((await app.post('/2/oauth2/revoke', { token: bob.access_token })).json, { revoked: true });
  assert.equal(await meStatus(app, bob.access_token), 401);
  assert.equal((await app.renew(bob.refresh_token)).status, 200);
});

test('revoking an unknown token, or that of another app, answers the same and does nothing', async () => {
  const { app } = direct();
  const tokens = await app.connect();
  const stranger = app.as(PUBLIC);
  assert.deepEqual(
    (await stranger.post('/2/oauth2/revoke', { token: tokens.refresh_token, client_id: PUBLIC.id })).json,
    { revoked: true },
  );
  assert.deepEqual((await app.post('/2/oauth2/revoke', { token: 'garbage' })).json, { revoked: true });
  assert.equal((await app.renew(tokens.refresh_token)).status, 200);
  assert.equal((await app.post('/2/oauth2/revoke', { token: tokens.refresh_token }, {})).status, 401);
});

test('a user who removes the app ends everything at once', async () => {
  const { app } = direct();
  const alice = await app.connect('alice');
  const bob = await app.connect('bob');
  app.controls.removeApp('alice');
  assert.equal(await meStatus(app, alice.access_token), 401);
  assert.equal((await app.renew(alice.refresh_token)).status, 400);
  assert.equal((await app.renew(bob.refresh_token)).status, 200);
});

async function meStatus(app: App, accessToken: string): Promise<number> {
  return (await app.call('GET', '/2/users/me', accessToken)).status;
}
