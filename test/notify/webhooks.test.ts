import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { Secret } from '../../src/model/secret.ts';
import { sealSecrets } from '../../src/notify/webhook/secrets.ts';
import { connected } from '../support/store-samples.ts';
import { ringEntry, vaultOf } from '../vault/rings.ts';
import { NoticeWorld } from './notice-world.ts';
import { answered, UNREACHABLE } from './receivers.ts';

describe('a webhook', () => {
  it('gets each event once, in the order of happening, thin and with its names', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    const { id } = await world.webhook('app');
    const alice = await connected(world.store, 'alice', world.clock.nowMs());
    await world.store.credentials.endGrant(alice.id, 1, 'expired');
    await world.pass('5s');
    const bodies = world.receivers.at('app').map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    assert.deepEqual(
      bodies.map(({ type }) => type),
      ['connection.created', 'connection.reauth_required'],
    );
    const [, ended] = await world.store.events.list({ limit: 9 });
    assert.deepEqual(bodies[1], {
      type: 'connection.reauth_required',
      timestamp: new Date(ended!.atMs).toISOString(),
      data: {
        name: 'x:alice',
        reason: 'expired',
        sequence: ended!.sequence,
        connection: { id: alice.id, name: 'x:alice', provider: 'x', owner: '', state: 'reauth_required' },
      },
    });
    assert.equal(world.receivers.at('app')[1]?.headers['webhook-id'], ended!.id);
    assert.deepEqual(
      (await world.deliveries(id)).map(({ state, lastStatus }) => [state, lastStatus]),
      [
        ['delivered', 204],
        ['delivered', 204],
      ],
    );
  });

  it('that is older than the first process that ever delivers hears of all that came after it, and of nothing before', async () => {
    await using world = await NoticeWorld.create();
    await world.happen('connection.created');
    const { id } = await world.webhook('app');
    const happened = [await world.happen('connection.renewed'), await world.happen('connection.reauth_required')];
    await world.process();
    await world.pass('5s');
    assert.deepEqual(world.receivers.accepted('app'), happened);
    assert.equal((await world.deliveries(id)).length, happened.length);
  });

  it('that is down for a day loses nothing, and gets what waited in the order of happening', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    const { id } = await world.webhook('app');
    world.receivers.react('app', UNREACHABLE);
    const happened: string[] = [];
    for (let hour = 0; hour < 24; hour += 1) {
      happened.push(await world.happen('connection.renewed'));
      await world.pass('1h', { every: '4m' });
    }
    assert.deepEqual(world.receivers.accepted('app'), []);
    world.receivers.react('app', 200);
    await world.pass('6h', { every: '4m' });
    // Whichever finds the receiver back may be early; all others follow in order.
    const [first, ...others] = world.receivers.accepted('app');
    assert.deepEqual(
      others,
      happened.filter((id) => id !== first),
    );
    assert.ok(first !== undefined && happened.includes(first));
    assert.ok((await world.deliveries(id)).every(({ state }) => state === 'delivered'));
  });

  it('is tried ten times over three days, at growing distances, and then given up with a note', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    const { id } = await world.webhook('app');
    world.receivers.react('app', 500);
    await world.happen('connection.renewed');
    await world.pass('1m');
    await world.pass('5d', { every: '2m' });
    const times = world.receivers.at('app').map(({ atMs }) => atMs);
    const waits = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    const table = [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, ...[2, 5, 10, 14, 20, 24].map((h) => h * HOUR_MS)];
    assert.equal(waits.length, table.length);
    for (const [index, waitMs] of waits.entries()) {
      const plannedMs = table[index] ?? 0;
      assert.ok(waitMs >= plannedMs && waitMs <= plannedMs * 1.2 + 2 * MINUTE_MS, `wait ${index}: ${waitMs}`);
    }
    const [delivery] = await world.deliveries(id);
    assert.deepEqual([delivery?.state, delivery?.lastError], ['failed', 'the receiver answered 500']);
    assert.equal((await world.store.notices.deliveryAttempts(delivery!.id)).length, 10);
  });

  it('is given the time that it asks for, also for what happens meanwhile', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    await world.webhook('app');
    world.receivers.react('app', answered(429, { 'retry-after': '3600' }));
    await world.happen('connection.renewed');
    await world.pass('1s');
    await world.happen('connection.renewed');
    await world.pass('59m', { every: '10s' });
    assert.equal(world.receivers.at('app').length, 1);
    world.receivers.react('app', 200);
    await world.pass('10m', { every: '10s' });
    assert.equal(world.receivers.accepted('app').length, 2);
  });

  for (const [date, waitsMs] of [
    ['Sat, 21 Nov 2026 02:00:00 GMT', 2 * HOUR_MS],
    ['Sat, 21 Nov 2028 02:00:00 GMT', DAY_MS],
    ['soon', 5 * SECOND_MS],
    ['-7', 5 * SECOND_MS],
  ] as const) {
    it(`waits as long as "Retry-After: ${date}" means, and no longer than a day`, async () => {
      await using world = await NoticeWorld.create();
      await world.process();
      const { id } = await world.webhook('app');
      world.receivers.react('app', answered(503, { 'retry-after': date }));
      await world.happen('connection.renewed');
      const nowMs = world.clock.nowMs();
      await world.pass('1ms');
      const [delivery] = await world.deliveries(id);
      const waitMs = (delivery?.dueAtMs ?? 0) - nowMs;
      assert.ok(waitMs >= waitsMs && waitMs <= waitsMs * 1.2, `${waitMs}`);
    });
  }

  it('that says 410 Gone gets nothing any more, and a note says why', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    const { id } = await world.webhook('app');
    world.receivers.react('app', 410);
    await world.happen('connection.renewed');
    await world.happen('connection.renewed');
    await world.pass('10s');
    assert.equal(world.receivers.at('app').length, 1);
    assert.equal((await world.store.notices.webhook(id))?.disabled?.because, 'the receiver answered 410 Gone');
    assert.deepEqual(
      (await world.deliveries(id)).map(({ state }) => state),
      ['failed', 'failed'],
    );
  });

  for (const [says, reaction, error] of [
    ['a redirect', 302, 'a redirect (302) is not followed'],
    ['a refusal', 403, 'the receiver answered 403'],
    ['a 1xx that is no answer', 199, 'the receiver answered 199'],
    ['no connection', UNREACHABLE, 'ECONNREFUSED for the receiver'],
    ['no answer in time', { afterMs: 60_000, status: 200 }, 'no answer within 15000 ms'],
  ] as const) {
    it(`tries again after ${says}`, async () => {
      await using world = await NoticeWorld.create();
      await world.process();
      const { id } = await world.webhook('app');
      world.receivers.react('app', reaction);
      await world.happen('connection.renewed');
      await world.pass('16s');
      const [delivery] = await world.deliveries(id);
      assert.deepEqual([delivery?.state, delivery?.lastError], ['pending', error]);
      world.receivers.react('app', 200);
      await world.pass('6m', { every: '1s' });
      assert.equal((await world.deliveries(id))[0]?.state, 'delivered');
      const ids = world.receivers.at('app').map(({ headers }) => headers['webhook-id']);
      assert.equal(new Set(ids).size, 1, 'every attempt has the same id');
      const stamps = world.receivers.at('app').map(({ headers }) => headers['webhook-timestamp']);
      assert.equal(new Set(stamps).size, stamps.length, 'every attempt has its own time');
    });
  }

  it('that is slow holds nobody else up', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    await world.webhook('slow');
    await world.webhook('quick');
    world.receivers.react('slow', { afterMs: 14 * SECOND_MS, status: 200 });
    for (let count = 0; count < 10; count += 1) await world.happen('connection.renewed');
    await world.pass('2s', { every: '100ms' });
    assert.equal(world.receivers.accepted('quick').length, 10);
    assert.equal(world.receivers.at('slow').length, 1, 'one at a time');
    await world.pass('150s', { every: '1s' });
    assert.equal(world.receivers.accepted('slow').length, 10);
  });

  it('that refuses one event for ever still gets the others', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    await world.webhook('app');
    const poison = await world.happen('connection.renewed');
    world.receivers.react('app', ({ headers }) => (headers['webhook-id'] === poison ? 400 : 200));
    const others: string[] = [];
    for (let hour = 0; hour < 6; hour += 1) {
      others.push(await world.happen('connection.renewed'));
      await world.pass('1h', { every: '1m' });
    }
    assert.deepEqual(world.receivers.accepted('app'), others);
  });

  it('still gets the others when one event cannot be told, by a defect of ours, and that is reported', async () => {
    await using world = await NoticeWorld.create();
    const process = await world.process();
    const { id } = await world.webhook('app');
    await world.happen('post.failed', { data: { ended_at_ms: 1e300 } });
    const good = await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.pass('2m', { every: '10s' });
    assert.deepEqual(world.receivers.accepted('app'), [good]);
    assert.ok(process.errors.some((error) => error instanceof RangeError));
    const bad = (await world.deliveries(id)).find(({ state }) => state === 'pending');
    assert.match(bad?.lastError ?? '', /defect of Kippu/);
    process.errors.length = 0;
  });

  it('whose secret cannot be opened is tried again later, and the secret is in no error', async () => {
    await using world = await NoticeWorld.create();
    await world.process();
    const { id, secret } = await world.webhook('app');
    const other = vaultOf(ringEntry('other'));
    const seen = await world.store.notices.webhook(id);
    await world.store.notices.replaceSecrets(seen!, {
      ...sealSecrets([new Secret(secret)], id, { vault: other, random: world.random }),
      overlapEndsAtMs: 0,
    });
    await world.happen('connection.renewed');
    await world.pass('1s');
    assert.equal(world.receivers.at('app').length, 0);
    const [delivery] = await world.deliveries(id);
    assert.equal(delivery?.state, 'pending');
    assert.doesNotMatch(delivery?.lastError ?? '', /whsec_/);
  });
});

describe('a process that is killed', () => {
  for (const [point, repeats] of [
    ['notice.planned', 0],
    ['notice.taken', 0],
    ['notice.sent', 1],
    ['notice.settled', 0],
  ] as const satisfies readonly (readonly [FaultPoint, number])[]) {
    it(`at ${point} loses no notice${repeats === 0 ? '' : ', and at most repeats one, with its id'}`, async () => {
      await using world = await NoticeWorld.create();
      const [mortal] = [await world.process()];
      await world.webhook('app');
      mortal.arm(point);
      const happened = [
        await world.happen('connection.renewed'),
        await world.happen('connection.uncertain'),
        await world.happen('post.failed'),
      ];
      await world.pass('1s');
      assert.ok(mortal.isDead, `${point} was never reached`);
      await world.process();
      await world.pass('2m', { every: '1s' });
      const got = world.receivers.at('app').map(({ headers }) => headers['webhook-id']);
      assert.deepEqual([...new Set(got)], happened);
      assert.equal(got.length - happened.length, repeats);
    });
  }
});

test('P44: of each thing that happens every destination hears, and hears once, however many processes look', async () => {
  await using world = await NoticeWorld.create();
  await Promise.all([world.process(), world.process(), world.process()]);
  for (const name of ['one', 'two']) await world.webhook(name);
  const happened: string[] = [];
  for (let count = 0; count < 30; count += 1) {
    happened.push(await world.happen('post.failed', { data: { reason: 'too_late' } }));
    await world.pass('200ms', { every: '100ms' });
  }
  await world.pass('10s');
  for (const name of ['one', 'two']) assert.deepEqual(world.receivers.accepted(name), happened);
  assert.equal(world.receivers.received.length, 2 * happened.length);
});
