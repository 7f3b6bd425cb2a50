import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, type World } from '../support/world.ts';

/** The three that `docs/oauth.md` names. */

test('a refresh token is not reusable: the second use is refused, and Kippu never makes one', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  await world.wait('2h');
  const callers = Array.from({ length: 10 }, (_, index) => world.node(index % 2).accessToken(alice));
  const tokens = new Set(await world.until(Promise.all(callers)));
  assert.equal(tokens.size, 1);
  assert.deepEqual([world.provider.presentations.length, world.provider.reuses], [1, 0]);

  const spent = world.provider.presentations[0]?.form.get('refresh_token') ?? '';
  const { status, body } = present(spent, world);
  assert.equal(status, 400);
  assert.match(body, /Value passed for the token was invalid/);
  assert.equal(world.provider.reuses, 1, 'it was refused because it was spent, and not for another reason');
});

test('saving only the access token does not suffice: each renewal needs the refresh token of the one before', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const presented: string[] = [];
  for (let renewals = 1; renewals <= 3; renewals += 1) {
    await world.wait('2h');
    const renewal = await world.node().getToken(alice);
    assert.ok(renewal.kind === 'served' && renewal.renewed, `renewal ${renewals}`);
    // What was handed out was durable before: the process may die at once.
    world.node().crash();
    await world.node().restart();
    presented.push(world.provider.presentations.at(-1)?.presented ?? '');
  }
  assert.equal(new Set(presented).size, 3, 'each renewal presented the refresh token that the one before had brought');
  assert.equal(world.provider.reuses, 0);
  assert.equal(await world.state(alice), 'active');
});

test('a refresh token is not valid for ever: its end is announced, and then the user consents again', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('90d');
  await world.node().accessToken(alice);
  await world.advance('89d');
  const told = (await world.events('connection.reauth_soon')).map(({ data }) => data['days_before']);
  assert.deepEqual(told, [30, 7, 1], 'before the end, and although it was renewed meanwhile');

  await world.advance('2d');
  assert.equal((await world.node().getToken(alice)).kind, 'reauth_required');
  assert.equal(await world.connect('alice', { again: alice }), alice, 'the connection stays the same');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
});

/** Presents a refresh token at the provider past Kippu, as another program would. */
function present(refreshToken: string, { app, provider }: World): { readonly status: number; readonly body: string } {
  const credentials = `${app.clientId}:${app.clientSecret?.reveal() ?? ''}`;
  return provider.simulator.handle({
    method: 'POST',
    url: new URL(app.endpoints.token).pathname,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }).toString(),
  });
}
