import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATALOGUE } from '../../src/providers/index.ts';
import { parseFaultOrder } from '../../src/sim/faults.ts';
import { simulate } from '../../src/sim/index.ts';
import { serveKippu } from './served-kippu.ts';

/**
 * Every provider behind the whole of Kippu: the server, the worker, the log at its most talkative. What a provider wants
 * in query strings is in none of them: each answer and each line is searched for every token, code and secret.
 */
for (const provider of CATALOGUE) {
  const { id, name, identity } = provider;

  test(`${name}: an account is connected, called, shown and explained, and no secret is told`, async () => {
    await using kippu = await serveKippu({ provider, withWorker: true });
    kippu.answers.secrets.add('a-client-secret');
    const begun = await kippu.operator.post('/v1/connect-sessions', { provider: id, explain: true });
    await kippu.browser().consent(begun.json.url, 'alice');
    const { json } = await kippu.operator.get(`/v1/connect-sessions/${begun.json.id}`);
    assert.equal(json.state, 'attached', JSON.stringify(json));
    await kippu.clock.advance(5 * 60_000);

    const steps = await kippu.operator.get(`/v1/connect-sessions/${begun.json.id}/steps`);
    assert.equal(steps.status, 200, steps.text);
    assert.ok(steps.json.items.length >= 5, 'the flow was seen');
    const { shortLived } = provider.renewal ?? {};
    const upgrades = kippu.answers.sent.filter(({ url }) =>
      url.includes(`grant_type=${shortLived?.exchange.grantType}`),
    );
    assert.equal(upgrades.length, shortLived === undefined ? 0 : 1, 'what lives for an hour was made lasting at once');
    const { access_token: token } = (await kippu.operator.get(`/v1/connections/${json.connection}/token`)).json;
    assert.ok(kippu.answers.secrets.has(token), 'it is what the provider gave out');
    const path = `/v1/connections/${json.connection}/proxy${identity.path}`;
    const proxied = await kippu.operator.send(identity.method ?? 'GET', path);
    // Google says who it is on another host than that of its APIs.
    assert.equal(proxied.status, 200, proxied.text);
    assert.ok((await kippu.operator.get('/v1/connections')).text.includes(`${id}:`));
  });

  test(`${name}: an import of its tokens is renewed as a consent's are`, async () => {
    await using kippu = await serveKippu({ provider });
    const { id: connection } = await kippu.connect('alice', { provider: id });
    const { json } = await kippu.operator.get('/v1/providers');
    const facts = json.items.find((one: { readonly id: string }) => one.id === id);
    assert.deepEqual(
      [facts.configured, facts.rotation, facts.renewed_by === 'nothing'],
      [true, provider.refresh.rotation, provider.refresh.rotation === 'none' && provider.renewal === undefined],
    );
    assert.equal(
      facts.access_lifetime,
      provider.access.isAnswered === false ? null : provider.access.lifetimeMs / 1000,
    );
    const { renewable } = (await kippu.operator.get(`/v1/connections/${connection}`)).json;
    assert.equal(renewable, facts.renewed_by !== 'nothing');
  });

  test(`${name}: is simulated on a port of its own, with all faults`, async () => {
    await using sim = await simulate(id);
    const page = await fetch(sim.url);
    assert.equal(page.status, 200);
    const view = (await (await fetch(`${sim.url}/_sim/state`)).json()) as { readonly provider: string };
    assert.equal(view.provider, id);
    for (const fault of ['lose', 'lose_request', 'delay', 'cut'] as const)
      sim.faults.order(parseFaultOrder({ endpoint: 'token', fault, ...(fault === 'delay' ? { delay_ms: 1 } : {}) }));
    sim.faults.failNext('token', 500);
    assert.equal(sim.state().faults.length, 5);
    const authorization = new URL(provider.endpoints.authorization).pathname;
    assert.equal((await fetch(`${sim.url}${authorization}`)).status, 400, 'an address without a client is refused');
  });
}

test('an import that has no access token is refused where that is what is renewed', async () => {
  const threads = CATALOGUE.find(({ id }) => id === 'threads');
  assert.ok(threads !== undefined);
  await using kippu = await serveKippu({ provider: threads });
  const { status, json } = await kippu.operator.post('/v1/connections', {
    provider: 'threads',
    refresh_token: 'a-token',
  });
  assert.equal(status, 422);
  assert.match(json.detail, /has no refresh tokens/);
});
