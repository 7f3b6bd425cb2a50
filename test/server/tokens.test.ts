import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STATUS_OF } from '../../src/server/problem.ts';
import { serveKippu, type Json } from './served-kippu.ts';

const TOKEN = '/v1/connections/x:alice/token';

test('a good token is served, and renewed only when it is needed', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const first = await kippu.operator.get(TOKEN);
  assert.equal(first.status, 200);
  assert.deepEqual(Object.keys(first.json), ['access_token', 'token_type', 'expires_at', 'scopes', 'version']);
  assert.equal((await kippu.operator.get(`${TOKEN}?min_ttl=600`)).json.access_token, first.json.access_token);
  const longer = await kippu.operator.get(`${TOKEN}?min_ttl=7190`);
  assert.equal(longer.json.version, first.json.version);
  await kippu.clock.advance(7_195_000);
  const renewed = await kippu.operator.get(TOKEN);
  assert.notEqual(renewed.json.access_token, first.json.access_token);
  assert.equal(renewed.json.version, 2);
});

test('a hundred callers of an ended token cause one renewal', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.clock.advance(3 * 3_600_000);
  const answers = await kippu.until(Promise.all(Array.from({ length: 100 }, () => kippu.operator.get(TOKEN))));
  assert.equal(new Set(answers.map(({ json }) => json.access_token)).size, 1);
  assert.equal(kippu.x.state().counts.renewals, 1);
});

test('the answer to a refused token is never the refused one', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const { access_token: token } = (await kippu.operator.get(TOKEN)).json;
  const young = await kippu.operator.post(TOKEN, { refused: token });
  assert.deepEqual([young.status, young.json.code], [409, 'refused']);
  await kippu.clock.advance(120_000);
  const other = await kippu.operator.post(TOKEN, { refused: token });
  assert.equal(other.status, 200);
  assert.notEqual(other.json.access_token, token);
  const foreign = await kippu.operator.post(TOKEN, { refused: 'some-other-token' });
  assert.equal(foreign.json.access_token, other.json.access_token);
  assert.equal((await kippu.operator.post(TOKEN, {})).json.where, '/refused');
});

test('renewing now renews, and says so without a token', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const renewed = await kippu.operator.post('/v1/connections/x:alice/renew');
  assert.equal(renewed.status, 200);
  assert.equal(renewed.json.renewals, 1);
  assert.equal(renewed.json.last_renewed_at, '2026-11-21T00:00:00.000Z');
});

test('a user who must consent again is a 409 with the address for it', async () => {
  await using kippu = await serveKippu();
  const alice = await kippu.connect('alice');
  kippu.x.removeApp('alice');
  await kippu.clock.advance(3 * 3_600_000);
  const refused = await kippu.until(kippu.operator.get(TOKEN));
  assert.deepEqual([refused.status, refused.json.code], [409, 'reauth_required']);
  assert.equal(refused.json.connect_url, `http://127.0.0.1:4180/reconnect/${alice.id}`);
  const shown = (await kippu.operator.get('/v1/connections/x:alice')).json;
  assert.deepEqual([shown.state, shown.state_reason], ['reauth_required', 'rejected_unknown']);

  // The address works: consenting there brings the connection back, by the same id.
  const browser = kippu.browser();
  const reconnect = await browser.open(refused.json.connect_url);
  await browser.consent(reconnect.headers.get('location') ?? '', 'alice');
  assert.equal((await kippu.operator.get(TOKEN)).status, 200);
  assert.equal((await kippu.operator.get('/v1/connections/x:alice')).json.id, alice.id);
});

test('a provider that asks to wait is a 503 that says how long', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.clock.advance(3 * 3_600_000);
  kippu.x.faults.order({
    endpoint: 'token',
    fault: 'status',
    status: 429,
    headers: { 'retry-after': '120' },
    count: 50,
  });
  const refused = await kippu.until(kippu.operator.get(TOKEN));
  assert.deepEqual([refused.status, refused.json.code], [503, 'unavailable']);
  assert.ok(refused.json.retry_after > 60 && refused.json.retry_after <= 120, String(refused.json.retry_after));
});

test('a provider that refuses our app is a 502', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  await kippu.clock.advance(3 * 3_600_000);
  kippu.x.faults.order({
    endpoint: 'token',
    fault: 'status',
    status: 401,
    body: '{"error":"unauthorized_client"}',
    count: 50,
  });
  const refused = await kippu.until(kippu.operator.get(TOKEN));
  assert.deepEqual([refused.status, refused.json.code], [502, 'misconfigured']);
});

test('a lost answer leaves the living token in service, and is a 503 only when that has ended', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  const { access_token: token } = (await kippu.operator.get(TOKEN)).json;
  kippu.x.faults.order({ endpoint: 'token', fault: 'lose', count: 50 });
  await kippu.until(kippu.operator.post('/v1/connections/x:alice/renew'));
  assert.equal((await kippu.until(kippu.operator.get(TOKEN))).json.access_token, token);
  await kippu.clock.advance(7_200_000);
  const uncertain = await kippu.until(kippu.operator.get(TOKEN));
  assert.deepEqual([uncertain.status, uncertain.json.code], [503, 'uncertain']);
  assert.ok(uncertain.json.retry_after >= 1);
});

test('a wish that makes no sense is a 422 that says where', async () => {
  await using kippu = await serveKippu();
  await kippu.connect('alice');
  for (const [query, where] of [
    ['min_ttl=soon', 'min_ttl'],
    ['min_ttl=-1', 'min_ttl'],
    ['min_ttl=1e9', 'min_ttl'],
    ['min_tll=60', 'min_tll'],
    ['min_ttl=1&min_ttl=2', 'min_ttl'],
  ]) {
    const refused = await kippu.operator.get(`${TOKEN}?${query}`);
    assert.deepEqual([refused.status, refused.json.where], [422, where], query);
  }
  assert.equal((await kippu.operator.get(`${TOKEN}?min_ttl=`)).status, 200);
});

test('every error of Kippu has a status of its kind', () => {
  const expected: Json = {
    unauthenticated: 401,
    forbidden: 403,
    not_found: 404,
    conflict: 409,
    reauth_required: 409,
    refused: 409,
    revoked: 409,
    consent_failed: 409,
    store_copied: 409,
    invalid: 422,
    rate_limited: 429,
    misconfigured: 502,
    id_token_invalid: 502,
    cannot_rotate: 409,
    too_large: 422,
    not_installed: 500,
    unavailable: 503,
    uncertain: 503,
    store_unavailable: 503,
    unreadable: 500,
    wrong_key_ring: 500,
    internal: 500,
  };
  assert.deepEqual(STATUS_OF, expected);
});
