import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { publishNow } from '../../src/posts/change.ts';
import { publish } from '../../src/posts/publish.ts';
import { createPostingWorld } from '../support/posting-world.ts';
import { snowflake } from '../support/scripted-x.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('a post without a time', () => {
  it('is published at once, with its id, its address and its price', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ text: 'おはようございます' });
    assert.equal(post.status, 'published');
    assert.equal(post.remoteId, world.x.posts[0]?.id);
    assert.equal(post.remoteUrl, `https://x.com/alice/status/${post.remoteId}`);
    assert.equal(post.costMicroUsd, 15_000);
    assert.equal(post.attempts.length, 1);
    assert.deepEqual(await world.now(post.id), post);
  });

  it('is one request with nothing in it that X does not know', async () => {
    const world = await createPostingWorld();
    await world.post({ text: 'thanks', replyTo: '1445880548472328192', replySettings: 'following', madeWithAi: true });
    const [request] = world.x.created;
    assert.equal(request?.method, 'POST');
    assert.equal(request.url, 'https://api.x.com/2/tweets');
    assert.equal(request.headers['authorization'], 'Bearer token-1');
    assert.deepEqual(JSON.parse(String(request.body)), {
      text: 'thanks',
      reply: { in_reply_to_tweet_id: '1445880548472328192' },
      reply_settings: 'following',
      made_with_ai: true,
    });
    await world.post({ text: 'plain' });
    assert.deepEqual(JSON.parse(String(world.x.created[1]?.body)), { text: 'plain' });
  });

  it('with errors beside the data is published', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'publish', status: 200, also: { errors: [{ title: 'Not Found Error' }] } });
    assert.equal((await world.post()).status, 'published');
  });

  it('goes out up to 15 minutes later, and not after', async () => {
    const world = await createPostingWorld();
    world.x.next(...Array.from({ length: 50 }, () => ({ does: 'fail_to_connect', cause: 'dns' }) as const));
    const post = await world.post();
    assert.equal(post.status, 'scheduled');
    assert.equal(post.statusReason, 'unreachable');
    await world.pass(20 * MINUTE);
    const failed = await world.now(post.id);
    assert.equal(failed.status, 'failed');
    assert.equal(failed.statusReason, 'too_late');
    assert.equal((failed.attempts.at(-1)?.startedAtMs ?? 0) <= post.createdAtMs + 15 * MINUTE, true);
    assert.equal(world.x.posts.length, 0);
  });
});

describe('a post for a time', () => {
  it('goes out then, by the worker', async () => {
    const world = await createPostingWorld({ start: '2026-11-20T22:00:00Z' });
    const post = await world.post({ publishAt: '2026-11-21T09:00', timezone: 'Asia/Tokyo' });
    assert.equal(post.status, 'scheduled');
    await world.pass(2 * HOUR - SECOND);
    assert.equal(world.x.posts.length, 0);
    await world.pass(2 * SECOND);
    const published = await world.now(post.id);
    assert.equal(published.status, 'published');
    assert.equal(published.publishedAtMs, Date.parse('2026-11-21T00:00:00Z'));
  });

  it('that was missed for less than an hour still goes out; later it is too late, and said aloud', async () => {
    const world = await createPostingWorld();
    const first = await world.post({ publishAt: '+1h', text: 'first' });
    world.clock.freeze(HOUR + 59 * MINUTE);
    await world.pass(SECOND);
    assert.equal((await world.now(first.id)).status, 'published');

    const second = await world.post({ publishAt: '+1h', text: 'second' });
    world.clock.freeze(2 * HOUR + SECOND);
    await world.pass(SECOND);
    const failed = await world.now(second.id);
    assert.equal(failed.status, 'failed');
    assert.equal(failed.statusReason, 'too_late');
    assert.equal((await world.events('post.failed')).length, 1);
    assert.equal(world.x.posts.length, 1);
  });

  it('may have another latest time', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h', latestAfterMs: MINUTE });
    world.clock.freeze(HOUR + 2 * MINUTE);
    await world.pass(SECOND);
    assert.equal((await world.now(post.id)).statusReason, 'too_late');
  });
});

describe('what provably was not created is tried again by itself', () => {
  for (const cause of ['dns', 'connect', 'tls'] as const) {
    it(`${cause}: no connection came about`, async () => {
      const world = await createPostingWorld();
      world.x.next({ does: 'fail_to_connect', cause });
      const post = await world.post();
      assert.equal(post.status, 'scheduled');
      await world.pass(10 * SECOND);
      assert.equal((await world.now(post.id)).status, 'published');
      assert.equal(world.x.posts.length, 1);
    });
  }

  it('429: after the reset that X names', async () => {
    const world = await createPostingWorld();
    const resetS = world.clock.nowMs() / SECOND + 600;
    world.x.next({
      does: 'answer',
      status: 429,
      headers: { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(resetS) },
    });
    const post = await world.post();
    assert.equal(post.statusReason, 'rate_limited');
    await world.pass(9 * MINUTE);
    assert.equal(world.x.created.length, 1);
    await world.pass(2 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.created.length, 2);
  });

  it('401: at once, with a token that is not the refused one', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'answer', status: 401 });
    const post = await world.post();
    assert.equal(post.status, 'published');
    assert.deepEqual(
      world.x.created.map((request) => request.headers['authorization']),
      ['Bearer token-1', 'Bearer token-2'],
    );
    assert.deepEqual(
      post.attempts.map((attempt) => attempt.outcome),
      ['not_created', 'published'],
    );
  });

  it('401 again: it waits, and does not renew in a circle', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'answer', status: 401 }, { does: 'answer', status: 401 });
    const post = await world.post();
    assert.equal(post.status, 'scheduled');
    assert.equal(post.statusReason, 'unauthorized');
    assert.equal(world.x.created.length, 2);
    await world.pass(MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
  });

  it('402: every minute, since accounts recharge by themselves; an empty one is the reason in the end', async () => {
    const world = await createPostingWorld();
    world.x.next(
      ...Array.from(
        { length: 3 },
        () => ({ does: 'answer', status: 402, body: { detail: 'credits depleted' } }) as const,
      ),
    );
    const post = await world.post();
    assert.equal(post.statusReason, 'credits_depleted');
    await world.pass(4 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');

    world.x.next(...Array.from({ length: 50 }, () => ({ does: 'answer', status: 402 }) as const));
    const second = await world.post({ text: 'another' });
    await world.pass(20 * MINUTE);
    const failed = await world.now(second.id);
    assert.equal(failed.status, 'failed');
    assert.equal(failed.statusReason, 'credits_depleted');
  });
});

describe('what X refuses for good fails at once, and once', () => {
  for (const [status, body, reason] of [
    [403, { detail: 'You are not allowed to create a Tweet with duplicate content.' }, 'duplicate_content'],
    [403, { detail: 'You are not permitted to perform this action.' }, 'not_permitted'],
    [400, { title: 'Invalid Request' }, 'invalid_post'],
    [429, { title: 'UsageCapExceeded' }, 'usage_capped'],
  ] as const) {
    it(`${status} ${reason}`, async () => {
      const world = await createPostingWorld();
      world.x.next({ does: 'answer', status, body });
      const post = await world.post();
      assert.equal(post.status, 'failed');
      assert.equal(post.statusReason, reason);
      await world.pass(HOUR);
      assert.equal(world.x.created.length, 1);
      const [event, ...more] = await world.events('post.failed');
      assert.equal(event?.data['reason'], reason);
      assert.deepEqual(more, []);
    });
  }

  it('and may be published again when somebody asks', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'answer', status: 403 });
    const post = await world.post();
    assert.equal((await publishNow(post.id, world.ports)).status, 'published');
  });
});

describe('without a token', () => {
  for (const code of ['reauth_required', 'revoked', 'misconfigured', 'refused', 'unavailable', 'uncertain'] as const) {
    it(`(${code}) nothing is sent, and the post waits`, async () => {
      const world = await createPostingWorld();
      world.tokens.failWith(code);
      const post = await world.post();
      assert.equal(post.status, 'scheduled');
      assert.equal(post.statusReason, code);
      assert.equal(world.x.created.length, 0);
      world.tokens.recover();
      await world.pass(2 * MINUTE);
      assert.equal((await world.now(post.id)).status, 'published');
    });
  }

  it('until its latest time; then the reason is the one that a person could have removed', async () => {
    const world = await createPostingWorld();
    world.tokens.failWith('reauth_required');
    const post = await world.post({ publishAt: '+1h' });
    await world.pass(3 * HOUR);
    const failed = await world.now(post.id);
    assert.equal(failed.status, 'failed');
    assert.equal(failed.statusReason, 'reauth_required');
    assert.equal(world.x.created.length, 0);
    assert.equal((await world.events('post.failed')).length, 1);
  });

  it('for a connection that is gone it fails', async () => {
    const world = await createPostingWorld();
    world.tokens.failWith('not_found');
    assert.equal((await world.post()).statusReason, 'no_connection');
  });

  it('for a provider that posts cannot go to it fails', async () => {
    const world = await createPostingWorld();
    world.tokens.access = { provider: 'github' };
    assert.equal((await world.post()).statusReason, 'no_connection');
  });
});

describe('what may have been created is never sent again by itself', () => {
  for (const script of [
    { does: 'lose_answer', cause: 'timeout' },
    { does: 'lose_answer', cause: 'reset' },
    { does: 'lose_answer', cause: 'not_http' },
    { does: 'answer', status: 503, handled: true },
    { does: 'answer', status: 201, body: 'not json', handled: true },
    { does: 'answer', status: 201, body: { data: { id: '1' } }, handled: true, isCut: true },
  ] as const) {
    it(`${JSON.stringify(script)}: it is unknown, and found on the timeline`, async () => {
      const world = await createPostingWorld();
      world.x.next(script);
      const post = await world.post();
      assert.equal(post.status, 'unknown');
      await world.pass(6 * SECOND);
      const found = await world.now(post.id);
      assert.equal(found.status, 'published');
      assert.equal(found.remoteId, world.x.posts[0]?.id);
      assert.equal(found.remoteEvidence, 'timeline');
      await world.pass(HOUR);
      assert.equal(world.x.posts.length, 1);
      assert.equal(world.x.created.length, 1);
    });
  }
});

describe('several at once', () => {
  it('ten callers and a worker publish a post once', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ isDraft: true });
    await Promise.all([
      ...Array.from({ length: 10 }, () => publishNow(post.id, world.ports).catch(() => {})),
      world.tend(),
    ]);
    await world.pass(MINUTE);
    assert.equal(world.x.created.length, 1);
    assert.equal((await world.now(post.id)).status, 'published');
  });

  it('a post that was edited between the look and the claim is sent as it was edited', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h', text: 'old' });
    world.clock.freeze(HOUR);
    const get = world.tokens.get.bind(world.tokens);
    let edits = 0;
    world.ports = {
      ...world.ports,
      tokens: {
        async get(connection, need) {
          if (edits++ === 0)
            await world.posts.apply([
              { next: { ...post, text: 'new', version: post.version + 1 }, attempts: [], event: undefined },
            ]);
          return get(connection, need);
        },
      },
    };
    await publish(post.id, world.ports);
    assert.deepEqual(
      world.x.posts.map((one) => one.text),
      ['new'],
    );
  });

  it('one post in trouble keeps no other waiting', async () => {
    const world = await createPostingWorld();
    const first = await world.post({ publishAt: '+10m', text: 'first' });
    const second = await world.post({ publishAt: '+10m', text: 'second' });
    world.clock.freeze(10 * MINUTE);
    const get = world.tokens.get.bind(world.tokens);
    let calls = 0;
    world.tokens.get = async (connection, need) => {
      calls += 1;
      if (calls === 1) throw new TypeError('a defect');
      return get(connection, need);
    };
    await assert.rejects(world.tend(), TypeError);
    const statuses = [(await world.now(first.id)).status, (await world.now(second.id)).status].sort();
    assert.deepEqual(statuses, ['published', 'scheduled']);
  });
});

describe('a remote id belongs to one post', () => {
  it("the network's own answer takes it from a post that only matched the timeline, which searches again", async () => {
    const world = await createPostingWorld();
    // Two posts with one text: the first never arrived, the second is on its way and on the timeline already.
    world.x.next({ does: 'lose_request' }, { does: 'publish', afterMs: 20 * SECOND });
    const lost = await world.post({ text: 'twice' });
    const sending = world.post({ text: 'twice' });
    await world.pass(6 * SECOND);
    assert.equal((await world.now(lost.id)).status, 'published');
    await world.clock.advance(20 * SECOND);
    const published = await sending;
    assert.equal(published.status, 'published');
    const searching = await world.now(lost.id);
    assert.equal(searching.status, 'unknown');
    assert.equal(searching.statusReason, 'remote_id_taken');
    await world.pass(20 * MINUTE);
    assert.equal((await world.now(lost.id)).statusReason, 'not_on_timeline');
    assert.equal((await world.now(published.id)).remoteId, world.x.posts[0]?.id);
  });

  it('one id for two posts is doubt, not a crash', async () => {
    const world = await createPostingWorld();
    const id = snowflake(world.clock.nowMs());
    const same = { does: 'answer', status: 201, body: { data: { id } } } as const;
    world.x.next(same, same);
    assert.equal((await world.post({ text: 'one' })).status, 'published');
    assert.equal((await world.post({ text: 'two' })).status, 'unknown');
  });
});
