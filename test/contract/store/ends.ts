import assert from 'node:assert/strict';
import { APP, BREAKER, claimed, connected, failed, print, renewed, stored } from '../../support/store-samples.ts';
import { types, type Suite } from './under-test.ts';

export const ENDS: Suite = {
  'a rejection ends the grant, keeps the row, and is told once': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal(
      await store.credentials.settleRejected({
        claim: await claimed(store, alice),
        reason: 'expired',
        error: 'e',
        breaker: BREAKER,
        mayBeReuse: false,
      }),
      'ended',
    );
    const credential = await stored(store, alice);
    assert.deepEqual(
      [credential.state, credential.stateReason, credential.lease, credential.openAttempt, credential.dueAtMs],
      ['reauth_required', 'expired', undefined, undefined, undefined],
    );
    assert.deepEqual(Buffer.from(credential.sealed).toString(), 'sealed alice 1');
    assert.deepEqual(await types(store), ['connection.created', 'connection.reauth_required']);
  },
  'a rejection after an unanswered attempt says that an answer was lost': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(failed(await claimed(store, alice), 'unanswered', clock.nowMs()));
    await store.credentials.settleRejected({
      claim: await claimed(store, alice),
      reason: 'expired',
      error: 'e',
      breaker: BREAKER,
      mayBeReuse: false,
    });
    assert.equal((await stored(store, alice)).stateReason, 'answer_lost');
  },
  'a late child brings an ended grant back to life': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRejected({
      claim: await claimed(store, alice),
      reason: 'expired',
      error: 'e',
      breaker: BREAKER,
      mayBeReuse: false,
    });
    assert.equal(await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs())), 'adopted');
    assert.equal((await stored(store, alice)).state, 'active');
  },
  'a grant is ended for the version that was seen, and never under a lease': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    assert.equal(await store.credentials.endGrant(alice.id, 2, 'no_refresh_token'), false);
    await claimed(store, alice);
    assert.equal(await store.credentials.endGrant(alice.id, 1, 'no_refresh_token'), false);
    await clock.advance(60_000);
    assert.equal(await store.credentials.endGrant(alice.id, 1, 'no_refresh_token'), true);
    assert.equal((await stored(store, alice)).stateReason, 'no_refresh_token');
  },
  'ten rejections of a tenth of an app within a minute hold it, and one is told': async ({ store, clock }) => {
    const connections = [];
    for (let index = 0; index < 12; index += 1) connections.push(await connected(store, `user${index}`, clock.nowMs()));
    const claims = await Promise.all(connections.map((connection) => claimed(store, connection)));
    const as = [];
    for (const claim of claims)
      as.push(
        await store.credentials.settleRejected({
          claim,
          reason: 'expired',
          error: 'e',
          breaker: BREAKER,
          mayBeReuse: false,
        }),
      );
    assert.deepEqual(
      [as.filter((each) => each === 'ended').length, as.filter((each) => each === 'app_held').length],
      [9, 3],
    );
    assert.equal((await types(store)).filter((type) => type === 'provider.misconfigured').length, 1);
    const [app] = (await store.home.apps()).filter(({ id }) => id === APP.id);
    assert.ok(app?.heldForOperator === true && app.connections === 12);
    await store.home.registerApps([{ ...APP, secretHash: 'changed' }]);
    assert.equal(
      (await store.home.apps()).find(({ id }) => id === APP.id)?.heldForOperator,
      true,
      'this is an operator’s to lift',
    );
    await store.home.releaseApp(APP.id);
    assert.equal((await store.home.apps()).find(({ id }) => id === APP.id)?.heldForOperator, false);
  },
  'a revocation forgets the tokens, and needs its own claim': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const claim = await claimed(store, alice, { purpose: 'revocation' });
    assert.equal(
      await store.connections.settleRevoked({ ...claim, fence: claim.fence + 1 }, { atProvider: true }),
      false,
    );
    assert.equal(await store.connections.settleRevoked(claim, { atProvider: true }), true);
    assert.equal(await store.connections.settleRevoked(claim, { atProvider: true }), false);
    const credential = await stored(store, alice);
    assert.deepEqual(
      [credential.state, credential.sealed.length, credential.refreshFingerprint, credential.lease, credential.dueAtMs],
      ['revoked', 0, undefined, undefined, undefined],
    );
    assert.deepEqual(await store.credentials.knownRefreshToken(print('alice 1')), {
      connectionId: alice.id,
      spent: true,
    });
    assert.equal((await store.credentials.attempts(alice.id, 1))[0]?.outcome, 'revoked');
  },
  'a revocation of tokens that gave way to a late pair revokes nothing, and lets go': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const claim = await claimed(store, alice, { purpose: 'revocation' });
    assert.equal(await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs())), 'adopted');
    assert.equal(await store.connections.settleRevoked(claim, { atProvider: true }), false);
    const { state, lease, refreshFingerprint } = await stored(store, alice);
    assert.deepEqual([state, lease, refreshFingerprint], ['active', undefined, print('alice 2')]);
    const again = await claimed(store, alice, { purpose: 'revocation' });
    assert.equal(await store.connections.settleRevoked(again, { atProvider: true }), true);
    assert.equal((await stored(store, alice)).state, 'revoked');
  },
  'what arrives after a revocation is kept until it is revoked too': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    const claim = await claimed(store, alice, { purpose: 'revocation' });
    await store.connections.settleRevoked(claim, { atProvider: false });
    assert.equal(
      await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2', clock.nowMs())),
      'revoke_it',
    );
    assert.deepEqual(await store.credentials.takeDue({ againAtMs: clock.nowMs() + 1, limit: 9 }), [alice.id]);
    const orphan = await store.credentials.untriedOrphan(alice.id);
    assert.ok(orphan !== undefined);
    assert.equal(orphan.tokens.refreshFingerprint, print('alice 2'));
    await store.credentials.noteOrphanTried(orphan.id);
    assert.equal(await store.credentials.untriedOrphan(alice.id), undefined);
    assert.equal((await stored(store, alice)).state, 'revoked');
  },
  'a failed revocation of an ended grant does not bring it back': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.endGrant(alice.id, 1, 'expired');
    await store.credentials.settleFailed(
      failed(await claimed(store, alice, { purpose: 'revocation' }), 'not_sent', clock.nowMs()),
    );
    assert.equal((await stored(store, alice)).state, 'reauth_required');
  },
};
