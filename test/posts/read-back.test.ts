import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Post } from '../../src/model/post.ts';
import type { RemotePost } from '../../src/posts/networks/network.ts';
import { xNetwork } from '../../src/posts/networks/x.ts';
import { matches } from '../../src/posts/read-back.ts';
import { isSameText } from '../../src/posts/same-text.ts';
import { attempt, NINE, samplePost } from '../support/post-samples.ts';
import { createPostingWorld } from '../support/posting-world.ts';
import { answer, snowflake } from '../support/scripted-x.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const remote = (fields: Partial<RemotePost> = {}): RemotePost => ({
  id: '1',
  authorId: '42',
  createdAtMs: NINE + SECOND,
  text: 'good morning',
  replyTo: undefined,
  mediaCount: 0,
  ...fields,
});
const isMatch = (fields: Partial<RemotePost>, post: Post = samplePost('unknown')): boolean =>
  matches(post, [remote(fields)], '42').length === 1;

describe('a match on the timeline', () => {
  it('is the same text by the same account since the attempt began', () => {
    assert.ok(isMatch({}));
    assert.ok(isMatch({ authorId: undefined }));
  });

  it("is not yesterday's identical text, nor that of five minutes before", () => {
    assert.ok(!isMatch({ createdAtMs: NINE - 24 * 60 * MINUTE }));
    assert.ok(!isMatch({ createdAtMs: NINE - 5 * MINUTE }));
    assert.ok(isMatch({ createdAtMs: NINE - 30 * SECOND }), "the network's clock may be a little behind");
  });

  it('is not another text, another account, another parent, or one with media', () => {
    assert.ok(!isMatch({ text: 'good night' }));
    assert.ok(!isMatch({ authorId: '43' }));
    assert.ok(!isMatch({ replyTo: '5' }));
    assert.ok(!isMatch({ mediaCount: 1 }));
  });

  it('of a reply answers the same post', () => {
    const reply = samplePost('unknown', { replyTo: '5' });
    assert.ok(isMatch({ replyTo: '5' }, reply));
    assert.ok(!isMatch({ replyTo: undefined }, reply));
    assert.ok(!isMatch({ replyTo: '6' }, reply));
    assert.ok(isMatch({ replyTo: '5', text: '@bob @carol good morning' }, reply), 'X puts the names in front');
  });

  it('counts from the first attempt that may have succeeded, not from one that did not, nor from a later one', () => {
    const post = samplePost('unknown', {
      fence: 3,
      attempts: [
        attempt({ outcome: 'not_created', endedAtMs: NINE, startedAtMs: NINE - 60 * MINUTE }),
        attempt({ fence: 2, outcome: 'unanswered', endedAtMs: NINE, startedAtMs: NINE }),
        attempt({ fence: 3, outcome: 'refused', endedAtMs: NINE, startedAtMs: NINE + 10 * MINUTE }),
      ],
    });
    assert.ok(!isMatch({ createdAtMs: NINE - 30 * MINUTE }, post));
    assert.ok(isMatch({ createdAtMs: NINE + SECOND }, post));
  });

  it('the oldest comes first', () => {
    const found = matches(
      samplePost('unknown'),
      [remote({ id: '2', createdAtMs: NINE + 2000 }), remote({ id: '1', createdAtMs: NINE + 1000 })],
      '42',
    );
    assert.deepEqual(
      found.map((one) => one.id),
      ['1', '2'],
    );
  });
});

describe('the same text', () => {
  const same = (ours: string, theirs: string): boolean => isSameText(ours, theirs, { isReply: false });

  it('is the same after what networks do to a text', () => {
    assert.ok(same('a & b < c > d', 'a &amp; b &lt; c &gt; d'));
    assert.ok(same(' trimmed \n', 'trimmed'));
    assert.ok(same('e\u0301', '\u00e9'));
    assert.ok(same('two\r\nlines', 'two\nlines'));
    assert.ok(same('see example.com', 'see http://example.com'));
    assert.ok(same('see https://Example.com/', 'see https://example.com'));
    assert.ok(same('見てhttps://example.jp/a?b=1&c=2 ね', '見てhttps://example.jp/a?b=1&amp;c=2 ね'));
  });

  it('is not another one', () => {
    assert.ok(!same('good morning', 'Good morning'));
    assert.ok(!same('see https://example.com/a', 'see https://example.com/b'));
    assert.ok(!same('@bob hi', 'hi'));
    assert.ok(!same('a', ''));
    assert.ok(!same('&lt;', '&amp;lt;x'));
  });
});

describe("X's timeline", () => {
  const readOne = (fields: Record<string, unknown>): RemotePost | undefined =>
    xNetwork.readTimeline(
      answer(200, { data: [{ id: snowflake(NINE), text: 't', ...fields }], meta: { result_count: 1 } }),
    )?.posts[0];

  it('has its links written out, and those of attached media taken away', () => {
    const text = 'see https://t.co/aaa and https://t.co/bbb https://t.co/ccc';
    const urls = [
      { url: 'https://t.co/aaa', expanded_url: 'https://example.com/?a=$&b=1' },
      { url: 'https://t.co/bbb', expanded_url: 'https://example.jp/' },
      { url: 'https://t.co/ccc', expanded_url: 'https://x.com/alice/status/1/photo/1', media_key: '3_1' },
    ];
    assert.equal(
      readOne({ text, entities: { urls } })?.text,
      'see https://example.com/?a=$&b=1 and https://example.jp/ ',
    );
  });

  it('tells the time from the id, the parent and the media', () => {
    const read = readOne({
      referenced_tweets: [
        { type: 'quoted', id: '4' },
        { type: 'replied_to', id: '5' },
      ],
      attachments: { media_keys: ['3_1', '3_2'] },
      author_id: '42',
    });
    assert.deepEqual(read, {
      id: snowflake(NINE),
      authorId: '42',
      createdAtMs: NINE,
      text: 't',
      replyTo: '5',
      mediaCount: 2,
    });
  });

  it('of a long post holds the whole text', () => {
    assert.equal(
      readOne({ text: 'the beginning…', note_tweet: { text: 'the beginning and the end' } })?.text,
      'the beginning and the end',
    );
  });

  it('may be empty', () => {
    assert.deepEqual(xNetwork.readTimeline(answer(200, { meta: { result_count: 0 } })), {
      posts: [],
      nextPageToken: undefined,
    });
  });

  it('that is not whole is no timeline: a post must not pass for absent', () => {
    assert.equal(xNetwork.readTimeline(answer(200, '<html>')), undefined);
    assert.equal(xNetwork.readTimeline(answer(200, { errors: [{ title: 'Not Found Error' }] })), undefined);
    assert.equal(xNetwork.readTimeline(answer(200, { data: [{ id: '1' }], meta: { result_count: 1 } })), undefined);
    assert.equal(xNetwork.readTimeline(answer(200, { data: [], meta: { result_count: 3 } })), undefined);
    assert.equal(xNetwork.readTimeline({ ...answer(200, { meta: { result_count: 0 } }), complete: false }), undefined);
  });
});

describe('looking for a lost post', () => {
  it('asks for what is newer than the last known post and the attempt, as far as the clocks allow', async () => {
    const world = await createPostingWorld();
    await world.post({ text: 'the one before' });
    await world.clock.advance(10 * SECOND);
    world.x.next({ does: 'lose_answer' });
    const post = await world.post();
    assert.equal(post.attempts[0]?.lastKnownRemoteId, world.x.posts[0]?.id);
    await world.pass(6 * SECOND);
    const query = new URL(world.x.read[0]?.url ?? '').searchParams;
    assert.equal(query.get('since_id'), world.x.posts[0]?.id);
    assert.equal((await world.now(post.id)).remoteId, world.x.posts[1]?.id);
    assert.match(world.x.read[0]?.url ?? '', /\/2\/users\/42\/tweets\?/);
  });

  it('does not ask for more than a minute before the attempt', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_answer' });
    await world.post();
    await world.pass(6 * SECOND);
    const since = new URL(world.x.read[0]?.url ?? '').searchParams.get('since_id') ?? '';
    assert.equal(xNetwork.createdAtMs(since), Date.parse('2026-11-20T23:59:00Z'));
  });

  it('finds a post whose link came back as t.co and whose signs came back escaped', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_request' });
    const post = await world.post({ text: 'A & B <3 example.com' });
    const id = world.x.publish('A &amp; B &lt;3 https://t.co/abc', {
      more: { entities: { urls: [{ url: 'https://t.co/abc', expanded_url: 'http://example.com' }] } },
    });
    await world.pass(6 * SECOND);
    assert.equal((await world.now(post.id)).remoteId, id);
  });

  it('finds it although it shows late', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_request' });
    const post = await world.post({ text: 'lagging' });
    await world.pass(3 * MINUTE);
    const id = world.x.publish('lagging', { atMs: post.createdAtMs + SECOND });
    await world.pass(8 * MINUTE);
    assert.equal((await world.now(post.id)).remoteId, id);
  });

  it('does not take the post of another of ours, of the same text', async () => {
    const world = await createPostingWorld();
    await world.post({ text: 'twice' });
    world.x.next({ does: 'lose_request' });
    const lost = await world.post({ text: 'twice' });
    await world.pass(11 * MINUTE);
    const post = await world.now(lost.id);
    assert.equal(post.status, 'unknown');
    assert.equal(post.statusReason, 'not_on_timeline');
  });

  it('two lost posts of one text find one each', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_answer' }, { does: 'lose_answer' });
    const first = await world.post({ text: 'twice' });
    await world.clock.advance(SECOND);
    const second = await world.post({ text: 'twice' });
    await world.pass(MINUTE);
    const ids = [(await world.now(first.id)).remoteId, (await world.now(second.id)).remoteId];
    assert.deepEqual(
      ids,
      world.x.posts.map((post) => post.id),
    );
  });

  it('with a refused token renews it and reads again', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_answer' });
    const post = await world.post();
    world.x.nextTimeline(answer(401, {}));
    await world.pass(6 * SECOND);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.read[1]?.headers['authorization'], 'Bearer token-2');
  });

  for (const [what, failure] of [
    ['a rate limit', answer(429, {}, { 'x-rate-limit-reset': String(NINE / SECOND + 300) })],
    ['an error of X', answer(503, {})],
    ['no credits', answer(402, {})],
    ['a timeout', { kind: 'unanswered', cause: 'timeout', detail: '' }],
    ['no network', { kind: 'not_sent', cause: 'dns', detail: '' }],
    ['half an answer', { ...answer(200, { meta: { result_count: 0 } }), complete: false }],
  ] as const) {
    it(`is put off by ${what}, and does not count as a look`, async () => {
      const world = await createPostingWorld();
      world.x.next({ does: 'lose_answer' });
      const post = await world.post();
      world.x.nextTimeline(failure);
      await world.pass(6 * SECOND);
      const waiting = await world.now(post.id);
      assert.equal(waiting.status, 'unknown');
      assert.equal(waiting.readBacks, 0);
      assert.equal(waiting.readBackFailures, 1);
      await world.pass(6 * MINUTE);
      assert.equal((await world.now(post.id)).status, 'published');
    });
  }

  it('waits for a token as long as there is none', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_answer' });
    const post = await world.post();
    world.tokens.failWith('reauth_required');
    await world.pass(20 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'unknown');
    world.tokens.recover();
    await world.pass(16 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
  });

  it('waits until it is known whose account it is', async () => {
    const world = await createPostingWorld();
    world.tokens.access = { subject: undefined };
    world.x.next({ does: 'lose_answer' });
    const post = await world.post();
    await world.pass(6 * SECOND);
    assert.match((await world.now(post.id)).statusDetail ?? '', /whose account/);
    world.tokens.access = {};
    await world.pass(MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
  });

  it('reads every page', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_request' });
    const post = await world.post({ text: 'on the second page' });
    const id = snowflake(post.createdAtMs);
    world.x.nextTimeline(
      answer(200, {
        data: [{ id: snowflake(post.createdAtMs, 9), text: 'other' }],
        meta: { result_count: 1, next_token: 'page-2' },
      }),
      answer(200, { data: [{ id, text: 'on the second page' }], meta: { result_count: 1 } }),
    );
    await world.pass(6 * SECOND);
    assert.equal((await world.now(post.id)).remoteId, id);
    assert.equal(new URL(world.x.read[1]?.url ?? '').searchParams.get('pagination_token'), 'page-2');
  });
});
