import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KippuError, type ErrorCode } from '../../src/model/errors.ts';
import { createPost, type PostRequest } from '../../src/posts/drafts.ts';
import { createPostingWorld } from '../support/posting-world.ts';
import { insertConnection } from '../support/posts-database.ts';
import { seededRandom } from '../support/seeded-random.ts';

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

describe('the same request, repeated', () => {
  const request: PostRequest = { connection: 'x:alice', text: 'once' };
  const key = { apiKeyId: 'key_1', key: 'abc' };

  it('makes one post, and gives it back as it is by then', async () => {
    const world = await createPostingWorld();
    const first = await createPost(request, key, world.ports);
    const second = await createPost(request, key, world.ports);
    assert.equal(second.isRepeated, true);
    assert.equal(second.post.id, first.post.id);
    assert.equal(second.post.status, 'published');
    assert.equal(world.x.created.length, 1);
  });

  it('ten times at once makes one post', async () => {
    const world = await createPostingWorld();
    const all = await Promise.all(Array.from({ length: 10 }, () => createPost(request, key, world.ports)));
    assert.equal(new Set(all.map(({ post }) => post.id)).size, 1);
    assert.equal(world.x.created.length, 1);
  });

  it('after a crash between the post and its publication gives back the post', async () => {
    const world = await createPostingWorld();
    world.crashAt = 'publishing.sent';
    await createPost(request, key, world.ports);
    assert.equal(world.crashedAt, 'publishing.sent');
    world.restart();
    const again = await createPost(request, key, world.ports);
    assert.equal(again.isRepeated, true);
    await world.pass(MINUTE);
    assert.equal((await world.now(again.post.id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });

  it('with another body is a conflict, and nothing is made', async () => {
    const world = await createPostingWorld();
    await createPost(request, key, world.ports);
    await refusal(createPost({ ...request, text: 'twice' }, key, world.ports), 'conflict');
    await refusal(createPost({ ...request, resend: true }, key, world.ports), 'conflict');
    assert.equal((await world.posts.list({ limit: 10 })).items.length, 1);
  });

  it("under another caller's key is another request", async () => {
    const world = await createPostingWorld();
    await createPost(request, key, world.ports);
    const other = await createPost({ ...request, text: 'by another' }, { ...key, apiKeyId: 'key_2' }, world.ports);
    assert.equal(other.isRepeated, false);
  });

  it('gives the post back even where its time would be refused by now', async () => {
    const world = await createPostingWorld();
    const timed = { ...request, publishAt: '2026-11-21T00:10:00Z' };
    const first = await createPost(timed, key, world.ports);
    await world.pass(30 * MINUTE);
    assert.equal((await createPost(timed, key, world.ports)).post.id, first.post.id);
    await refusal(createPost(timed, { ...key, key: 'new' }, world.ports), 'invalid');
  });

  it('is known until a week after the latest time, however far ahead that is', async () => {
    const world = await createPostingWorld();
    const timed = { ...request, publishAt: '2027-02-21T00:00:00Z', isDraft: false };
    const first = await createPost(timed, key, world.ports);
    world.clock.freeze(91 * DAY);
    assert.equal((await createPost(timed, key, world.ports)).post.id, first.post.id);
    world.clock.freeze(9 * DAY);
    await createPost({ ...request, isDraft: true }, key, world.ports);
  });

  it('needs a key of sensible length', async () => {
    const world = await createPostingWorld();
    await refusal(createPost(request, { apiKeyId: '', key: '' }, world.ports), 'invalid');
    await refusal(createPost(request, { apiKeyId: '', key: 'x'.repeat(256) }, world.ports), 'invalid');
  });
});

describe('a request that is refused', () => {
  it('for its text says what and where, and makes nothing', async () => {
    const world = await createPostingWorld();
    assert.equal((await refusal(world.post({ text: '' }), 'invalid')).where, '/text');
    assert.equal((await refusal(world.post({ text: 'a'.repeat(281) }), 'invalid')).where, '/text');
    assert.equal((await refusal(world.post({ replyTo: 'x' }), 'invalid')).where, '/reply_to');
    assert.equal((await refusal(world.post({ replySettings: 'nobody' }), 'invalid')).where, '/reply_settings');
    assert.deepEqual((await world.posts.list({ limit: 10 })).items, []);
  });

  it('for its time: more than five minutes past, or more than two years ahead', async () => {
    const world = await createPostingWorld();
    assert.equal((await refusal(world.post({ publishAt: '2026-11-20T23:54:59Z' }), 'invalid')).where, '/publish_at');
    assert.equal((await refusal(world.post({ publishAt: '2206-11-21T00:00:00Z' }), 'invalid')).where, '/publish_at');
    assert.equal((await refusal(world.post({ publishAt: '2026-11-21 09:00' }), 'invalid')).where, '/publish_at');
    assert.equal(
      (await refusal(world.post({ publishAt: '2026-11-21 09:00', timezone: 'Tokio' }), 'invalid')).where,
      '/timezone',
    );
    assert.equal((await world.post({ publishAt: '2026-11-20T23:55:00Z' })).status, 'published');
  });

  it('for its connection: none, another network, revoked, without the scope', async () => {
    const world = await createPostingWorld();
    await refusal(world.post({ connection: 'x:nobody' }), 'not_found');
    await insertConnection(world.db, 'github:alice', seededRandom('github'));
    assert.match((await refusal(world.post({ connection: 'github:alice' }), 'invalid')).message, /tokens alone/);
    world.db.exec(`update connections set scopes = '["tweet.read"]' where name = 'x:alice'`);
    assert.match((await refusal(world.post(), 'invalid')).message, /tweet\.write/);
    world.db.exec(`update connections set scopes = '[]', state = 'revoked' where name = 'x:alice'`);
    await refusal(world.post(), 'revoked');
  });

  it('but a post may be scheduled while the user has yet to consent again', async () => {
    const world = await createPostingWorld();
    world.db.exec(`update connections set state = 'reauth_required' where name = 'x:alice'`);
    assert.equal((await world.post({ publishAt: '+1h' })).status, 'scheduled');
  });

  it('trouble after the post was made is no refusal: the worker goes on with it', async () => {
    const world = await createPostingWorld();
    world.tokens.failWith('store_unavailable');
    const post = await world.post();
    assert.equal(post.status, 'scheduled');
    await assert.rejects(Promise.all(world.background), 'but somebody hears of it');
    world.tokens.recover();
    await world.pass(2 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(world.x.posts.length, 1);
  });
});
