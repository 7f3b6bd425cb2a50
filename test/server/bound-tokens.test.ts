import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTokens } from '../../src/renewal/open-tokens.ts';
import { demanding } from '../support/made-up-providers.ts';
import { serveKippu, type Json, type ServedKippu } from './served-kippu.ts';

async function served(): Promise<ServedKippu> {
  const kippu = await serveKippu({ provider: demanding });
  kippu.x.set({ dpopNonces: 'required' });
  return kippu;
}

/** From here on, the parts of the connection's key are secrets of this test. */
async function watchKey(kippu: ServedKippu, id: Json): Promise<void> {
  const credential = await kippu.app.store.credentials.read(id);
  const [app] = kippu.app.apps.values();
  assert.ok(credential !== undefined && app !== undefined);
  const { d } = JSON.parse(openTokens({ credential, app }, kippu.app.renewal).proofKey?.reveal() ?? '{}');
  assert.equal(typeof d, 'string');
  kippu.answers.secrets.add(d);
}

test('a token that is bound to a key says so where it is handed out', async () => {
  await using kippu = await served();
  await kippu.connect('alice', { provider: 'plain' });
  const { json } = await kippu.operator.get('/v1/connections/plain:alice/token');
  assert.equal(json.token_type, 'DPoP');
});

test('the proxy proves the key with every call, and answers the server’s nonce', async () => {
  await using kippu = await served();
  const { id } = await kippu.connect('alice', { provider: 'plain' });
  await watchKey(kippu, id);
  const client = await kippu.key(['tokens:read']);
  const me = await client.get('/v1/connections/plain:alice/proxy/me', {
    dpop: 'a proof of the caller’s own'.slice(0, 7),
  });
  assert.equal(me.status, 200);
  assert.equal(me.json.login, 'alice');
  assert.equal(me.headers.get('dpop-nonce'), null);
  assert.equal((await kippu.operator.post('/v1/connections/plain:alice/renew')).status, 200);
  assert.equal((await client.get('/v1/connections/plain:alice/proxy/me')).status, 200);
});

test('the key is in no export of the connection, no event and no log', async () => {
  await using kippu = await served();
  const { id } = await kippu.connect('alice', { provider: 'plain' });
  await watchKey(kippu, id);
  for (const path of [`/v1/connections/${id}`, `/v1/connections/${id}/timeline`, '/v1/events', '/v1/connections'])
    assert.equal((await kippu.operator.get(path)).status, 200, path);
});

test('the explained flow shows what was pushed, and neither assertion nor proof', async () => {
  await using kippu = await served();
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'plain', explain: true })).json;
  await kippu.browser().consent(begun.url, 'alice');
  const { json, text } = await kippu.operator.get(`/v1/connect-sessions/${begun.id}/steps`);
  const numbers = json.items.map((one: { step: number }) => one.step);
  for (const step of [1, 2, 3, 4, 5, 6, 7]) assert.ok(numbers.includes(step), `step ${step} of ${numbers}`);
  const second = json.items.find((one: { step: number }) => one.step === 2);
  assert.deepEqual([second.request.method, second.request.url], ['POST', 'https://auth.plain.example/push']);
  assert.equal(second.request.fields.state, '[state-1]');
  const proofs = kippu.answers.sent.flatMap(({ headers }) => headers['dpop'] ?? []);
  assert.ok(proofs.length > 0 && proofs.every((proof) => !text.includes(proof)));
});

test('a failed push is said on the page, and the session knows why', async () => {
  await using kippu = await served();
  kippu.x.faults.order({ endpoint: 'push', fault: 'status', status: 401, body: { error: 'invalid_client' } });
  const begun = (await kippu.operator.post('/v1/connect-sessions', { provider: 'plain' })).json;
  const page = await kippu.browser().open(begun.url);
  assert.equal(page.status, 400);
  const { json } = await kippu.operator.get(`/v1/connect-sessions/${begun.id}`);
  assert.deepEqual([json.state, json.failure], ['failed', 'misconfigured']);
});
