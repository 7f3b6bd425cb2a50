import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familyKilling, idling, plain, reusable } from '../support/made-up-providers.ts';
import { copyToken } from '../support/thief.ts';
import { createWorld, isCode, type World } from '../support/world.ts';

async function reuses(world: World): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await world.events('connection.reuse_detected')).map(({ data }) => data);
}

test('a copied refresh token that is used before the owner’s renewal ends in a suspicion, and a new consent shuts the thief out', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const thief = await copyToken(world, alice);
  await world.advance('1h');
  assert.equal(await thief.renew(), 200);
  await world.advance('1h');
  assert.equal((await world.until(world.node().getToken(alice))).kind, 'reauth_required');
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  const [reuse, ...more] = await reuses(world);
  assert.deepEqual(more, []);
  assert.deepEqual(
    { ...reuse, error: undefined },
    {
      name: 'x:alice',
      evidence: 'unpresented_token_rejected',
      seen: 'renewal',
      certainty: 'suspected',
      state: 'reauth_required',
      error: undefined,
    },
  );
  assert.match(String(reuse?.['error']), /^HTTP 400 invalid_request/);
  const [ended] = await world.events('connection.reauth_required');
  assert.equal(ended?.data['reuse'], 'suspected');

  await world.connect('alice', { again: alice });
  assert.equal(await thief.renew(), 400);
  await world.advance('2h');
  assert.ok(world.provider.knowsAsGood(await world.node().accessToken(alice)));
  assert.equal((await reuses(world)).length, 1);
});

test('a copied refresh token that is used after the owner’s renewal is refused, and harms nobody', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const thief = await copyToken(world, alice);
  await world.advance('2h');
  await world.until(world.node().accessToken(alice));
  assert.equal(await thief.renew(), 400);
  await world.advance('2h');
  await world.until(world.node().accessToken(alice));
  assert.equal(await world.state(alice), 'active');
  assert.deepEqual(await reuses(world), []);
});

test('a spent refresh token that somebody brings to Kippu is reported to its connection, once, and changes nothing', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const thief = await copyToken(world, alice);
  await world.advance('2h');
  await world.until(world.node().accessToken(alice));
  await assert.rejects(thief.bring(), isCode('conflict'));
  await assert.rejects(thief.bring(), isCode('conflict'));
  const events = await world.events('connection.reuse_detected');
  assert.deepEqual(
    events.map(({ connectionId, data }) => [connectionId, data]),
    [
      [
        alice,
        {
          name: 'x:alice',
          evidence: 'spent_token_presented',
          seen: 'import',
          certainty: 'certain',
          state: 'active',
        },
      ],
    ],
  );
  assert.equal(await world.state(alice), 'active');
  assert.equal(world.provider.reuses, 0, 'the provider never saw it');
});

test('bringing the refresh token that is stored is refused, and is no sign of theft', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const copy = await copyToken(world, alice);
  await assert.rejects(copy.bring(), isCode('conflict'));
  assert.deepEqual(await reuses(world), []);
});

test('where reuse kills the family, a thief who comes too late still shows: the owner’s good token is rejected', async () => {
  await using world = await createWorld({ provider: familyKilling });
  const alice = await world.connect('alice');
  const thief = await copyToken(world, alice);
  await world.advance('1h');
  await world.until(world.node().accessToken(alice));
  assert.notEqual(await thief.renew(), 200);
  await world.advance('1h');
  await world.until(world.node().getToken(alice));
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  assert.deepEqual(
    (await reuses(world)).map(({ evidence, certainty }) => [evidence, certainty]),
    [['unpresented_token_rejected', 'suspected']],
  );
});

test('where reuse kills the family, the owner’s renewal after the thief’s ends the thief’s grant with it', async () => {
  await using world = await createWorld({ provider: familyKilling });
  const alice = await world.connect('alice');
  const thief = await copyToken(world, alice);
  assert.equal(await thief.renew(), 200);
  await world.advance('1h');
  await world.until(world.node().getToken(alice));
  assert.equal((await reuses(world)).length, 1);
  assert.notEqual(await thief.renew(), 200);
});

test('ten callers who meet the same rejection make one suspicion', async () => {
  await using world = await createWorld({ nodes: 2 });
  const alice = await world.connect('alice');
  const thief = await copyToken(world, alice);
  await thief.renew();
  await world.advance('2h');
  await world.until(Promise.all(Array.from({ length: 10 }, (_, index) => world.node(index % 2).getToken(alice))));
  assert.equal((await reuses(world)).length, 1);
  assert.equal((await world.events('connection.reauth_required')).length, 1);
});

test('a user who withdrew the consent looks the same at X, so the suspicion is not called certain', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.advance('2h');
  await world.until(world.node().getToken(alice));
  assert.deepEqual(
    (await reuses(world)).map(({ certainty }) => certainty),
    ['suspected'],
  );
});

test('a lost answer is our own doing: the rejection of its replay accuses nobody', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  await world.advance('2h');
  world.provider.loseNextAnswer();
  await world.until(world.node().getToken(alice));
  await world.advance('1h');
  assert.equal(await world.state(alice), 'reauth_required: answer_lost');
  assert.deepEqual(await reuses(world), []);
});

test('a refresh token that is rejected after its end has simply ended', async () => {
  await using world = await createWorld({ provider: idling, workers: false });
  const alice = await world.connect('alice');
  await world.wait('181d');
  await world.until(world.node().getToken(alice));
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  assert.deepEqual(await reuses(world), []);
});

test('a provider that gives its reason is believed', async () => {
  const candid = {
    ...plain,
    tokenErrors: [{ error: 'user_revoked', means: { kind: 'rejected', reason: 'revoked_by_provider' } }],
  } as const;
  await using world = await createWorld({ provider: candid });
  const alice = await world.connect('alice');
  await world.advance('1h');
  world.provider.answerNext(400, { error: 'user_revoked' });
  await world.until(world.node().getToken(alice));
  assert.equal(await world.state(alice), 'reauth_required: revoked_by_provider');
  assert.deepEqual(await reuses(world), []);
});

test('a refresh token that may be used again and again shows no reuse when it is rejected', async () => {
  await using world = await createWorld({ provider: reusable });
  const alice = await world.connect('alice');
  world.provider.removeApp('alice');
  await world.advance('1h');
  await world.until(world.node().getToken(alice));
  assert.equal(await world.state(alice), 'reauth_required: rejected_unknown');
  assert.deepEqual(await reuses(world), []);
});

test('our operator’s wrong client secret accuses nobody', async () => {
  await using world = await createWorld();
  await world.connect('alice');
  world.provider.order({
    endpoint: 'token',
    fault: 'status',
    status: 401,
    body: { error: 'unauthorized_client' },
    count: 5,
  });
  await world.advance('3h');
  assert.deepEqual(await reuses(world), []);
});

test('a token that was refused for the moment only, and is rejected later, was still never spent here', async () => {
  await using world = await createWorld();
  const alice = await world.connect('alice');
  const thief = await copyToken(world, alice);
  await thief.renew();
  await world.advance('2h');
  world.provider.answerNext(429, '');
  await world.until(world.node().getToken(alice));
  assert.deepEqual(await reuses(world), []);
  await world.advance('10m');
  await world.until(world.node().getToken(alice));
  assert.equal((await reuses(world)).length, 1);
});
