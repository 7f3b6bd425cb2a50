import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FAULT_POINTS, type FaultPoint } from '../../src/model/fault-points.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { CrashWorld } from './crash-world.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/**
 * Kills a real `kippu up` with SIGKILL at every named point, starts it again, and looks at what is left.
 *
 * Lost may be only what never became durable: between the provider's commit and our first durable byte no client can
 * close the gap. Nothing may ever be published twice, and no point may be left out.
 */

/** The answer was not yet durable when the process died: the grant may be lost with it, and the table counts it. */
const BEFORE_DURABLE: ReadonlySet<FaultPoint> = new Set([
  'renewal.sent',
  'renewal.answered',
  'settlement.sealed',
  'settlement.written',
]);

interface Line {
  readonly point: FaultPoint;
  readonly kills: number;
  readonly renewalsLost: number;
  readonly presentedTwice: number;
  readonly postsTwice: number;
  readonly end: string;
}

const table: Line[] = [];

describe('a real kippu up, killed with -9 at every fault point', { concurrency: 6, timeout: 600_000 }, () => {
  for (const point of FAULT_POINTS) {
    it(`${point}: nothing durable is lost, and nothing is published twice`, { timeout: 240_000 }, async () => {
      await using world = await CrashWorld.create();
      await world.start();
      const end = await scenarioOf(point)(world, point);
      assert.ok(world.wasHit(point), `${point} was never reached`);
      assert.ok(world.kills >= 1, `${point}: the process was not killed`);
      const line = {
        point,
        kills: world.kills,
        ...end,
        presentedTwice: world.presentedTwice(),
        postsTwice: postsTwice(world),
      };
      table.push(line);
      assert.equal(line.postsTwice, 0, 'a post was published twice');
      if (!BEFORE_DURABLE.has(point)) assert.equal(line.renewalsLost, 0, 'a durable answer was lost');
    });
  }

  after(() => {
    const order = new Map<string, number>(FAULT_POINTS.map((point, index) => [point, index]));
    console.table(table.toSorted((a, b) => (order.get(a.point) ?? 0) - (order.get(b.point) ?? 0)));
  });
});

describe('the fault points', () => {
  it('are exactly those that the source reaches', () => {
    const reached = new Set<string>();
    for (const file of sourceFiles()) {
      for (const match of readFileSync(file, 'utf8').matchAll(/\breach\('([a-z.]+)'\)/g)) reached.add(match[1] ?? '');
    }
    assert.deepEqual([...reached].sort(), [...FAULT_POINTS].sort());
  });
});

type End = Pick<Line, 'renewalsLost' | 'end'>;
type Scenario = (world: CrashWorld, point: FaultPoint) => Promise<End>;

function scenarioOf(point: FaultPoint): Scenario {
  if (point.startsWith('consent.')) return consentScenario;
  if (point.startsWith('publishing.')) return publishingScenario;
  if (point.startsWith('schedule.')) return scheduleScenario;
  if (point.startsWith('spool.')) return spoolScenario;
  if (point.startsWith('notice.')) return noticeScenario;
  return renewalScenario;
}

async function renewalScenario(world: CrashWorld, point: FaultPoint): Promise<End> {
  await connected(world);
  world.arm(point);
  await world.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
  assert.ok(await world.killed(), `${point}: still alive`);
  await world.start();
  return renewedOrLost(world);
}

/** The database is locked by another process while the answer arrives, so that it must go to the spool. */
async function spoolScenario(world: CrashWorld, point: FaultPoint): Promise<End> {
  await connected(world);
  // A start makes the spool's room ready in the background.
  await sleep(6000);
  if (point === 'spool.reapplied') {
    world.arm('spool.synced');
    await renewWhileLocked(world);
    assert.ok(await world.killed(), 'spool.synced: still alive');
    world.arm(point);
    await world.start();
  } else {
    world.arm(point);
    await renewWhileLocked(world);
  }
  assert.ok(await world.killed(), `${point}: still alive`);
  await world.start();
  return renewedOrLost(world);
}

async function renewWhileLocked(world: CrashWorld): Promise<void> {
  world.sim.faults.delayNextAnswer('token', 1500);
  const renewal = world.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
  await world.until('the exchange to be under way', async () =>
    world.sim.state().counts.renewals > 0 ? true : undefined,
  );
  const unlock = world.lockDatabase();
  await sleep(4500);
  unlock();
  await renewal;
}

async function consentScenario(world: CrashWorld, point: FaultPoint): Promise<End> {
  world.arm(point);
  await world.connect().catch(() => undefined);
  assert.ok(await world.killed(), `${point}: still alive`);
  await world.start();
  const isDurable = point === 'consent.stored' || point === 'consent.attached';
  if (!isDurable) await world.connect();
  const state = await world.until('alice to be connected', async () => stateOf(world));
  assert.equal(state, 'active');
  await goodToken(world);
  return { renewalsLost: 0, end: isDurable ? 'active by itself' : 'active after a new consent' };
}

const TEXT = 'Good morning from a crash test';

async function publishingScenario(world: CrashWorld, point: FaultPoint): Promise<End> {
  await connected(world);
  world.arm(point);
  const body = { connection: 'x:alice', text: TEXT };
  const headers = { 'idempotency-key': 'one-post' };
  await world.call('POST', '/v1/posts', body, headers).catch(() => undefined);
  assert.ok(await world.killed(), `${point}: still alive`);
  await world.start();
  // A client that got no answer asks again with the same key: it is the same post.
  const asked = await world.call('POST', '/v1/posts', body, headers);
  assert.ok(asked.status === 200 || asked.status === 201, JSON.stringify(asked.body));
  const isOut = (): boolean => world.sim.state().posts.some((post) => post.text === TEXT);
  const wanted = isOut() ? 'published' : 'unknown';
  const post = await world.until(`the post to be ${wanted}`, async () => {
    const { body: seen } = await world.call('GET', `/v1/posts/${String(asked.body['id'])}`);
    return seen['status'] === wanted ? seen : undefined;
  });
  return { renewalsLost: 0, end: `${String(post['status'])}${isOut() ? '' : ', not sent'}` };
}

/** The only point at which a receiver has the notice and we do not know it yet. */
const MAY_REPEAT: FaultPoint = 'notice.sent';
/** A delivery whose sender died is due again after this. */
const TAKEN_FOR_MS = 45_000;

async function noticeScenario(world: CrashWorld, point: FaultPoint): Promise<End> {
  await connected(world);
  await using receiver = await WebhookReceiver.start();
  const { status } = await world.call('POST', '/v1/webhooks', { url: receiver.url });
  assert.equal(status, 201);
  // Otherwise what is told of the consent would end the process before there is a renewal to tell of.
  await world.until('what has happened so far to be planned', async () =>
    (await world.metrics()).includes('kippu_notices_waiting{queue="events"} 0\n') ? true : undefined,
  );
  world.arm(point);
  await world.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
  assert.ok(await world.killed(), `${point}: still alive`);
  await world.start();
  await world.until('another renewal', async () => {
    const again = await world.call('POST', '/v1/connections/x:alice/renew');
    return again.status === 200 ? true : undefined;
  });
  const { body } = await world.call('GET', '/v1/events?limit=200');
  const renewed = (body['items'] as { readonly id: string; readonly type: string }[])
    .filter(({ type }) => type === 'connection.renewed')
    .map(({ id }) => id);
  assert.ok(renewed.length >= 2, 'nothing happened that could be told');
  await world.until(
    'every notice to arrive',
    async () => (renewed.every((id) => receiver.ids.includes(id)) ? true : undefined),
    TAKEN_FOR_MS * 2,
  );
  const repeats = receiver.ids.length - new Set(receiver.ids).size;
  assert.ok(repeats <= (point === MAY_REPEAT ? 1 : 0), `${repeats} repeats`);
  return { renewalsLost: 0, end: repeats === 0 ? 'each notice once' : `${repeats} repeat with its id` };
}

/** A program writes the text of a late occurrence; the process dies before, or after, this is written down. */
async function scheduleScenario(world: CrashWorld, point: FaultPoint): Promise<End> {
  await connected(world);
  const { body } = await world.call('GET', '/v1/connections/x:alice');
  world.arm(point);
  const schedule = await world.addSchedule(String(body['id']) as ConnectionId);
  assert.ok(await world.killed(), `${point}: still alive`);
  const before = await world.occurrences(schedule);
  assert.equal(before.length, point === 'schedule.settled' ? 1 : 0);
  await world.forgetTaker(schedule);
  await world.start();
  const occurrence = await world.until('the post of the occurrence to be out', async () => {
    const [made] = await world.occurrences(schedule);
    const { body: post } = await world.call('GET', `/v1/posts/${String(made?.postId)}`);
    return post['status'] === 'published' ? made : undefined;
  });
  assert.equal(occurrence.outcome, 'post');
  assert.equal((await world.occurrences(schedule)).length, 1);
  assert.equal(world.sim.state().posts.length, 1);
  return { renewalsLost: 0, end: `one occurrence, one post${before.length === 0 ? ', asked again' : ''}` };
}

async function connected(world: CrashWorld): Promise<void> {
  await world.connect();
  assert.equal(await world.until('alice to be connected', async () => stateOf(world)), 'active');
}

async function stateOf(world: CrashWorld): Promise<string | undefined> {
  const { status, body } = await world.call('GET', '/v1/connections/x:alice');
  return status === 200 ? String(body['state']) : undefined;
}

/** Ends with a token that the provider accepts, or with the one verdict that a lost answer may have. */
async function renewedOrLost(world: CrashWorld): Promise<End> {
  const state = await world.until('the uncertainty to end', async () => {
    await world.call('GET', '/v1/connections/x:alice/token');
    const seen = await stateOf(world);
    return seen === 'uncertain' ? undefined : seen;
  });
  if (state === 'active') {
    await goodToken(world);
    return { renewalsLost: 0, end: 'active' };
  }
  const { body } = await world.call('GET', '/v1/connections/x:alice');
  assert.equal(body['state_reason'], 'answer_lost');
  return { renewalsLost: 1, end: 'reauth_required: answer_lost' };
}

async function goodToken(world: CrashWorld): Promise<void> {
  await world.until('a token that the provider accepts', async () => {
    const { status, body } = await world.call('GET', '/v1/connections/x:alice/token');
    if (status !== 200) return undefined;
    const me = await fetch(`${world.sim.url}/2/users/me`, {
      headers: { authorization: `Bearer ${String(body['access_token'])}` },
    });
    return me.status === 200 ? true : undefined;
  });
}

function postsTwice(world: CrashWorld): number {
  const texts = world.sim.state().posts.map((post) => post.text);
  return texts.length - new Set(texts).size;
}

function sourceFiles(): string[] {
  const root = fileURLToPath(new URL('../../src', import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, name));
}
