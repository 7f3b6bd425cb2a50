import assert from 'node:assert/strict';
import type { ConsentId } from '../../../src/model/ids.ts';
import { movedTo, movingTo, type MovedRows, type StoredRow } from '../../../src/model/store-move.ts';
import { TABLES } from '../../../src/store/tables.ts';
import {
  APP,
  claimed,
  claimOf,
  connected,
  consent,
  HOME,
  print,
  renewed,
  SENDER,
  stored,
} from '../../support/store-samples.ts';
import type { Suite } from './under-test.ts';

const HELD = movingTo('there (x)');
const LEFT = movedTo('there (x)');

export const MOVES: Suite = {
  'a store that is being left begins nothing new, and settles what was begun': async ({ store, other, clock }) => {
    const [alice, bob] = [await connected(store, 'alice', clock.nowMs()), await connected(store, 'bob', clock.nowMs())];
    const claim = await claimed(other, alice);
    assert.equal(await store.move.refuse('claims', { was: undefined, now: HELD }), true);
    assert.deepEqual(await store.move.underWay(), [{ what: 'exchange', sender: SENDER }]);
    await assert.rejects(claimed(other, bob), { code: 'store_copied', message: /is being moved to there/ });
    await assert.rejects(claimed(store, bob), { code: 'store_copied' });
    assert.equal(await other.credentials.settleRenewed(renewed(claim, 'alice 1', 'alice 2', clock.nowMs())), 'settled');
    assert.deepEqual(await store.move.underWay(), []);
    assert.equal((await store.home.read())?.stamp, HELD);
  },
  'nor is a code taken for exchange, nor a device’s turn': async ({ store, other, clock }) => {
    const sent = consent(clock.nowMs(), { state: 'sent', id: 'cns_sent' as ConsentId });
    const device = consent(clock.nowMs(), {
      state: 'waiting',
      askAfterMs: clock.nowMs(),
      id: 'cns_device' as ConsentId,
    });
    for (const each of [sent, device]) await store.consents.create(each);
    await store.move.refuse('claims', { was: undefined, now: HELD });
    await assert.rejects(other.consents.advance(sent.id, 'sent', { state: 'answered', answeredAtMs: clock.nowMs() }), {
      code: 'store_copied',
    });
    await assert.rejects(other.consents.takeWaiting({ againAtMs: clock.nowMs() + 5000, limit: 9 }), {
      code: 'store_copied',
    });
  },
  'a store that was left takes nothing, from nobody, and is read as before': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(other, alice);
    const bob = await connected(store, 'bob', clock.nowMs());
    const before = await stored(other, alice);
    const free = claimOf(await stored(other, bob));
    assert.equal(await store.move.refuse('writes', { was: undefined, now: LEFT }), true);
    const refused = { code: 'store_copied', message: /was moved to there \(x\), and takes nothing any more/ };
    const tokens = renewed(claim, 'alice 1', 'alice 2', clock.nowMs());
    await assert.rejects(other.credentials.settleRenewed(tokens), refused);
    await assert.rejects(other.credentials.claim(free), refused);
    await assert.rejects(connected(other, 'carol', clock.nowMs()), refused);
    await assert.rejects(store.home.registerApps([{ ...APP, secretHash: 'new' }]), refused);
    assert.deepEqual(await stored(store, alice), before);
  },
  'whoever finds it stamped otherwise than he saw changes nothing': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.move.refuse('claims', { was: undefined, now: HELD });
    assert.equal(await other.move.refuse('claims', { was: undefined, now: movingTo('elsewhere') }), false);
    assert.equal(await other.move.refuse('writes', { was: movingTo('elsewhere'), now: movedTo('elsewhere') }), false);
    assert.equal((await store.home.read())?.stamp, HELD);
    const both = await Promise.all(
      [store, other].map(({ move }, n) => move.refuse('writes', { was: HELD, now: movedTo(`place ${n}`) })),
    );
    assert.deepEqual(both.filter(Boolean), [true]);
    assert.equal((await stored(store, alice)).version, 1);
  },
  'what was refused is taken again when it is called off, and when it is adopted': async ({ store, other, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.move.refuse('claims', { was: undefined, now: HELD });
    await other.move.refuse('nothing', { was: HELD, now: undefined });
    assert.equal((await store.home.read())?.stamp, undefined);
    await claimed(store, alice);
    await store.move.refuse('writes', { was: undefined, now: LEFT });
    await other.home.adopt(HOME.identity ?? 'here', false);
    assert.equal((await store.home.read())?.stamp, undefined);
    await connected(store, 'bob', clock.nowMs());
  },
  'rows come in pages, each once, in the order of their keys': async ({ store, clock }) => {
    for (let n = 0; n < 7; n += 1) await connected(store, `user${n}`, clock.nowMs());
    // Gives events their numbers, as closing the store does.
    await store.events.list({ limit: 1 });
    for (const { name, key } of TABLES) {
      const all = await store.move.rows(name, undefined, 1000);
      const paged: StoredRow[] = [];
      for (;;) {
        const page = await store.move.rows(name, paged.at(-1), 2);
        paged.push(...page);
        if (page.length < 2) break;
      }
      assert.deepEqual(paged, all, name);
      assert.ok(
        all.every((row) => key.every((column) => row[column] !== undefined)),
        name,
      );
    }
    assert.equal((await store.move.rows('connections', undefined, 1000)).length, 7);
  },
  'a store with anything in it takes over no other': async ({ store, clock }) => {
    assert.equal(await store.move.isEmpty(), false);
    const nothing: MovedRows = {
      lastSequence: 0,
      async *pages() {
        yield [];
      },
      confirm: async () => undefined,
    };
    await assert.rejects(store.move.receive(nothing), { code: 'conflict' });
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal((await stored(store, alice)).refreshFingerprint, print('alice 1'));
  },
  'the highest number of an event is known': async ({ store, clock }) => {
    await connected(store, 'alice', clock.nowMs());
    const events = await store.events.list({ limit: 9 });
    assert.equal(await store.move.lastSequence(), events.at(-1)?.sequence);
  },
};
