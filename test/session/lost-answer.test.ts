import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { xData as x } from '../../src/providers/data/x.ts';
import { SessionWorld, type Browser } from './session-world.ts';

/** As at Auth0: a refresh token that comes twice ends every successor of it. */
const killer = { ...x, refresh: { ...x.refresh, reuseKillsFamily: true } };

describe('cookie mode, where a reuse would end the whole family', () => {
  let world: SessionWorld;
  let alice: Browser;
  beforeEach(() => {
    world = new SessionWorld({ provider: killer });
    alice = world.browser();
  });
  afterEach(() => world.close());

  it('a renewal that a server error has answered is tried again, without a worker and without a restart', async () => {
    const session = world.process();
    await alice.signIn(session);
    await world.clock.advance(2 * HOUR_MS);
    world.provider.answerNext(503);
    await assert.rejects(world.settle(session.getAccessToken(alice.request())), { code: 'uncertain' });
    await world.clock.advance(MINUTE_MS);
    await assert.rejects(world.settle(session.getAccessToken(alice.request())), { code: 'uncertain' });
    await world.clock.advance(5 * MINUTE_MS);
    assert.ok(world.provider.knowsAsGood(await alice.use(session)));
    assert.equal(world.renewals, 1);
    assert.equal(world.presentedTwice, 0);
  });
});
