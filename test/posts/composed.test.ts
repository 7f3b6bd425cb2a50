import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editSchedule } from '../../src/posts/schedules/change.ts';
import { publishNow, editPost } from '../../src/posts/change.ts';
import { createScheduleWorld, failing, written } from '../support/schedule-world.ts';

const COMMAND = { kind: 'command', command: 'write-a-greeting' } as const;
const MINUTE = 60_000;

describe('a text that somebody outside writes', () => {
  it('is asked for two minutes ahead, with what is worth knowing, and goes out on time', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    await world.posting.post({ text: 'said before' });
    world.composer.next(written('fresh of the morning', 20_000));
    await world.until('2026-11-22T00:10:00Z');
    const [asked, ...more] = world.composer.asked;
    assert.deepEqual(more, []);
    assert.equal(asked?.atMs, Date.parse('2026-11-21T23:58:00Z'));
    assert.deepEqual(asked?.facts, {
      schedule: schedule.id,
      connection: 'x:alice',
      occurrenceAtMs: Date.parse('2026-11-22T00:00:00Z'),
      localTime: '2026-11-22T09:00',
      timezone: 'Asia/Tokyo',
      n: 1,
      recentTexts: ['said before'],
    });
    assert.deepEqual(world.texts, ['said before', 'fresh of the morning']);
    const post = (await world.posts()).at(-1);
    assert.ok((post?.publishedAtMs ?? 0) - (post?.publishAtMs ?? 0) < 2000, 'on time');
  });

  it('may say itself whether a machine wrote it', async () => {
    const world = await createScheduleWorld();
    await world.create(COMMAND);
    world.composer.next({ answer: { kind: 'composed', text: 'beep', madeWithAi: true } });
    await world.until('2026-11-22T00:10:00Z');
    assert.equal((await world.posts())[0]?.madeWithAi, true);
  });

  it('that fails is asked for again, and the post is late but out', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    world.composer.next(
      failing('out of ideas', 60_000),
      failing('still none', 60_000),
      written(' '),
      written('at last'),
    );
    await world.until('2026-11-22T00:30:00Z');
    assert.deepEqual(world.texts, ['at last']);
    assert.equal(world.composer.asked.length, 4);
    assert.deepEqual(await world.story(schedule), ['22T09:00 post']);
    assert.deepEqual(await world.posting.events('schedule.missed'), []);
  });

  it('that never comes is a failed time, announced once with the reason, and the next morning is another', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    world.composer.usual = { kind: 'failed', detail: 'it ended with 3: no key' };
    await world.until('2026-11-22T12:00:00Z');
    const [occurrence] = await world.occurrences(schedule);
    assert.deepEqual([occurrence?.outcome, occurrence?.detail], ['failed', 'it ended with 3: no key']);
    assert.ok((occurrence?.recordedAtMs ?? 0) >= Date.parse('2026-11-22T00:58:00Z'), 'not given up early');
    assert.ok((occurrence?.recordedAtMs ?? 0) <= Date.parse('2026-11-22T01:00:00Z'), 'nor late');
    const [event, ...more] = await world.posting.events('schedule.missed');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event?.data['reason'], event?.data['detail'], event?.data['count']],
      ['no_text', 'it ended with 3: no key', 1],
    );
    assert.ok(world.composer.asked.length < 30, 'and not asked all the time');
    world.composer.next(written('a new day'));
    await world.until('2026-11-23T12:00:00Z');
    assert.deepEqual(await world.story(schedule), ['22T09:00 failed', '23T09:00 post']);
  });

  it('that is too long is kept as a draft, which a person can shorten and publish', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    world.composer.next(written('long '.repeat(100)));
    await world.until('2026-11-22T00:10:00Z');
    const [occurrence] = await world.occurrences(schedule);
    assert.equal(occurrence?.outcome, 'failed');
    assert.ok(occurrence.postId !== undefined);
    assert.equal((await world.posting.now(occurrence.postId)).status, 'draft');
    const [event] = await world.posting.events('schedule.missed');
    assert.deepEqual([event?.postId, event?.data['reason']], [occurrence.postId, 'text_not_publishable']);
    assert.match(String(event?.data['detail']), /shorten/);
    await editPost(occurrence.postId, { text: 'short' }, world.posting.ports);
    await publishNow(occurrence.postId, world.posting.ports);
    assert.deepEqual(world.texts, ['short']);
  });

  it('holds nobody up: other schedules go out on time meanwhile', async () => {
    const world = await createScheduleWorld();
    for (let index = 0; index < 6; index += 1) {
      await world.create(COMMAND);
      world.composer.next(written(`slow ${index}`, 55_000));
    }
    await world.create({ kind: 'text', text: 'quick' }, { cron: '58 8 * * *' });
    await world.until('2026-11-21T23:58:02Z');
    assert.deepEqual(world.texts, ['quick']);
    await world.until('2026-11-22T00:00:20Z');
    assert.equal(world.texts.length, 7);
  });

  it('is not asked for a second time while the first is under way', async () => {
    const world = await createScheduleWorld();
    await world.create(COMMAND);
    world.composer.next(written('patience', 60_000));
    await world.until('2026-11-22T00:05:00Z');
    assert.equal(world.composer.asked.length, 1);
    assert.deepEqual(world.texts, ['patience']);
  });

  it('that comes after somebody changed the schedule is not used', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    world.composer.next(written('of the old program', 30_000), written('of the new program'));
    await world.until('2026-11-21T23:58:10Z');
    const task = {
      kind: 'post',
      text: { kind: 'command', command: 'other' },
      madeWithAi: false,
      needsApproval: false,
    } as const;
    await editSchedule(schedule.id, { task }, world.ports);
    await world.until('2026-11-22T00:05:00Z');
    assert.deepEqual(world.texts, ['of the new program']);
  });

  it('that comes after a pause is not used either', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    world.composer.next(written('too late', 30_000));
    await world.until('2026-11-21T23:58:10Z');
    await editSchedule(schedule.id, { isPaused: true }, world.ports);
    await world.until('2026-11-22T00:05:00Z');
    assert.deepEqual(await world.posts(), []);
  });

  it('that comes after the latest time is not published', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND, { latestAfterMs: MINUTE });
    world.composer.next(failing('no', 60_000), failing('no', 30_000), written('late', 60_001));
    await world.until('2026-11-22T00:30:00Z');
    assert.deepEqual(world.texts, []);
    assert.deepEqual(await world.story(schedule), ['22T09:00 failed']);
  });

  it('after a gap is asked for once, for the latest of the times', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND, { missed: 'once' });
    await world.sleepUntil('2026-11-24T12:00:00Z');
    world.composer.next(failing('not yet'), written('sorry, was away'));
    await world.until('2026-11-24T12:10:00Z');
    assert.deepEqual(world.texts, ['sorry, was away']);
    assert.deepEqual(await world.story(schedule), ['22T09:00 missed', '23T09:00 missed', '24T09:00 post']);
    assert.equal((await world.posting.events('schedule.missed'))[0]?.data['count'], 3);
    assert.equal(world.composer.asked.at(-1)?.facts.localTime, '2026-11-24T09:00');
  });

  it('after a gap takes its time, and the next run that comes meanwhile is made as well', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND, { missed: 'once', cron: '*/2 * * * *' });
    await world.sleepUntil('2026-11-21T00:11:59Z');
    // The run of 10 may be late until 12: what is missed are those before.
    world.composer.usual = { kind: 'composed', text: 'later', madeWithAi: undefined };
    world.composer.next(written('now', 30_000));
    await world.until('2026-11-21T00:16:30Z');
    const minutes = (await world.story(schedule)).map((line) => line.split(' ')[0]);
    assert.deepEqual(
      minutes.slice(0, 8),
      ['02', '04', '06', '08', '10', '12', '14', '16'].map((minute) => `21T09:${minute}`),
    );
  });

  it('after a gap is not asked for without end', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND, { missed: 'once', cron: '0 9 1 1 *', timezone: 'UTC' });
    await world.sleepUntil('2027-02-01T00:00:00Z');
    await world.until('2027-02-02T00:00:00Z');
    assert.ok(world.composer.asked.length < 20);
    assert.equal((await world.occurrences(schedule))[0]?.outcome, 'failed');
    assert.equal((await world.posting.events('schedule.missed')).length, 1);
  });

  it('is let go when the worker stops, and asked for by the next', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    world.composer.next(written('never heard', 50_000));
    await world.until('2026-11-21T23:58:05Z');
    assert.equal(await world.stop(), true, 'nobody waits for it');
    assert.equal((await world.now(schedule)).failures, 0, 'it is no failure');
    world.composer.next(written('heard'));
    await world.until('2026-11-22T00:05:00Z');
    assert.deepEqual(world.texts, ['heard']);
  });

  it('that a crash interrupts is asked for again in time', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(COMMAND);
    world.posting.crashAt = 'schedule.composed';
    world.composer.next(written('lost'), written('again'));
    await world.until('2026-11-21T23:58:01Z');
    assert.equal(world.posting.crashedAt, 'schedule.composed');
    world.restart();
    await world.until('2026-11-22T00:00:02Z');
    assert.deepEqual(world.texts, ['again']);
    assert.deepEqual(await world.story(schedule), ['22T09:00 post']);
  });
});
