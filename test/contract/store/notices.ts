import assert from 'node:assert/strict';
import type { KippuEvent } from '../../../src/model/event.ts';
import { newId, type WebhookId } from '../../../src/model/ids.ts';
import type { TakenDelivery, Webhook } from '../../../src/model/notice.ts';
import type { DeliveryOutcome, DeliverySettlement } from '../../../src/model/notice-store.ts';
import type { Store } from '../../../src/model/store.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { connected } from '../../support/store-samples.ts';
import type { StoreUnderTest, Suite } from './under-test.ts';

const random = seededRandom('contract of notices');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const NOTICES: Suite = {
  'an event and a destination make one delivery, whoever fans out and however often': async (under) => {
    const { store, other, clock } = under;
    const hooks = [await webhook(under), await webhook(under)];
    await connected(store, 'alice', clock.nowMs());
    await connected(store, 'bob', clock.nowMs());
    await Promise.all([store, other, store].map(({ notices }) => notices.fanOut({ channel: 'webhook', limit: 100 })));
    for (const { id } of hooks) assert.deepEqual(await names(store, id), ['x:bob', 'x:alice']);
    assert.equal(await store.notices.fanOut({ channel: 'webhook', limit: 100 }), 0);
  },
  'fanning out goes on where it stopped': async (under) => {
    const { store, clock } = under;
    const { id } = await webhook(under);
    for (const name of ['a', 'b', 'c']) await connected(store, name, clock.nowMs());
    const looked = [];
    for (let round = 0; round < 3; round += 1)
      looked.push(await store.notices.fanOut({ channel: 'webhook', limit: 2 }));
    assert.deepEqual(looked, [2, 1, 0]);
    assert.equal((await names(store, id)).length, 3);
  },
  'a webhook gets what it asked for, and nothing from before it was there': async (under) => {
    const { store, clock } = under;
    const alice = await connected(store, 'alice', clock.nowMs());
    const ends = await webhook(under, { eventTypes: ['connection.reauth_required'] });
    const bob = await connected(store, 'bob', clock.nowMs());
    const bobs = await webhook(under, { connections: [bob.id] });
    await store.credentials.endGrant(alice.id, 1, 'expired');
    await store.credentials.endGrant(bob.id, 1, 'expired');
    await fanOut(store);
    assert.deepEqual(await names(store, ends.id), ['x:bob', 'x:alice']);
    assert.deepEqual(await names(store, bobs.id), ['x:bob']);
  },
  'mail begins with what happens after its first round, and each recipient has a delivery of his own': async ({
    store,
    clock,
  }) => {
    const recipients = ['a@example.com', 'b@example.com'];
    const plan = { channel: 'mail', limit: 100, recipients, wants: isEnd } as const;
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.endGrant(alice.id, 1, 'expired');
    assert.equal(await store.notices.fanOut(plan), 0);
    const bob = await connected(store, 'bob', clock.nowMs());
    await store.credentials.endGrant(bob.id, 1, 'expired');
    assert.equal(await store.notices.fanOut(plan), 2);
    for (const recipient of recipients) assert.deepEqual(await names(store, recipient), ['x:bob']);
    const taken = await take(store, clock.nowMs(), { channels: ['mail'] });
    assert.deepEqual(taken.map(({ destination }) => destination).toSorted(), recipients);
  },
  'what is due is taken by one, one of each lane, the oldest first': async (under) => {
    const { store, other, clock } = under;
    const hooks = [await webhook(under), await webhook(under)];
    for (const name of ['a', 'b']) await connected(store, name, clock.nowMs());
    await fanOut(store);
    const taken = await Promise.all([store, other, store].map((process) => take(process, clock.nowMs())));
    assert.deepEqual(
      taken
        .flat()
        .map(({ destination, event }) => `${destination} ${String(event.data['name'])}`)
        .toSorted(),
      hooks.map(({ id }) => `${id} x:a`).toSorted(),
    );
    await settle(store, taken.flat()[0]!, { kind: 'delivered' }, clock.nowMs());
    const [next, ...rest] = await take(other, clock.nowMs());
    assert.deepEqual([next?.destination, next?.event.data['name'], rest], [taken.flat()[0]!.destination, 'x:b', []]);
  },
  'a delivery whose taker died is due again, with the same event': async (under) => {
    const { store, other, clock } = under;
    await webhook(under);
    await connected(store, 'alice', clock.nowMs());
    await fanOut(store);
    const [dead] = await take(store, clock.nowMs());
    assert.deepEqual(await take(other, clock.nowMs()), []);
    await clock.advance(MINUTE_MS);
    const [again] = await take(other, clock.nowMs());
    assert.equal(again?.event.id, dead?.event.id);
    // The dead one was only slow. What it says of a failure is too old to count.
    const late = { kind: 'again', dueAtMs: clock.nowMs() + HOUR_MS, tries: 7 } as const;
    assert.equal(await settle(store, dead!, late, clock.nowMs()), false);
    assert.equal((await store.notices.delivery(dead!.id))?.tries, 0);
    // That it has arrived is so all the same.
    assert.equal(await settle(store, dead!, { kind: 'delivered' }, clock.nowMs()), true);
    assert.equal((await store.notices.delivery(dead!.id))?.state, 'delivered');
    assert.equal(await settle(other, again!, late, clock.nowMs()), false);
    assert.equal((await store.notices.deliveryAttempts(dead!.id)).length, 3);
  },
  'a failed delivery is due at its time, and an arrival after failures makes the whole lane due': async (under) => {
    const { store, clock } = under;
    const { id } = await webhook(under);
    for (const name of ['a', 'b', 'c']) await connected(store, name, clock.nowMs());
    await fanOut(store);
    const dueAtMs = clock.nowMs() + HOUR_MS;
    for (let round = 0; round < 3; round += 1) {
      const [taken] = await take(store, clock.nowMs());
      await settle(store, taken!, { kind: 'again', dueAtMs, tries: 1 }, clock.nowMs());
    }
    assert.deepEqual(await take(store, clock.nowMs()), []);
    await clock.advance(HOUR_MS - 1);
    assert.deepEqual(await take(store, clock.nowMs()), []);
    await clock.advance(1);
    const [first] = await take(store, clock.nowMs());
    assert.deepEqual([first?.event.data['name'], first?.tries, first?.isProbe], ['x:a', 1, false]);
    await settle(store, first!, { kind: 'again', dueAtMs: clock.nowMs() + 10 * HOUR_MS, tries: 2 }, clock.nowMs());
    const [second] = await take(store, clock.nowMs());
    await settle(store, second!, { kind: 'delivered' }, clock.nowMs());
    const waiting = (await store.notices.deliveries({ destination: id, state: 'pending', limit: 9 })).map(
      (delivery) => delivery.dueAtMs,
    );
    assert.deepEqual(waiting, [clock.nowMs(), clock.nowMs()]);
  },
  'before something younger, an older delivery is tried that failed a while ago': async (under) => {
    const { store, clock } = under;
    await webhook(under);
    await connected(store, 'old', clock.nowMs());
    await fanOut(store);
    const [old] = await take(store, clock.nowMs());
    const dueAtMs = clock.nowMs() + 10 * HOUR_MS;
    await settle(store, old!, { kind: 'again', dueAtMs, tries: 4 }, clock.nowMs());
    await connected(store, 'young', clock.nowMs());
    await fanOut(store);
    const [soon] = await take(store, clock.nowMs());
    assert.equal(soon?.event.data['name'], 'x:young', 'it has just failed');
    await settle(store, soon, { kind: 'again', dueAtMs: clock.nowMs() + HOUR_MS, tries: 1 }, clock.nowMs());
    await clock.advance(HOUR_MS);
    const [probe] = await take(store, clock.nowMs());
    assert.deepEqual([probe?.event.data['name'], probe?.isProbe, probe?.dueAtMs], ['x:old', true, dueAtMs]);
  },
  'a receiver that asked for time gets nothing before': async (under) => {
    const { store, clock } = under;
    const { id } = await webhook(under);
    for (const name of ['a', 'b']) await connected(store, name, clock.nowMs());
    await fanOut(store);
    const [taken] = await take(store, clock.nowMs());
    const holdUntilMs = clock.nowMs() + HOUR_MS;
    await settle(store, taken!, { kind: 'again', dueAtMs: clock.nowMs() + 1, tries: 1, holdUntilMs }, clock.nowMs());
    await clock.advance(HOUR_MS - 1);
    assert.deepEqual(await take(store, clock.nowMs()), []);
    await clock.advance(1);
    assert.equal((await take(store, clock.nowMs())).length, 1);
    assert.equal((await store.notices.deliveries({ destination: id, limit: 9 })).length, 2);
  },
  'a receiver that is back gets all that waits, and no answer of its wakes more than a hundred of them': async (
    under,
  ) => {
    const { store, clock } = under;
    const { id } = await webhook(under);
    for (let count = 0; count < 130; count += 1) await connected(store, `c${count}`, clock.nowMs());
    for (let rounds = 0; rounds < 3; rounds += 1) await fanOut(store);
    const laterMs = clock.nowMs() + HOUR_MS;
    for (
      let [taken] = await take(store, clock.nowMs());
      taken !== undefined;
      [taken] = await take(store, clock.nowMs())
    )
      await settle(store, taken, { kind: 'again', dueAtMs: laterMs, tries: 1, holdUntilMs: undefined }, clock.nowMs());
    await clock.advance(HOUR_MS / 2);
    await connected(store, 'news', clock.nowMs());
    await fanOut(store);
    const waking: number[] = [];
    const waitsLater = async (): Promise<number> =>
      (await store.notices.deliveries({ destination: id, state: 'pending', limit: 999 })).filter(
        ({ dueAtMs }) => dueAtMs === laterMs,
      ).length;
    let waiting = await waitsLater();
    for (
      let [taken] = await take(store, clock.nowMs());
      taken !== undefined;
      [taken] = await take(store, clock.nowMs())
    ) {
      await settle(store, taken, { kind: 'delivered' }, clock.nowMs());
      const left = await waitsLater();
      waking.push(waiting - left);
      waiting = left;
    }
    assert.equal((await store.notices.deliveries({ destination: id, state: 'delivered', limit: 999 })).length, 131);
    assert.ok(Math.max(...waking) <= 101, String(waking.slice(0, 5)));
  },
  'an unwanted delivery disables its webhook, and what waits for it fails': async (under) => {
    const { store, clock } = under;
    const { id } = await webhook(under);
    for (const name of ['a', 'b']) await connected(store, name, clock.nowMs());
    await fanOut(store);
    const [taken] = await take(store, clock.nowMs());
    await settle(store, taken!, { kind: 'unwanted', because: '410 Gone' }, clock.nowMs());
    assert.deepEqual((await store.notices.webhook(id))?.disabled, { atMs: clock.nowMs(), because: '410 Gone' });
    await connected(store, 'c', clock.nowMs());
    await fanOut(store);
    assert.deepEqual(
      (await store.notices.deliveries({ destination: id, limit: 9 })).map(({ state }) => state),
      ['failed', 'failed'],
    );
    assert.equal(await store.notices.redeliver(taken!.id), undefined, 'a disabled webhook gets nothing');
    const enabled = await store.notices.updateWebhook(id, { disabledBecause: null });
    assert.equal(enabled?.disabled, undefined);
    await fanOut(store);
    assert.equal(
      (await store.notices.deliveries({ destination: id, limit: 9 })).length,
      2,
      'not what happened between',
    );
    assert.equal((await store.notices.redeliver(taken!.id))?.state, 'pending');
  },
  'a redelivery begins anew, and an attempt of the round before says nothing about it': async (under) => {
    const { store, clock } = under;
    await webhook(under);
    await connected(store, 'alice', clock.nowMs());
    await fanOut(store);
    const [first] = await take(store, clock.nowMs());
    const again = await store.notices.redeliver(first!.id);
    assert.deepEqual([again?.state, again?.round, again?.tries, again?.dueAtMs], ['pending', 2, 0, clock.nowMs()]);
    assert.equal(await settle(store, first!, { kind: 'delivered' }, clock.nowMs()), false);
    assert.equal((await store.notices.delivery(first!.id))?.state, 'pending');
    const [second] = await take(store, clock.nowMs());
    await settle(store, second!, { kind: 'failed' }, clock.nowMs());
    assert.equal((await store.notices.delivery(first!.id))?.state, 'failed');
    assert.equal(await store.notices.redeliver(newId('dlv', random)), undefined);
  },
  'of the attempts the latest twenty are kept, and deliveries that ended are forgotten in time': async (under) => {
    const { store, clock } = under;
    const { id } = await webhook(under);
    for (const name of ['a', 'b']) await connected(store, name, clock.nowMs());
    await fanOut(store);
    for (let round = 0; round < 25; round += 1) {
      const [taken] = await take(store, clock.nowMs());
      const outcome = { kind: 'again', dueAtMs: clock.nowMs(), tries: round } as const;
      await settle(store, taken!, outcome, clock.nowMs(), `error ${round}`);
    }
    const [taken] = await take(store, clock.nowMs());
    const kept = await store.notices.deliveryAttempts(taken!.id);
    assert.deepEqual([kept.length, kept[0]?.number, kept.at(-1)?.error], [20, 6, 'error 24']);
    await settle(store, taken!, { kind: 'delivered' }, clock.nowMs());
    assert.equal(await store.notices.forgetDeliveries(clock.nowMs(), 9), 0);
    assert.equal((await store.notices.deliveries({ destination: id, limit: 9 })).length, 2);
    assert.equal(await store.notices.forgetDeliveries(clock.nowMs() + 1, 0), 0, 'no more than is asked for');
    assert.equal(await store.notices.forgetDeliveries(clock.nowMs() + 1, 9), 1);
    assert.deepEqual(
      (await store.notices.deliveries({ destination: id, limit: 9 })).map(({ state }) => state),
      ['pending'],
    );
    assert.deepEqual(await store.notices.deliveryAttempts(taken!.id), []);
  },
  'webhooks are listed, changed and removed; secrets are replaced only where they were seen': async (under) => {
    const { store, other } = under;
    const one = await webhook(under);
    const changed = await store.notices.updateWebhook(one.id, {
      url: 'https://b.example/',
      eventTypes: ['post.failed'],
    });
    assert.deepEqual([changed?.url, changed?.eventTypes], ['https://b.example/', ['post.failed']]);
    assert.equal((await store.notices.updateWebhook(one.id, { eventTypes: null }))?.eventTypes, undefined);
    const secrets = { sealed: Uint8Array.of(9), generation: 'new', overlapEndsAtMs: 5 };
    const results = await Promise.all([store, other].map(({ notices }) => notices.replaceSecrets(one, secrets)));
    assert.equal(results.filter((result) => result !== undefined).length, 1);
    assert.equal((await store.notices.webhook(one.id))?.generation, 'new');
    assert.equal(await store.notices.updateWebhook(newId('whk', random), { url: 'https://c.example/' }), undefined);
    assert.deepEqual(
      [await store.notices.removeWebhook(one.id), await store.notices.removeWebhook(one.id)],
      [true, false],
    );
    assert.deepEqual(await store.notices.webhooks(), []);
  },
  'a removed webhook takes its deliveries with it, also one that is being sent': async (under) => {
    const { store, clock } = under;
    const { id } = await webhook(under);
    await connected(store, 'alice', clock.nowMs());
    await fanOut(store);
    const [taken] = await take(store, clock.nowMs());
    await store.notices.removeWebhook(id);
    assert.equal(await settle(store, taken!, { kind: 'delivered' }, clock.nowMs()), false);
    assert.equal(await store.notices.delivery(taken!.id), undefined);
  },
  'a webhook’s secrets are among what is sealed anew': async (under) => {
    const { store } = under;
    const one = await webhook(under);
    const rows = (await store.home.sealedRows(undefined, 100)).filter(({ table }) => table === 'webhooks');
    assert.deepEqual(
      rows.map(({ rowId, bindingRowId, bindingTable, generation }) => [rowId, bindingRowId, bindingTable, generation]),
      [[one.id, one.id, 'webhooks', one.generation]],
    );
    const anew = { sealed: Uint8Array.of(7), generation: 'anew' };
    assert.deepEqual([await store.home.reseal(rows[0]!, anew), await store.home.reseal(rows[0]!, anew)], [true, false]);
    assert.deepEqual(Buffer.from((await store.notices.webhook(one.id))!.sealed), Buffer.of(7));
  },
  'the backlog says what waits and for how long': async (under) => {
    const { store, clock } = under;
    await webhook(under);
    const beganAtMs = clock.nowMs();
    await connected(store, 'alice', beganAtMs);
    assert.deepEqual(await store.notices.backlog(), {
      eventsWaiting: 1,
      oldestEventAtMs: beganAtMs,
      channels: {
        webhook: { pending: 0, oldestPendingAtMs: undefined, failed: 0 },
        mail: { pending: 0, oldestPendingAtMs: undefined, failed: 0 },
      },
    });
    await clock.advance(5);
    await fanOut(store);
    const { eventsWaiting, channels } = await store.notices.backlog();
    assert.deepEqual(
      [eventsWaiting, channels.webhook],
      [0, { pending: 1, oldestPendingAtMs: beganAtMs + 5, failed: 0 }],
    );
    const [taken] = await take(store, clock.nowMs());
    await settle(store, taken!, { kind: 'failed' }, clock.nowMs());
    assert.equal((await store.notices.backlog()).channels.webhook.failed, 1);
  },
};

async function webhook({ store, clock }: StoreUnderTest, more: Partial<Webhook> = {}): Promise<Webhook> {
  const made: Webhook = {
    id: newId('whk', random),
    url: 'https://a.example/',
    eventTypes: undefined,
    connections: undefined,
    sealed: Uint8Array.of(1),
    generation: `generation ${random.unit()}`,
    overlapEndsAtMs: undefined,
    createdAtMs: clock.nowMs(),
    disabled: undefined,
    ...more,
  };
  await store.notices.createWebhook(made);
  return made;
}

function isEnd({ type }: KippuEvent): boolean {
  return type === 'connection.reauth_required';
}

async function fanOut({ notices }: Store): Promise<void> {
  await notices.fanOut({ channel: 'webhook', limit: 100 });
}

function take(
  { notices }: Store,
  nowMs: number,
  { channels = ['webhook'] }: { readonly channels?: readonly ('webhook' | 'mail')[] } = {},
): Promise<readonly TakenDelivery[]> {
  return notices.takeDue({ channels, untilMs: nowMs + MINUTE_MS, limit: 9, probeBeforeMs: nowMs - 5 * MINUTE_MS });
}

function settle(
  { notices }: Store,
  taken: TakenDelivery,
  outcome: DeliveryOutcome,
  nowMs: number,
  error?: string,
): Promise<boolean> {
  const attempt: DeliverySettlement['attempt'] = { startedAtMs: nowMs, endedAtMs: nowMs, status: 200, error };
  return notices.settleDelivery({ taken, attempt, outcome });
}

/** Of the connections whose events are delivered to a destination, the newest event first. */
async function names({ notices }: Store, destination: WebhookId | string): Promise<readonly unknown[]> {
  return (await notices.deliveries({ destination, limit: 100 })).map(({ event }) => event.data['name']);
}
