import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KippuEvent } from '../../src/model/event.ts';
import { newId, type ConnectionId, type PostId } from '../../src/model/ids.ts';
import type { Post, PostStatus } from '../../src/model/post.ts';
import type { PostChange, PostStore } from '../../src/model/post-store.ts';
import { attempt, NINE, samplePost } from '../support/post-samples.ts';
import { identity } from '../support/posting-world.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

export interface PostStoreUnderTest {
  readonly store: PostStore;
  /** A second process at the same store. */
  readonly other: PostStore;
  readonly clock: VirtualClock;
  connect(name: string): Promise<ConnectionId>;
  events(): Promise<readonly KippuEvent[]>;
  close(): Promise<void>;
}

/** What every engine's posts have to keep to. */
export function postStoreContract(engine: string, open: () => Promise<PostStoreUnderTest>): void {
  describe(`posts in ${engine}`, () => {
    it('come back as they were written, with every column', withStore(open, everyColumn));
    it('that are not there are not there', withStore(open, nothing));
    it('change only from the version that was seen', withStore(open, guardedByVersion));
    it('of which one has moved change not at all', withStore(open, allOrNothing));
    it('write an event once per happening, and with the change', withStore(open, eventsOnce));
    it('share no remote id within a connection', withStore(open, uniqueRemoteId));
    it('may hand a remote id over in one step', withStore(open, handOver));
    it('that are due are taken once, the longest due first', withStore(open, takenOnce));
    it('that were taken are due again after a crash of the taker', withStore(open, dueAgain));
    it('tell when the next one is due', withStore(open, nextDue));
    it('that are being published are listed, the oldest lease first', withStore(open, publishing));
    it('that a person named are no known remote ids', withStore(open, lastKnown));
    it('asked for twice with one key are made once', withStore(open, idempotent));
    it('asked for by ten at once with one key are made once', withStore(open, idempotentAtOnce));
    it('are listed newest first, by pages, filtered', withStore(open, listed));
    it('that break a rule of the schema are refused as a whole', withStore(open, schemaRules));
  });
}

type Test = (under: PostStoreUnderTest) => Promise<void>;

function withStore(open: () => Promise<PostStoreUnderTest>, test: Test): () => Promise<void> {
  return async () => {
    const under = await open();
    try {
      await test(under);
    } finally {
      await under.close();
    }
  };
}

const random = seededRandom('posts');

async function made(under: PostStoreUnderTest, status: PostStatus, fields: Partial<Post> = {}): Promise<Post> {
  const connectionId = fields.connectionId ?? (await under.connect(`x:${String(random.unit())}`));
  const post = samplePost(status, { id: newId('pst', random), connectionId, version: 1, ...fields });
  assert.deepEqual(await under.store.create(post), { kind: 'created' });
  return post;
}

function changeOf(post: Post, fields: Partial<Post>, more: Partial<PostChange> = {}): PostChange {
  return { next: { ...post, ...fields, version: post.version + 1 }, attempts: [], event: undefined, ...more };
}

const PUBLISHED = { status: 'published', lease: undefined, dueAtMs: undefined, publishedAtMs: NINE } as const;

async function everyColumn(under: PostStoreUnderTest): Promise<void> {
  for (const status of [
    'draft',
    'scheduled',
    'needs_approval',
    'publishing',
    'published',
    'unknown',
    'failed',
    'cancelled',
  ] as const) {
    const post = await made(under, status);
    assert.deepEqual(await under.other.read(post.id), post, status);
  }
  const full = await made(under, 'publishing', {
    text: 'おはよう 👋\n"quoted" and \'quoted\'',
    replyTo: '9223372036854775807',
    replySettings: 'mentionedUsers',
    madeWithAi: true,
    statusReason: 'rate_limited',
    statusDetail: 'HTTP 429',
    preparedAtMs: NINE - 1,
    delays: 3,
    unknownSinceMs: NINE - 2,
    readBacks: 2,
    readBackFailures: 5,
    resendOnce: true,
    fence: 2,
    lease: { fence: 2, expiresAtMs: NINE + 1, holder: identity(7) },
    attempts: [
      attempt({
        outcome: 'not_created',
        endedAtMs: NINE,
        reason: 'unreachable',
        detail: 'dns',
        lastKnownRemoteId: '5',
      }),
      attempt({ fence: 2, outcome: 'published', endedAtMs: NINE, remoteId: '6' }),
    ],
  });
  assert.deepEqual(await under.other.read(full.id), full);
  const next: Post = {
    ...full,
    ...PUBLISHED,
    remoteId: '6',
    remoteUrl: 'https://x.com/i/status/6',
    remoteEvidence: 'answer',
    version: 2,
  };
  assert.deepEqual(await under.store.apply([{ next, attempts: [], event: undefined }]), { kind: 'applied' });
  assert.deepEqual(await under.other.read(full.id), next);
}

async function nothing({ store }: PostStoreUnderTest): Promise<void> {
  const id = newId('pst', random);
  assert.equal(await store.read(id), undefined);
  assert.deepEqual(await store.apply([changeOf(samplePost('draft', { id }), {})]), { kind: 'moved' });
  assert.equal(await store.nextDueAtMs(), undefined);
  assert.deepEqual(await store.list({ limit: 10 }), { items: [], nextCursor: undefined });
  assert.equal(await store.findRequest({ apiKeyId: '', key: 'a' }), undefined);
}

async function guardedByVersion(under: PostStoreUnderTest): Promise<void> {
  const post = await made(under, 'scheduled');
  const claims = Array.from({ length: 8 }, (_, index) => {
    const lease = { fence: 1, expiresAtMs: NINE + 1, holder: identity(index) };
    const claim = changeOf(
      post,
      { status: 'publishing', fence: 1, lease },
      { attempts: [attempt({ sender: identity(index) })] },
    );
    return (index % 2 === 0 ? under.store : under.other).apply([claim]);
  });
  const kinds = (await Promise.all(claims)).map((applied) => applied.kind);
  assert.equal(kinds.filter((kind) => kind === 'applied').length, 1);
  assert.equal(kinds.filter((kind) => kind === 'moved').length, 7);
  const claimed = await under.store.read(post.id);
  assert.equal(claimed?.attempts.length, 1);
  assert.deepEqual(claimed.lease?.holder, claimed.attempts[0]?.sender);
}

async function allOrNothing(under: PostStoreUnderTest): Promise<void> {
  const [first, second] = [await made(under, 'draft'), await made(under, 'draft')];
  const stale = { ...second, version: 7 };
  assert.deepEqual(await under.store.apply([changeOf(first, { text: 'a' }), changeOf(stale, { text: 'b' })]), {
    kind: 'moved',
  });
  assert.deepEqual(await under.store.read(first.id), first);
  assert.deepEqual(await under.store.apply([changeOf(first, { text: 'a' }), changeOf(second, { text: 'b' })]), {
    kind: 'applied',
  });
  assert.equal((await under.store.read(second.id))?.text, 'b');
}

async function eventsOnce(under: PostStoreUnderTest): Promise<void> {
  const post = await made(under, 'scheduled');
  const event = { happening: `post.failed:${post.id}:1`, type: 'post.failed', data: { reason: 'too_late' } } as const;
  const failed = { status: 'failed', dueAtMs: undefined } as const;
  await under.store.apply([changeOf({ ...post, version: 5 }, failed, { event })]);
  assert.deepEqual(await under.events(), []);
  await under.store.apply([changeOf(post, failed, { event })]);
  await under.store.apply([changeOf({ ...post, ...failed, version: 2 }, {}, { event })]);
  const events = await under.events();
  assert.equal(events.length, 1);
  const [told] = events;
  assert.deepEqual(
    [told?.type, told?.postId, told?.connectionId, told?.data],
    ['post.failed', post.id, post.connectionId, { reason: 'too_late' }],
  );
}

async function uniqueRemoteId(under: PostStoreUnderTest): Promise<void> {
  const first = await made(under, 'published', { remoteId: '70' });
  const second = await made(under, 'unknown', { connectionId: first.connectionId });
  const found = { ...PUBLISHED, remoteId: '70', remoteEvidence: 'timeline' } as const;
  assert.deepEqual(await under.store.apply([changeOf(second, found)]), { kind: 'remote_id_taken', by: first.id });
  assert.deepEqual(await under.store.read(second.id), second);
  const elsewhere = await made(under, 'unknown');
  assert.deepEqual(await under.store.apply([changeOf(elsewhere, found)]), { kind: 'applied' });
}

async function handOver(under: PostStoreUnderTest): Promise<void> {
  const first = await made(under, 'published', { remoteId: '70', remoteEvidence: 'timeline' });
  const second = await made(under, 'unknown', { connectionId: first.connectionId });
  const letsGo = changeOf(first, {
    status: 'unknown',
    remoteId: undefined,
    remoteUrl: undefined,
    remoteEvidence: undefined,
    publishedAtMs: undefined,
  });
  const takes = changeOf(second, { ...PUBLISHED, remoteId: '70', remoteEvidence: 'answer' });
  assert.deepEqual(await under.store.apply([letsGo, takes]), { kind: 'applied' });
  assert.equal((await under.store.read(first.id))?.remoteId, undefined);
  assert.equal((await under.store.read(second.id))?.remoteId, '70');
}

async function takenOnce(under: PostStoreUnderTest): Promise<void> {
  const nowMs = under.clock.nowMs();
  const due: PostId[] = [];
  for (let index = 0; index < 10; index += 1)
    due.push((await made(under, 'scheduled', { dueAtMs: nowMs - 100 + index })).id);
  await made(under, 'scheduled', { dueAtMs: nowMs + 1 });
  await made(under, 'draft');
  const first = await under.store.takeDue({ againAtMs: nowMs + 1000, limit: 2 });
  assert.deepEqual(first.toSorted(), due.splice(0, 2).sort());
  const takes = await Promise.all([
    under.store.takeDue({ againAtMs: nowMs + 1000, limit: 4 }),
    under.other.takeDue({ againAtMs: nowMs + 1000, limit: 4 }),
    under.store.takeDue({ againAtMs: nowMs + 1000, limit: 4 }),
  ]);
  assert.ok(takes.every((ids) => ids.length <= 4));
  // Where takers pass over what another one holds at the moment, one of them may get less than there is.
  takes.push(await under.store.takeDue({ againAtMs: nowMs + 1000, limit: 10 }));
  assert.deepEqual(takes.flat().sort(), [...due].sort());
}

async function dueAgain(under: PostStoreUnderTest): Promise<void> {
  const post = await made(under, 'scheduled', { dueAtMs: under.clock.nowMs() });
  const againAtMs = under.clock.nowMs() + 90_000;
  assert.deepEqual(await under.store.takeDue({ againAtMs, limit: 9 }), [post.id]);
  assert.deepEqual(await under.other.takeDue({ againAtMs, limit: 9 }), []);
  under.clock.freeze(90_000);
  assert.deepEqual(await under.other.takeDue({ againAtMs: againAtMs + 90_000, limit: 9 }), [post.id]);
  assert.equal((await under.store.read(post.id))?.version, 1, 'being taken is no change of the post');
}

async function nextDue(under: PostStoreUnderTest): Promise<void> {
  await made(under, 'scheduled', { dueAtMs: NINE + 5 });
  await made(under, 'unknown', { dueAtMs: NINE + 3 });
  await made(under, 'draft');
  assert.equal(await under.store.nextDueAtMs(), NINE + 3);
}

async function publishing(under: PostStoreUnderTest): Promise<void> {
  const lease = (expiresAtMs: number) => ({ fence: 1, expiresAtMs, holder: identity(1) });
  const late = await made(under, 'publishing', { lease: lease(NINE + 9) });
  const early = await made(under, 'publishing', { lease: lease(NINE + 1) });
  await made(under, 'scheduled');
  assert.deepEqual(await under.store.publishing(10), [early, late]);
  assert.deepEqual(await under.store.publishing(1), [early]);
}

async function lastKnown(under: PostStoreUnderTest): Promise<void> {
  const first = await made(under, 'published', { remoteId: '70', publishedAtMs: NINE });
  const { connectionId } = first;
  await made(under, 'published', { connectionId, remoteId: '71', publishedAtMs: NINE + 1, remoteEvidence: 'timeline' });
  await made(under, 'published', { connectionId, remoteId: '999', publishedAtMs: NINE + 2, remoteEvidence: 'user' });
  await made(under, 'published', { remoteId: '80', publishedAtMs: NINE + 3 });
  assert.equal(await under.store.lastKnownRemoteId(connectionId), '71');
  assert.equal(await under.store.lastKnownRemoteId(await under.connect('x:new')), undefined);
}

async function idempotent(under: PostStoreUnderTest): Promise<void> {
  const connectionId = await under.connect('x:alice');
  const fresh = () => samplePost('draft', { id: newId('pst', random), connectionId, version: 1 });
  const request = { apiKeyId: 'key_a', key: 'k', requestHash: 'h1', forgetAtMs: under.clock.nowMs() + 1000 };
  const first = fresh();
  assert.deepEqual(await under.store.create(first, request), { kind: 'created' });
  const known = { requestHash: 'h1', postId: first.id };
  assert.deepEqual(await under.other.create(fresh(), { ...request, requestHash: 'h2' }), {
    kind: 'known',
    request: known,
  });
  assert.deepEqual(await under.other.findRequest({ apiKeyId: 'key_a', key: 'k' }), known);
  assert.equal(await under.store.findRequest({ apiKeyId: 'key_b', key: 'k' }), undefined);
  assert.deepEqual(await under.store.create(fresh(), { ...request, apiKeyId: 'key_b' }), { kind: 'created' });
  under.clock.freeze(1000);
  assert.equal(await under.store.findRequest(request), undefined);
  assert.deepEqual(await under.store.create(fresh(), { ...request, forgetAtMs: under.clock.nowMs() + 1000 }), {
    kind: 'created',
  });
  assert.equal((await under.store.list({ limit: 10 })).items.length, 3);
}

async function idempotentAtOnce(under: PostStoreUnderTest): Promise<void> {
  const connectionId = await under.connect('x:alice');
  const request = { apiKeyId: '', key: 'k', requestHash: 'h', forgetAtMs: under.clock.nowMs() + 1000 };
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, index) => {
      const post = samplePost('draft', { id: newId('pst', random), connectionId, version: 1 });
      return (index % 2 === 0 ? under.store : under.other).create(post, request);
    }),
  );
  assert.equal(all.filter((created) => created.kind === 'created').length, 1);
  assert.equal((await under.store.list({ limit: 20 })).items.length, 1);
}

async function listed(under: PostStoreUnderTest): Promise<void> {
  const [alice, bob] = [await under.connect('x:alice'), await under.connect('x:bob')];
  const posts: Post[] = [];
  for (let index = 0; index < 7; index += 1) {
    const connectionId = index % 2 === 0 ? alice : bob;
    // Two are of the same moment.
    const createdAtMs = NINE + Math.floor(index / 2);
    posts.push(
      await made(under, index === 3 ? 'failed' : 'scheduled', {
        connectionId,
        createdAtMs,
        publishAtMs: NINE + index * 1000,
      }),
    );
  }
  const draft = await made(under, 'draft', { connectionId: alice, createdAtMs: NINE - 1 });
  const seen: PostId[] = [];
  let cursor: string | undefined;
  do {
    const page = await under.store.list({ limit: 3, cursor });
    seen.push(...page.items.map((post) => post.id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  const newestFirst = [...posts, draft].sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1));
  assert.deepEqual(
    seen,
    newestFirst.map((post) => post.id),
  );

  const count = async (query: Parameters<PostStore['list']>[0]) => (await under.store.list(query)).items.length;
  assert.equal(await count({ limit: 99, status: 'failed' }), 1);
  assert.equal(await count({ limit: 99, connectionIds: [alice] }), 5);
  assert.equal(await count({ limit: 99, connectionIds: [alice, bob] }), 8);
  assert.equal(await count({ limit: 99, connectionIds: [] }), 0);
  assert.equal(await count({ limit: 99, fromMs: NINE + 1000, toMs: NINE + 3000 }), 2);
  assert.equal(await count({ limit: 99, fromMs: 0 }), 7, 'what has no time is in no span of time');
  await assert.rejects(under.store.list({ limit: 9, cursor: 'x' }), { code: 'invalid' });
}

async function schemaRules(under: PostStoreUnderTest): Promise<void> {
  const post = await made(under, 'scheduled');
  const lease = { fence: 1, expiresAtMs: NINE, holder: identity(1) };
  const broken: readonly Partial<Post>[] = [
    { status: 'publishing' },
    { status: 'failed', lease },
    { status: 'published' },
    { status: 'unknown', remoteId: '5', remoteEvidence: 'answer' },
    { dueAtMs: undefined },
  ];
  for (const fields of broken) {
    const event = { happening: 'never', type: 'post.failed', data: {} } as const;
    await assert.rejects(
      under.store.apply([changeOf(post, fields, { event, attempts: [attempt()] })]),
      JSON.stringify(fields),
    );
  }
  assert.deepEqual(await under.store.read(post.id), post);
  assert.deepEqual(await under.events(), []);
}
