import assert from 'node:assert/strict';
import { test } from 'node:test';
import { githubData } from '../../src/providers/data/github.ts';
import { serveKippu } from './served-kippu.ts';

test('an account at GitHub is connected for its tokens: no post goes there', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  await kippu.connect('alice', { provider: 'github' });
  const { status, json } = await kippu.operator.post('/v1/posts', { connection: 'github:alice', text: 'hello' });
  assert.equal(status, 422);
  assert.match(json.detail, /Posts cannot go to github/);
});

test('its API is called through the proxy, and a 401 after a renewal elsewhere is answered with the new token', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  const { id } = await kippu.connect('alice', { provider: 'github' });
  const { status, json } = await kippu.operator.get(`/v1/connections/${id}/proxy/user`);
  assert.deepEqual([status, json.login], [200, 'alice']);
  await kippu.clock.advance(9 * 3_600_000);
  assert.equal((await kippu.operator.get(`/v1/connections/${id}/proxy/user/repos`)).status, 200);
  assert.equal(kippu.x.state().counts.renewals, 1);
});

test('a connection says that it has no end, and is found by that', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  kippu.x.set({ tokensExpire: false });
  const { renewable, access_expires_at: endsAt } = await kippu.connect('alice', { provider: 'github' });
  assert.deepEqual([renewable, endsAt], [false, null]);
  kippu.x.set({ tokensExpire: true });
  await kippu.connect('bob', { provider: 'github' });
  const { json } = await kippu.operator.get('/v1/connections?never_expires=true');
  assert.deepEqual(
    json.items.map(({ name }: { readonly name: string }) => name),
    ['github:alice'],
  );
});

test('the page after such a consent warns of it', async () => {
  await using kippu = await serveKippu({ provider: githubData });
  kippu.x.set({ tokensExpire: false });
  const begun = await kippu.operator.post('/v1/connect-sessions', { provider: 'github' });
  const arrival = await kippu.browser().consent(begun.json.url, 'alice');
  assert.match(arrival.text, /never expires/);
});
