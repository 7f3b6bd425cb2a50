import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import type { PostStore } from '../../src/model/post-store.ts';
import { createPostingWorld, type PostingWorld } from '../support/posting-world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('an answer that comes late', () => {
  it('finds the caller gone and the post unknown, and makes it published', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'publish', afterMs: 100 * SECOND });
    const post = await world.whileTimePasses(world.post());
    assert.equal(post.status, 'unknown');
    assert.equal(world.background.length, 1);
    await world.clock.advance(100 * SECOND);
    await Promise.all(world.background);
    const published = await world.now(post.id);
    assert.equal(published.status, 'published');
    assert.equal(published.remoteEvidence, 'answer');
    assert.deepEqual(
      (await world.events()).map((event) => event.type),
      ['post.unknown', 'post.published'],
    );
  });

  it('after the timeline has shown the post confirms it, and is no second happening', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'publish', afterMs: 100 * SECOND });
    const post = await world.whileTimePasses(world.post());
    await world.pass(10 * SECOND);
    assert.equal((await world.now(post.id)).remoteEvidence, 'timeline');
    await world.pass(2 * MINUTE);
    await Promise.all(world.background);
    assert.equal((await world.now(post.id)).remoteEvidence, 'answer');
    assert.equal((await world.events('post.published')).length, 1);
  });

  it('that refuses ends the doubt', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'answer', status: 403, afterMs: 60 * SECOND });
    const post = await world.whileTimePasses(world.post());
    assert.equal(post.status, 'unknown');
    await world.clock.advance(MINUTE);
    await Promise.all(world.background);
    assert.equal((await world.now(post.id)).status, 'failed');
  });

  it('and proves that nothing was created lets it be tried again', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'answer', status: 429, afterMs: 60 * SECOND });
    const post = await world.whileTimePasses(world.post());
    await world.clock.advance(MINUTE);
    await Promise.all(world.background);
    assert.equal((await world.now(post.id)).status, 'scheduled');
    await world.pass(MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });

  it('to a process whose lease is over, and whose post another one has written off, is adopted', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'publish', afterMs: 20 * SECOND });
    const sending = world.post();
    await world.clock.advance(0);
    // The machine sleeps for five minutes with the request on its way; another process sees the lease end.
    world.clock.freeze(5 * MINUTE);
    const { items } = await world.posts.list({ limit: 1 });
    const id = items[0]?.id;
    assert.ok(id !== undefined);
    const own = world.ports;
    world.startAnother();
    world.x.nextTimeline({ kind: 'unanswered', cause: 'timeout', detail: '' });
    await world.tend();
    void own;
    await world.clock.advance(MINUTE);
    const post = await sending;
    assert.equal(post.status, 'published');
    assert.equal((await world.now(id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });
});

describe('the check before the first byte', () => {
  it('a process that was paused while it connected lets the request go', async () => {
    const world = await createPostingWorld();
    world.x.onConnected = () => {
      world.clock.freeze(56 * SECOND);
    };
    const post = await world.post();
    assert.equal(world.x.created.length, 0);
    assert.equal(post.status, 'scheduled');
    assert.equal(post.statusReason, 'withdrawn');
    world.x.onConnected = () => {};
    await world.pass(MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });

  it('a wall clock that was set back hides nothing, and one that was set forward withdraws', async () => {
    const world = await createPostingWorld();
    world.x.onConnected = () => {
      world.clock.freeze(56 * SECOND);
      world.clock.setWallClock(world.clock.nowMs() - 10 * MINUTE);
    };
    const set = await world.post();
    assert.equal(world.x.created.length, 0);
    assert.equal(set.statusReason, 'withdrawn');
    world.x.onConnected = () => {
      world.clock.setWallClock(world.clock.nowMs() + MINUTE);
    };
    assert.equal((await world.post({ text: 'other' })).statusReason, 'withdrawn');
  });

  it('a request whose caller has given up does not leave any more', async () => {
    const world = await createPostingWorld();
    const slow = { send: world.x.send.bind(world.x) };
    world.ports = {
      ...world.ports,
      http: {
        async send(request, watch) {
          // A resolver that takes longer than its timeout allows.
          if (request.method === 'POST') await world.clock.sleep(40 * SECOND);
          return slow.send(request, watch);
        },
      },
    };
    const post = await world.whileTimePasses(world.post());
    assert.equal(post.status, 'unknown');
    await world.clock.advance(20 * SECOND);
    await Promise.all(world.background);
    assert.equal(world.x.created.length, 0);
    // That is proof: it may be sent again.
    assert.equal((await world.now(post.id)).status, 'scheduled');
  });
});

describe('an answer that the store does not take', () => {
  it('is offered to it again, so that the post is published as soon as there is room', async () => {
    const world = await createPostingWorld();
    const disk = fullForAnswers(world);
    const { id } = await world.post();
    assert.equal((await world.now(id)).status, 'publishing');
    await world.clock.advance(5 * SECOND);
    disk.isFull = false;
    await world.clock.advance(4 * SECOND);
    const post = await world.now(id);
    assert.equal(post.status, 'published');
    assert.equal(post.remoteEvidence, 'answer');
    assert.equal(world.x.posts.length, 1);
  });

  it('for longer than anybody offers it leaves the post to its lease, and to the timeline', async () => {
    const world = await createPostingWorld();
    const disk = fullForAnswers(world);
    const { id } = await world.post();
    await world.clock.advance(40 * SECOND);
    disk.isFull = false;
    await world.pass(2 * MINUTE);
    const post = await world.now(id);
    assert.equal(post.status, 'published');
    assert.equal(post.remoteEvidence, 'timeline');
    assert.equal(world.x.posts.length, 1);
  });
});

/** There is room for the claim, and none for what the network answered. */
function fullForAnswers(world: PostingWorld): { isFull: boolean } {
  const disk = { isFull: true };
  const posts: PostStore = {
    ...world.posts,
    apply: async (changes) => {
      if (disk.isFull && changes.some(({ next }) => next.status !== 'publishing'))
        throw new KippuError('store_unavailable', 'the disk is full');
      return world.posts.apply(changes);
    },
  };
  world.ports = { ...world.ports, posts };
  return disk;
}
