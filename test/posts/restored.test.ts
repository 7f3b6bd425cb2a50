import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { doubtWhatWasDue } from '../../src/posts/restored.ts';
import { createScheduleWorld, type ScheduleWorld } from '../support/schedule-world.ts';

const EVENING = '2026-11-21T20:00:00+09:00';
const TEXT = { kind: 'text', text: 'good morning' } as const;

/** What `kippu adopt` does with what was to be published. */
function adopt({ schedules, posting: { posts, clock, ports } }: ScheduleWorld): Promise<void> {
  return doubtWhatWasDue({ schedules, posts, clock, faults: ports.faults });
}

/** What the original published while this copy lay on a shelf. */
function publishedByTheOriginal({ posting }: ScheduleWorld, text: string): void {
  posting.x.publish(text);
}

describe('a store that was restored from a copy', () => {
  it('publishes no post a second time that had come due: it finds it on the timeline', async () => {
    const world = await createScheduleWorld({ start: EVENING });
    const { id } = await world.posting.post({ publishAt: '2026-11-21T21:00:00+09:00' });
    await world.sleepUntil('2026-11-21T21:00:30+09:00');
    publishedByTheOriginal(world, 'good morning');
    await world.sleepUntil('2026-11-21T21:10:00+09:00');
    await adopt(world);
    assert.equal((await world.posting.now(id)).status, 'unknown');
    await world.posting.pass(30 * MINUTE_MS);
    assert.deepEqual(world.texts, ['good morning']);
    const found = await world.posting.now(id);
    assert.deepEqual([found.status, found.remoteEvidence], ['published', 'timeline']);
  });

  it('leaves to a person what had come due and is not on the timeline', async () => {
    const world = await createScheduleWorld({ start: EVENING });
    const { id } = await world.posting.post({ publishAt: '2026-11-21T21:00:00+09:00' });
    await world.sleepUntil('2026-11-21T21:10:00+09:00');
    await adopt(world);
    await world.posting.pass(HOUR_MS);
    assert.deepEqual(world.texts, []);
    const post = await world.posting.now(id);
    assert.deepEqual([post.status, post.statusReason], ['unknown', 'not_on_timeline']);
  });

  it('calls no post failed whose latest time has passed: the original may have published it', async () => {
    const world = await createScheduleWorld({ start: EVENING });
    const { id } = await world.posting.post({ publishAt: '2026-11-21T21:00:00+09:00' });
    await world.sleepUntil('2026-11-21T21:01:00+09:00');
    publishedByTheOriginal(world, 'good morning');
    await world.sleepUntil('2026-11-23T21:10:00+09:00');
    await adopt(world);
    await world.posting.pass(HOUR_MS);
    assert.equal((await world.posting.now(id)).status, 'published');
  });

  it('publishes what is still to come', async () => {
    const world = await createScheduleWorld({ start: EVENING });
    const { id } = await world.posting.post({ publishAt: '2026-11-21T21:00:00+09:00' });
    await adopt(world);
    assert.equal((await world.posting.now(id)).status, 'scheduled');
    await world.posting.pass(2 * HOUR_MS);
    assert.deepEqual(world.texts, ['good morning']);
  });

  for (const missed of ['skip', 'once'] as const) {
    it(`makes nothing for the times that are past (${missed}), says so, and goes on`, async () => {
      const world = await createScheduleWorld({ start: EVENING });
      const schedule = await world.create(TEXT, { missed, latestAfterMs: 2 * HOUR_MS });
      await world.sleepUntil('2026-11-23T09:30:00+09:00');
      await adopt(world);
      await world.until('2026-11-23T20:00:00+09:00');
      assert.deepEqual(world.texts, []);
      assert.deepEqual(await world.story(schedule), ['22T09:00 missed', '23T09:00 missed']);
      const [event, ...others] = await world.posting.events('schedule.missed');
      assert.deepEqual([event?.data['reason'], event?.data['count'], others.length], ['restored', 2, 0]);
      await world.until('2026-11-24T10:00:00+09:00');
      assert.deepEqual(world.texts, ['good morning']);
    });
  }

  it('passes over every time although the first of them has its record', async () => {
    const world = await createScheduleWorld({ start: EVENING });
    const schedule = await world.create(TEXT, { cron: '0 * * * *' });
    const { nextAtMs } = schedule;
    assert.ok(nextAtMs !== undefined);
    await world.posting.db.write((tx) =>
      tx.run(`insert into occurrences values (:id, :atMs, 'failed', null, null, 0)`, {
        id: schedule.id,
        atMs: nextAtMs,
      }),
    );
    await world.sleepUntil('2026-11-21T23:30:00+09:00');
    await adopt(world);
    assert.deepEqual(await world.story(schedule), ['21T21:00 failed', '21T22:00 missed', '21T23:00 missed']);
    assert.equal((await world.now(schedule)).nextAtMs, Date.parse('2026-11-22T00:00:00+09:00'));
  });

  it('leaves measurements and what is paused as they are, and a second time there is nothing to do', async () => {
    const world = await createScheduleWorld({ start: EVENING });
    const measured = await world.create({ kind: 'collect', what: 'followers' }, { cron: '0 * * * *' });
    const posting = await world.create(TEXT, { cron: '0 * * * *' });
    await world.sleepUntil('2026-11-21T21:30:00+09:00');
    await adopt(world);
    const once = [await world.now(posting), await world.posting.events()];
    await adopt(world);
    assert.deepEqual([await world.now(posting), await world.posting.events()], once);
    assert.deepEqual(await world.now(measured), measured);
  });
});
