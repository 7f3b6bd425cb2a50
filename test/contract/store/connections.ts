import assert from 'node:assert/strict';
import type { Attachment } from '../../../src/model/connection-store.ts';
import { newId, type ConnectionId } from '../../../src/model/ids.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import {
  APP,
  OTHER_APP,
  attachment,
  claimed,
  connected,
  consent,
  failed,
  print,
  renewed,
  stored,
  tokens,
} from '../../support/store-samples.ts';
import { types, type Suite } from './under-test.ts';

const random = seededRandom('contract of connections');

export const CONNECTIONS: Suite = {
  'a connection comes back as it was attached, by id and by name': async ({ store, other, clock }) => {
    const nowMs = clock.nowMs();
    const alice = await connected(store, 'alice', nowMs, {
      refreshAbsoluteEndsAtMs: nowMs + 9,
      refreshIdleEndsAtMs: nowMs + 8,
      dueAtMs: nowMs + 7,
      owner: 'o',
      policy: 'always',
    });
    assert.deepEqual(alice, {
      id: alice.id,
      name: 'x:alice',
      provider: 'x',
      restsOn: 'consent',
      providerAppId: APP.id,
      owner: 'o',
      subject: 'subject of alice',
      handle: 'alice',
      state: 'active',
      stateReason: undefined,
      scopes: ['read'],
      policy: 'always',
      metadata: {},
      accessExpiresAtMs: nowMs + 7_200_000,
      refreshExpiresAtMs: nowMs + 8,
      hasRefreshToken: true,
      grantedAtMs: nowMs,
      lastRenewedAtMs: undefined,
      renewals: 0,
      nextDueAtMs: nowMs + 7,
      createdAtMs: nowMs,
    });
    assert.deepEqual(await other.connections.find(alice.id), alice);
    assert.deepEqual(await other.connections.find('x:alice'), alice);
    assert.equal((await stored(store, alice)).jitter, 0.25);
  },
  'of two ends of a refresh token the earlier one is shown, or the only one': async ({ store, clock }) => {
    const only = [{ refreshAbsoluteEndsAtMs: 5 }, { refreshIdleEndsAtMs: 6 }, {}];
    const shown = [];
    for (const [index, ends] of only.entries())
      shown.push((await connected(store, `user${index}`, clock.nowMs(), ends)).refreshExpiresAtMs);
    assert.deepEqual(shown, [5, 6, undefined]);
  },
  'a connection whose name is another one’s id does not stand in its place': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await connected(store, 'bob', clock.nowMs(), { name: alice.id });
    assert.equal((await store.connections.find(alice.id))?.handle, 'alice');
  },
  'connections are listed by pages, and by what is asked for': async ({ store, clock }) => {
    const all: ConnectionId[] = [];
    for (let index = 0; index < 7; index += 1)
      all.push((await connected(store, `user${index}`, clock.nowMs(), { owner: index % 2 === 0 ? 'even' : 'odd' })).id);
    await store.credentials.endGrant(all[0]!, 1, 'expired');
    const seen: ConnectionId[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.connections.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, all.toSorted());
    const count = async (query: object): Promise<number> =>
      (await store.connections.list({ limit: 99, ...query })).items.length;
    assert.deepEqual(
      [
        await count({ owner: 'odd' }),
        await count({ state: 'reauth_required' }),
        await count({ provider: 'y' }),
        await count({ provider: 'x', owner: 'even', state: 'active' }),
      ],
      [3, 1, 0, 3],
    );
    assert.deepEqual(
      [
        await count({ subject: 'subject of user3', providerAppId: APP.id }),
        await count({ subject: 'subject of user3', providerAppId: OTHER_APP.id }),
      ],
      [1, 0],
    );
    assert.deepEqual(await store.connections.countByState(), {
      active: 6,
      uncertain: 0,
      reauth_required: 1,
      revoked: 0,
    });
  },
  'those that never expire are those without an end and without a refresh token': async ({ store, clock }) => {
    await connected(store, 'alice', clock.nowMs());
    await connected(store, 'bob', clock.nowMs(), { accessExpiresAtMs: undefined });
    const carol = await connected(store, 'carol', clock.nowMs(), {
      accessExpiresAtMs: undefined,
      refreshFingerprint: undefined,
    });
    assert.deepEqual(
      (await store.connections.list({ limit: 9, neverExpires: true })).items.map(({ id }) => id),
      [carol.id],
    );
  },
  'only what is named is changed, and a taken name changes nothing': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await connected(store, 'bob', clock.nowMs());
    assert.equal(await store.connections.update(alice.id, { metadata: { a: [1] } }), 'updated');
    assert.equal(
      await store.connections.update(alice.id, { name: 'x:bob', policy: 'always', dueAtMs: 1 }),
      'name_taken',
    );
    assert.equal(await store.connections.update(newId('con', random), { policy: 'always' }), 'not_found');
    const now = await store.connections.find(alice.id);
    assert.deepEqual(now, { ...alice, metadata: { a: [1] } });
    assert.equal(await store.connections.update(alice.id, { name: 'mine', policy: 'always', dueAtMs: 1 }), 'updated');
    const after = await store.connections.find('mine');
    assert.deepEqual([after?.policy, after?.nextDueAtMs, after?.metadata], ['always', 1, { a: [1] }]);
  },
  'a connection changes its owner only while nothing is in flight': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const change = {
      id: alice.id,
      version: 1,
      owner: 'new',
      sealed: Buffer.from('for the new owner'),
      generation: 'g',
    };
    assert.equal(await store.connections.changeOwner({ ...change, version: 2 }), false);
    const claim = await claimed(store, alice);
    assert.equal(await store.connections.changeOwner(change), false);
    await store.credentials.settleFailed(failed(claim, 'unavailable', clock.nowMs()));
    assert.equal(await store.connections.changeOwner(change), true);
    const credential = await stored(store, alice);
    assert.deepEqual(
      [credential.owner, credential.version, credential.generation, Buffer.from(credential.sealed).toString()],
      ['new', 2, 'g', 'for the new owner'],
    );
  },
  'a name that is taken is said': async ({ store, clock }) => {
    await connected(store, 'alice', clock.nowMs());
    assert.deepEqual(await store.connections.attach(attachment('bob', clock.nowMs(), { name: 'x:alice' })), {
      kind: 'name_taken',
    });
  },
  'the same subject of the same owner and app is the same connection': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs(), { owner: 'o' });
    const again = (more: Partial<Attachment>): Attachment =>
      attachment('alice', clock.nowMs(), { ...tokens('alice new', clock.nowMs()), owner: 'o', name: 'other', ...more });
    assert.deepEqual(await store.connections.attach(again({})), { kind: 'subject_known', connectionId: alice.id });
    const attached = await store.connections.attach(again({ connectionId: alice.id, existingVersion: 1 }));
    assert.ok(attached.kind === 'attached');
    const credential = await stored(store, alice);
    assert.deepEqual(
      [credential.version, credential.refreshFingerprint, credential.state],
      [2, print('alice new'), 'active'],
    );
    assert.ok(credential.fence > 0);
    assert.equal(
      (await store.connections.attach(again({ providerAppId: OTHER_APP.id, ...tokens('elsewhere', 0) }))).kind,
      'attached',
      'another app is another grant',
    );
  },
  'a consent again for a version that has moved is told so': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    const again = attachment('alice', clock.nowMs(), {
      ...tokens('alice new', clock.nowMs()),
      connectionId: alice.id,
      existingVersion: 1,
    });
    assert.deepEqual(await store.connections.attach(again), { kind: 'moved' });
    assert.equal((await stored(store, alice)).refreshFingerprint, print('alice 2'));
  },
  'a fresh consent takes the lease from a renewal of the old grant, whose pair is kept and never tried': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const old = await claimed(store, alice);
    await store.connections.attach(
      attachment('alice', clock.nowMs(), {
        ...tokens('alice new', clock.nowMs()),
        connectionId: alice.id,
        existingVersion: 1,
      }),
    );
    const credential = await stored(store, alice);
    assert.deepEqual([credential.lease, credential.openAttempt], [undefined, undefined]);
    assert.equal(await store.credentials.settleRenewed(renewed(old, 'alice 1', 'alice 2', clock.nowMs())), 'orphaned');
    assert.equal(await store.credentials.untriedOrphan(alice.id), undefined);
    assert.equal((await store.credentials.orphans(alice.id)).length, 1);
    assert.deepEqual(await stored(store, alice), credential);
  },
  'a consent for the same subject elsewhere supersedes, and what is in flight for the old one settles nothing': async ({
    store,
    clock,
  }) => {
    const first = await connected(store, 'alice', clock.nowMs(), { owner: 'a' });
    const inFlight = await claimed(store, first);
    await connected(store, 'alice', clock.nowMs(), { ...tokens('second', clock.nowMs()), owner: 'b', name: 'second' });
    assert.deepEqual(
      [(await stored(store, first)).state, (await stored(store, first)).stateReason],
      ['reauth_required', 'superseded'],
    );
    assert.equal(
      await store.credentials.settleRenewed(renewed(inFlight, 'alice 1', 'alice 2', clock.nowMs())),
      'orphaned',
    );
    assert.equal((await stored(store, first)).state, 'reauth_required');
    const third = await connected(store, 'alice', clock.nowMs(), {
      ...tokens('third', clock.nowMs()),
      owner: 'c',
      name: 'third',
      supersedes: false,
    });
    assert.equal((await stored(store, third)).state, 'active');
  },
  'an imported refresh token that is here, was spent here, or is an orphan here is known': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    for (const [name, spent] of [
      ['alice 1', true],
      ['alice 2', false],
      ['alice 2b', false],
    ] as const) {
      const imported = attachment('import', clock.nowMs(), {
        ...tokens(name, clock.nowMs()),
        imported: true,
        subject: undefined,
      });
      assert.deepEqual(await store.connections.attach(imported), {
        kind: 'token_known',
        connectionId: alice.id,
        spent,
        fingerprint: print(name),
      });
    }
  },
  'a consent that brings the very refresh token of its own connection is attached, and of another one is not': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const same = { ...tokens('alice 1', clock.nowMs()), accessFingerprint: print('new access') };
    assert.equal(
      (
        await store.connections.attach(
          attachment('alice', clock.nowMs(), { ...same, connectionId: alice.id, existingVersion: 1 }),
        )
      ).kind,
      'attached',
    );
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), {
      connectionId: alice.id,
      spent: false,
    });
    const other = await store.connections.attach(attachment('bob', clock.nowMs(), { ...same }));
    assert.equal(other.kind, 'token_known');
  },
  'a consent is attached once, however often its process tries': async ({ store, other, clock }) => {
    const pending = consent(clock.nowMs(), { state: 'pending', sealed: Uint8Array.of(1), generation: 'g' });
    await store.consents.create(pending);
    const tries = await Promise.all(
      [store, other, store].map((each, index) =>
        each.connections.attach(
          attachment('alice', clock.nowMs(), { consentId: pending.id, ...tokens(`try ${index}`, 0) }),
        ),
      ),
    );
    assert.deepEqual(
      new Set(tries.map((attached) => (attached.kind === 'attached' ? attached.connection.id : attached.kind))).size,
      1,
    );
    const settled = await store.consents.find(pending.id);
    assert.deepEqual(
      [settled?.state, settled?.sealed, settled?.attachedTo === undefined],
      ['attached', undefined, false],
    );
    assert.deepEqual(await types(store), ['connection.created']);
  },
  'a subject is filled in where it was missing, and never changed': async ({ store, clock }) => {
    const nobody = await connected(store, 'nobody', clock.nowMs(), { subject: undefined, handle: undefined });
    await store.connections.identify(nobody.id, { subject: '1', handle: 'one' });
    await store.connections.identify(nobody.id, { subject: '2', handle: 'two' });
    const now = await store.connections.find(nobody.id);
    assert.deepEqual([now?.subject, now?.handle], ['1', 'one']);
  },
  'a connection of an app that is not registered is refused': async ({ store, clock }) => {
    await assert.rejects(
      store.connections.attach(attachment('alice', clock.nowMs(), { providerAppId: 'app_none' as never })),
    );
    assert.deepEqual((await store.connections.list({ limit: 9 })).items, []);
    assert.deepEqual(await types(store), []);
  },
};
