import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPostingWorld } from '../support/posting-world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('P40: double posts from retries after a lost answer; an infinite posting loop', () => {
  it('a lost answer leads to looking, not to sending', async () => {
    const world = await createPostingWorld();
    world.x.next(...Array.from({ length: 100 }, () => ({ does: 'lose_answer' }) as const));
    const post = await world.post();
    await world.pass(2 * DAY);
    assert.equal(world.x.created.length, 1);
    assert.equal(world.x.posts.length, 1);
    assert.equal((await world.now(post.id)).status, 'published');
  });

  it('a network that fails for ever is asked once after a request may have arrived, however long the worker runs', async () => {
    const world = await createPostingWorld();
    world.x.next(...Array.from({ length: 100 }, () => ({ does: 'answer', status: 503 }) as const));
    const post = await world.post();
    await world.pass(2 * DAY);
    assert.equal(world.x.created.length, 1);
    assert.equal((await world.now(post.id)).status, 'unknown');
  });

  it('workers of five processes, each of which sees it due, publish it once', async () => {
    const world = await createPostingWorld();
    await world.post({ publishAt: '+1h' });
    world.clock.freeze(HOUR);
    const rounds = [];
    for (let process = 0; process < 5; process += 1) {
      world.startAnother();
      // Each sees it as due as the others do.
      world.db.exec(`update posts set due_at_ms = 0 where status = 'scheduled'`);
      rounds.push(world.tend());
    }
    await Promise.all(rounds);
    assert.equal(world.x.created.length, 1);
  });
});

describe('P41: posts stuck in "Publishing" for ever', () => {
  it('a post whose process never comes back leaves `publishing` when its lease ends', async () => {
    const world = await createPostingWorld();
    const id = await world.postAndCrash('publishing.claimed');
    world.startAnother();
    await world.pass(66 * SECOND);
    assert.equal((await world.now(id)).status, 'unknown');
  });

  it('every post reaches an end or a question to a person, whatever happens, within a day and a half', async () => {
    const troubles = [
      { does: 'lose_answer' },
      { does: 'lose_request' },
      { does: 'answer', status: 500 },
      { does: 'answer', status: 429 },
      { does: 'answer', status: 401 },
      { does: 'answer', status: 402 },
      { does: 'answer', status: 403 },
      { does: 'fail_to_connect', cause: 'dns' },
    ] as const;
    for (const trouble of troubles) {
      for (const code of ['reauth_required', 'uncertain', undefined] as const) {
        const world = await createPostingWorld();
        world.x.next(...Array.from({ length: 500 }, () => trouble));
        const post = await world.post({ publishAt: '+10m', resend: true });
        await world.pass(11 * MINUTE);
        if (code !== undefined) world.tokens.failWith(code);
        await world.pass(36 * HOUR);
        const ended = await world.now(post.id);
        assert.ok(
          ['published', 'failed', 'unknown'].includes(ended.status),
          `${trouble.does} ${code}: ${ended.status}`,
        );
        assert.equal(ended.dueAtMs, undefined, `${trouble.does} ${code}: ${ended.status} is still due`);
      }
    }
  });

  it('how far behind the worker is can be seen', async () => {
    const world = await createPostingWorld();
    const post = await world.post({ publishAt: '+1h' });
    assert.equal(await world.posts.nextDueAtMs(), (post.publishAtMs ?? 0) - 2 * MINUTE);
    world.clock.freeze(2 * HOUR);
    const dueAtMs = await world.posts.nextDueAtMs();
    assert.ok(dueAtMs !== undefined && world.clock.nowMs() - dueAtMs > HOUR);
    await world.pass(SECOND);
    assert.equal(await world.posts.nextDueAtMs(), undefined);
  });
});

describe('P43: the token is found dead at 09:00, when the post is due', () => {
  it('a token is made ready two minutes ahead, good until after the time', async () => {
    const world = await createPostingWorld({ start: '2026-11-20T23:00:00Z' });
    const post = await world.post({ publishAt: '2026-11-21T09:00+09:00' });
    await world.pass(57 * MINUTE);
    assert.equal(world.tokens.needs.length, 0);
    await world.pass(90 * SECOND);
    assert.equal(world.tokens.needs.length, 1);
    assert.ok((world.tokens.needs[0]?.minTtlMs ?? 0) >= 3 * MINUTE - SECOND);
    assert.notEqual((await world.now(post.id)).preparedAtMs, undefined);
    assert.equal(world.x.created.length, 0);
    await world.pass(2 * MINUTE);
    assert.equal((await world.now(post.id)).publishedAtMs, post.publishAtMs);
  });

  it('a dead grant shows at 08:58; consented to again by 08:59 the post is on time', async () => {
    const world = await createPostingWorld({ start: '2026-11-20T23:00:00Z' });
    const post = await world.post({ publishAt: '2026-11-21T09:00+09:00' });
    world.tokens.failWith('reauth_required');
    await world.pass(58 * MINUTE + SECOND);
    const warned = await world.now(post.id);
    assert.equal(warned.status, 'scheduled');
    assert.equal(warned.statusReason, 'reauth_required');
    world.tokens.recover();
    await world.pass(2 * MINUTE);
    const published = await world.now(post.id);
    assert.equal(published.status, 'published');
    assert.equal(published.publishedAtMs, post.publishAtMs);
  });

  it('a grant that dies at the last moment leaves an hour to save the post', async () => {
    const world = await createPostingWorld({ start: '2026-11-20T23:00:00Z' });
    const post = await world.post({ publishAt: '2026-11-21T09:00+09:00' });
    await world.pass(59 * MINUTE);
    world.tokens.failWith('reauth_required');
    await world.pass(30 * MINUTE);
    assert.equal((await world.now(post.id)).statusReason, 'reauth_required');
    world.tokens.recover();
    await world.pass(MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
  });
});

describe('P44: every failure notifies twice, or never', () => {
  const types = async (world: Awaited<ReturnType<typeof createPostingWorld>>): Promise<string[]> =>
    (await world.events()).map((event) => event.type);

  it('a failure is one event, however often the worker looks and the process restarts', async () => {
    const world = await createPostingWorld();
    world.tokens.failWith('reauth_required');
    await world.post({ publishAt: '+1h' });
    for (let hour = 0; hour < 5; hour += 1) {
      await world.pass(HOUR);
      world.restart();
    }
    assert.deepEqual(await types(world), ['post.failed']);
  });

  it('a publication is one event, also when answer and timeline both tell of it', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'publish', afterMs: 90 * SECOND });
    await world.whileTimePasses(world.post());
    await world.pass(5 * MINUTE);
    await Promise.all(world.background);
    assert.deepEqual(await types(world), ['post.unknown', 'post.published']);
  });

  it('an unknown post is told of when it becomes unknown, and once more when only a person can decide', async () => {
    const world = await createPostingWorld();
    world.x.next({ does: 'lose_request' });
    const post = await world.post();
    await world.pass(2 * DAY);
    const events = await world.events();
    assert.deepEqual(
      events.map(({ type, data }) => [type, data['reason'], data['needs_decision']]),
      [
        ['post.unknown', 'unanswered', false],
        ['post.unknown', 'not_on_timeline', true],
      ],
    );
    assert.ok(events.every((event) => event.postId === post.id && event.connectionId === world.alice));
  });

  it('what ended while the process died is told of by what it left in the same transaction', async () => {
    const world = await createPostingWorld();
    await world.postAndCrash('publishing.committed');
    assert.deepEqual(await types(world), ['post.published']);
  });
});
