import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KippuError, type ErrorCode } from '../../src/model/errors.ts';
import { approvePost, cancelPost, editPost, publishNow } from '../../src/posts/change.ts';
import type { PostRequest } from '../../src/posts/drafts.ts';
import { resolvePost } from '../../src/posts/resolve.ts';
import { createPostingWorld, type PostingWorld } from '../support/posting-world.ts';
import { snowflake } from '../support/scripted-x.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function refusal(work: Promise<unknown>, code: ErrorCode): Promise<KippuError> {
  const error = await work.then(
    () => assert.fail('nothing was refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KippuError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}

async function unknownPost(world: PostingWorld, more: Partial<PostRequest> = {}) {
  world.x.next({ does: 'lose_request' });
  return world.post(more);
}

describe('a draft', () => {
  it('may be anything, costs nothing, and is not published by itself', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ isDraft: true, text: 'a'.repeat(500) });
    assert.equal(post.status, 'draft');
    await world.pass(2 * DAY);
    assert.equal((await world.now(post.id)).status, 'draft');
    await refusal(publishNow(post.id, world.ports), 'invalid');
  });

  it('is published when somebody asks', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ isDraft: true });
    assert.equal((await publishNow(post.id, world.ports)).status, 'published');
    await refusal(publishNow(post.id, world.ports), 'conflict');
    assert.equal(world.x.created.length, 1);
  });

  it('is scheduled by giving it a time', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ isDraft: true });
    assert.equal((await editPost(post.id, { publishAt: '+1h' }, world.ports)).status, 'scheduled');
    await world.pass(2 * HOUR);
    assert.equal((await world.now(post.id)).status, 'published');
  });
});

describe('an edit', () => {
  it('changes what is not on its way, with the price', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h', replyTo: '5', replySettings: 'following' });
    const edited = await editPost(
      post.id,
      { text: 'see example.com', replyTo: null, replySettings: null },
      world.ports,
    );
    assert.equal(edited.costMicroUsd, 200_000);
    await world.pass(2 * HOUR);
    assert.deepEqual(JSON.parse(String(world.x.created[0]?.body)), { text: 'see example.com' });
  });

  it('of the time moves the preparation too', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '2026-11-21 10:00', timezone: 'Asia/Tokyo' });
    const later = await editPost(post.id, { publishAt: '2026-11-21 12:00' }, world.ports);
    assert.equal(new Date(later.publishAtMs ?? 0).toISOString(), '2026-11-21T03:00:00.000Z');
    assert.equal(later.dueAtMs, (later.publishAtMs ?? 0) - 2 * MINUTE);
    assert.equal(later.latestAtMs, (later.publishAtMs ?? 0) + HOUR);
  });

  it('to no time makes it a draft again', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h' });
    assert.equal((await editPost(post.id, { isDraft: true }, world.ports)).status, 'draft');
    await world.pass(2 * HOUR);
    assert.equal(world.x.created.length, 0);
  });

  it('that meets another edit keeps what the other one changed', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h' });
    await Promise.all([
      editPost(post.id, { text: 'new text' }, world.ports),
      editPost(post.id, { replySettings: 'following' }, world.ports),
    ]);
    const both = await world.now(post.id);
    assert.deepEqual([both.text, both.replySettings], ['new text', 'following']);
  });

  it('of the zone alone is asked what it means', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h' });
    await refusal(editPost(post.id, { timezone: 'Asia/Tokyo' }, world.ports), 'invalid');
  });

  it('that would make a scheduled post invalid is refused', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h' });
    await refusal(editPost(post.id, { text: '' }, world.ports), 'invalid');
  });

  it('of what is out, or may be, is a conflict', async () => {
    const world = await createPostingWorld();
    await refusal(editPost((await world.post()).id, { text: 'x' }, world.ports), 'conflict');
    await refusal(editPost((await unknownPost(world, { text: 'lost' })).id, { text: 'x' }, world.ports), 'conflict');
  });
});

describe('cancelling', () => {
  it('keeps a scheduled post from going out, and can be repeated', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h' });
    assert.equal((await cancelPost(post.id, world.ports)).status, 'cancelled');
    assert.equal((await cancelPost(post.id, world.ports)).status, 'cancelled');
    await world.pass(3 * HOUR);
    assert.equal(world.x.created.length, 0);
  });

  it('is not possible for what may be out: that would be a promise nobody can keep', async () => {
    const world = await createPostingWorld();
    const post = await unknownPost(world);
    assert.match((await refusal(cancelPost(post.id, world.ports), 'conflict')).message, /resolve/);
  });

  it('while it is being sent comes too late', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'publish', afterMs: 10 * SECOND });
    const sending = world.post();
    await world.clock.advance(SECOND);
    const [post] = (await world.posts.list({ limit: 1 })).items;
    assert.equal(post?.status, 'publishing');
    await refusal(cancelPost(post.id, world.ports), 'conflict');
    assert.equal((await publishNow(post.id, world.ports)).status, 'publishing');
    await world.clock.advance(10 * SECOND);
    assert.equal((await sending).status, 'published');
  });
});

describe('approval', () => {
  it('holds a post until somebody approves', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h', needsApproval: true });
    assert.equal(post.status, 'needs_approval');
    await refusal(publishNow(post.id, world.ports), 'conflict');
    assert.equal((await approvePost(post.id, world.ports)).status, 'scheduled');
    await world.pass(2 * HOUR);
    assert.equal((await world.now(post.id)).status, 'published');
  });

  it('after its time publishes at once; after its latest time it is too late', async () => {
    const world = await createPostingWorld();
    const first = await world.post({ publishAt: '+1h', needsApproval: true });
    const second = await world.post({ publishAt: '+1h', needsApproval: true, text: 'second' });
    await world.pass(90 * MINUTE);
    assert.equal((await approvePost(first.id, world.ports)).status, 'published');
    await world.pass(90 * MINUTE);
    assert.equal((await world.now(second.id)).statusReason, 'too_late');
  });

  it('of a post without a time publishes it now', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ needsApproval: true });
    assert.equal(post.status, 'needs_approval');
    assert.equal((await approvePost(post.id, world.ports)).status, 'published');
  });

  it('cannot be got round by making it a draft', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ needsApproval: true });
    await refusal(editPost(post.id, { isDraft: true }, world.ports), 'conflict');
  });
});

describe('a person who has looked', () => {
  it('and found the post gives its number or its address', async () => {
    for (const form of [
      (id: string) => id,
      (id: string) => `https://x.com/alice/status/${id}?s=20`,
      (id: string) => `https://twitter.com/alice/status/${id}`,
    ]) {
      const world = await createPostingWorld();
      const post = await unknownPost(world);
      const id = snowflake(world.clock.nowMs());
      const resolved = await resolvePost(post.id, { as: 'published', remoteId: form(id) }, world.ports);
      assert.equal(resolved.status, 'published');
      assert.equal(resolved.remoteId, id);
      assert.equal(resolved.remoteEvidence, 'user');
      assert.equal((await resolvePost(post.id, { as: 'published', remoteId: id }, world.ports)).status, 'published');
    }
  });

  it('and found another time or no number is asked to check', async () => {
    const world = await createPostingWorld();
    const post = await unknownPost(world);
    for (const remoteId of [
      'abc',
      '5',
      snowflake(world.clock.nowMs() - DAY),
      snowflake(world.clock.nowMs() + DAY),
      'https://example.com/1',
    ]) {
      assert.equal(
        (await refusal(resolvePost(post.id, { as: 'published', remoteId }, world.ports), 'invalid')).where,
        '/remote_id',
        remoteId,
      );
    }
  });

  it('cannot give one remote post to two of ours', async () => {
    const world = await createPostingWorld();
    const published = await world.post({ text: 'other' });
    const post = await unknownPost(world);
    const error = await refusal(
      resolvePost(post.id, { as: 'published', remoteId: published.remoteId ?? '' }, world.ports),
      'conflict',
    );
    assert.match(error.message, new RegExp(published.id));
  });

  it('and did not find it makes it failed; it may then be published again', async () => {
    const world = await createPostingWorld();
    const post = await unknownPost(world);
    const resolved = await resolvePost(post.id, { as: 'not_published' }, world.ports);
    assert.equal(resolved.status, 'failed');
    assert.equal(resolved.statusReason, 'not_published');
    await world.pass(HOUR);
    assert.equal(world.x.created.length, 1);
    assert.equal((await publishNow(post.id, world.ports)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });

  it('and was wrong is told so by the network: the post is found, not doubled', async () => {
    const world = await createPostingWorld();
    world.x.next(
      { does: 'lose_answer' },
      {
        does: 'answer',
        status: 403,
        body: { detail: 'You are not allowed to create a Tweet with duplicate content.' },
      },
    );
    const post = await world.post();
    await resolvePost(post.id, { as: 'not_published' }, world.ports);
    await publishNow(post.id, world.ports);
    await world.pass(MINUTE);
    const found = await world.now(post.id);
    assert.equal(found.status, 'published');
    assert.equal(found.remoteId, world.x.posts[0]?.id);
  });

  it('is asked only about unknown posts', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h' });
    await refusal(resolvePost(post.id, { as: 'not_published' }, world.ports), 'conflict');
  });
});
