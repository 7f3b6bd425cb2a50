import assert from 'node:assert/strict';
import type { ApiKey } from '../../../src/model/api-key-store.ts';
import { newId } from '../../../src/model/ids.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import type { Suite } from './under-test.ts';

const random = seededRandom('contract of keys');

export const KEYS: Suite = {
  'an API key is found by its hash until it is revoked': async ({ store, clock }) => {
    const key: ApiKey = {
      id: newId('key', random),
      name: 'k',
      scopes: ['tokens:read'],
      connections: [newId('con', random)],
      hash: 'h',
      createdAtMs: 1,
      revokedAtMs: undefined,
    };
    const all: ApiKey = { ...key, id: newId('key', random), connections: undefined, hash: 'h2', createdAtMs: 2 };
    await store.apiKeys.create(key);
    await store.apiKeys.create(all);
    assert.deepEqual(await store.apiKeys.findByHash('h'), key);
    assert.deepEqual(await store.apiKeys.list(), [key, all]);
    assert.deepEqual(
      [
        await store.apiKeys.revoke(key.id),
        await store.apiKeys.revoke(key.id),
        await store.apiKeys.revoke(newId('key', random)),
      ],
      [true, false, false],
    );
    assert.equal(await store.apiKeys.findByHash('h'), undefined);
    assert.equal((await store.apiKeys.list())[0]?.revokedAtMs, clock.nowMs());
    await assert.rejects(store.apiKeys.create({ ...all, id: newId('key', random) }), 'two keys with one hash');
  },
  'a sign-in link works once, a browser until it ends': async ({ store, other, clock }) => {
    const expiresAtMs = clock.nowMs() + 1000;
    await store.sessions.create({ hash: 'link', kind: 'link', expiresAtMs });
    await store.sessions.create({ hash: 'browser', kind: 'browser', expiresAtMs });
    assert.deepEqual(
      [
        await store.sessions.isOpen('link'),
        await store.sessions.isOpen('browser'),
        await store.sessions.redeemLink('browser'),
      ],
      [false, true, false],
    );
    const redeemed = await Promise.all([store, other, store].map(({ sessions }) => sessions.redeemLink('link')));
    assert.deepEqual(redeemed.filter(Boolean), [true]);
    await store.sessions.end('browser');
    assert.equal(await store.sessions.isOpen('browser'), false);
    await store.sessions.create({ hash: 'late', kind: 'link', expiresAtMs });
    await store.sessions.create({ hash: 'late browser', kind: 'browser', expiresAtMs });
    await clock.advance(1000);
    assert.deepEqual(
      [await store.sessions.redeemLink('late'), await store.sessions.isOpen('late browser')],
      [false, false],
    );
  },
};
