import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { systemClock as clock } from '../../src/app/ports/system-clock.ts';
import { asAdministrator, openStoreAt } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { APP, claimed, connected, print, renewed, stored } from '../support/store-samples.ts';
import { until } from './postgres-nodes.ts';

let primary: PostgresServer;
let standby: PostgresServer;
before(async () => {
  primary = await PostgresServer.start();
  standby = await primary.standby();
});
after(async () => {
  await Promise.all([primary.remove(), standby.remove()]);
});

it('of several hosts the one that may be written is used, also after the others have changed their parts', async () => {
  const both = primary.url('schema=failover').replace(/127\.0\.0\.1:\d+/, () => {
    return `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`;
  });
  const store = await openStoreAt(both, { clock });
  const home = store.home.identity();
  await store.home.registerApps([APP]);
  const alice = await connected(store, 'alice', clock.nowMs());
  const claim = await claimed(store, alice);
  await until('the standby to have it', async () =>
    asAdministrator(standby.url('schema=failover'), async (client) => {
      const { rows } = await client.query('select 1 from failover.attempts');
      return rows.length === 1 ? true : undefined;
    }),
  );

  await primary.stop();
  const settling = (async () => {
    for (;;) {
      try {
        return await store.credentials.settleRenewed(renewed(claim, 'alice 1', 'alice 2', clock.nowMs()));
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'store_unavailable');
      }
    }
  })();
  await standby.promote();
  assert.equal(await settling, 'settled', 'what waited is written by the new primary');
  assert.equal((await stored(store, alice)).refreshFingerprint, print('alice 2'));
  const unknown = 'att_that_this_one_never_saw' as typeof claim.attemptId;
  assert.deepEqual(await store.credentials.lacking?.([claim.attemptId, unknown]), new Set([unknown]));
  await store.close();

  const again = await openStoreAt(both, { clock });
  assert.equal(again.home.identity(), home, 'a standby that took over is no copy');
  assert.equal((await stored(again, alice)).version, 2);
  await again.close();
});

it('where only a standby answers, that is said', async () => {
  const second = await standby.standby();
  const url = second.url('schema=failover');
  await assert.rejects(openStoreAt(url, { clock }), {
    code: 'store_unavailable',
    message: /is a standby, which cannot be written/,
  });
  await second.remove();
});
