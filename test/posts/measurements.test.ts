import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScheduleWorld } from '../support/schedule-world.ts';

describe('measurements on a schedule', () => {
  const collect = { kind: 'collect', what: 'followers' } as const;
  const broken = { kind: 'failed', detail: 'HTTP 503', retryAtMs: undefined } as const;

  async function series(world: Awaited<ReturnType<typeof createScheduleWorld>>): Promise<readonly unknown[]> {
    return world.posting.db
      .all('select at_ms, value, detail from metrics order by at_ms')
      .map((row) => [new Date(Number(row['at_ms'])).toISOString().slice(8, 16), row['value'], row['detail']]);
  }

  it('are taken at their time, each once', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(collect, { cron: '0 * * * *' });
    await world.until('2026-11-21T02:30:00Z');
    assert.deepEqual(await world.story(schedule), ['21T10:00 collected', '21T11:00 collected']);
    assert.deepEqual(await series(world), [
      ['21T01:00', 5, null],
      ['21T02:00', 5, null],
    ]);
  });

  it('that fail are tried again, not before the network says so', async () => {
    const world = await createScheduleWorld();
    const retryAtMs = Date.parse('2026-11-21T01:20:00Z');
    world.collected.push({ ...broken, retryAtMs }, broken);
    const schedule = await world.create(collect, { cron: '0 * * * *' });
    await world.until('2026-11-21T01:19:59Z');
    assert.deepEqual(await series(world), []);
    assert.equal(world.collected.length, 1);
    await world.until('2026-11-21T01:30:00Z');
    assert.deepEqual(await world.story(schedule), ['21T10:00 collected']);
    assert.deepEqual(await series(world), [['21T01:00', 5, null]]);
  });

  it('that fail until the next time are a gap, which says why', async () => {
    const world = await createScheduleWorld();
    world.collected.push(...Array.from({ length: 40 }, () => broken));
    const schedule = await world.create(collect, { cron: '*/30 * * * *' });
    await world.until('2026-11-21T00:59:59Z');
    world.collected.length = 0;
    await world.until('2026-11-21T01:05:00Z');
    assert.deepEqual(await world.story(schedule), ['21T09:30 failed', '21T10:00 collected']);
    assert.deepEqual(await series(world), [
      ['21T00:30', null, 'HTTP 503'],
      ['21T01:00', 5, null],
    ]);
  });

  it('that nobody took in time are gaps, and not made up afterwards, whatever the policy', async () => {
    const world = await createScheduleWorld();
    const schedule = await world.create(collect, { missed: 'once' });
    await world.sleepUntil('2026-11-24T12:00:00Z');
    await world.until('2026-11-24T12:00:05Z');
    assert.deepEqual(await world.story(schedule), ['22T09:00 missed', '23T09:00 missed', '24T09:00 missed']);
    const nobody = 'Nobody was there at its time, or until its latest time.';
    assert.deepEqual(await series(world), [
      ['22T00:00', null, nobody],
      ['23T00:00', null, nobody],
      ['24T00:00', null, nobody],
    ]);
  });
});
