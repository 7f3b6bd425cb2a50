import assert from 'node:assert/strict';
import { KippuError } from '../../../src/model/errors.ts';
import { newId } from '../../../src/model/ids.ts';
import type { Post } from '../../../src/model/post.ts';
import type { Schedule } from '../../../src/model/schedule.ts';
import type { Store } from '../../../src/model/store.ts';
import { samplePost } from '../../support/post-samples.ts';
import { MORNING, sampleSchedule, settlementOf } from '../../support/schedule-samples.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { connected } from '../../support/store-samples.ts';
import type { StoreUnderTest, Suite } from './under-test.ts';

const random = seededRandom('schedules of the contract');

async function made({ store, clock }: StoreUnderTest, fields: Partial<Schedule> = {}): Promise<Schedule> {
  const alice = await connected(store, `user-${random.unit()}`, clock.nowMs());
  const schedule = sampleSchedule(fields.connectionId ?? alice.id, fields);
  await store.schedules.create(schedule);
  return schedule;
}

function postOf(schedule: Schedule, fields: Partial<Post> = {}): Post {
  const { connectionId } = schedule;
  return samplePost('scheduled', {
    id: newId('pst', random),
    connectionId,
    version: 1,
    publishAtMs: MORNING,
    ...fields,
  });
}

async function now(store: Store, { id }: Schedule): Promise<Schedule> {
  const schedule = await store.schedules.read(id);
  assert.ok(schedule !== undefined);
  return schedule;
}

async function settledPost(
  under: StoreUnderTest,
  fields: Partial<Post> = {},
): Promise<{ schedule: Schedule; post: Post }> {
  const seen = await made(under);
  const post = postOf(seen, fields);
  const settlement = settlementOf(seen, { outcome: 'post', postId: post.id }, { post });
  assert.equal(await under.store.schedules.settle(settlement), 'settled');
  return { schedule: settlement.next, post };
}

export const SCHEDULES: Suite = {
  'a schedule comes back as it was written, with every column': async (under) => {
    const full = await made(under, {
      task: { kind: 'post', text: { kind: 'list', texts: ['おはよう', 'b'] }, madeWithAi: true, needsApproval: true },
      missed: 'once',
      isPaused: true,
      dueAtMs: undefined,
      nextAtMs: undefined,
      made: 7,
      failures: 3,
    });
    assert.deepEqual(await under.other.schedules.read(full.id), full);
    const next: Schedule = {
      ...full,
      version: 2,
      isPaused: false,
      dueAtMs: 5,
      nextAtMs: 6,
      cron: '1 1 1 1 1',
      made: 8,
    };
    assert.equal(await under.store.schedules.change({ next, posts: [], reopened: [] }), true);
    assert.deepEqual(await under.other.schedules.read(full.id), next);
  },
  'a schedule changes, and goes, only at the version that was seen': async (under) => {
    const seen = await made(under);
    const next = { ...seen, version: 2, cron: '0 10 * * *' };
    assert.equal(await under.store.schedules.change({ next, posts: [], reopened: [] }), true);
    assert.equal(await under.other.schedules.change({ next, posts: [], reopened: [] }), false);
    assert.equal(await under.other.schedules.remove(seen, []), false);
    assert.equal(await under.other.schedules.settle(settlementOf(seen)), 'moved');
    assert.deepEqual(await under.store.schedules.occurrences(seen.id, 9), []);
    assert.equal(await under.other.schedules.remove(next, []), true);
    assert.equal(await under.store.schedules.read(seen.id), undefined);
  },
  'a post, its occurrence, the next time and the news of it are written together': async (under) => {
    const seen = await made(under);
    const post = postOf(seen);
    const settlement = settlementOf(
      seen,
      { outcome: 'post', postId: post.id },
      { post, missed: { happening: 'a gap', data: { count: 3 } } },
    );
    assert.equal(await under.store.schedules.settle(settlement), 'settled');
    assert.deepEqual(await under.other.posts.read(post.id), post);
    assert.deepEqual(await now(under.other, seen), settlement.next);
    assert.deepEqual(await under.other.schedules.occurrences(seen.id, 9), settlement.occurrences);
    const [event, ...more] = (await under.other.events.list({ limit: 99 })).filter(
      ({ type }) => type === 'schedule.missed',
    );
    assert.deepEqual(more, []);
    assert.deepEqual([event?.connectionId, event?.postId, event?.data], [seen.connectionId, post.id, { count: 3 }]);
  },
  'an occurrence has one record: a second one writes nothing at all': async (under) => {
    const { schedule, post } = await settledPost(under);
    const second = postOf(schedule);
    const again = settlementOf(
      { ...schedule, nextAtMs: MORNING },
      { outcome: 'post', postId: second.id },
      { post: second, missed: { happening: 'again', data: {} } },
    );
    assert.equal(await under.other.schedules.settle(again), 'known');
    assert.equal(await under.store.posts.read(second.id), undefined);
    assert.deepEqual(await now(under.store, schedule), schedule);
    assert.equal((await under.store.schedules.occurrences(schedule.id, 9))[0]?.postId, post.id);
    assert.equal(
      (await under.store.events.list({ limit: 99 })).filter(({ type }) => type === 'schedule.missed').length,
      0,
    );
  },
  'of eight that settle the same occurrence at once, one does': async (under) => {
    const seen = await made(under);
    const settled = await Promise.all(
      Array.from({ length: 8 }, (_, index) => {
        const post = postOf(seen);
        const settlement = settlementOf(seen, { outcome: 'post', postId: post.id }, { post });
        return (index % 2 === 0 ? under.store : under.other).schedules.settle(settlement);
      }),
    );
    assert.equal(settled.filter((one) => one === 'settled').length, 1);
    assert.equal((await under.store.posts.list({ limit: 99, connectionIds: [seen.connectionId] })).items.length, 1);
  },
  'a gap of many is written as a whole, or not at all': async (under) => {
    const seen = await made(under);
    const one = settlementOf(seen).occurrences[0];
    assert.ok(one !== undefined);
    const gap = [1, 2, 3].map((day) => ({ ...one, atMs: MORNING + day * 86_400_000 }));
    const next = { ...seen, version: 2 };
    const nothing = { post: undefined, measurement: undefined, missed: undefined };
    assert.equal(await under.store.schedules.settle({ next, occurrences: gap, ...nothing }), 'settled');
    const overlapping = [{ ...one, atMs: MORNING + 9 * 86_400_000 }, gap[2] ?? one];
    const later = { ...next, version: 3 };
    assert.equal(await under.store.schedules.settle({ next: later, occurrences: overlapping, ...nothing }), 'known');
    assert.deepEqual(
      (await under.store.schedules.occurrences(seen.id, 99)).map(({ atMs }) => (atMs - MORNING) / 86_400_000),
      [3, 2, 1],
    );
  },
  'what is due is taken once, the longest due first, and again after its taker is silent': async (under) => {
    const { store, other, clock } = under;
    const nowMs = clock.nowMs();
    const ids = [];
    for (const dueAtMs of [nowMs + 1, nowMs, nowMs - 5, undefined]) ids.push((await made(under, { dueAtMs })).id);
    assert.equal(await store.schedules.nextDueAtMs(), nowMs - 5);
    assert.deepEqual(await store.schedules.takeDue({ againAtMs: nowMs + 60_000, limit: 1 }), [ids[2]]);
    assert.deepEqual(await other.schedules.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), [ids[1]]);
    assert.deepEqual(await store.schedules.takeDue({ againAtMs: nowMs + 60_000, limit: 9 }), []);
    await clock.advance(60_000);
    assert.deepEqual(
      (await store.schedules.takeDue({ againAtMs: nowMs + 120_000, limit: 9 })).toSorted(),
      ids.slice(0, 3).toSorted(),
    );
  },
  'taking what is due is no change that others would see as one': async (under) => {
    const seen = await made(under, { dueAtMs: under.clock.nowMs() });
    await under.store.schedules.takeDue({ againAtMs: under.clock.nowMs() + 60_000, limit: 9 });
    assert.equal(await under.other.schedules.settle(settlementOf(seen)), 'settled');
  },
  'a post that moved first keeps a schedule from changing': async (under) => {
    const { schedule, post } = await settledPost(under);
    const cancelled = {
      next: { ...post, status: 'cancelled', dueAtMs: undefined, version: 2 },
      attempts: [],
      event: undefined,
    } as const;
    assert.deepEqual(await under.other.posts.apply([cancelled]), { kind: 'applied' });
    const change = {
      next: { ...schedule, version: 3, isPaused: true, dueAtMs: undefined },
      posts: [cancelled],
      reopened: [MORNING],
    };
    assert.equal(await under.store.schedules.change(change), false);
    assert.equal(await under.store.schedules.remove(schedule, [cancelled]), false);
    assert.deepEqual(await now(under.store, schedule), schedule);
    assert.equal((await under.store.schedules.occurrences(schedule.id, 9)).length, 1);
  },
  'an occurrence that was taken back may be made again': async (under) => {
    const { schedule, post } = await settledPost(under);
    assert.deepEqual(await under.store.schedules.unsentPosts(schedule.id), [{ post, atMs: MORNING }]);
    const cancelled = {
      next: { ...post, status: 'cancelled', dueAtMs: undefined, version: 2 },
      attempts: [],
      event: undefined,
    } as const;
    const next = { ...schedule, version: 3, nextAtMs: MORNING };
    assert.equal(await under.store.schedules.change({ next, posts: [cancelled], reopened: [MORNING] }), true);
    assert.equal((await under.other.posts.read(post.id))?.status, 'cancelled');
    assert.deepEqual(await under.other.schedules.unsentPosts(schedule.id), []);
    assert.equal(await under.store.schedules.settle(settlementOf(next)), 'settled');
  },
  'an occurrence whose post was cancelled reads as skipped': async (under) => {
    const { schedule, post } = await settledPost(under);
    const cancelled = {
      next: { ...post, status: 'cancelled', dueAtMs: undefined, version: 2 },
      attempts: [],
      event: undefined,
    } as const;
    await under.store.posts.apply([cancelled]);
    const [occurrence] = await under.store.schedules.occurrences(schedule.id, 9);
    assert.deepEqual([occurrence?.outcome, occurrence?.postId], ['skipped', post.id]);
  },
  'a schedule that is removed takes its occurrences along, and leaves its posts': async (under) => {
    const { schedule, post } = await settledPost(under);
    assert.equal(await under.store.schedules.remove(schedule, []), true);
    assert.deepEqual(await under.store.schedules.occurrences(schedule.id, 9), []);
    assert.equal((await under.store.posts.read(post.id))?.status, 'scheduled');
  },
  'schedules are listed the oldest first, by pages, of the connections that are asked for': async (under) => {
    const { store } = under;
    const mine: Schedule[] = [];
    for (const createdAtMs of [3, 1, 2, 2]) mine.push(await made(under, { createdAtMs }));
    const ordered = mine.toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
    const first = await store.schedules.list({ limit: 3 });
    const rest = await store.schedules.list({ limit: 3, cursor: first.nextCursor });
    assert.deepEqual([...first.items, ...rest.items], ordered);
    assert.equal(rest.nextCursor, undefined);
    const connectionIds = [mine[0]!.connectionId];
    assert.deepEqual((await store.schedules.list({ limit: 9, connectionIds })).items, [mine[0]]);
    assert.deepEqual((await store.schedules.list({ limit: 9, connectionIds: [] })).items, []);
    await assert.rejects(
      store.schedules.list({ limit: 9, cursor: 'nonsense' }),
      (error) => error instanceof KippuError && error.code === 'invalid' && error.where === '/cursor',
    );
  },
  'the latest texts of an account are what is out and what is about to be, each once': async (under) => {
    const { store } = under;
    const seen = await made(under);
    const { connectionId } = seen;
    const write = async (text: string, fields: Partial<Post>): Promise<void> => {
      await store.posts.create(postOf(seen, { text, ...fields }));
    };
    const out = (atMs: number, remoteId: string): Partial<Post> => ({
      status: 'published',
      dueAtMs: undefined,
      publishedAtMs: atMs,
      remoteId,
      remoteEvidence: 'answer',
    });
    await write('old', out(MORNING - 3, '1'));
    await write('twice', out(MORNING - 2, '2'));
    await write('twice', out(MORNING - 4, '3'));
    await write('soon', { publishAtMs: MORNING - 1 });
    await write('later', { publishAtMs: MORNING + 1 });
    await write('never', { status: 'cancelled', dueAtMs: undefined });
    await write('failed', { status: 'failed', dueAtMs: undefined });
    const texts = (limit: number): Promise<readonly string[]> =>
      store.schedules.recentTexts({ connectionId, untilMs: MORNING, limit });
    assert.deepEqual(await texts(9), ['soon', 'twice', 'old']);
    assert.deepEqual(await texts(1), ['soon']);
  },
  'for each connection it is known when it publishes next': async (under) => {
    const { store } = under;
    const seen = await made(under, { nextAtMs: MORNING + 9 });
    await store.schedules.create(sampleSchedule(seen.connectionId, { nextAtMs: MORNING + 5 }));
    await store.schedules.create(
      sampleSchedule(seen.connectionId, { nextAtMs: 1, isPaused: true, dueAtMs: undefined }),
    );
    await store.schedules.create(
      sampleSchedule(seen.connectionId, { nextAtMs: 2, task: { kind: 'collect', what: 'followers' } }),
    );
    const other = await made(under, { nextAtMs: MORNING + 7 });
    await store.posts.create(postOf(other, { publishAtMs: MORNING + 3 }));
    await store.posts.create(postOf(other, { publishAtMs: MORNING + 1, status: 'cancelled', dueAtMs: undefined }));
    const all = [
      { connectionId: seen.connectionId, atMs: MORNING + 5 },
      { connectionId: other.connectionId, atMs: MORNING + 3 },
    ].toSorted((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
    assert.deepEqual(await store.schedules.upcoming({ limit: 9 }), all);
    assert.deepEqual(await store.schedules.upcoming({ limit: 1 }), all.slice(0, 1));
    assert.deepEqual(await store.schedules.upcoming({ limit: 9, after: all[0]?.connectionId }), all.slice(1));
    assert.deepEqual(
      await store.schedules.upcoming({ limit: 9, connectionId: other.connectionId }),
      all.filter(({ connectionId }) => connectionId === other.connectionId),
    );
  },
  'a gap in a series does not wipe out what another schedule measured then': async (under) => {
    const collect = { kind: 'collect', what: 'followers' } as const;
    const first = await made(under, { task: collect });
    const second = sampleSchedule(first.connectionId, { task: collect });
    await under.store.schedules.create(second);
    const { connectionId } = first;
    const measured = {
      connectionId,
      measure: 'followers',
      atMs: MORNING,
      detail: undefined,
      costMicroUsd: 10,
    } as const;
    const settle = (schedule: Schedule, value: number | undefined) =>
      under.store.schedules.settle(
        settlementOf(schedule, { outcome: 'collected' }, { measurement: { ...measured, value } }),
      );
    assert.equal(await settle(first, 5), 'settled');
    assert.equal(await settle(second, undefined), 'settled');
  },
  'a paused schedule cannot be due': async (under) => {
    await assert.rejects(made(under, { isPaused: true, dueAtMs: 1 }));
  },
  'a warning before a post is announced once for a grant, and not on the day of another': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const end = { daysBefore: 3, refreshExpiresAtMs: clock.nowMs() + 3 * 86_400_000 };
    const beforePost = { postAtMs: clock.nowMs() + 4 * 86_400_000, grantedAtMs: 5 };
    const warn = (warning: object): Promise<boolean> =>
      store.credentials.warnReauthSoon(alice.id, { ...end, ...warning });
    assert.equal(await warn({ daysBefore: 7 }), true);
    assert.equal(await warn({ beforePost }), false, 'told already today');
    await clock.advance(86_400_000);
    assert.equal(await warn({ beforePost }), true);
    assert.equal(await warn({ beforePost: { ...beforePost, postAtMs: 9 } }), false, 'once for a grant');
    assert.equal(await warn({ daysBefore: 1 }), false, 'told already today');
    await clock.advance(86_400_000);
    assert.equal(await warn({ daysBefore: 1 }), true);
    assert.equal(await warn({ beforePost: { ...beforePost, grantedAtMs: 6 } }), false, 'told already today');
    await clock.advance(86_400_000);
    assert.equal(await warn({ beforePost: { ...beforePost, grantedAtMs: 6 } }), true, 'a new grant');
    const reasons = (await store.events.list({ limit: 99 }))
      .filter(({ type }) => type === 'connection.reauth_soon')
      .map(({ data }) => data['reason']);
    assert.deepEqual(reasons, ['end_is_near', 'before_next_post', 'end_is_near', 'before_next_post']);
  },
};
