import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { basic, type Answer } from './sim-world.ts';
import { API, AS_APP, CLIENT, DEAD, NATIVE, said, Tenant, type Fields } from './tenant.ts';

test('a consent gives an opaque access token of a day, a refresh token and an ID token of ten hours', async () => {
  const tenant = new Tenant();
  const { access_token: access, refresh_token: refresh, id_token: id, ...rest } = await tenant.connect();
  assert.deepEqual(rest, {
    token_type: 'Bearer',
    expires_in: 86_400,
    scope: 'openid profile read:things offline_access',
  });
  assert.equal(String(access).split('.').length, 1);
  assert.ok(refresh.length > 20);
  const claims = decodeJwt(id);
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 36_000);
  assert.equal(claims.iss, 'https://tenant.eu.auth0.com/');
  assert.equal(claims.aud, CLIENT.id);
  assert.equal(claims['nickname'], 'alice');
  assert.equal(claims['email'], undefined, 'that scope was not asked for');
  assert.equal(decodeProtectedHeader(id).alg, 'RS256');
  assert.ok(await tenant.isSigned(id));
});

test('with an audience the access token is a signed JWT for it, and for /userinfo', async () => {
  const tenant = new Tenant();
  const { access_token: access } = await tenant.connect('alice', { audience: API, organization: 'org_acme' });
  const claims = decodeJwt(access);
  assert.deepEqual(claims.aud, [API, 'https://tenant.eu.auth0.com/userinfo']);
  assert.equal(claims['azp'], CLIENT.id);
  assert.equal(claims['scope'], 'openid profile read:things offline_access');
  assert.equal(claims['org_id'], 'org_acme');
  assert.ok(await tenant.isSigned(access));
  assert.equal((await tenant.userInfo(access)).json.nickname, 'alice');
});

test('/userinfo names the same user as the ID token, and refuses what is no access token', async () => {
  const tenant = new Tenant();
  const { access_token: access, id_token: id, refresh_token: refresh } = await tenant.connect('alice', { nonce: 'n1' });
  assert.equal((await tenant.userInfo(access)).json.sub, decodeJwt(id).sub);
  assert.equal(decodeJwt(id)['nonce'], 'n1');
  for (const token of [refresh, 'nonsense']) assert.equal((await tenant.userInfo(token)).status, 401);
});

test('without openid there is no ID token and no /userinfo', async () => {
  const tenant = new Tenant();
  const tokens = await tenant.connect('alice', { scope: 'read:things' });
  assert.equal(tokens.id_token, undefined);
  assert.equal(tokens.refresh_token, undefined, 'nor a refresh token without offline_access');
  assert.equal((await tenant.userInfo(tokens.access_token)).status, 401);
});

for (const setting of [{ apiOfflineAccess: false }, { refreshGrant: false }] as const)
  test(`${Object.keys(setting).join('')}: off, and there is no refresh token whatever is asked for`, async () => {
    assert.equal((await new Tenant(setting).connect()).refresh_token, undefined);
  });

test('the errors of the token endpoint are Auth0’s', async () => {
  const tenant = new Tenant();
  const { refresh_token: refresh } = await tenant.connect();
  assert.deepEqual(said(await tenant.renew('garbage')), DEAD);
  assert.deepEqual(said(await tenant.exchange('garbage')), [403, 'invalid_grant', 'Invalid authorization code']);
  assert.deepEqual(said(await tenant.exchange(tenant.code(), { code_verifier: 'x'.repeat(50) })), [
    403,
    'invalid_grant',
    'Failed to verify code verifier',
  ]);
  assert.deepEqual(said(await tenant.renew(refresh, { client_secret: 'wrong' })), [
    401,
    'access_denied',
    'Unauthorized',
  ]);
  assert.deepEqual(said(await tenant.renew(refresh, { client_id: 'nobody' })), [401, 'access_denied', 'Unauthorized']);
  tenant.controls.set({ refreshGrant: false });
  assert.deepEqual(said(await tenant.renew(refresh)).slice(0, 2), [403, 'unauthorized_client']);
  tenant.controls.set({ refreshGrant: true, mfaOnRenewal: true });
  assert.deepEqual(said(await tenant.renew(refresh)).slice(0, 2), [403, 'mfa_required']);
  tenant.controls.set({ mfaStatus: 401 });
  assert.equal((await tenant.renew(refresh)).status, 401);
  tenant.controls.set({ mfaOnRenewal: false, blockedUsers: ['alice'] });
  assert.match(String(said(await tenant.renew(refresh))[2]), /user is blocked/);
  tenant.controls.set({ userBlockedStatus: 401 });
  assert.equal((await tenant.renew(refresh)).status, 401);
  tenant.controls.set({ blockedUsers: [], deletedUsers: ['alice'] });
  assert.match(String(said(await tenant.renew(refresh))[2]), /doesn't exist anymore/);
  tenant.controls.set({ deletedUsers: [] });
  assert.equal((await tenant.renew(refresh)).status, 200, 'none of all that spent it');
});

test('a secret goes in the body or by Basic, and only as the app is set where it is set', async () => {
  const tenant = new Tenant();
  const asBasic = { authorization: basic(CLIENT.id, CLIENT.secret) };
  const bySecret = async (headers: Fields, form: Fields): Promise<number> => {
    const { refresh_token: refresh } = await tenant.connect('alice').catch(() => ({ refresh_token: '' }));
    return (await tenant.token({ grant_type: 'refresh_token', refresh_token: refresh, ...form }, headers)).status;
  };
  assert.equal(await bySecret(asBasic, {}), 200);
  assert.equal(await bySecret({}, AS_APP), 200);
  assert.equal(await bySecret({}, { client_id: CLIENT.id }), 401, 'an app with a secret needs it');
  const { refresh_token: refresh } = await tenant.connect();
  tenant.controls.set({ clientAuthMethod: 'basic' });
  assert.equal((await tenant.renew(refresh)).status, 401);
  tenant.controls.set({ clientAuthMethod: 'body' });
  const form = { grant_type: 'refresh_token', refresh_token: refresh };
  assert.equal((await tenant.token(form, asBasic)).status, 401);
  assert.equal((await tenant.renew(refresh)).status, 200);
});

test('rotation spends the refresh token; a reuse kills the family and the grant, and no access token that lives', async () => {
  const tenant = new Tenant();
  const first = await tenant.connect('alice', { audience: API });
  const second = (await tenant.renew(first.refresh_token)).json;
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.deepEqual(said(await tenant.renew(first.refresh_token)), DEAD);
  assert.deepEqual(said(await tenant.renew(second.refresh_token)), DEAD, 'the honest one is dead too');
  assert.equal(tenant.controls.state().grants[0]?.end?.reason, 'reuse');
  for (const { access_token: access } of [first, second]) assert.equal((await tenant.userInfo(access)).status, 200);
});

test('inside the leeway the previous one makes a second branch; an older one kills the family', async () => {
  const tenant = new Tenant({ leewayMs: 60_000 });
  const first = (await tenant.connect()).refresh_token;
  const second = (await tenant.renew(first)).json.refresh_token;
  const branch = (await tenant.renew(first)).json.refresh_token;
  assert.notEqual(branch, second, 'each gets its own');
  const third = (await tenant.renew(second)).json.refresh_token;
  assert.deepEqual(said(await tenant.renew(first)), DEAD, 'its child was used: it is the second-to-last now');
  for (const token of [third, branch]) assert.deepEqual(said(await tenant.renew(token)), DEAD);
});

test('after the leeway the previous one is a reuse like any other', async () => {
  const tenant = new Tenant({ leewayMs: 60_000 });
  const first = (await tenant.connect()).refresh_token;
  const second = (await tenant.renew(first)).json.refresh_token;
  await tenant.clock.advance(60_000);
  assert.deepEqual(said(await tenant.renew(first)), DEAD);
  assert.deepEqual(said(await tenant.renew(second)), DEAD);
});

for (const forkedSiblingsFail of [true, false])
  test(`after the leeway the other branch of a fork ${forkedSiblingsFail ? 'fails' : 'goes on'}, as the switch says`, async () => {
    const tenant = new Tenant({ leewayMs: 60_000, forkedSiblingsFail });
    const first = (await tenant.connect()).refresh_token;
    const second = (await tenant.renew(first)).json.refresh_token;
    const branch = (await tenant.renew(first)).json.refresh_token;
    assert.equal((await tenant.renew(second)).status, 200);
    await tenant.clock.advance(660_000);
    assert.equal((await tenant.renew(branch)).status, forkedSiblingsFail ? 403 : 200);
  });

test('without rotation the answer has no refresh token, the old one stays, and a second use is no reuse', async () => {
  const tenant = new Tenant({ rotates: false });
  const { refresh_token: refresh } = await tenant.connect();
  for (let uses = 0; uses < 3; uses += 1) {
    const { status, json } = await tenant.renew(refresh);
    assert.equal(status, 200);
    assert.equal(json.refresh_token, undefined);
    assert.ok(json.id_token, 'but an ID token');
  }
  assert.equal(tenant.controls.state().counts.presentedTwice, 0);
});

test('the absolute life counts from the consent and no renewal extends it; the idle one begins anew', async () => {
  for (const rotates of [true, false]) {
    const tenant = new Tenant({ rotates, refreshAbsoluteMs: 10 * 86_400_000, refreshIdleMs: 3 * 86_400_000 });
    let refresh = (await tenant.connect()).refresh_token;
    for (let day = 2; day < 10; day += 2) {
      await tenant.clock.advance(2 * 86_400_000);
      const { status, json } = await tenant.renew(refresh);
      assert.equal(status, 200, `day ${day}, ${rotates ? 'rotating' : 'not rotating'}`);
      refresh = json.refresh_token ?? refresh;
    }
    await tenant.clock.advance(2 * 86_400_000);
    assert.deepEqual(said(await tenant.renew(refresh)), DEAD);
    const idle = (await tenant.connect()).refresh_token;
    await tenant.clock.advance(3 * 86_400_000);
    assert.deepEqual(said(await tenant.renew(idle)), DEAD);
  }
});

test('two hundred refresh tokens a user and app: one more ends the oldest without a word', async () => {
  const tenant = new Tenant({ grantsPerUserMax: 3 });
  const tokens = [];
  for (let count = 0; count < 4; count += 1) tokens.push((await tenant.connect()).refresh_token);
  assert.equal((await tenant.connect('bob')).scope, 'openid profile read:things offline_access');
  const answers = [];
  for (const token of tokens) answers.push((await tenant.renew(token)).status);
  assert.deepEqual(answers, [403, 200, 200, 200]);
  assert.equal(new Tenant().controls.state().settings.grantsPerUserMax, 200);
});

test('fewer scopes may be asked for, and more are not given, unless several resources share the refresh token', async () => {
  const tenant = new Tenant({ rotates: false });
  const { refresh_token: refresh } = await tenant.connect();
  assert.equal((await tenant.renew(refresh, { scope: 'openid read:things' })).json.scope, 'openid read:things');
  assert.equal((await tenant.renew(refresh, { scope: 'openid delete:all' })).json.scope, 'openid');
  assert.equal((await tenant.renew(refresh)).json.scope, 'openid profile read:things offline_access');
  tenant.controls.set({ moreScopes: ['delete:all'] });
  assert.equal((await tenant.renew(refresh)).json.scope, 'openid profile read:things offline_access delete:all');
  assert.equal((await tenant.renew(refresh, { scope: 'openid' })).json.scope, 'openid');
});

test('an answer without expires_in is played by a switch', async () => {
  const answer = await new Tenant({ expiresInAnswered: false }).connect();
  assert.equal(answer.expires_in, undefined);
  assert.ok(answer.refresh_token);
});

test('a revocation ends that refresh token alone, answers nothing, and leaves access tokens be', async () => {
  const tenant = new Tenant();
  const first = await tenant.connect();
  const second = await tenant.connect();
  const answer = await tenant.post('/oauth/revoke', { ...AS_APP, token: first.refresh_token });
  assert.deepEqual([answer.status, answer.text], [200, '']);
  assert.deepEqual(said(await tenant.renew(first.refresh_token)), DEAD);
  assert.equal((await tenant.renew(second.refresh_token)).status, 200);
  await tenant.post('/oauth/revoke', { ...AS_APP, token: first.access_token });
  assert.equal((await tenant.userInfo(first.access_token)).status, 200);
  assert.equal((await tenant.post('/oauth/revoke', { client_id: CLIENT.id, token: 'x' })).status, 401);
});

test('with the tenant’s switch a revocation ends all of that user, app and API, and nobody else’s', async () => {
  const tenant = new Tenant({ revocationEndsGrant: true });
  const [first, same, other] = [
    await tenant.connect('alice', { audience: API }),
    await tenant.connect('alice', { audience: API }),
    await tenant.connect('alice'),
  ];
  const bob = await tenant.connect('bob', { audience: API });
  await tenant.post('/oauth/revoke', { ...AS_APP, token: first.refresh_token });
  const statuses = [];
  for (const one of [first, same, other, bob]) statuses.push((await tenant.renew(one.refresh_token)).status);
  assert.deepEqual(statuses, [403, 403, 200, 200]);
});

test('the device flow has Auth0’s statuses, and says once that a code is over', async () => {
  const tenant = new Tenant();
  const begun = await tenant.post('/oauth/device/code', { client_id: NATIVE.id, scope: 'openid', audience: API });
  const { device_code: code, user_code: userCode, verification_uri: page, ...rest } = begun.json;
  assert.equal(rest.verification_uri_complete, `${page}?user_code=${userCode}`);
  assert.deepEqual([rest.expires_in, rest.interval], [900, 5]);
  const poll = (): Promise<Answer> =>
    tenant.token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: code,
      client_id: NATIVE.id,
    });
  assert.deepEqual(said(await poll()), [403, 'authorization_pending', 'User has yet to authorize device code.']);
  const tooSoon = await poll();
  assert.deepEqual(said(tooSoon).slice(0, 2), [429, 'slow_down']);
  assert.equal(tooSoon.json.interval, undefined);
  await tenant.clock.advance(900_000);
  assert.deepEqual(said(await poll()).slice(0, 2), [403, 'expired_token']);
  assert.deepEqual(said(await poll()).slice(0, 2), [403, 'invalid_grant']);
  assert.deepEqual(said(await poll()).slice(0, 2), [403, 'invalid_grant']);
});

test('a device’s user may say no, or yes: then its tokens are for the audience', async () => {
  const tenant = new Tenant();
  for (const decision of ['deny', 'allow'] as const) {
    const { json } = await tenant.post('/oauth/device/code', { client_id: NATIVE.id, scope: 'openid', audience: API });
    tenant.controls.typeUserCode(json.user_code, { user: 'alice', decision });
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: json.device_code };
    const answer = await tenant.token({ ...form, client_id: NATIVE.id });
    if (decision === 'deny')
      assert.deepEqual(said(answer), [403, 'access_denied', 'User cancelled the confirmation prompt.']);
    else assert.ok([decodeJwt(answer.json.access_token).aud].flat().includes(API));
  }
});

test('too many requests are 429 with the headers that tell how long', async () => {
  const tenant = new Tenant({ rateLimits: { token: { app: { limit: 2, windowMs: 60_000 } } } });
  const { refresh_token: refresh } = await tenant.connect();
  const fine = await tenant.renew(refresh);
  assert.equal(fine.headers['x-ratelimit-remaining'], '0');
  const { status, json, headers } = await tenant.renew(fine.json.refresh_token);
  assert.deepEqual([status, json.error], [429, 'too_many_requests']);
  assert.equal(Number(headers['x-ratelimit-reset']), Math.ceil((tenant.clock.nowMs() + 60_000) / 1000));
  await tenant.clock.advance(60_000);
  assert.equal((await tenant.renew(fine.json.refresh_token)).status, 200, 'nothing was spent');
});
