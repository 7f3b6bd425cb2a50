import assert from 'node:assert/strict';
import type { ConnectionId } from '../../../src/model/ids.ts';
import { sessionName, type SessionEntry, type SessionFacts } from '../../../src/model/session-ledger.ts';
import type { Store } from '../../../src/model/store.ts';
import { APP, claimed, failed, print, renewed, stored, tokens } from '../../support/store-samples.ts';
import type { Suite } from './under-test.ts';

const DAY_MS = 86_400_000;
const ALICE: SessionFacts = {
  id: 'ses_alice' as ConnectionId,
  provider: 'x',
  providerAppId: APP.id,
  subject: 'subject of alice',
  handle: 'alice',
  scopes: ['read', 'write'],
  grantedAtMs: 5,
  endsAtMs: 0,
};
const NEVER = { presentedBeforeMs: 0, endedBeforeMs: 0, limit: 9 };

export const LEDGER: Suite = {
  'nobody knows a session that was never entered': async ({ store }) => {
    assert.equal(await store.ledger.read(ALICE.id), undefined);
    await store.ledger.notePresented(ALICE.id, 2);
    assert.equal(await store.ledger.noteReuse(ALICE.id, 2), false);
    assert.equal(await store.ledger.read(ALICE.id), undefined);
  },
  'a cookie’s tokens are entered at its version, where a renewal finds them': async ({ store, other, clock }) => {
    await store.ledger.enter(session(3, clock.nowMs()));
    assert.deepEqual(await other.ledger.read(ALICE.id), {
      state: 'active',
      version: 3,
      presentedVersion: 3,
      presentedAtMs: clock.nowMs(),
      previousVersion: undefined,
      holdsTokens: true,
    });
    const credential = await stored(other, ALICE);
    assert.deepEqual(
      [credential.version, credential.refreshFingerprint, credential.scopes, credential.owner, credential.name],
      [3, print('alice 3'), ALICE.scopes, sessionName(ALICE.id), sessionName(ALICE.id)],
    );
    assert.deepEqual(Buffer.from(credential.sealed).toString(), 'sealed alice 3');
  },
  'of many processes that enter it at once, all succeed, and it is there once': async ({ store, other, clock }) => {
    const entries = Array.from({ length: 8 }, (_, n) =>
      (n % 2 === 0 ? store : other).ledger.enter(session(1, clock.nowMs())),
    );
    await Promise.all(entries);
    assert.equal((await store.connections.list({ limit: 9 })).items.length, 1);
    assert.equal((await store.ledger.read(ALICE.id))?.version, 1);
  },
  'what it holds already is not written over, nor is what is later': async ({ store, other, clock }) => {
    await store.ledger.enter(session(1, clock.nowMs()));
    await store.ledger.enter(session(1, clock.nowMs(), 'another'));
    assert.equal((await stored(store, ALICE)).refreshFingerprint, print('alice 1'));
    await renew(store, 'alice 1', 'alice 2', clock.nowMs());
    await other.ledger.enter(session(1, clock.nowMs()));
    assert.deepEqual(
      [(await stored(store, ALICE)).version, (await stored(store, ALICE)).refreshFingerprint],
      [2, print('alice 2')],
    );
  },
  'a cookie ahead of it is taken at its word, and what it knew before is no step back': async ({ store, clock }) => {
    await store.ledger.enter(session(1, clock.nowMs()));
    await store.credentials.endGrant(ALICE.id, 1, 'expired');
    assert.equal((await store.ledger.read(ALICE.id))?.state, 'reauth_required');
    await clock.advance(1000);
    await store.ledger.enter(session(7, clock.nowMs()));
    assert.deepEqual(await store.ledger.read(ALICE.id), {
      state: 'active',
      version: 7,
      presentedVersion: 7,
      presentedAtMs: clock.nowMs(),
      previousVersion: undefined,
      holdsTokens: true,
    });
    assert.equal((await stored(store, ALICE)).refreshFingerprint, print('alice 7'));
  },
  'a renewal that is under way is not disturbed by whoever enters it again': async ({ store, other, clock }) => {
    await store.ledger.enter(session(1, clock.nowMs()));
    const claim = await claimed(store, ALICE);
    await other.ledger.enter(session(4, clock.nowMs()));
    assert.equal((await stored(store, ALICE)).version, 1);
    assert.equal((await store.ledger.read(ALICE.id))?.version, 1);
    const as = await store.credentials.settleRenewed(renewed(claim, 'alice 1', 'alice 2', clock.nowMs()));
    assert.equal(as, 'settled');
    assert.equal((await store.ledger.read(ALICE.id))?.version, 2);
  },
  'what was presented is noted once, in order, and never backwards': async ({ store, other, clock }) => {
    await store.ledger.enter(session(1, clock.nowMs()));
    await renew(store, 'alice 1', 'alice 2', clock.nowMs());
    await clock.advance(10);
    const atMs = clock.nowMs();
    await other.ledger.notePresented(ALICE.id, 2);
    await clock.advance(10);
    await store.ledger.notePresented(ALICE.id, 2);
    await store.ledger.notePresented(ALICE.id, 1);
    const entry = await store.ledger.read(ALICE.id);
    assert.deepEqual([entry?.presentedVersion, entry?.previousVersion, entry?.presentedAtMs], [2, 1, atMs]);
  },
  'a spent cookie that comes back is noted once by whoever sees it first': async ({ store, other, clock }) => {
    await store.ledger.enter(session(5, clock.nowMs()));
    const noted = await Promise.all([store, other, store, other].map(({ ledger }) => ledger.noteReuse(ALICE.id, 3)));
    assert.deepEqual(noted.filter(Boolean), [true]);
    assert.equal(await store.ledger.noteReuse(ALICE.id, 2), false);
    assert.equal(await store.ledger.noteReuse(ALICE.id, 4), true);
  },
  'a session that was signed out stays so: its cookies are not entered, and its tokens are gone': async ({
    store,
    other,
    clock,
  }) => {
    await store.ledger.enter(session(1, clock.nowMs()));
    await other.ledger.end({ ...ALICE, endsAtMs: clock.nowMs() + 2 * DAY_MS });
    await store.ledger.enter(session(2, clock.nowMs()));
    const entry = await store.ledger.read(ALICE.id);
    assert.deepEqual([entry?.state, entry?.version, entry?.holdsTokens], ['revoked', 1, false]);
    assert.equal((await stored(store, ALICE)).sealed.length, 0);
    assert.equal((await stored(store, ALICE)).dueAtMs, undefined);
    await store.ledger.forget({ ...NEVER, endedBeforeMs: clock.nowMs() + 2 * DAY_MS });
    assert.equal((await store.ledger.read(ALICE.id))?.state, 'revoked');
  },
  'the end of a session that was never renewed is written down all the same, also by two at once': async ({
    store,
    other,
    clock,
  }) => {
    const ended = { ...ALICE, endsAtMs: clock.nowMs() + DAY_MS };
    await Promise.all([store.ledger.end(ended), other.ledger.end(ended), store.ledger.end(ended)]);
    await store.ledger.enter(session(1, clock.nowMs()));
    const entry = await store.ledger.read(ALICE.id);
    assert.deepEqual([entry?.state, entry?.holdsTokens, entry?.version], ['revoked', false, 0]);
  },
  'what a renewal brings after the sign-out is not adopted': async ({ store, clock }) => {
    await store.ledger.enter(session(1, clock.nowMs()));
    const claim = await claimed(store, ALICE);
    await store.ledger.end({ ...ALICE, endsAtMs: clock.nowMs() + DAY_MS });
    const as = await store.credentials.settleRenewed(renewed(claim, 'alice 1', 'alice 2', clock.nowMs()));
    assert.equal(as, 'revoke_it');
    const entry = await store.ledger.read(ALICE.id);
    assert.deepEqual([entry?.state, entry?.holdsTokens], ['revoked', false]);
  },
  'the tokens are forgotten when the browser has held the latest of them for a while, and not before': async ({
    store,
    clock,
  }) => {
    await store.ledger.enter(session(1, clock.nowMs()));
    await renew(store, 'alice 1', 'alice 2', clock.nowMs());
    await clock.advance(1000);
    const forgetting = { ...NEVER, presentedBeforeMs: clock.nowMs() };
    await store.ledger.forget(forgetting);
    assert.equal((await store.ledger.read(ALICE.id))?.holdsTokens, true, 'the browser has shown nothing newer yet');
    await store.ledger.notePresented(ALICE.id, 2);
    await store.ledger.forget(forgetting);
    assert.equal((await store.ledger.read(ALICE.id))?.holdsTokens, true, 'it was shown only now');
    await clock.advance(1000);
    await store.ledger.forget({ ...NEVER, presentedBeforeMs: clock.nowMs() });
    const entry = await store.ledger.read(ALICE.id);
    assert.deepEqual([entry?.state, entry?.version, entry?.holdsTokens], ['active', 2, false]);
    const credential = await stored(store, ALICE);
    assert.deepEqual([credential.sealed.length, credential.dueAtMs], [0, undefined]);
    assert.deepEqual(await store.credentials.attempts(ALICE.id, 9), []);
    assert.equal(await store.credentials.knownRefreshToken(print('alice 1')), undefined);
    assert.deepEqual(await store.events.list({ limit: 9 }), []);
  },
  'forgotten tokens are put back by the cookie that has them, at the same version': async ({ store, other, clock }) => {
    await store.ledger.enter(session(2, clock.nowMs()));
    await clock.advance(1);
    await store.ledger.forget({ ...NEVER, presentedBeforeMs: clock.nowMs() });
    await other.ledger.enter(session(2, clock.nowMs()));
    const entry = await store.ledger.read(ALICE.id);
    assert.deepEqual([entry?.holdsTokens, entry?.presentedVersion, entry?.presentedAtMs], [true, 2, clock.nowMs() - 1]);
    assert.equal((await stored(store, ALICE)).refreshFingerprint, print('alice 2'));
    await store.ledger.enter(session(1, clock.nowMs()));
    assert.equal((await stored(store, ALICE)).version, 2);
  },
  'nothing is forgotten of what a renewal is at, or was not answered about': async ({ store, clock }) => {
    await store.ledger.enter({ ...session(1, clock.nowMs()), endsAtMs: clock.nowMs() });
    const claim = await claimed(store, ALICE);
    await clock.advance(1000);
    const all = { presentedBeforeMs: clock.nowMs(), endedBeforeMs: clock.nowMs(), limit: 9 };
    await store.ledger.forget(all);
    assert.equal((await store.ledger.read(ALICE.id))?.holdsTokens, true);
    await store.credentials.settleFailed(failed(claim, 'unanswered', clock.nowMs()));
    await store.ledger.forget(all);
    assert.deepEqual(
      [(await store.ledger.read(ALICE.id))?.state, (await store.ledger.read(ALICE.id))?.holdsTokens],
      ['uncertain', true],
    );
    assert.equal((await stored(store, ALICE)).sealed.length > 0, true);
  },
  'a session whose end is over is forgotten with all that hung on it, and others are not': async ({ store, clock }) => {
    const bob = { ...ALICE, id: 'ses_bob' as ConnectionId, subject: 'subject of bob' };
    await store.ledger.enter({ ...session(1, clock.nowMs()), endsAtMs: clock.nowMs() + 5 });
    await store.ledger.enter({
      ...bob,
      version: 1,
      tokens: tokens('bob 1', clock.nowMs()),
      endsAtMs: clock.nowMs() + DAY_MS,
    });
    await renew(store, 'alice 1', 'alice 2', clock.nowMs());
    await clock.advance(10);
    await store.ledger.forget({ ...NEVER, endedBeforeMs: clock.nowMs() });
    assert.equal(await store.ledger.read(ALICE.id), undefined);
    assert.equal(await store.credentials.read(ALICE.id), undefined);
    assert.deepEqual(await store.credentials.attempts(ALICE.id, 9), []);
    assert.equal(await store.credentials.knownRefreshToken(print('alice 1')), undefined);
    assert.deepEqual(
      (await store.connections.list({ limit: 9 })).items.map(({ id }) => id),
      [bob.id],
    );
    assert.equal((await store.ledger.read(bob.id))?.holdsTokens, true);
  },
  'forgetting takes no more at once than it was told, the longest over first': async ({ store, other, clock }) => {
    for (const [n, name] of ['a', 'b', 'c'].entries())
      await store.ledger.enter({
        ...ALICE,
        id: `ses_${name}` as ConnectionId,
        version: 1,
        tokens: tokens(`${name} 1`, clock.nowMs()),
        endsAtMs: clock.nowMs() + 3 - n,
      });
    await clock.advance(10);
    const one = { presentedBeforeMs: 0, endedBeforeMs: clock.nowMs(), limit: 1 };
    await store.ledger.forget(one);
    const left = async (): Promise<readonly string[]> =>
      (await store.connections.list({ limit: 9 })).items.map(({ id }) => id).sort();
    assert.deepEqual(await left(), ['ses_a', 'ses_b']);
    await Promise.all([store.ledger.forget({ ...one, limit: 9 }), other.ledger.forget({ ...one, limit: 9 })]);
    assert.deepEqual(await left(), []);
  },
  'one refresh token in two browsers belongs to the one that renews': async ({ store, clock }) => {
    const phone = { ...ALICE, id: 'ses_phone' as ConnectionId };
    await store.ledger.enter(session(1, clock.nowMs()));
    await clock.advance(1);
    await store.ledger.forget({ ...NEVER, presentedBeforeMs: clock.nowMs() });
    await store.ledger.enter({ ...phone, version: 1, tokens: tokens('alice 1', clock.nowMs()), endsAtMs: DAY_MS });
    assert.equal((await stored(store, phone)).refreshFingerprint, print('alice 1'));
    assert.equal((await stored(store, ALICE)).refreshFingerprint, undefined);
  },
};

function session(version: number, nowMs: number, name = 'alice'): SessionEntry {
  return {
    ...ALICE,
    version,
    tokens: tokens(`${name} ${version}`, nowMs, { dueAtMs: nowMs }),
    endsAtMs: nowMs + DAY_MS,
  };
}

async function renew(store: Store, parent: string, name: string, nowMs: number): Promise<void> {
  const claim = await claimed(store, ALICE, { parentFingerprint: print(parent) });
  const as = await store.credentials.settleRenewed(renewed(claim, parent, name, nowMs));
  assert.equal(as, 'settled');
}
