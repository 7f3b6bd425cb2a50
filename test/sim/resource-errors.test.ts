import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userIdOf } from '../../src/sim/names.ts';
import { CONFIDENTIAL, PUBLIC, served, type Answer } from './sim-world.ts';

const FORBIDDEN = { type: 'about:blank', title: 'Forbidden', status: 403 };

test('an expired, a revoked, an unknown and a missing access token are one and the same 401', async () => {
  await using world = await served();
  const { app } = world;
  const tokens = await app.connect();
  const unauthorized = { title: 'Unauthorized', type: 'about:blank', status: 401, detail: 'Unauthorized' };
  is(await app.send('GET', '/2/users/me', {}), 401, unauthorized);
  is(await app.call('GET', '/2/users/me', 'garbage'), 401, unauthorized);
  is(await app.call('GET', '/2/users/me', tokens.refresh_token), 401, unauthorized);
  const { access_token: revoked } = await app.connect('bob');
  await app.post('/2/oauth2/revoke', { token: revoked });
  is(await app.call('GET', '/2/users/me', revoked), 401, unauthorized);
  world.sim.advance(7_200_000);
  is(await app.tweet(tokens.access_token, 'too late'), 401, unauthorized);
});

test('an app-only token is refused where a user is needed, and reads a timeline', async () => {
  await using world = await served();
  const { app } = world;
  const token = CONFIDENTIAL.appOnlyToken ?? '';
  is(await app.call('GET', '/2/users/me', token), 403, {
    title: 'Unsupported Authentication',
    detail:
      'Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].',
    type: 'https://api.x.com/2/problems/unsupported-authentication',
    status: 403,
  });
  assert.equal((await app.call('GET', `/2/users/${userIdOf('alice')}/tweets`, token)).status, 200);
});

test('the same text twice is a 403 about duplicate content', async () => {
  await using world = await served();
  const { app } = world;
  const { access_token: access } = await app.connect();
  assert.equal((await app.tweet(access, 'good morning')).status, 201);
  is(await app.tweet(access, 'good morning'), 403, {
    detail: 'You are not allowed to create a Tweet with duplicate content.',
    ...FORBIDDEN,
  });
});

test('the duplicate rule is about one user, one text with its media, and a while', async () => {
  await using world = await served({ settings: { duplicateWindowMs: 3_600_000 } });
  const { app } = world;
  const { access_token: access } = await app.connect();
  const { access_token: bob } = await app.connect('bob');
  const { json: first } = await app.tweet(access, 'good morning');
  assert.equal((await app.tweet(bob, 'good morning')).status, 201);
  assert.equal((await app.tweet(access, 'good morning', { media: { media_ids: ['123'] } })).status, 201);
  assert.equal((await app.tweet(access, 'good morning', { media: { media_ids: ['123'] } })).status, 403);
  await app.call('DELETE', `/2/tweets/${first.data.id}`, access);
  assert.equal((await app.tweet(access, 'good morning')).status, 201, 'a deleted post is no duplicate');
  world.sim.advance(3_600_000);
  assert.equal((await app.tweet(access, 'good morning')).status, 201);
});

test('a missing scope is a 403 about permission', async () => {
  await using world = await served();
  const { app } = world;
  const { access_token: readOnly } = await app.connect('alice', { scope: 'tweet.read users.read' });
  const notPermitted = { detail: 'You are not permitted to perform this action.', ...FORBIDDEN };
  is(await app.tweet(readOnly, 'hello'), 403, notPermitted);
  is(await app.call('GET', `/2/users/${userIdOf('alice')}/followers`, readOnly), 403, notPermitted);
  is(await app.call('DELETE', '/2/tweets/1', readOnly), 403, notPermitted);
});

test('quoting, and two cashtags, are not permitted on self-serve plans', async () => {
  await using world = await served();
  const { access_token: access } = await world.app.connect();
  assert.equal((await world.app.tweet(access, 'look', { quote_tweet_id: '1' })).status, 403);
  assert.equal((await world.app.tweet(access, '$AAPL or $GOOG')).status, 403);
  assert.equal((await world.app.tweet(access, '$AAPL')).status, 201);
});

test('an app that is not enrolled is told where to register', async () => {
  await using world = await served({ settings: { clientNotEnrolled: true } });
  const { app } = world;
  const answer = await app.call('GET', '/2/users/me', (await app.connect()).access_token);
  assert.equal(answer.status, 403);
  const { detail, registration_url: url, ...rest } = answer.json;
  assert.ok(detail.length > 0 && url.startsWith('https://'));
  assert.deepEqual(rest, {
    client_id: CONFIDENTIAL.id,
    title: 'Client Forbidden',
    required_enrollment: 'Appropriate Level of API Access',
    reason: 'client-not-enrolled',
    type: 'https://api.x.com/2/problems/client-forbidden',
  });
});

test('without credits there is a 402, in the current or in the earlier words', async () => {
  await using world = await served({ settings: { creditMicroDollars: 0 } });
  const { app } = world;
  const { access_token: access } = await app.connect();
  is(await app.tweet(access, 'hello'), 402, {
    detail: 'credits depleted',
    status: 402,
    title: 'Payment Required',
    type: 'https://api.x.com/2/problems/credits-depleted',
  });
  world.sim.set({ olderCreditsBody: true });
  is(await app.call('GET', '/2/users/me', access), 402, {
    title: 'CreditsDepleted',
    detail: `Your enrolled account [${CONFIDENTIAL.id}] does not have any credits to fulfill this request.`,
    type: 'https://api.twitter.com/2/problems/credits',
  });
});

test('one request too many is a 429, in the newer or in the first shape', async () => {
  await using world = await served({ settings: { rateLimits: { me: { user: { limit: 1, windowMs: 900_000 } } } } });
  const { app } = world;
  const { access_token: access } = await app.connect();
  assert.equal((await app.call('GET', '/2/users/me', access)).status, 200);
  is(await app.call('GET', '/2/users/me', access), 429, {
    title: 'Too Many Requests',
    detail: 'Too Many Requests',
    type: 'about:blank',
    status: 429,
  });
  world.sim.set({ olderRateLimitBody: true });
  is(await app.call('GET', '/2/users/me', access), 429, { errors: [{ code: 88, message: 'Rate limit exceeded' }] });
});

test('the monthly cap is a 429 of its own', async () => {
  await using world = await served({ settings: { usageCapReached: true } });
  const { app } = world;
  is(await app.call('GET', '/2/users/me', (await app.connect()).access_token), 429, {
    title: 'UsageCapExceeded',
    detail: 'Usage cap exceeded: Monthly product cap',
    type: 'https://api.x.com/2/problems/usage-capped',
    period: 'Monthly',
    scope: 'Product',
  });
});

test('problem types can have the older host', async () => {
  await using world = await served({ settings: { usageCapReached: true, olderProblemHost: true } });
  const answer = await world.app.call('GET', '/2/users/me', (await world.app.connect()).access_token);
  assert.equal(answer.json.type, 'https://api.twitter.com/2/problems/usage-capped');
});

test('a reply goes to an own post or to one that mentions the author', async () => {
  await using world = await served();
  const { app } = world;
  const alice = (await app.connect('alice')).access_token;
  const bob = (await app.as(PUBLIC).connect('bob')).access_token;
  const stranger = (await app.tweet(bob, 'talking to myself')).json.data.id;
  const summons = (await app.tweet(bob, 'what do you think, @Alice?')).json.data.id;
  is(await app.tweet(alice, 'me too', { reply: { in_reply_to_tweet_id: stranger } }), 403, {
    detail:
      'Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.',
    ...FORBIDDEN,
  });
  const reply = await app.tweet(alice, 'I agree', { reply: { in_reply_to_tweet_id: summons } });
  assert.equal(reply.status, 201);
  assert.equal(
    (await app.tweet(alice, 'and more', { reply: { in_reply_to_tweet_id: reply.json.data.id } })).status,
    201,
  );
  assert.equal((await app.tweet(alice, 'gone', { reply: { in_reply_to_tweet_id: '1' } })).status, 403);
});

test('a body that the schema does not allow is a 400 that names what is wrong', async () => {
  await using world = await served();
  const { app } = world;
  const { access_token: access } = await app.connect();
  const invalid = async (body: unknown, wrong: RegExp): Promise<void> => {
    const answer = await app.call('POST', '/2/tweets', access, body);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.title, 'Invalid Request');
    assert.equal(answer.json.detail, 'One or more parameters to your request was invalid.');
    assert.equal(answer.json.type, 'https://api.x.com/2/problems/invalid-request');
    assert.match(answer.json.errors[0].message, wrong);
  };
  await invalid({ text: 'hello', idempotency_key: '1' }, /idempotency_key: is not defined in the schema/);
  await invalid({}, /text or media/);
  await invalid({ text: '  ' }, /text or media/);
  await invalid({ text: 'hello', media: { media_ids: [] } }, /media_ids/);
  await invalid({ text: 'hello', media: { media_ids: ['1', '2', '3', '4', '5'] } }, /media_ids/);
  await invalid({ text: 'hello', poll: { options: ['one'], duration_minutes: 5 } }, /poll\.options/);
  await invalid({ text: 'hello', reply_settings: 'friends' }, /reply_settings/);
  await invalid({ text: 'hello', made_with_ai: 'yes' }, /made_with_ai/);
  await invalid({ text: 'あ'.repeat(141) }, /^Your Tweet text is too long\./);
  assert.equal((await app.tweet(access, 'あ'.repeat(140))).status, 201);
  assert.equal((await app.call('POST', '/2/tweets', access, { media: { media_ids: ['1'] } })).status, 201);
  const noJson = await app.send(
    'POST',
    '/2/tweets',
    { authorization: `Bearer ${access}`, 'content-type': 'text/plain' },
    '{"text":"x"}',
  );
  assert.equal(noJson.status, 400);
});

test('every field of the schema is taken', async () => {
  await using world = await served();
  const { access_token: access } = await world.app.connect();
  const body = {
    media: { media_ids: ['1'], tagged_user_ids: ['2'], title: 'a', description: 'b', embeddable: true },
    reply_settings: 'subscribers',
    made_with_ai: true,
    paid_partnership: true,
    community_id: '3',
    share_with_followers: true,
    geo: { place_id: 'x' },
    nullcast: false,
    for_super_followers_only: false,
    card_uri: 'card://1',
    direct_message_deep_link: 'https://x.com/messages/compose?recipient_id=1',
    edit_options: { previous_post_id: '4' },
  };
  assert.equal((await world.app.tweet(access, 'everything', body)).status, 201);
  assert.equal(
    (
      await world.app.tweet(access, 'choose', {
        poll: { options: ['a', 'b'], duration_minutes: 60, reply_settings: 'following' },
      })
    ).status,
    201,
  );
});

test('a call that the simulator does not play says so', async () => {
  await using world = await served();
  const answer = await world.app.call('GET', '/2/spaces/1', 'x');
  assert.equal(answer.status, 404);
  assert.match(answer.json.detail, /does not play GET \/2\/spaces\/1/);
});

function is(answer: Answer, status: number, body: unknown): void {
  assert.deepEqual({ status: answer.status, body: answer.json }, { status, body });
}
