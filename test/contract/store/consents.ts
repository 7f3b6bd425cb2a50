import assert from 'node:assert/strict';
import { newId } from '../../../src/model/ids.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { consent } from '../../support/store-samples.ts';
import type { Suite } from './under-test.ts';

const random = seededRandom('contract of consents');

export const CONSENTS: Suite = {
  'a consent comes back as it was written, by id and by state': async ({ store, other, clock }) => {
    const whole = consent(clock.nowMs(), {
      state: 'pending',
      failure: 'denied',
      failureDetail: 'd',
      owner: 'o',
      name: 'n',
      connectionId: newId('con', random),
      scopes: ['a', 'b'],
      returnUrl: 'r',
      stateHash: 's',
      browserHash: 'b',
      redeemHash: 'h',
      sealed: Buffer.from('sealed'),
      generation: 'g',
      attachedTo: newId('con', random),
      answeredAtMs: 5,
      askAfterMs: 6,
    });
    await store.consents.create(whole);
    const found = await other.consents.find(whole.id);
    assert.deepEqual({ ...found, sealed: Buffer.from(found?.sealed ?? []).toString() }, { ...whole, sealed: 'sealed' });
    assert.equal((await store.consents.findByState('s'))?.id, whole.id);
    assert.equal(await store.consents.findByState('another'), undefined);
  },
  'a consent that was kept as JSON, where what is absent is left out, is written like any other': async ({
    store,
    other,
    clock,
  }) => {
    const whole = consent(clock.nowMs(), { stateHash: 'of JSON' });
    await store.consents.create(JSON.parse(JSON.stringify(whole)) as typeof whole);
    assert.deepEqual(await other.consents.find(whole.id), await other.consents.findByState('of JSON'));
    assert.deepEqual((await other.consents.find(whole.id))?.failure, undefined);
  },
  'a consent moves on from where it was seen, once': async ({ store, other, clock }) => {
    const begun = consent(clock.nowMs());
    await store.consents.create(begun);
    const moves = await Promise.all(
      [store, other, store].map(({ consents }) =>
        consents.advance(begun.id, 'begun', { state: 'sent', stateHash: 's' }),
      ),
    );
    assert.deepEqual(moves.filter(Boolean), [true]);
    assert.equal(await store.consents.advance(begun.id, 'begun', { state: 'failed' }), false);
    assert.equal(await store.consents.advance(begun.id, 'sent', { stateHash: undefined }), true);
    assert.equal((await store.consents.find(begun.id))?.stateHash, undefined);
  },
  'pending ones wait for the worker, the youngest first, not before their time, and not for a code': async ({
    store,
    clock,
  }) => {
    const pending = (more: Parameters<typeof consent>[1]) => consent(clock.nowMs(), { state: 'pending', ...more });
    const [old, young, code, later, over] = [
      pending({ answeredAtMs: 1 }),
      pending({ answeredAtMs: 2 }),
      pending({ redeemHash: 'h' }),
      pending({ askAfterMs: clock.nowMs() + 1 }),
      pending({ expiresAtMs: clock.nowMs() }),
    ];
    for (const each of [old, young, code, later, over]) await store.consents.create(each);
    assert.deepEqual(
      (await store.consents.pending(9)).map(({ id }) => id),
      [young.id, old.id],
    );
    assert.equal((await store.consents.pending(1)).length, 1);
    await clock.advance(1);
    assert.equal((await store.consents.pending(9)).length, 3);
  },
  'what was never finished fails, what ended long ago is forgotten': async ({ store, clock }) => {
    const nowMs = clock.nowMs();
    const [open, code, ended, attached] = [
      consent(nowMs, { state: 'sent', sealed: Uint8Array.of(1), generation: 'g' }),
      consent(nowMs, { state: 'pending', redeemHash: 'h' }),
      consent(nowMs, { state: 'failed', failure: 'denied' }),
      consent(nowMs, { state: 'attached' }),
    ];
    for (const each of [open, code, ended, attached]) await store.consents.create(each);
    assert.equal(await store.consents.expire({ nowMs: nowMs + 899_999, forgetBeforeMs: nowMs }), 0);
    assert.equal(await store.consents.expire({ nowMs: nowMs + 900_000, forgetBeforeMs: nowMs }), 2);
    const failures = await Promise.all([open, code, ended].map(async ({ id }) => store.consents.find(id)));
    assert.deepEqual(
      failures.map((each) => [each?.failure, each?.sealed]),
      [
        ['expired', undefined],
        ['not_redeemed', undefined],
        ['denied', undefined],
      ],
    );
    await store.consents.expire({ nowMs, forgetBeforeMs: nowMs + 1 });
    for (const { id } of [open, code, ended, attached]) assert.equal(await store.consents.find(id), undefined);
  },
};
