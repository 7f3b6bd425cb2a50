import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonAnswer } from '../support/provider-side.ts';
import { createWorld, type World } from '../support/world.ts';

/** The next renewals are answered with these, one after the other. */
function answerWith(world: World, ...bodies: readonly Readonly<Record<string, unknown>>[]): void {
  const left = [...bodies];
  world.provider.script(({ body }) => {
    if (typeof body !== 'string' || !body.includes('grant_type=refresh_token')) return undefined;
    const next = left.shift();
    return next && jsonAnswer(200, { token_type: 'bearer', expires_in: 7200, ...next });
  });
}

async function worldWithOldToken(): Promise<{
  readonly world: World;
  readonly id: Awaited<ReturnType<World['connect']>>;
}> {
  const world = await createWorld({ workers: false });
  const id = await world.connect('alice');
  await world.wait('3h');
  return { world, id };
}

test('a new refresh token is kept, also where no header can carry the access token that came with it', async () => {
  const { world, id } = await worldWithOldToken();
  await using _ = world;
  answerWith(
    world,
    { access_token: 'a\nb', refresh_token: 'second' },
    { access_token: 'good', refresh_token: 'third' },
  );
  assert.equal((await world.node().flights.ask(id, { kind: 'now', afterVersion: 1 })).kind, 'unusable');
  assert.equal(await world.state(id), 'active');
  assert.equal((await world.node().flights.ask(id, { kind: 'now', afterVersion: 2 })).kind, 'served');
  assert.deepEqual(
    world.provider
      .sentTo('/2/oauth2/token')
      .slice(-2)
      .map(({ form }) => form.get('refresh_token') === 'second'),
    [false, true],
  );
  assert.equal(await world.node().accessToken(id), 'good');
});

test('nobody is handed such a token, and asking for one does not spend another refresh token', async () => {
  const { world, id } = await worldWithOldToken();
  await using _ = world;
  answerWith(world, { access_token: 'a b', refresh_token: 'second' });
  for (const _again of [1, 2, 3])
    await assert.rejects(world.node().accessToken(id), (error: Error) => !error.message.includes('a b'));
  assert.equal(world.provider.presentations.length, 1);
});

test('without a refresh token in it, such an answer changes nothing', async () => {
  const { world, id } = await worldWithOldToken();
  await using _ = world;
  answerWith(world, { access_token: '日本' });
  const renewal = await world.node().flights.ask(id, { kind: 'now', afterVersion: 1 });
  assert.equal(renewal.kind, 'misconfigured');
  assert.equal(await world.state(id), 'active');
  await world.wait('1m');
  await world.node().accessToken(id);
});

test('an app is not held for it: other users are renewed', async () => {
  const { world, id } = await worldWithOldToken();
  await using _ = world;
  answerWith(world, { access_token: 'a b' });
  await world.node().flights.ask(id, { kind: 'now', afterVersion: 1 });
  const bob = await world.connect('bob');
  await world.wait('3h');
  await world.node().accessToken(bob);
});
