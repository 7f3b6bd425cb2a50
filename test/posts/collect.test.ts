import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../src/model/errors.ts';
import type { HttpAnswer } from '../../src/model/http.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import type { Collected } from '../../src/model/metric.ts';
import { Secret } from '../../src/model/secret.ts';
import { collect } from '../../src/posts/collect.ts';
import { xData } from '../../src/providers/data/x.ts';
import { controlsOf, simHttpClient, Simulator } from '../../src/sim/index.ts';
import { App, CONFIDENTIAL, sendInto } from '../sim/sim-world.ts';
import { createPostingWorld, type PostingWorld } from '../support/posting-world.ts';
import { answer } from '../support/scripted-x.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

const NOW = Date.parse('2026-11-21T00:00:00Z');
const COUNTED = { data: { id: '42', public_metrics: { followers_count: 1234, following_count: 5 } } };

/** What is measured when X answers so, one answer a request. */
async function measured(...answers: HttpAnswer[]): Promise<{ readonly got: Collected; readonly world: PostingWorld }> {
  const world = await createPostingWorld();
  world.x.nextTimeline(...answers);
  return { got: await collect(world.alice, 'followers', world.ports), world };
}

describe('followers', () => {
  it('are asked for with one request, and cost what one user read costs', async () => {
    const { got, world } = await measured(answer(200, COUNTED));
    assert.deepEqual(got, { kind: 'measured', value: 1234, costMicroUsd: 10_000 });
    assert.equal(world.x.read.length, 1);
    const [request] = world.x.read;
    assert.equal(request?.method, 'GET');
    assert.equal(request?.url, 'https://api.x.com/2/users/me?user.fields=public_metrics');
    assert.equal(request?.headers['authorization'], 'Bearer token-1');
    assert.deepEqual(world.tokens.needs, [{ minTtlMs: 60_000 }]);
  });

  it('of an account with none are none, and not a gap', async () => {
    const { got } = await measured(answer(200, { data: { public_metrics: { followers_count: 0 } } }));
    assert.deepEqual(got, { kind: 'measured', value: 0, costMicroUsd: 10_000 });
  });

  const unreadable: readonly (readonly [string, unknown])[] = [
    ['no data', { errors: [{ detail: 'gone' }] }],
    ['no metrics', { data: { id: '42' } }],
    ['a text for a number', { data: { public_metrics: { followers_count: '1234' } } }],
    ['a negative number', { data: { public_metrics: { followers_count: -1 } } }],
    ['half a follower', { data: { public_metrics: { followers_count: 1.5 } } }],
    ['a page of a proxy', '<html>hello</html>'],
    ['a list', [COUNTED]],
    ['nothing', ''],
  ];
  for (const [what, body] of unreadable) {
    it(`in an answer with ${what} are a failure, never a number`, async () => {
      const { got } = await measured(answer(200, body));
      assert.deepEqual(got, {
        kind: 'failed',
        detail: 'HTTP 200, and no number could be read from the answer',
        retryAtMs: undefined,
      });
    });
  }

  it('in an answer that was cut off are a failure', async () => {
    const { got } = await measured({ ...answer(200, COUNTED), complete: false });
    assert.equal(got.kind, 'failed');
  });

  it('are asked for once more, with another token, after a 401', async () => {
    const { got, world } = await measured(answer(401, { title: 'Unauthorized' }), answer(200, COUNTED));
    assert.equal(got.kind, 'measured');
    assert.deepEqual(
      world.x.read.map(({ headers }) => headers['authorization']),
      ['Bearer token-1', 'Bearer token-2'],
    );
    assert.equal(world.tokens.needs[1]?.refused?.reveal(), 'token-1');
  });

  it('are not asked for a third time after a second 401', async () => {
    const { got, world } = await measured(
      answer(401, { detail: 'Unauthorized' }),
      answer(401, { detail: 'Unauthorized' }),
    );
    assert.deepEqual(got, { kind: 'failed', detail: 'HTTP 401: Unauthorized', retryAtMs: undefined });
    assert.equal(world.x.read.length, 2);
  });

  it('that X refuses are a failure in X’s own words', async () => {
    const credits = { detail: 'credits depleted', type: 'https://api.x.com/2/problems/credits-depleted' };
    const { got } = await measured(answer(402, credits));
    assert.deepEqual(got, { kind: 'failed', detail: 'HTTP 402: credits depleted', retryAtMs: undefined });
  });

  it('beyond the rate limit are to be asked for when the limit ends', async () => {
    const resetMs = NOW + 600_000;
    const headers = { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(resetMs / 1000) };
    const { got } = await measured(answer(429, { detail: 'Too Many Requests' }, headers));
    assert.deepEqual(got, { kind: 'failed', detail: 'HTTP 429: Too Many Requests', retryAtMs: resetMs });
  });

  it('of a network that is down, or silent, are a failure', async () => {
    const down: readonly (readonly [HttpAnswer, string])[] = [
      [answer(503, 'oops'), 'HTTP 503'],
      [answer(302, ''), 'HTTP 302'],
      [{ kind: 'not_sent', cause: 'dns', detail: 'no such host' }, 'dns: no such host'],
      [{ kind: 'unanswered', cause: 'timeout', detail: 'no answer' }, 'timeout: no answer'],
    ];
    for (const [came, detail] of down) {
      assert.deepEqual((await measured(came)).got, { kind: 'failed', detail, retryAtMs: undefined });
    }
  });
});

describe('without a way to the network', () => {
  const troubles: readonly ErrorCode[] = ['reauth_required', 'revoked', 'refused', 'misconfigured', 'uncertain'];
  for (const code of troubles) {
    it(`nothing is sent, and the failure says ${code}`, async () => {
      const world = await createPostingWorld();
      world.tokens.failWith(code);
      const got = await collect(world.alice, 'followers', world.ports);
      assert.deepEqual(got, { kind: 'failed', detail: `${code}: scripted: ${code}`, retryAtMs: undefined });
      assert.equal(world.x.read.length, 0);
    });
  }

  it('a provider that says when to come back is asked then', async () => {
    const world = await createPostingWorld();
    world.tokens.failWith('unavailable', { retryAfterMs: 90_000 });
    const got = await collect(world.alice, 'followers', world.ports);
    assert.deepEqual(got, { kind: 'failed', detail: 'unavailable: scripted: unavailable', retryAtMs: NOW + 90_000 });
  });

  it('a connection that is gone is a failure', async () => {
    const world = await createPostingWorld();
    world.tokens.failWith('not_found');
    const got = await collect('con_gone' as ConnectionId, 'followers', world.ports);
    assert.deepEqual(got, { kind: 'failed', detail: 'no_connection: scripted: not_found', retryAtMs: undefined });
  });

  it('a provider that measures nothing is a failure', async () => {
    const world = await createPostingWorld();
    world.tokens.access = { provider: 'auth0' };
    assert.equal((await collect(world.alice, 'followers', world.ports)).kind, 'failed');
    assert.equal(world.x.read.length, 0);
  });

  it('a consent without the scope is a failure that names it, before money is spent on asking', async () => {
    const world = await createPostingWorld();
    world.tokens.access = { scopes: ['tweet.read', 'tweet.write'] };
    const got = await collect(world.alice, 'followers', world.ports);
    assert.ok(got.kind === 'failed' && /lacks users\.read: connect the account again with it/.test(got.detail));
    assert.equal(world.x.read.length, 0);
  });

  it('a store that cannot be read is thrown: that is no gap of the series', async () => {
    const world = await createPostingWorld();
    world.tokens.failWith('store_unavailable');
    await assert.rejects(collect(world.alice, 'followers', world.ports), { code: 'store_unavailable' });
  });
});

describe('at a simulated X', () => {
  async function simulated(): Promise<{ world: PostingWorld; simulator: Simulator; app: App }> {
    let simulator: Simulator | undefined;
    const http = (clock: VirtualClock) => {
      simulator ??= new Simulator({ provider: xData, clock, random: seededRandom('sim'), clients: [CONFIDENTIAL] });
      return simHttpClient({ simulator, clock });
    };
    const world = await createPostingWorld({ http });
    assert.ok(simulator !== undefined);
    const app = new App(sendInto(simulator), CONFIDENTIAL, controlsOf(simulator));
    const tokens = await app.connect('alice');
    const { get } = world.tokens;
    world.tokens.get = async (id, need) => ({
      ...(await get.call(world.tokens, id, need)),
      accessToken: new Secret(String(tokens.access_token)),
    });
    return { world, simulator, app };
  }

  it('the growth of an account is what is measured, and the price that is said is the price that is taken', async () => {
    const { world, simulator, app } = await simulated();
    app.controls.setFollowers('alice', { count: 1000, perDay: 240 });
    const spent = simulator.state.money.spentMicroDollars;
    const first = await collect(world.alice, 'followers', world.ports);
    assert.deepEqual(first, { kind: 'measured', value: 1000, costMicroUsd: 10_000 });
    assert.equal(simulator.state.money.spentMicroDollars - spent, 10_000);
    await world.clock.advance(3_600_000);
    const second = await collect(world.alice, 'followers', world.ports);
    assert.equal(second.kind === 'measured' && second.value, 1010);
    // X bills the same user once a day; what is said is the most that it can be.
    assert.equal(simulator.state.money.spentMicroDollars - spent, 10_000);
  });

  it('an answer that is lost, cut or late is a failure, and asking again works', async () => {
    for (const fault of ['lose', 'lose_request', 'cut'] as const) {
      const { world, simulator } = await simulated();
      simulator.orderFault({ endpoint: 'me', fault });
      assert.equal((await collect(world.alice, 'followers', world.ports)).kind, 'failed', fault);
      assert.equal((await collect(world.alice, 'followers', world.ports)).kind, 'measured', fault);
    }
  });

  it('an account without credits cannot be measured', async () => {
    const { world, simulator } = await simulated();
    simulator.changeSettings({ creditMicroDollars: 0 });
    const got = await collect(world.alice, 'followers', world.ports);
    assert.ok(got.kind === 'failed' && got.detail.startsWith('HTTP 402'), JSON.stringify(got));
  });
});
