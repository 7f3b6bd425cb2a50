import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userIdOf } from '../../src/sim/names.ts';
import { direct, type App, type Json } from './sim-world.ts';

const SNOWFLAKE_EPOCH_MS = 1_288_834_974_657;
const ALICE = userIdOf('alice');

test('a post has an id that tells its time, and ids strictly increase within a millisecond', async () => {
  const { app, clock } = direct();
  const { access_token: access } = await app.connect();
  const ids: bigint[] = [];
  for (let count = 0; count < 5; count += 1) {
    const answer = await app.tweet(access, `post ${count}`);
    assert.equal(answer.status, 201);
    assert.deepEqual(Object.keys(answer.json.data), ['id', 'text']);
    ids.push(BigInt(answer.json.data.id));
  }
  ids.forEach((id, index) => assert.ok(index === 0 || id > (ids[index - 1] ?? 0n)));
  assert.equal(Number((ids[0] ?? 0n) >> 22n) + SNOWFLAKE_EPOCH_MS, clock.nowMs());
});

test('who am I says id, name and handle, the same at every simulator', async () => {
  const { app } = direct();
  const { access_token: access } = await app.connect('Somebody_Else');
  assert.deepEqual((await app.call('GET', '/2/users/me', access)).json, {
    data: { id: userIdOf('somebody_else'), name: 'Somebody_Else', username: 'Somebody_Else' },
  });
  assert.equal(
    (await app.call('GET', '/2/users/me?user.fields=public_metrics', access)).json.data.public_metrics.followers_count,
    3,
  );
});

test('the timeline is newest first, with what was asked for and no more', async () => {
  const { app, clock } = direct();
  const { access_token: access } = await app.connect();
  const first = (await app.tweet(access, 'first')).json.data.id;
  await clock.advance(61_500);
  const second = (
    await app.tweet(access, 'second', { reply: { in_reply_to_tweet_id: first }, media: { media_ids: ['77'] } })
  ).json.data.id;
  const plain = await app.call('GET', `/2/users/${ALICE}/tweets`, access);
  assert.deepEqual(plain.json, {
    data: [
      { id: second, text: 'second', edit_history_tweet_ids: [second] },
      { id: first, text: 'first', edit_history_tweet_ids: [first] },
    ],
    meta: { result_count: 2, newest_id: second, oldest_id: first },
  });
  const full = await app.call(
    'GET',
    `/2/users/${ALICE}/tweets?tweet.fields=created_at,referenced_tweets,entities,attachments,author_id`,
    access,
  );
  assert.deepEqual(full.json.data[0], {
    id: second,
    text: 'second',
    edit_history_tweet_ids: [second],
    author_id: ALICE,
    created_at: '2026-11-21T00:01:01.000Z',
    attachments: { media_keys: ['3_77'] },
    referenced_tweets: [{ type: 'replied_to', id: first }],
  });
  assert.equal((await app.call('GET', `/2/users/${ALICE}/tweets?since_id=${first}`, access)).json.meta.result_count, 1);
  assert.equal((await app.call('GET', `/2/users/${ALICE}/tweets?exclude=replies`, access)).json.data[0].id, first);
  assert.deepEqual((await app.call('GET', `/2/users/${ALICE}/tweets?since_id=${second}`, access)).json, {
    meta: { result_count: 0 },
  });
});

test('links come back as t.co links whose targets are in the entities', async () => {
  const { app } = direct();
  const { access_token: access } = await app.connect();
  const text = '👋 see https://example.com/a?b=1&c=2 and example.org/x!';
  const posted = (await app.tweet(access, text)).json.data;
  const [shown] = (await app.call('GET', `/2/users/${ALICE}/tweets?tweet.fields=entities`, access)).json.data;
  assert.equal(shown.text, posted.text);
  assert.match(shown.text, /^👋 see https:\/\/t\.co\/\w{10} and https:\/\/t\.co\/\w{10}!$/);
  const { urls } = shown.entities;
  assert.deepEqual(
    urls.map((url: Json) => url.expanded_url),
    ['https://example.com/a?b=1&c=2', 'http://example.org/x'],
  );
  for (const url of urls)
    assert.equal([...shown.text].slice(url.start, url.end).join(''), url.url, 'positions count code points');
});

test('with the switch, special characters come back as HTML entities', async () => {
  const { app } = direct({ settings: { escapedText: true } });
  const { access_token: access } = await app.connect();
  assert.equal((await app.tweet(access, 'a < b & c > d')).json.data.text, 'a &lt; b &amp; c &gt; d');
});

test('pages lead to one another until the end', async () => {
  const { app } = direct({ settings: { rateLimits: {} } });
  const { access_token: access } = await app.connect();
  for (let count = 0; count < 12; count += 1) await app.tweet(access, `post ${count}`);
  const texts: string[] = [];
  let next = '';
  for (let page = 0; page < 3; page += 1) {
    const { json } = await app.call('GET', `/2/users/${ALICE}/tweets?max_results=5${next}`, access);
    texts.push(...json.data.map((post: Json) => post.text));
    assert.equal(json.meta.next_token === undefined, page === 2);
    assert.ok(page === 2 || json.meta.next_token.length >= 16);
    next = `&pagination_token=${json.meta.next_token}`;
  }
  assert.deepEqual(
    texts,
    Array.from({ length: 12 }, (_, index) => `post ${11 - index}`),
  );
});

test('a query that the timeline does not have is a 400 in the words of X', async () => {
  const { app } = direct();
  const { access_token: access } = await app.connect();
  const message = async (query: string): Promise<string> => {
    const answer = await app.call('GET', `/2/users/${ALICE}/tweets?${query}`, access);
    assert.equal(answer.status, 400);
    return answer.json.errors[0].message;
  };
  assert.equal(await message('max_results=4'), 'The `max_results` query parameter value [4] is not between 5 and 100');
  assert.equal(
    await message('max_results=101'),
    'The `max_results` query parameter value [101] is not between 5 and 100',
  );
  assert.match(await message('since=1'), /^The query parameter \[since\] is not one of \[id,since_id,/);
  assert.match(await message('since_id=abc'), /not valid$/);
  assert.match(await message('pagination_token=abcdefghijklmnop'), /not valid$/);
});

test('an unknown user is an error beside a 200', async () => {
  const { app } = direct();
  const answer = await app.call('GET', '/2/users/1/tweets', (await app.connect()).access_token);
  assert.equal(answer.status, 200);
  assert.equal(answer.json.errors[0].title, 'Not Found Error');
});

test('a deleted post is gone from the timeline, and only its author may delete it', async () => {
  const { app } = direct();
  const alice = (await app.connect('alice')).access_token;
  const bob = (await app.connect('bob')).access_token;
  const { id } = (await app.tweet(alice, 'oops')).json.data;
  assert.equal((await app.call('DELETE', `/2/tweets/${id}`, bob)).status, 403);
  assert.deepEqual((await app.call('DELETE', `/2/tweets/${id}`, alice)).json, { data: { deleted: true } });
  assert.equal((await app.call('GET', `/2/users/${ALICE}/tweets`, alice)).json.meta.result_count, 0);
});

test('with an index lag, a new post is missing for that long', async () => {
  const { app, clock } = direct({ settings: { indexLagMs: 5_000 } });
  const { access_token: access } = await app.connect();
  await app.tweet(access, 'where am I');
  const count = async (): Promise<number> =>
    (await app.call('GET', `/2/users/${ALICE}/tweets`, access)).json.meta.result_count;
  assert.equal(await count(), 0);
  await clock.advance(4_999);
  assert.equal(await count(), 0);
  await clock.advance(1);
  assert.equal(await count(), 1);
});

test('followers come in pages', async () => {
  const { app } = direct();
  const { access_token: access } = await app.connect();
  const first = (await app.call('GET', `/2/users/${ALICE}/followers?max_results=1`, access)).json;
  const second = (
    await app.call('GET', `/2/users/${ALICE}/followers?max_results=1&pagination_token=${first.meta.next_token}`, access)
  ).json;
  assert.deepEqual(
    [first.data[0].username, second.data[0].username].toSorted((a, b) => a.localeCompare(b)),
    ['bob', 'carol'],
  );
  assert.equal(second.meta.next_token, undefined);
});

test('the bill is the price list, and refusals are free', async () => {
  const { app } = direct();
  const alice = (await app.connect('alice')).access_token;
  const bob = (await app.connect('bob')).access_token;
  const costs = async (does: () => Promise<unknown>): Promise<number> => {
    const before = spent(app);
    await does();
    return spent(app) - before;
  };
  assert.equal(await costs(() => app.tweet(alice, 'hello @bob')), 15_000);
  assert.equal(await costs(() => app.tweet(alice, 'hello @bob')), 0);
  assert.equal(await costs(() => app.tweet(alice, 'read https://example.com')), 200_000);
  const { newest_id: newest, oldest_id: oldest } = (await app.call('GET', `/2/users/${ALICE}/tweets`, alice)).json.meta;
  assert.equal(await costs(() => app.tweet(bob, 'hello alice', { reply: { in_reply_to_tweet_id: oldest } })), 10_000);
  assert.equal(await costs(() => app.call('GET', '/2/users/me', bob)), 10_000);
  assert.equal(await costs(() => app.call('GET', '/2/users/me', bob)), 0, 'the same user again on the same day');
  assert.equal(await costs(() => app.call('DELETE', `/2/tweets/${newest}`, alice)), 10_000);
  app.controls.set({ chargeForMe: false });
  assert.equal(await costs(() => app.call('GET', '/2/users/me', alice)), 0);
});

test('own posts are cheap to read, once a day', async () => {
  const { app, clock } = direct();
  const { access_token: access, refresh_token: refresh } = await app.connect();
  for (let count = 0; count < 3; count += 1) await app.tweet(access, `post ${count}`);
  const before = spent(app);
  await app.call('GET', `/2/users/${ALICE}/tweets`, access);
  await app.call('GET', `/2/users/${ALICE}/tweets`, access);
  assert.equal(spent(app) - before, 3_000);
  await clock.advance(86_400_000);
  await app.call('GET', `/2/users/${ALICE}/tweets`, (await app.renew(refresh)).json.access_token);
  assert.equal(spent(app) - before, 6_000);
  const bob = (await app.connect('bob')).access_token;
  await app.call('GET', `/2/users/${ALICE}/tweets`, bob);
  assert.equal(spent(app) - before, 6_000, 'one app reads a post once a day, whoever asks');
});

test("somebody else's posts cost five times as much", async () => {
  const { app } = direct();
  await app.tweet((await app.connect('alice')).access_token, 'hello');
  const before = spent(app);
  await app.call('GET', `/2/users/${ALICE}/tweets`, (await app.connect('bob')).access_token);
  assert.equal(spent(app) - before, 5_000);
});

test('credits run down to zero or below, and then nothing goes until they are refilled', async () => {
  const { app } = direct({ settings: { creditMicroDollars: 20_000 } });
  const { access_token: access } = await app.connect();
  assert.equal((await app.tweet(access, 'one')).status, 201);
  assert.equal((await app.tweet(access, 'two')).status, 201);
  assert.equal(app.controls.state().money.balanceMicroDollars, -10_000);
  assert.equal((await app.tweet(access, 'three')).status, 402);
  app.controls.set({ creditMicroDollars: 15_000 });
  assert.equal((await app.tweet(access, 'three')).status, 201);
});

test('every answer counts down the window, and a new window starts full', async () => {
  const { app, clock } = direct();
  const { access_token: access } = await app.connect();
  const first = await app.call('GET', '/2/users/me', access);
  assert.equal(first.headers['x-rate-limit-limit'], '75');
  assert.equal(first.headers['x-rate-limit-remaining'], '74');
  assert.equal(first.headers['x-rate-limit-reset'], String(clock.nowMs() / 1000 + 900));
  for (let count = 0; count < 74; count += 1) await app.call('GET', '/2/users/me', access);
  const over = await app.call('GET', '/2/users/me', access);
  assert.equal(over.status, 429);
  assert.equal(over.headers['x-rate-limit-remaining'], '0');
  await clock.advance(900_000);
  assert.equal((await app.call('GET', '/2/users/me', access)).headers['x-rate-limit-remaining'], '74');
});

test('posts have a limit for the user and one for the app, and a refused post counts too', async () => {
  const { app } = direct({
    settings: {
      rateLimits: { tweets: { user: { limit: 3, windowMs: 900_000 }, app: { limit: 4, windowMs: 86_400_000 } } },
    },
  });
  const alice = (await app.connect('alice')).access_token;
  const bob = (await app.connect('bob')).access_token;
  await app.tweet(alice, 'same');
  const refused = await app.tweet(alice, 'same');
  assert.equal(refused.status, 403);
  assert.equal(refused.headers['x-rate-limit-remaining'], '1');
  assert.equal(refused.headers['x-app-limit-24hour-remaining'], '2');
  await app.tweet(alice, 'another');
  assert.equal((await app.tweet(alice, 'too many')).status, 429);
  assert.equal((await app.tweet(bob, 'mine')).status, 201);
  assert.equal((await app.tweet(bob, 'the app has no more')).status, 429);
});

function spent(app: App): number {
  return app.controls.state().money.spentMicroDollars;
}
