import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, fingerprintOf, inOrder, issuedAtMs, Pair, Storm } from './postgres-failover.ts';
import { Nodes, until, type KippuProcess } from './postgres-nodes.ts';

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `user${n}`);
/** Living tokens outlast the test: whatever is renewed is renewed because somebody said so. */
const SLOW = 20;
const RECOVERED_MS = 100_000;
const AWAY_MS = 13_000;

describe('a primary that is killed, and a standby that takes its place', { timeout: 300_000 }, () => {
  it('that is synchronous, costs nobody a token, while three nodes renew', async (t) => {
    await using pair = await Pair.start();
    await pair.primary.waitForStandby();
    await using nodes = await Nodes.at(pair.url);
    const all = [await nodes.start('one'), await nodes.start('two'), await nodes.start('three')];
    const [one] = all as [KippuProcess];
    const users = names(18);
    for (const user of users) {
      await nodes.connect(one, user);
      const { status } = await one.call('PATCH', `/v1/connections/x:${user}`, { policy: 'always' });
      assert.equal(status, 200);
    }
    const storm = new Storm(all, users);
    await until('the storm to rise', async () => (nodes.sim.state().counts.renewals > 60 ? true : undefined));

    // Some are answered while there is no primary.
    for (const _ of all) nodes.sim.faults.delayNextAnswer('token', 1000);
    await sleep(500);
    await pair.primary.kill();
    // Longer than any write is tried again: what was answered is in the spools alone.
    await sleep(AWAY_MS);
    const promotedAtMs = Date.now();
    await pair.standby.promote();
    for (const node of all)
      await until(
        'a renewal after it',
        async () => ((await node.call('POST', '/v1/connections/x:user0/renew')).status === 200 ? true : undefined),
        () => node.log,
      );
    const renewingAfterMs = Date.now() - promotedAtMs;
    await sleep(2000);
    await storm.end();

    // Whatever was in doubt ends by itself.
    for (const user of users) await settled(user, one, promotedAtMs + RECOVERED_MS);
    t.diagnostic(
      `promoted: all renew again after ${renewingAfterMs} ms; no doubt is left after ${Date.now() - promotedAtMs} ms`,
    );
    assert.ok(renewingAfterMs < 40_000, `${renewingAfterMs} ms`);
    for (const node of all) {
      for (const user of users) {
        const renewed = await node.call('POST', `/v1/connections/x:${user}/renew`);
        assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
      }
    }
    // No round of the worker may stand between the two books.
    for (const user of users) {
      const account = await until(`the books of ${user} to agree`, async () => {
        const seen = await accountOf(user, one, nodes);
        return seen.renewals.here === seen.renewals.there ? seen : undefined;
      });
      assert.ok(inOrder(account), JSON.stringify(account));
    }
    assert.equal(nodes.presentedTwice(), 0);
    const state = nodes.sim.state();
    assert.ok(storm.given.length > 100, `${storm.given.length} tokens were given`);
    assert.deepEqual(
      storm.given.filter((given) => issuedAtMs(given, state) === undefined),
      [],
      'a token of somebody else, or of nobody',
    );
  });

  it('and lacks the last renewals, gets them from the spools before anything is presented', async (t) => {
    await using pair = await Pair.start();
    await using nodes = await Nodes.at(pair.url, { fast: SLOW });
    const [one, two] = [await nodes.start('one'), await nodes.start('two')];
    const users = names(8);
    for (const user of users) await nodes.connect(one, user);
    await until('the standby to have them', async () =>
      (await pair.onStandby(0)) === users.length ? true : undefined,
    );
    await pair.standby.detach();
    const newest = new Map<string, string>();
    for (const user of users) {
      const renewed = await one.call('POST', `/v1/connections/x:${user}/renew`);
      assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
      newest.set(user, fingerprintOf((await one.call('GET', token(user))).body['access_token']));
    }
    assert.equal(await pair.onStandby(1), 0, 'the standby knows of none');

    const killedAtMs = Date.now();
    await pair.primary.kill();
    await pair.standby.promote();
    // The other node, whose spool has nothing, is asked to present what the new primary takes for the refresh token.
    const [asked, left] = [users.slice(0, 4), users.slice(4)];
    await Promise.all(
      asked.map((user) =>
        until(
          'a renewal by the other node',
          async () => ((await two.call('POST', `/v1/connections/x:${user}/renew`)).status === 200 ? true : undefined),
          () => two.log,
        ),
      ),
    );
    t.diagnostic(`renewed by the other node ${Date.now() - killedAtMs} ms after the end of the primary`);
    for (const user of left) {
      const served = await until('the newest token', async () => {
        const answer = await two.call('GET', token(user));
        return answer.status === 200 && fingerprintOf(answer.body['access_token']) === newest.get(user)
          ? answer
          : undefined;
      });
      assert.equal(served.status, 200);
      const account = await accountOf(user, two, nodes);
      assert.ok(inOrder(account), JSON.stringify(account));
      assert.equal(account.renewals.there, 1, 'one exchange');
    }
    for (const user of asked) {
      const account = await accountOf(user, two, nodes);
      assert.ok(inOrder(account), JSON.stringify(account));
    }
    // The calm is over for them too, and what they present is the newest.
    for (const user of users) await settled(user, two, killedAtMs + RECOVERED_MS);
    assert.equal(nodes.presentedTwice(), 0);
  });
});

const token = (user: string): string => `/v1/connections/x:${user}/token`;

/** Waits, for as long as a doubt may take, until this connection has none. */
async function settled(user: string, node: KippuProcess, untilMs: number): Promise<void> {
  for (;;) {
    const { status, body } = await node.call('GET', `/v1/connections/x:${user}`);
    assert.notEqual(body['state'], 'reauth_required', `${user} was logged out: ${String(body['state_reason'])}`);
    const renewed = await node.call('POST', `/v1/connections/x:${user}/renew`);
    if (status === 200 && body['state'] === 'active' && renewed.status === 200) return;
    if (Date.now() > untilMs)
      throw new Error(`${user}: ${JSON.stringify([body, renewed.body])}\n${node.log.slice(-3000)}`);
    await sleep(500);
  }
}
