import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Session } from '../../src/app/session/session.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { MemoryConsents } from '../../src/session/memory-consents.ts';
import { consent } from '../support/store-samples.ts';
import { SessionWorld, type Browser } from './session-world.ts';

describe('a provider’s answer that is brought twice', () => {
  let world: SessionWorld;
  let session: Session;
  let alice: Browser;
  beforeEach(() => {
    world = new SessionWorld();
    session = world.process();
    alice = world.browser();
  });
  afterEach(() => world.close());

  const allow = (page: string): string => world.provider.controls.consent(page, { user: 'alice' });
  const pathOf = (answer: string): string => new URL(answer).pathname + new URL(answer).search;
  const replayed = (): number => world.provider.controls.state().counts.codesReplayed;
  const grants = (): number => world.provider.controls.state().grants.filter(({ end }) => end === null).length;
  const askedWho = (): number => world.sent.filter((path) => path === '/2/users/me').length;
  const who = async (browser: Browser): Promise<(string | undefined)[]> =>
    (await session.read(browser.request())).map(({ handle }) => handle);

  it('at once, to three processes: its code is exchanged once, and all set the same cookies', async () => {
    const processes = [session, world.process(), world.process()];
    const answer = allow(await alice.depart(session, '/in'));
    world.provider.delayNextAnswer('10s');
    const asked = processes.flatMap((each) => [1, 2, 3].map(() => each.handler(alice.request(pathOf(answer)))));
    const responses = await world.settle(Promise.all(asked));
    assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([303]));
    assert.equal(new Set(responses.map(({ headers }) => headers.getSetCookie().join('\n'))).size, 1);
    for (const { headers } of responses) alice.store(headers.getSetCookie());
    assert.deepEqual([await who(alice), replayed(), grants()], [['alice'], 0, 1]);
    assert.ok(world.provider.knowsAsGood(await alice.use(session)));
  });

  it('to a process without a ledger: once there, too', async () => {
    const alone = world.process({ renewal: false, ledger: undefined });
    const answer = allow(await alice.depart(alone));
    const asked = [1, 2, 3].map(() => alone.handler(alice.request(pathOf(answer))));
    const responses = await world.settle(Promise.all(asked));
    for (const { headers } of responses) alice.store(headers.getSetCookie());
    assert.deepEqual([await who(alice), replayed(), grants()], [['alice'], 0, 1]);
  });

  it('after its response was lost, a quarter of an hour long: the same session', async () => {
    const answer = allow(await alice.depart(session));
    const lost = await world.settle(session.handler(alice.request(pathOf(answer))));
    await world.clock.advance(14 * MINUTE_MS);
    const again = await alice.comeBack(world.process(), answer);
    assert.deepEqual(again.headers.getSetCookie(), lost.headers.getSetCookie());
    assert.deepEqual([await who(alice), replayed()], [['alice'], 0]);
  });

  it('with another code, as of a double click at the provider: the first session counts, and the other code stays unused', async () => {
    const page = await alice.depart(session);
    const [one, other] = [allow(page), allow(page)];
    assert.notEqual(one, other);
    const kept = alice.copy();
    await alice.comeBack(session, one);
    await kept.comeBack(session, other);
    assert.deepEqual(kept.header, alice.header);
    assert.deepEqual([replayed(), grants()], [0, 1]);
  });

  it('once with the answer and once with a refusal: whichever came first counts for both', async () => {
    const page = await alice.depart(session);
    const answer = allow(page);
    const denied = world.provider.controls.consent(page, { user: '', decision: 'deny' });
    const kept = alice.copy();
    assert.equal((await alice.comeBack(session, denied)).status, 200);
    const late = await kept.comeBack(session, answer);
    assert.match(await late.text(), /You declined/);
    assert.deepEqual([await who(kept), grants()], [[], 0]);
  });

  it('and whose code is refused: both say so, and it is sent once', async () => {
    const answer = allow(await alice.depart(session));
    world.provider.answerNext(400, { error: 'invalid_grant' });
    const asked = [session, world.process()].map((each) => each.handler(alice.request(pathOf(answer))));
    const responses = await world.settle(Promise.all(asked));
    assert.deepEqual(
      responses.map(({ status }) => status),
      [400, 400],
    );
    assert.deepEqual([await who(alice), grants()], [[], 0]);
  });

  it('while the first one waits for the provider longer than anybody waits for it: told to sign in again, and not sent', async () => {
    const answer = allow(await alice.depart(session));
    world.provider.delayNextAnswer('50s');
    const first = session.handler(alice.request(pathOf(answer)));
    await world.clock.advance(SECOND_MS);
    const beganMs = world.clock.nowMs();
    const second = await world.settle(world.process().handler(alice.request(pathOf(answer))));
    assert.equal(second.status, 400);
    assert.ok(world.clock.nowMs() - beganMs < 32 * SECOND_MS);
    assert.equal((await world.settle(first)).status, 303);
    assert.equal(replayed(), 0);
  });

  it('after a sign-out: it brings the session back for nobody, with the sign-in’s cookie or the session’s own', async () => {
    const page = await alice.depart(session);
    const begun = alice.copy();
    const answer = allow(page);
    await alice.comeBack(session, answer);
    const signedIn = alice.copy();
    await alice.ask(session, '/auth/logout', { method: 'POST' });
    for (const kept of [begun, signedIn]) {
      const response = await kept.comeBack(session, answer);
      assert.deepEqual([response.status, response.headers.get('location')], [400, null]);
      await assert.rejects(session.getAccessToken(kept.request()), { code: 'unauthenticated' });
    }
  });

  it('by a browser that has another session since: refused', async () => {
    const answer = allow(await alice.depart(session));
    await alice.comeBack(session, answer);
    await alice.signIn(session, 'bob');
    assert.equal((await alice.comeBack(session, answer)).status, 400);
    assert.deepEqual(await who(alice), ['bob']);
  });

  it('by a browser that has both cookies, the sign-in’s and the session’s: its session goes on', async () => {
    const page = await alice.depart(session);
    const begun = alice.copy();
    const answer = allow(page);
    await alice.comeBack(session, answer);
    for (const [name, value] of begun.cookies) alice.cookies.set(name, value);
    assert.equal((await alice.comeBack(session, answer)).status, 303);
    assert.equal(alice.cookies.size, 1);
    assert.ok(world.provider.knowsAsGood(await alice.use(session)));
  });

  it('while the first one asks whose tokens they are: waits for that, and does not ask too', async () => {
    const answer = allow(await alice.depart(session));
    world.provider.order({ endpoint: 'me', fault: 'delay', delay_ms: 3000 });
    const asked = [session, world.process()].map((each) => each.handler(alice.request(pathOf(answer))));
    const cookies = (await world.settle(Promise.all(asked))).map(({ headers }) => headers.getSetCookie());
    assert.deepEqual(cookies[0], cookies[1]);
    assert.equal(askedWho(), 1);
  });

  it('while the first one asks that for too long: takes over, and the first one gets the same session', async () => {
    const answer = allow(await alice.depart(session));
    world.provider.order({ endpoint: 'me', fault: 'delay', delay_ms: 20_000 });
    const first = session.handler(alice.request(pathOf(answer)));
    await world.clock.advance(SECOND_MS);
    const beganMs = world.clock.nowMs();
    const second = await world.settle(world.process().handler(alice.request(pathOf(answer))));
    assert.ok(world.clock.nowMs() - beganMs < 8 * SECOND_MS);
    assert.equal(second.status, 303);
    assert.deepEqual((await world.settle(first)).headers.getSetCookie(), second.headers.getSetCookie());
    assert.deepEqual([askedWho(), grants()], [2, 1]);
  });

  it('after the first one died with the code: told so at once when nobody can be waiting for it any more', async () => {
    const answer = allow(await alice.depart(session));
    world.diesAt = 'consent.answered';
    assert.equal((await session.handler(alice.request(pathOf(answer)))).status, 500);
    await world.clock.advance(2 * MINUTE_MS);
    const beganMs = world.clock.nowMs();
    assert.equal((await alice.comeBack(world.process(), answer)).status, 400);
    assert.ok(world.clock.nowMs() - beganMs < SECOND_MS);
    assert.equal(replayed(), 0);
  });

  it('after the first one died with the session: gets it', async () => {
    const answer = allow(await alice.depart(session));
    world.diesAt = 'consent.attached';
    assert.equal((await session.handler(alice.request(pathOf(answer)))).status, 500);
    assert.equal((await alice.comeBack(world.process(), answer)).status, 303);
    assert.deepEqual([await who(alice), grants()], [['alice'], 1]);
  });

  it('or once, and nobody says whose tokens they are: they are given back, and the sign-in’s cookie is cleared', async () => {
    const answer = allow(await alice.depart(session));
    world.provider.order({ endpoint: 'me', fault: 'status', status: 503, count: 9 });
    const response = await alice.comeBack(session, answer);
    assert.match(await response.text(), /did not say whose account/);
    assert.deepEqual([grants(), alice.header], [0, '']);
  });

  it('over the browser’s earlier session: that one ends, and the new one stays', async () => {
    await alice.signIn(session, 'bob');
    const page = await alice.depart(session);
    const answer = allow(page);
    const twice = alice.copy();
    await alice.comeBack(session, answer);
    await twice.comeBack(world.process(), answer);
    // Both responses reach the one browser.
    for (const [name, value] of twice.cookies) alice.cookies.set(name, value);
    assert.deepEqual(await who(alice), ['alice']);
    assert.ok(world.provider.knowsAsGood(await alice.use(session)));
  });

  it('another app’s or browser’s: nothing of it is told', async () => {
    const answer = allow(await alice.depart(session));
    await alice.comeBack(session, answer);
    const stranger = world.browser();
    await stranger.depart(session);
    const response = await stranger.comeBack(session, answer);
    assert.deepEqual([response.status, response.headers.getSetCookie()], [400, []]);
  });

  it('is forgotten with its sealed session when its time is over', async () => {
    await alice.signIn(session);
    assert.deepEqual(rows(), ['attached']);
    await world.clock.advance(31 * MINUTE_MS);
    await alice.use(session);
    await session.close();
    assert.deepEqual(rows(), []);
  });

  function rows(): unknown[] {
    const db = new DatabaseSync(join(world.directory, 'ledger.db'), { readOnly: true });
    try {
      return db
        .prepare('select state from consents')
        .all()
        .map(({ state }) => state);
    } finally {
      db.close();
    }
  }
});

describe('consents in memory', () => {
  it('are made once, and move on from where they were seen', async () => {
    const consents = new MemoryConsents();
    const begun = consent(1, { state: 'sent', stateHash: 's' });
    await consents.create(begun);
    assert.equal(await consents.advance(begun.id, 'sent', { state: 'answered' }), true);
    assert.equal(await consents.advance(begun.id, 'sent', { state: 'failed' }), false);
    await assert.rejects(consents.create(begun));
    assert.equal((await consents.findByState('s'))?.state, 'answered');
    assert.equal(await consents.expire({ nowMs: 9, forgetBeforeMs: 2 }), 1);
    assert.equal(await consents.find(begun.id), undefined);
  });
});
