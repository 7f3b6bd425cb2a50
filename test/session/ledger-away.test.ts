import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import type { StoreOpener } from '../../src/app/open.ts';
import { HOUR_MS, SECOND_MS } from '../../src/model/clock.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { SessionWorld } from './session-world.ts';

/** A ledger that takes no answer of a provider while it is away. */
function awayOf(path: string): { readonly open: StoreOpener; isAway: boolean } {
  const way = {
    isAway: false,
    open: async (outside: Parameters<StoreOpener>[0]) => {
      const store = await sqlite(path)(outside);
      const { settleRenewed } = store.credentials;
      const credentials: typeof store.credentials = {
        ...store.credentials,
        settleRenewed: async (settlement) => {
          if (way.isAway) throw new Error('the ledger is away');
          return settleRenewed(settlement);
        },
      };
      return { ...store, credentials };
    },
  };
  return way;
}

it('cookie mode hands out what its ledger could not take, and brings it there with nobody asking that process again', async () => {
  const world = new SessionWorld();
  try {
    const ledger = awayOf(join(world.directory, 'ledger.db'));
    const [one, two] = [world.process({ ledger: ledger.open }), world.process()];
    const alice = world.browser();
    await alice.signIn(one);
    await world.clock.advance(2 * HOUR_MS);
    ledger.isAway = true;
    const { accessToken, setCookies } = await world.settle(one.getAccessToken(alice.request()));
    assert.ok(world.provider.knowsAsGood(accessToken), 'what the cookie holds is over');
    assert.deepEqual(setCookies, [], 'a cookie is made of what is in the ledger');
    assert.equal(world.renewals, 1);
    ledger.isAway = false;
    await world.clock.advance(10 * SECOND_MS);

    assert.ok(world.provider.knowsAsGood(await alice.use(two)));
    assert.equal(world.renewals, 1);
    assert.equal(world.presentedTwice, 0);
  } finally {
    await world.close();
  }
});
