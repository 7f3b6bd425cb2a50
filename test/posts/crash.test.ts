import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPostingWorld } from '../support/posting-world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('a process that dies while it publishes', () => {
  it('after the answer was received: the next one finds the post and publishes nothing', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.answered');
    assert.equal((await world.now(id)).status, 'publishing');
    world.restart();
    await world.tend();
    const unknown = await world.now(id);
    assert.equal(unknown.status, 'unknown');
    assert.equal(unknown.statusReason, 'interrupted');
    await world.pass(10 * SECOND);
    const found = await world.now(id);
    assert.equal(found.status, 'published');
    assert.equal(found.remoteId, world.x.posts[0]?.id);
    await world.pass(60 * MINUTE);
    assert.equal(world.x.posts.length, 1);
    assert.equal(world.x.created.length, 1);
  });

  it('after the request left: the same', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.sent');
    world.restart();
    await world.pass(10 * SECOND);
    assert.equal((await world.now(id)).status, 'published');
    await world.pass(60 * MINUTE);
    assert.equal(world.x.posts.length, 1);
  });

  it('after the settlement: it was published, and stays so', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.committed');
    assert.equal((await world.now(id)).status, 'published');
    world.restart();
    await world.pass(60 * MINUTE);
    assert.equal(world.x.created.length, 1);
    assert.equal((await world.events('post.published')).length, 1);
  });

  it('between claim and sending: nobody can know, so it is not sent again unless its author opted in', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.claimed');
    world.restart();
    await world.pass(60 * MINUTE);
    const post = await world.now(id);
    assert.equal(post.status, 'unknown');
    assert.equal(post.statusReason, 'not_on_timeline');
    assert.equal(post.dueAtMs, undefined);
    assert.equal(world.x.posts.length, 0);
    const [first, second, ...more] = await world.events('post.unknown');
    assert.equal(first?.data['needs_decision'], false);
    assert.equal(second?.data['needs_decision'], true);
    assert.deepEqual(more, []);
  });

  it('between claim and sending, opted in: it is sent once when the timeline has been read to the end', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.claimed', { resend: true });
    world.restart();
    await world.pass(9 * MINUTE);
    assert.equal(world.x.posts.length, 0);
    await world.pass(2 * MINUTE);
    assert.equal((await world.now(id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });

  it('before the claim: the worker publishes it', async () => {
    const world = await createPostingWorld();
    world.tokens.get = async () => {
      throw new Error('the process died here');
    };
    await world.post();
    const [post] = (await world.posts.list({ limit: 1 })).items;
    assert.equal(post?.status, 'scheduled');
    Reflect.deleteProperty(world.tokens, 'get');
    world.restart();
    await world.pass(2 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });

  it('on a machine of its own: its lease decides, not the guess that it is gone', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.answered');
    world.startAnother();
    await world.pass(50 * SECOND);
    assert.equal((await world.now(id)).status, 'publishing');
    await world.pass(20 * SECOND);
    assert.equal((await world.now(id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });

  it('dying twice, the second time while it sends again, still makes one post', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.claimed', { resend: true });
    world.restart();
    world.crashAt = 'publishing.answered';
    await assert.rejects(world.pass(11 * MINUTE));
    assert.equal(world.x.posts.length, 1);
    world.restart();
    await world.pass(60 * MINUTE);
    assert.equal((await world.now(id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });
});

describe('a resend that its author opted in to', () => {
  it('is not needed when the timeline shows the post', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_answer' });
    const post = await world.post({ resend: true });
    await world.pass(60 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.created.length, 1);
  });

  it('refused as a duplicate means that the first is out after all: read again, not failed', async () => {
    const world = await createPostingWorld();
    world.x.next(
      { does: 'lose_request' },
      {
        does: 'answer',
        status: 403,
        body: { detail: 'You are not allowed to create a Tweet with duplicate content.' },
      },
    );
    const post = await world.post({ resend: true, text: 'slow to show' });
    await world.pass(11 * MINUTE);
    const doubted = await world.now(post.id);
    assert.equal(doubted.status, 'unknown');
    assert.equal(doubted.statusReason, 'duplicate_refused');
    // The index had lagged: now it shows what was made at the first try.
    const id = world.x.publish('slow to show', { atMs: post.attempts[0]?.startedAtMs ?? 0 });
    await world.pass(3 * MINUTE);
    const found = await world.now(post.id);
    assert.equal(found.status, 'published');
    assert.equal(found.remoteId, id);
    assert.deepEqual(await world.events('post.failed'), []);
  });

  it('happens once', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_request' }, { does: 'lose_request' }, { does: 'lose_request' });
    const post = await world.post({ resend: true });
    await world.pass(120 * MINUTE);
    assert.equal(world.x.created.length, 2);
    assert.equal((await world.now(post.id)).status, 'unknown');
  });

  it('that could not be sent is tried again, and not after the latest time', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_request' }, { does: 'fail_to_connect', cause: 'dns' });
    const post = await world.post({ resend: true });
    await world.pass(11 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.posts.length, 1);

    world.x.next(
      { does: 'lose_request' },
      ...Array.from({ length: 50 }, () => ({ does: 'fail_to_connect', cause: 'dns' }) as const),
    );
    const other = await world.post({ resend: true, text: 'other' });
    await world.pass(60 * MINUTE);
    const undecided = await world.now(other.id);
    assert.equal(undecided.status, 'unknown');
    assert.equal(undecided.dueAtMs, undefined);
    assert.equal(undecided.resendOnce, false);
  });

  it('is not done once the latest time has passed while the timeline could not be read', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_request' });
    world.x.nextTimeline(
      ...Array.from({ length: 8 }, () => ({ kind: 'unanswered', cause: 'timeout', detail: '' }) as const),
    );
    const post = await world.post({ resend: true });
    await world.pass(180 * MINUTE);
    assert.equal((await world.now(post.id)).statusReason, 'not_on_timeline');
    assert.equal(world.x.created.length, 1);
  });
});
