import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { SessionWorld, type Browser, type SharedLedger } from './session-world.ts';

/** What is true whichever engine the ledger is in. Without `ledger`, SQLite. */
export function renewsOnce(engine: string, ledger?: () => Promise<SharedLedger>): void {
  describe(`cookie mode with its ledger in ${engine} renews once, whoever asks`, () => {
    let world: SessionWorld;
    let alice: Browser;
    beforeEach(async () => {
      world = new SessionWorld({ ledger: await ledger?.() });
      alice = world.browser();
    });
    afterEach(() => world.close());

    it('serves the living token of the cookie, and tells the browser nothing', async () => {
      const session = world.process();
      await alice.signIn(session);
      const { accessToken, setCookies, handle } = await session.getAccessToken(alice.request());
      assert.ok(world.provider.knowsAsGood(accessToken));
      assert.deepEqual([setCookies, handle, world.renewals], [[], 'alice', 0]);
    });

    it('P30: of parallel requests with one cookie, each gets the same successor to the byte, for one exchange', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS);
      const asked = Array.from({ length: 40 }, () => session.getAccessToken(alice.request()));
      const answers = await world.settle(Promise.all(asked));
      assert.equal(world.renewals, 1);
      assert.equal(new Set(answers.map(({ accessToken }) => accessToken)).size, 1);
      assert.equal(new Set(answers.map(({ setCookies }) => setCookies.join('\n'))).size, 1);
      assert.ok((answers[0]?.setCookies.length ?? 0) > 0);
      assert.equal(world.presentedTwice, 0);
    });

    it('P30: in several processes with one ledger, too', async () => {
      const processes = [world.process(), world.process(), world.process()];
      const [first = world.process()] = processes;
      await alice.signIn(first);
      await world.clock.advance(2 * HOUR_MS);
      const asked = processes.flatMap((one) => [1, 2, 3].map(() => one.getAccessToken(alice.request())));
      const answers = await world.settle(Promise.all(asked));
      assert.equal(world.renewals, 1);
      assert.equal(new Set(answers.map(({ setCookies }) => setCookies.join('\n'))).size, 1);
      assert.equal(world.presentedTwice, 0);
    });

    it('P30: a late response that brings an older cookie back logs nobody out within the grace', async () => {
      const session = world.process();
      await alice.signIn(session);
      const old = alice.copy();
      await world.clock.advance(2 * HOUR_MS);
      await alice.use(session);
      await alice.use(session);
      await world.clock.advance(20 * SECOND_MS);
      const token = await old.use(session);
      assert.ok(world.provider.knowsAsGood(token));
      assert.deepEqual([...old.cookies], [...alice.cookies]);
      assert.equal(world.renewals, 1);
      assert.deepEqual(world.reuses, []);
    });

    it('a browser that never stored the new cookie comes back an hour later, and gets the same successor', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS);
      const { setCookies, accessToken } = await world.settle(session.getAccessToken(alice.request()));
      await world.clock.advance(HOUR_MS);
      const again = await world.settle(session.getAccessToken(alice.request()));
      assert.deepEqual(again.setCookies, setCookies);
      assert.equal(again.accessToken, accessToken);
      assert.equal(world.renewals, 1);
    });

    it('and a day later, when the successor is over itself: the next one is made from it, and the old one is not presented', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS);
      await world.settle(session.getAccessToken(alice.request()));
      await world.clock.advance(24 * HOUR_MS);
      assert.ok(world.provider.knowsAsGood(await alice.use(session)));
      assert.equal(world.renewals, 2);
      assert.equal(world.presentedTwice, 0);
      assert.ok(world.provider.knowsAsGood(await alice.use(session)));
    });

    it('a stolen old cookie, before the owner comes back, gets what the owner gets, and costs nothing at the provider', async () => {
      const session = world.process();
      await alice.signIn(session);
      const thief = alice.copy();
      await world.clock.advance(2 * HOUR_MS);
      const own = await world.settle(session.getAccessToken(alice.request()));
      const stolen = await world.settle(session.getAccessToken(thief.request()));
      assert.deepEqual(stolen.setCookies, own.setCookies);
      assert.equal(world.renewals, 1);
      assert.equal(world.presentedTwice, 0);
    });

    it('a stolen old cookie, after the owner has come back, gets nothing: it is reported once, and the owner stays signed in', async () => {
      const session = world.process();
      await alice.signIn(session);
      const thief = alice.copy();
      await world.clock.advance(2 * HOUR_MS);
      await alice.use(session);
      await alice.use(session);
      await world.clock.advance(31 * SECOND_MS);
      for (const _ of [1, 2]) {
        await assert.rejects(session.getAccessToken(thief.request()), {
          code: 'reauth_required',
          connectUrl: 'https://app.example/auth/login/x',
        });
      }
      assert.deepEqual(world.reuses, [{ provider: 'x', subject: world.reuses[0]?.subject, handle: 'alice' }]);
      assert.ok(world.provider.knowsAsGood(await alice.use(session)));
      assert.equal(world.presentedTwice, 0);
    });

    it('an old cookie is no more than one step behind: the one before the last is spent at once', async () => {
      const session = world.process();
      await alice.signIn(session);
      const first = alice.copy();
      for (const _ of [1, 2]) {
        await world.clock.advance(2 * HOUR_MS);
        await alice.use(session);
        await alice.use(session);
      }
      await assert.rejects(session.getAccessToken(first.request()), { code: 'reauth_required' });
      assert.equal(world.reuses.length, 1);
    });

    it('an answer that is lost is not asked for twice at once, and the living token is served meanwhile', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS - 30 * SECOND_MS);
      world.provider.loseNextAnswer();
      const token = await alice.use(session);
      assert.ok(world.provider.knowsAsGood(token));
      assert.equal(world.presentedTwice, 0);
    });

    it('an answer that is lost ends in one replay, and then in the words that say so', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS);
      world.provider.loseNextAnswer();
      await assert.rejects(world.settle(session.getAccessToken(alice.request())), { code: 'uncertain' });
      await world.clock.advance(5 * MINUTE_MS);
      await assert.rejects(world.settle(session.getAccessToken(alice.request())), (error: Error) =>
        /answer|no longer accepts/.test(error.message),
      );
      assert.equal(world.presentedTwice, 1);
    });

    it('a request that was lost on its way is sent again after the patience, and all is well', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS);
      world.provider.loseNextRequest();
      await assert.rejects(world.settle(session.getAccessToken(alice.request())), { code: 'uncertain' });
      await world.clock.advance(5 * MINUTE_MS);
      assert.ok(world.provider.knowsAsGood(await alice.use(session)));
      assert.equal(world.renewals, 1);
    });

    it('a provider that is down logs nobody out', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS);
      // It may have been handled before it failed, so that nobody asks again at once.
      world.provider.answerNext(503);
      await assert.rejects(world.settle(session.getAccessToken(alice.request())), { code: 'uncertain' });
      await world.clock.advance(5 * MINUTE_MS);
      world.provider.answerNext(429);
      await assert.rejects(world.settle(session.getAccessToken(alice.request())), { code: 'unavailable' });
      await world.clock.advance(20 * MINUTE_MS);
      assert.ok(world.provider.knowsAsGood(await alice.use(session)));
    });

    it('a grant that is over says so, asks the provider once, and another sign-in mends it', async () => {
      const session = world.process();
      await alice.signIn(session);
      world.provider.removeApp('alice');
      await world.clock.advance(2 * HOUR_MS);
      for (const _ of [1, 2]) {
        await assert.rejects(world.settle(session.getAccessToken(alice.request())), { code: 'reauth_required' });
      }
      await alice.signIn(session);
      assert.ok(world.provider.knowsAsGood(await alice.use(session)));
    });

    it('P12: five refusals of one access token make one exchange', async () => {
      const session = world.process();
      await alice.signIn(session);
      await world.clock.advance(10 * MINUTE_MS);
      const refused = await alice.use(session);
      const asked = Array.from({ length: 5 }, () => session.getAccessToken(alice.request(), { refused }));
      const answers = await world.settle(Promise.all(asked));
      assert.equal(world.renewals, 1);
      assert.ok(answers.every(({ accessToken }) => accessToken !== refused));
    });

    it('P32: where no cookie can be set, nothing is rotated: a living token is served, a dead one is refused', async () => {
      const session = world.process();
      await alice.signIn(session);
      const atPage = { canSetCookies: false };
      assert.ok(world.provider.knowsAsGood(await alice.use(session, atPage)));
      await world.clock.advance(2 * HOUR_MS);
      await assert.rejects(world.settle(session.getAccessToken(alice.request(), atPage)), { code: 'cannot_rotate' });
      assert.equal(world.renewals, 0);
      const { accessToken } = await world.settle(session.getAccessToken(alice.request()));
      const { accessToken: atOldPage, setCookies } = await session.getAccessToken(alice.request(), atPage);
      assert.deepEqual([atOldPage, setCookies], [accessToken, []]);
      assert.equal(world.renewals, 1);
    });

    it('what was handed over is forgotten by the ledger, and put back when the next renewal needs it', async () => {
      const session = world.process();
      await alice.signIn(session);
      for (const _ of [1, 2, 3]) {
        await world.clock.advance(2 * HOUR_MS);
        await alice.use(session);
        await alice.use(session);
        await world.clock.advance(2 * MINUTE_MS);
        await alice.use(session);
      }
      assert.equal(world.renewals, 3);
      assert.equal(world.presentedTwice, 0);
    });

    it('a ledger that is lost in between takes the cookie at its word', async () => {
      const session = world.process({ ledger: 'memory' });
      await alice.signIn(session);
      await world.clock.advance(2 * HOUR_MS);
      await alice.use(session);
      await world.clock.advance(2 * HOUR_MS);
      const restarted = world.process({ ledger: 'memory' });
      assert.ok(world.provider.knowsAsGood(await alice.use(restarted)));
      assert.equal(world.renewals, 2);
      assert.equal(world.presentedTwice, 0);
    });
  });
}
