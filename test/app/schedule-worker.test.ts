import assert from 'node:assert/strict';
import process from 'node:process';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATOR } from '../../src/app/api-keys.ts';
import { createSchedule, findSchedule, scheduleOccurrences } from '../../src/app/schedules.ts';
import type { TextSource } from '../../src/model/schedule.ts';
import { serveKippu, type ServedKippu } from '../server/served-kippu.ts';

/** A run each minute, so that the worker has something to do at once. */
async function scheduled(kippu: ServedKippu, text: TextSource): Promise<string> {
  const task = { kind: 'post', text, madeWithAi: false, needsApproval: false } as const;
  const wanted = { connection: 'x:alice', cron: '* * * * *', timezone: 'Asia/Tokyo', task };
  return (await createSchedule(wanted, OPERATOR, kippu.app)).schedule.id;
}

/** Real processes take real time; what waits for them sees the virtual clock. */
async function eventually(look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await look()) return;
    await sleep(25);
  }
  assert.fail('it never happened');
}

it(
  'the worker has a program write a text, and publishes it at its time',
  { skip: process.platform === 'win32' },
  async () => {
    await using kippu = await serveKippu({ withWorker: true });
    await kippu.connect('alice');
    kippu.worker?.start();
    const id = await scheduled(kippu, { kind: 'command', command: 'echo "text no. $SCHEDULE_N"' });
    await kippu.clock.advance(1000);
    await eventually(async () => (await scheduleOccurrences(id, 9, OPERATOR, kippu.app)).length > 0);
    await kippu.clock.advance(61_000);
    assert.equal(kippu.x.state().posts[0]?.text, 'text no. 1');
  },
);

it(
  'a worker that stops lets a program go at once, and leaves its time to the next one',
  { skip: process.platform === 'win32' },
  async () => {
    await using kippu = await serveKippu({ withWorker: true });
    await kippu.connect('alice');
    kippu.worker?.start();
    const id = await scheduled(kippu, { kind: 'command', command: 'sleep 300' });
    const quick = await scheduled(kippu, { kind: 'list', texts: ['one', 'two'] });
    await kippu.clock.advance(1000);
    const startedMs = performance.now();
    const before = (await findSchedule(id, OPERATOR, kippu.app)).schedule;
    assert.ok((before.dueAtMs ?? 0) > kippu.clock.nowMs() + 60_000, 'somebody is at it');
    assert.ok((await scheduleOccurrences(quick, 9, OPERATOR, kippu.app)).length > 0, 'and holds nobody up');
    await kippu.until(kippu.worker?.stop() ?? Promise.resolve());
    await eventually(async () => {
      const { dueAtMs = 0, failures } = (await findSchedule(id, OPERATOR, kippu.app)).schedule;
      return dueAtMs <= kippu.clock.nowMs() && failures === 0;
    });
    assert.ok(performance.now() - startedMs < 10_000);
    assert.deepEqual(await scheduleOccurrences(id, 9, OPERATOR, kippu.app), []);
  },
);

it('the worker announces by itself that a consent will be over when the next run is due', async () => {
  await using kippu = await serveKippu({ withWorker: true });
  await kippu.connect('alice', { offline: false });
  const task = {
    kind: 'post',
    text: { kind: 'text', text: 'hello' },
    madeWithAi: false,
    needsApproval: false,
  } as const;
  const wanted = { connection: 'x:alice', cron: '0 9 * * *', timezone: 'Asia/Tokyo', task };
  await createSchedule(wanted, OPERATOR, kippu.app);
  kippu.worker?.start();
  await kippu.clock.advance(1000);
  const [event] = (await kippu.app.store.events.list({ limit: 99 })).filter(
    ({ type }) => type === 'connection.reauth_soon',
  );
  assert.equal(event?.data['reason'], 'before_next_post');
});
