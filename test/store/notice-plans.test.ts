import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../../src/model/ids.ts';
import { insertEvent } from '../../src/store/sqlite/event-queries.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { sqliteNoticeStore } from '../../src/store/sqlite/notice-queries.ts';
import { RecordingDatabase } from '../support/recording-database.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

test('fanning out, taking, settling and listing cost the same with a hundred deliveries and with a million', async () => {
  const clock = new VirtualClock();
  const random = seededRandom('plans');
  const db = new RecordingDatabase(':memory:', clock);
  await migrate(db);
  const store = sqliteNoticeStore(db, { clock, random, faults: { reach: () => undefined } });
  const id = newId('whk', random);
  await store.createWebhook({
    id,
    url: 'https://a.example/',
    eventTypes: undefined,
    connections: undefined,
    sealed: Uint8Array.of(1),
    generation: 'g',
    overlapEndsAtMs: undefined,
    createdAtMs: 0,
    disabled: undefined,
  });
  for (const happening of ['one', 'two'])
    await db.write((tx) => insertEvent(tx, { happening, type: 'post.failed', data: {} }, { clock, random }));
  db.statements.clear();
  await store.fanOut({ channel: 'webhook', limit: 9 });
  const nowMs = clock.nowMs();
  const attempt = { startedAtMs: nowMs, endedAtMs: nowMs, status: 200, error: undefined };
  for (const outcome of [
    { kind: 'again', dueAtMs: nowMs + 1, tries: 1, holdUntilMs: nowMs } as const,
    { kind: 'delivered' } as const,
    // What failed before arrives: its lane is woken.
    { kind: 'delivered' } as const,
  ]) {
    const [taken] = await store.takeDue({
      channels: ['webhook', 'mail'],
      untilMs: clock.nowMs() + 9,
      limit: 9,
      probeBeforeMs: 0,
    });
    assert.ok(taken !== undefined);
    await store.settleDelivery({ taken, attempt, outcome });
    await clock.advance(1);
  }
  const [listed] = await store.deliveries({ destination: id, limit: 9 });
  await store.deliveryAttempts(listed!.id);
  await store.redeliver(listed!.id);
  await store.forgetDeliveries(nowMs, 9);
  assert.ok(db.statements.size > 15, 'too little was tried');
  for (const sql of [...db.statements]) {
    const plan = db.all(`explain query plan ${sql}`, {}).map((row) => String(row['detail']));
    // Webhooks are few, and lanes are one for each destination.
    const scans = plan.filter(
      (step) => /^SCAN (?!webhooks|lanes|due|CONSTANT)/.test(step) || /\(event_sequence<\?\)/.test(step),
    );
    assert.deepEqual(scans, [], sql);
  }
  const waking = [...db.statements].find((sql) => sql.includes('due_at_ms > :nowMs'));
  const plan = db.all(`explain query plan ${waking}`, {}).map((row) => String(row['detail']));
  assert.ok(
    plan.some((step) => step.includes('deliveries_lanes (channel=? AND destination=? AND due_at_ms>?)')),
    `waking a lane looks at all that it ever held: ${plan.join(', ')}`,
  );
  await db.close();
});
