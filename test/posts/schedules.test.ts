import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cancelPost, approvePost } from '../../src/posts/change.ts';
import { editSchedule, removeSchedule } from '../../src/posts/schedules/change.ts';
import { previewRuns } from '../../src/posts/schedules/preview.ts';
import { tendDueSchedules } from '../../src/posts/schedules/tend.ts';
import { createScheduleWorld, written } from '../support/schedule-world.ts';

const DAILY = { kind: 'template', template: 'Good morning, {weekday} {date}, no. {n}', variables: {} } as const;

describe('a schedule', () => {
  it('publishes every morning at nine where it lives', async () => {
    const world = await createScheduleWorld({ start: '2026-11-21T00:00:30Z' });
    const schedule = await world.create(DAILY);
    await world.until('2026-11-24T12:00:00Z');
    assert.deepEqual(world.texts, [
      'Good morning, Sunday 2026-11-22, no. 1',
      'Good morning, Monday 2026-11-23, no. 2',
      'Good morning, Tuesday 2026-11-24, no. 3',
    ]);
    assert.deepEqual(await world.story(schedule), ['22T09:00 post', '23T09:00 post', '24T09:00 post']);
    for (const post of await world.posts()) {
      assert.equal(post.status, 'published');
      assert.equal(post.timezone, 'Asia/Tokyo');
      assert.ok((post.publishedAtMs ?? 0) - (post.publishAtMs ?? 0) < 2000, 'on time');
      assert.ok(post.preparedAtMs !== undefined && post.preparedAtMs < (post.publishAtMs ?? 0), 'token ready ahead');
    }
  });

  it('makes its post five minutes ahead, so that it can be seen', async () => {
    const world = await createScheduleWorld();
    await world.create(DAILY);
    await world.until('2026-11-21T23:54:59Z');
    assert.deepEqual(await world.posts(), []);
    await world.until('2026-11-21T23:55:01Z');
    const [post] = await world.posts();
    assert.equal(post?.status, 'scheduled');
    assert.equal(post?.publishAtMs, Date.parse('2026-11-22T00:00:00Z'));
    assert.equal(post?.latestAtMs, Date.parse('2026-11-22T01:00:00Z'));
  });

  it('waits for an approval where one is needed, until the latest time', async () => {
    const world = await createScheduleWorld();
    await world.create({ kind: 'post', text: DAILY, madeWithAi: true, needsApproval: true });
    await world.until('2026-11-21T11:59:00Z');
    assert.deepEqual(await world.posts(), []);
    await world.until('2026-11-21T12:01:00Z');
    const [first] = await world.posts();
    assert.ok(first !== undefined, 'twelve hours ahead');
    assert.deepEqual([first.status, first.madeWithAi], ['needs_approval', true]);
    await approvePost(first.id, world.posting.ports);
    await world.until('2026-11-23T02:00:00Z');
    assert.deepEqual(
      (await world.posts()).map(({ status }) => status),
      ['published', 'failed'],
    );
  });

  it('with a rule of every minute is never late by more than a minute, and sends no two at once after a stop', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY, { cron: '* * * * *' });
    await world.until('2026-11-21T00:03:30Z');
    await world.sleepUntil('2026-11-21T00:30:10Z');
    await world.until('2026-11-21T00:33:30Z');
    const outcomes = (await world.occurrences(schedule)).map(({ outcome }) => outcome);
    const failed = (await world.posts()).filter(({ status }) => status === 'failed');
    // Those made ahead found nobody to send them in time; the one of this very minute went out.
    assert.ok(failed.every(({ statusReason }) => statusReason === 'too_late'));
    assert.equal(outcomes.filter((outcome) => outcome === 'missed').length, 29 - 8);
    const sent = world.posting.x.created.length;
    assert.equal(sent, 3 + 4);
  });

  it('whose connection was revoked stays, and goes on when the account is connected again', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    world.posting.tokens.failWith('revoked');
    await world.until('2026-11-22T02:00:00Z');
    const [failed] = await world.posts();
    assert.deepEqual([failed?.status, failed?.statusReason], ['failed', 'revoked']);
    world.posting.tokens.recover();
    await world.until('2026-11-23T02:00:00Z');
    assert.equal(world.texts.length, 1);
    assert.deepEqual(await world.story(schedule), ['22T09:00 post', '23T09:00 post']);
  });
});

describe('a list', () => {
  const list = { kind: 'list', texts: ['one', 'two', 'three'] } as const;

  it('is published one after the other, and from the start again', async () => {
    const world = await createScheduleWorld();
    await world.create(list);
    await world.until('2026-11-26T12:00:00Z');
    assert.deepEqual(world.texts, ['one', 'two', 'three', 'one', 'two']);
  });

  it('never repeats what the account published most recently, whoever published it', async () => {
    const world = await createScheduleWorld();
    await world.create(list);
    await world.posting.post({ text: 'one ' });
    await world.until('2026-11-22T12:00:00Z');
    await world.posting.post({ text: 'three' });
    await world.until('2026-11-23T12:00:00Z');
    assert.deepEqual(world.texts, ['one ', 'two', 'three', 'one']);
  });

  it('knows a text that is waiting to be published as one that is published', async () => {
    const world = await createScheduleWorld();
    await world.create(list);
    await world.posting.post({ text: 'one', publishAt: '2026-11-21T23:59:00Z' });
    await world.until('2026-11-22T12:00:00Z');
    assert.deepEqual(world.texts, ['one', 'two']);
  });

  it('of two goes back and forth, also when the account published one of them in between', async () => {
    const world = await createScheduleWorld();
    await world.create({ kind: 'list', texts: ['tick', 'tock'] });
    await world.until('2026-11-22T12:00:00Z');
    await world.posting.post({ text: 'tock' });
    await world.until('2026-11-24T12:00:00Z');
    assert.deepEqual(world.texts, ['tick', 'tock', 'tick', 'tock']);
  });
});

describe('missed times', () => {
  const cases = [
    { missed: 'skip', texts: ['no. 1', 'no. 2'], of: ['missed', 'missed', 'missed'] },
    { missed: 'once', texts: ['no. 1', 'no. 2', 'no. 3'], of: ['missed', 'missed', 'post'] },
  ] as const;
  for (const { missed, texts, of } of cases) {
    it(`of days on which nobody was there: ${missed}`, async () => {
      const world = await createScheduleWorld();
      const schedule = await world.create({ ...DAILY, template: 'no. {n}' }, { missed });
      await world.until('2026-11-22T12:00:00Z');
      await world.sleepUntil('2026-11-25T12:00:00Z');
      await world.until('2026-11-25T12:00:10Z');
      assert.deepEqual(await world.story(schedule), [
        '22T09:00 post',
        `23T09:00 ${of[0]}`,
        `24T09:00 ${of[1]}`,
        `25T09:00 ${of[2]}`,
      ]);
      const [event, ...more] = await world.posting.events('schedule.missed');
      assert.deepEqual(more, []);
      assert.deepEqual(
        [event?.data['count'], event?.data['is_counted'], event?.data['first_at_ms'], event?.data['last_at_ms']],
        [3, true, Date.parse('2026-11-23T00:00:00Z'), Date.parse('2026-11-25T00:00:00Z')],
      );
      await world.until('2026-11-26T12:00:00Z');
      assert.deepEqual(world.texts, texts);
    });
  }

  for (const missed of ['skip', 'once'] as const) {
    it(`with one still in time make that one and no other: ${missed}`, async () => {
      const world = await createScheduleWorld();
      const schedule = await world.create(DAILY, { missed });
      await world.sleepUntil('2026-11-24T00:40:00Z');
      await world.until('2026-11-24T00:40:10Z');
      assert.deepEqual(await world.story(schedule), ['22T09:00 missed', '23T09:00 missed', '24T09:00 post']);
      assert.equal(world.texts.length, 1);
      assert.equal((await world.posting.events('schedule.missed'))[0]?.data['count'], 2);
    });
  }

  it('are counted up to a bound, and the last of them is known', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY, { cron: '* * * * *' });
    await world.sleepUntil('2026-11-25T00:00:00Z');
    await world.until('2026-11-25T00:00:20Z');
    const [event] = await world.posting.events('schedule.missed');
    assert.deepEqual([event?.data['count'], event?.data['is_counted']], [1001, false]);
    assert.equal(event?.data['last_at_ms'], Date.parse('2026-11-24T23:59:00Z'));
    assert.equal((await world.now(schedule)).nextAtMs, Date.parse('2026-11-25T00:06:00Z'), 'it goes on');
  });

  it('of a schedule that was paused are none: it goes on with the next', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY, { missed: 'once' });
    await editSchedule(schedule.id, { isPaused: true }, world.ports);
    await world.until('2026-11-24T12:00:00Z');
    await editSchedule(schedule.id, { isPaused: false }, world.ports);
    await world.until('2026-11-25T12:00:00Z');
    assert.deepEqual(await world.story(schedule), ['25T09:00 post']);
    assert.deepEqual(await world.posting.events('schedule.missed'), []);
  });
});

describe('a person', () => {
  it('who pauses takes back what was made ahead; going on in time makes it again', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    await world.until('2026-11-21T23:56:00Z');
    await editSchedule(schedule.id, { isPaused: true }, world.ports);
    assert.deepEqual(
      (await world.posts()).map(({ status }) => status),
      ['cancelled'],
    );
    assert.deepEqual(await world.occurrences(schedule), []);
    await editSchedule(schedule.id, { isPaused: false }, world.ports);
    await world.until('2026-11-22T00:10:00Z');
    assert.deepEqual(world.texts, ['Good morning, Sunday 2026-11-22, no. 1']);
    assert.deepEqual(await world.story(schedule), ['22T09:00 post']);
  });

  it('who pauses while a post waits past its time cancels that too, and its time does not come again', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    world.posting.tokens.failWith('unavailable');
    await world.until('2026-11-22T00:05:00Z');
    await editSchedule(schedule.id, { isPaused: true }, world.ports);
    await editSchedule(schedule.id, { isPaused: false }, world.ports);
    world.posting.tokens.recover();
    await world.until('2026-11-22T12:00:00Z');
    assert.deepEqual(world.texts, []);
    assert.deepEqual(await world.story(schedule), ['22T09:00 skipped']);
  });

  it('who cancels the post by hand has skipped that time, and no second post is made for it', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    await world.until('2026-11-21T23:56:00Z');
    const [post] = await world.posts();
    assert.ok(post !== undefined);
    await cancelPost(post.id, world.posting.ports);
    // Also not when the rule is said anew, from which the same time comes out again.
    await editSchedule(schedule.id, { cron: '00 9 * * *' }, world.ports);
    await world.until('2026-11-23T12:00:00Z');
    assert.deepEqual(await world.story(schedule), ['22T09:00 skipped', '23T09:00 post']);
    assert.equal(world.texts.length, 1);
  });

  it('who cancels by hand, says the rule anew and goes away has missed only what came after', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    await world.until('2026-11-21T23:56:00Z');
    const [post] = await world.posts();
    assert.ok(post !== undefined);
    await cancelPost(post.id, world.posting.ports);
    await editSchedule(schedule.id, { cron: '00 9 * * *' }, world.ports);
    await world.sleepUntil('2026-11-24T12:00:00Z');
    await world.until('2026-11-24T12:00:10Z');
    assert.deepEqual(await world.story(schedule), ['22T09:00 skipped', '23T09:00 missed', '24T09:00 missed']);
    assert.equal((await world.posting.events('schedule.missed'))[0]?.data['count'], 2);
  });

  it('who changes the text five minutes before gets the new one', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    await world.until('2026-11-21T23:57:00Z');
    const task = {
      kind: 'post',
      text: { kind: 'text', text: 'other' },
      madeWithAi: false,
      needsApproval: false,
    } as const;
    await editSchedule(schedule.id, { task }, world.ports);
    await world.until('2026-11-22T00:10:00Z');
    assert.deepEqual(world.texts, ['other']);
    assert.deepEqual(await world.story(schedule), ['22T09:00 post']);
  });

  it('who moves it to ten takes nine back', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    await world.until('2026-11-21T23:57:00Z');
    await editSchedule(schedule.id, { cron: '0 10 * * *' }, world.ports);
    await world.until('2026-11-22T12:00:00Z');
    assert.deepEqual(await world.story(schedule), ['22T10:00 post']);
  });

  it('who removes it cancels what is not sent, and keeps what was', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(DAILY);
    await world.until('2026-11-22T23:57:00Z');
    await removeSchedule(schedule.id, world.ports);
    await world.until('2026-11-25T12:00:00Z');
    assert.equal(world.texts.length, 1);
    assert.deepEqual(
      (await world.posts()).map(({ status }) => status),
      ['published', 'cancelled'],
    );
    await assert.rejects(editSchedule(schedule.id, { isPaused: true }, world.ports), /no schedule/);
  });

  it('sees what comes, with the texts that are known and what clocks do to the times', async () => {
    const world = await createScheduleWorld({ start: '2026-10-30T00:00:00Z' });
    const schedule = await world.create(
      { kind: 'list', texts: ['one', 'two'] },
      { cron: '30 1 * * *', timezone: 'America/New_York' },
    );
    assert.deepEqual(await previewRuns(schedule, 3, world.ports), [
      { atMs: Date.parse('2026-10-30T05:30:00Z'), text: 'one', note: undefined },
      { atMs: Date.parse('2026-10-31T05:30:00Z'), text: 'two', note: undefined },
      { atMs: Date.parse('2026-11-01T05:30:00Z'), text: 'one', note: 'first_of_two' },
    ]);
  });
});

describe('a process that dies', () => {
  for (const point of ['schedule.composed', 'schedule.settled'] as const) {
    it(`at ${point} leaves one post for the time, and the schedule goes on`, async () => {
      const world = await createScheduleWorld();
      const schedule = await world.create(DAILY);
      world.posting.crashAt = point;
      await world.until('2026-11-21T23:55:01Z');
      assert.equal(world.posting.crashedAt, point);
      assert.equal((await world.posts()).length, point === 'schedule.settled' ? 1 : 0);
      world.restart();
      await world.until('2026-11-23T12:00:00Z');
      assert.deepEqual(await world.story(schedule), ['22T09:00 post', '23T09:00 post']);
      assert.deepEqual(world.texts.length, 2);
      assert.equal((await world.posts()).length, 2);
    });
  }

  it('between taking and making is followed by another within two minutes, well before the time', async () => {
    const world = await createScheduleWorld();
    await world.create(DAILY);
    await world.sleepUntil('2026-11-21T23:55:00Z');
    await world.schedules.takeDue({ againAtMs: world.clock.nowMs() + 90_000, limit: 1 });
    world.restart();
    await world.until('2026-11-22T00:00:02Z');
    assert.equal(world.texts.length, 1);
  });
});

describe('two workers at once', () => {
  it('make one post for each time between them', async () => {
    const world = await createScheduleWorld();
    const schedules = await Promise.all(
      Array.from({ length: 12 }, (_, index) => world.create({ ...DAILY, template: `${index}: {date}` })),
    );
    await world.sleepUntil('2026-11-21T23:55:00Z');
    const rounds = await Promise.all([1, 2, 3].map(() => tendDueSchedules(world.ports, { limit: 5 })));
    assert.deepEqual(
      rounds.flatMap(({ failures }) => failures),
      [],
    );
    assert.equal(new Set(rounds.flatMap(({ tended }) => tended)).size, 12);
    await world.until('2026-11-22T00:05:00Z');
    assert.equal(new Set(world.texts).size, 12);
    assert.equal(world.texts.length, 12);
    for (const schedule of schedules) assert.deepEqual(await world.story(schedule), ['22T09:00 post']);
  });

  it('of which one is late with what it has seen change nothing that the other wrote', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create({ kind: 'command', command: 'slow' });
    world.composer.next(written('of the slow one', 100_000), written('of the other'));
    await world.until('2026-11-22T00:05:00Z');
    assert.deepEqual(world.texts, ['of the other']);
    assert.deepEqual(await world.story(schedule), ['22T09:00 post']);
    assert.equal((await world.now(schedule)).made, 1);
  });
});
