import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { tenant } from '../support/made-up-providers.ts';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

const HOUR_MS = 3_600_000;

async function serveTenant(): Promise<ServedKippu> {
  return serveKippu({ provider: tenant });
}

async function connected(kippu: ServedKippu): Promise<string> {
  return (await kippu.connect('alice', { provider: 'auth0' })).id;
}

function idToken(kippu: ServedKippu, query = ''): Promise<Json> {
  return kippu.operator.get(`/v1/connections/auth0:alice/id-token${query}`);
}

test('the ID token comes with its claims and its end, by the connection’s name', async () => {
  await using kippu = await serveTenant();
  await connected(kippu);
  const { status, json, headers } = await idToken(kippu);
  assert.equal(status, 200);
  assert.equal(json.claims.nickname, 'alice');
  assert.deepEqual(decodeJwt(json.id_token), json.claims);
  assert.equal(Date.parse(json.expires_at), Number(json.claims.exp) * 1000);
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.equal(kippu.x.state().counts.renewals, 0);
});

test('one that has ended is renewed first, and says when the user signed in as before', async () => {
  await using kippu = await serveTenant();
  await connected(kippu);
  const before = (await idToken(kippu)).json.claims;
  await kippu.clock.advance(11 * HOUR_MS);
  const { claims } = (await idToken(kippu)).json;
  assert.ok(Number(claims.iat) * 1000 >= kippu.clock.nowMs() - 1000);
  assert.equal(claims.auth_time, before.auth_time, 'a renewal is no sign-in');
  assert.equal(kippu.x.state().counts.renewals, 1);
});

test('one that is older than wanted is renewed, once however many ask', async () => {
  await using kippu = await serveTenant();
  await connected(kippu);
  await kippu.clock.advance(HOUR_MS);
  assert.equal((await idToken(kippu, '?max_age=7200')).status, 200);
  assert.equal(kippu.x.state().counts.renewals, 0);
  const answers = await kippu.until(Promise.all(Array.from({ length: 20 }, () => idToken(kippu, '?max_age=900'))));
  assert.equal(new Set(answers.map(({ json }) => json.id_token)).size, 1);
  assert.equal(kippu.x.state().counts.renewals, 1);
});

test('however young it is wanted, nobody rotates a refresh token twice in a minute for it', async () => {
  await using kippu = await serveTenant();
  await connected(kippu);
  for (let asked = 0; asked < 10; asked += 1) {
    await kippu.clock.advance(5000);
    assert.equal((await idToken(kippu, '?max_age=0')).status, 200);
  }
  assert.equal(kippu.x.state().counts.renewals, 0);
  await kippu.clock.advance(15_000);
  await idToken(kippu, '?max_age=0');
  assert.equal(kippu.x.state().counts.renewals, 1);
});

for (const [trouble, says] of [
  ['wrong_issuer', /iss/],
  ['other_user', /another user/],
  ['unsigned', /alg/i],
  ['wrong_nonce', /nonce/],
  ['unpublished_key', /does not publish/],
] as const) {
  test(`one that a renewal brought with ${trouble} is not handed out, the reason is kept, and the access token is served`, async () => {
    await using kippu = await serveTenant();
    const id = await connected(kippu);
    kippu.x.set({ idTokens: trouble });
    await kippu.clock.advance(11 * HOUR_MS);
    assert.equal((await kippu.operator.post(`/v1/connections/${id}/renew`)).status, 200);
    const [refusal] = await kippu.until(refusals(kippu));
    assert.match(refusal?.reason ?? '', says, 'written down without anybody asking for it');
    // Keys are asked for again after half a minute at the earliest.
    await kippu.clock.advance(31_000);
    const { status, json, text } = await idToken(kippu);
    assert.deepEqual([status, json.code], [502, 'id_token_invalid']);
    assert.match(json.detail, says);
    assert.ok(!text.includes('eyJ'), 'no part of it');
    assert.equal((await kippu.operator.get(`/v1/connections/${id}/token`)).status, 200);
    assert.equal((await kippu.operator.get(`/v1/connections/${id}`)).json.state, 'active');
    assert.equal(kippu.x.state().counts.renewals, 1, 'a bad one is no reason to rotate');

    kippu.x.set({ idTokens: 'none' });
    assert.equal((await kippu.operator.post(`/v1/connections/${id}/renew`)).status, 200);
    assert.equal((await idToken(kippu)).status, 200);
    assert.deepEqual(await kippu.app.store.idTokens.refused(10), []);
  });
}

/** As soon as what a renewal began has come to its end. */
async function refusals({ app, clock }: ServedKippu) {
  for (let looks = 0; looks < 20; looks += 1) {
    const found = await app.store.idTokens.refused(10);
    if (found.length > 0) return found;
    await clock.sleep(100);
  }
  return [];
}

test('one that comes ended already is said to be so, and asked for once a minute at most', async () => {
  await using kippu = await serveTenant();
  await connected(kippu);
  kippu.x.set({ idTokens: 'ended' });
  await kippu.clock.advance(11 * HOUR_MS);
  for (let asked = 0; asked < 5; asked += 1) {
    const { status, json } = await idToken(kippu);
    assert.deepEqual([status, json.code], [502, 'id_token_invalid']);
  }
  assert.equal(kippu.x.state().counts.renewals, 1);
});

test('where renewals bring none, the first one is good until its end, and then only a consent helps', async () => {
  await using kippu = await serveTenant();
  const id = await connected(kippu);
  const first = (await idToken(kippu)).json.id_token;
  kippu.x.set({ idTokens: 'missing' });
  await kippu.clock.advance(HOUR_MS);
  await kippu.operator.post(`/v1/connections/${id}/renew`);
  assert.equal((await idToken(kippu)).json.id_token, first);
  const tooOld = await idToken(kippu, '?max_age=900');
  assert.deepEqual([tooOld.status, tooOld.json.code], [409, 'reauth_required']);
  assert.match(tooOld.json.connect_url, /\/reconnect\//);
  await kippu.clock.advance(11 * HOUR_MS);
  assert.equal((await idToken(kippu)).status, 409);
  assert.equal(kippu.x.state().counts.renewals, 1, 'nothing is rotated for what does not come');
});

test('while its keys cannot be had, nothing is said about it, and nothing is rotated', async () => {
  await using kippu = await serveTenant();
  await connected(kippu);
  await kippu.clock.advance(2 * HOUR_MS);
  kippu.x.rotateKeys({ withdraw: true });
  kippu.x.set({});
  kippu.x.faults.failNext('keys', 503);
  const first = await idToken(kippu);
  assert.equal(first.status, 200, 'the keys of before are still believed');
  assert.equal(kippu.x.state().counts.renewals, 0);
});

test('a connection without one says so: no openid, or a provider that has none', async () => {
  await using kippu = await serveTenant();
  kippu.x.set({ idTokens: 'missing' });
  await connected(kippu);
  const { status, json } = await idToken(kippu);
  assert.equal(status, 404);
  assert.match(json.detail, /openid/);

  await using atX = await serveKippu();
  const { id } = await atX.connect('alice');
  const answer = await atX.operator.get(`/v1/connections/${id}/id-token`);
  assert.equal(answer.status, 404);
  assert.match(answer.json.detail, /Kippu does not check ID tokens of X/);
});

test('an ended grant gives no ID token that has ended, and a revoked connection none at all', async () => {
  await using kippu = await serveTenant();
  const id = await connected(kippu);
  kippu.x.removeApp('alice');
  assert.equal((await idToken(kippu)).status, 200, 'it says what it said');
  await kippu.clock.advance(11 * HOUR_MS);
  const ended = await idToken(kippu);
  assert.deepEqual([ended.status, ended.json.code], [409, 'reauth_required']);
  await kippu.operator.delete(`/v1/connections/${id}`);
  assert.equal((await idToken(kippu)).json.code, 'revoked');
});

test('it takes the scope tokens:read, and a key that may use this connection', async () => {
  await using kippu = await serveTenant();
  const id = await connected(kippu);
  const { id: bob } = await kippu.connect('bob', { provider: 'auth0' });
  const path = `/v1/connections/${id}/id-token`;
  assert.equal((await kippu.as(undefined).get(path)).status, 401);
  assert.equal((await (await kippu.key(['connections:read'])).get(path)).status, 403);
  assert.equal((await (await kippu.key(['tokens:read'], [bob])).get(path)).status, 403);
  assert.equal((await (await kippu.key(['tokens:read'], [id])).get(path)).status, 200);
  assert.equal((await idToken(kippu, '?max_age=-1')).status, 422);
  assert.equal((await idToken(kippu, '?max_age=soon')).status, 422);
});

test('an imported ID token is checked like any other, and that of another user is not handed out', async () => {
  await using kippu = await serveTenant();
  await connected(kippu);
  const alices = (await idToken(kippu)).json.id_token;
  const body = {
    provider: 'auth0',
    name: 'bob',
    refresh_token: 'a-refresh-token',
    id_token: alices,
    subject: 'auth0|bob',
  };
  assert.equal((await kippu.operator.post('/v1/connections', body)).status, 201);
  const { status, json } = await kippu.operator.get('/v1/connections/bob/id-token');
  assert.deepEqual([status, json.code], [502, 'id_token_invalid']);
});

test('the page after a consent without a refresh token says what it takes to get one', async () => {
  await using kippu = await serveTenant();
  kippu.x.set({ apiOfflineAccess: false });
  const begun = await kippu.operator.post('/v1/connect-sessions', { provider: 'auth0' });
  const arrival = await kippu.browser().consent(begun.json.url, 'alice');
  assert.match(arrival.text, /Allow Offline Access/);
  assert.match(arrival.text, /Refresh Token/);
  const { items } = (await kippu.operator.get('/v1/providers')).json;
  const needs = items.find(({ id }: { readonly id: string }) => id === 'auth0').refresh_token_needs;
  assert.deepEqual(needs, ['offline_scope', 'api_offline_access', 'refresh_token_grant']);
});

test('a consent whose ID token is bad says so on its page', async () => {
  await using kippu = await serveTenant();
  kippu.x.set({ idTokens: 'wrong_audience' });
  const begun = await kippu.operator.post('/v1/connect-sessions', { provider: 'auth0' });
  const arrival = await kippu.browser().consent(begun.json.url, 'alice');
  assert.equal(arrival.status, 400);
  assert.match(arrival.text, /ID token does not pass its checks/);
});
