import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { resolvePost } from '../../src/posts/resolve.ts';
import { xData } from '../../src/providers/data/x.ts';
import { controlsOf, simHttpClient, Simulator, type Road, type SettingsPatch } from '../../src/sim/index.ts';
import { App, CONFIDENTIAL, sendInto } from '../sim/sim-world.ts';
import { createPostingWorld, type PostingWorld } from '../support/posting-world.ts';
import { seededRandom } from '../support/seeded-random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

interface SimulatedWorld {
  readonly world: PostingWorld;
  readonly simulator: Simulator;
  /** Texts of the posts that are out. */
  texts(): string[];
}

/** The posting world with a simulated X on the other side, and a real consent. */
async function createSimulatedWorld(settings: SettingsPatch = {}, road?: () => Road): Promise<SimulatedWorld> {
  let simulator: Simulator | undefined;
  const http = (clock: VirtualClock) => {
    simulator ??= new Simulator({ provider: xData, clock, random: seededRandom('sim'), clients: [CONFIDENTIAL] });
    return simHttpClient({ simulator, clock, ...(road === undefined ? {} : { road }) });
  };
  const world = await createPostingWorld({ http });
  assert.ok(simulator !== undefined);
  const app = new App(sendInto(simulator), CONFIDENTIAL, controlsOf(simulator));
  let tokens = await app.connect('alice');
  const subject = String((await app.call('GET', '/2/users/me', tokens.access_token)).json.data.id);
  world.tokens.get = async (_connection, need) => {
    if (need?.refused?.reveal() === tokens.access_token) tokens = (await app.renew(tokens.refresh_token)).json;
    return {
      accessToken: new Secret(tokens.access_token),
      tokenType: 'bearer',
      expiresAtMs: undefined,
      scopes: [],
      version: 1,
      apiOrigin: 'https://api.x.com',
      provider: 'x',
      subject,
    };
  };
  simulator.changeSettings(settings);
  const { state } = simulator;
  return { world, simulator, texts: () => [...state.posts.values()].map((post) => post.text) };
}

describe('against a simulated X', () => {
  it('a post with everything that X changes in a text is published, lost, and found again', async () => {
    for (const escapedText of [false, true]) {
      const { world, simulator, texts } = await createSimulatedWorld({ escapedText });
      const text = ' Tom & Jerry <3 見て example.com/a?b=1&c=2 👨‍👩‍👧‍👦 e\u0301 ';
      simulator.orderFault({ endpoint: 'tweets', fault: 'lose' });
      const post = await world.post({ text });
      assert.equal(post.status, 'unknown');
      await world.pass(6 * SECOND);
      const found = await world.now(post.id);
      assert.equal(found.status, 'published');
      assert.deepEqual(texts(), [text]);
    }
  });

  for (const fault of ['lose', 'cut'] as const) {
    it(`${fault}: handled without a readable answer, found on a timeline that lags a minute`, async () => {
      const { world, simulator, texts } = await createSimulatedWorld({ indexLagMs: MINUTE });
      simulator.orderFault({ endpoint: 'tweets', fault });
      const post = await world.post();
      await world.pass(40 * SECOND);
      assert.equal((await world.now(post.id)).status, 'unknown');
      await world.pass(2 * MINUTE);
      assert.equal((await world.now(post.id)).status, 'published');
      assert.equal(texts().length, 1);
    });
  }

  it('a timeline that lags longer than anybody reads, and a resend: X itself says that it is a duplicate, and it is found', async () => {
    const { world, simulator, texts } = await createSimulatedWorld({ indexLagMs: 12 * MINUTE });
    simulator.orderFault({ endpoint: 'tweets', fault: 'lose' });
    const post = await world.post({ resend: true });
    await world.pass(11 * MINUTE);
    assert.equal((await world.now(post.id)).statusReason, 'duplicate_refused');
    await world.pass(10 * MINUTE);
    assert.equal((await world.now(post.id)).status, 'published');
    assert.equal(texts().length, 1);
  });

  it('a lost request is not found, and a person says so', async () => {
    const { world, simulator, texts } = await createSimulatedWorld();
    simulator.orderFault({ endpoint: 'tweets', fault: 'lose_request' });
    const post = await world.post();
    await world.pass(11 * MINUTE);
    assert.equal((await world.now(post.id)).statusReason, 'not_on_timeline');
    assert.equal((await resolvePost(post.id, { as: 'not_published' }, world.ports)).status, 'failed');
    assert.deepEqual(texts(), []);
  });

  it('an expired token is renewed and the post sent once more', async () => {
    const { world, texts } = await createSimulatedWorld();
    world.clock.freeze(121 * MINUTE);
    const post = await world.post();
    assert.equal(post.status, 'published');
    assert.deepEqual(
      post.attempts.map((attempt) => attempt.reason),
      ['unauthorized', undefined],
    );
    assert.equal(texts().length, 1);
  });

  it('the second of two identical posts fails, and says why', async () => {
    const { world, texts } = await createSimulatedWorld();
    await world.post({ text: 'the same' });
    const second = await world.post({ text: 'the same' });
    assert.equal(second.statusReason, 'duplicate_content');
    assert.equal(texts().length, 1);
  });

  it('the rate limit is waited for', async () => {
    const { world, texts } = await createSimulatedWorld({
      rateLimits: { tweets: { user: { limit: 1, windowMs: 5 * MINUTE } } },
    });
    await world.post({ text: 'one' });
    const second = await world.post({ text: 'two' });
    assert.equal(second.statusReason, 'rate_limited');
    await world.pass(4 * MINUTE);
    assert.deepEqual(texts(), ['one']);
    await world.pass(2 * MINUTE);
    assert.deepEqual(texts(), ['one', 'two']);
  });

  for (const olderCreditsBody of [false, true]) {
    it(`an empty account is waited for${olderCreditsBody ? ', also with the older body' : ''}`, async () => {
      const { world, simulator, texts } = await createSimulatedWorld({ creditMicroDollars: 0, olderCreditsBody });
      const post = await world.post();
      assert.equal(post.statusReason, 'credits_depleted');
      simulator.changeSettings({ creditMicroDollars: 1_000_000 });
      await world.pass(2 * MINUTE);
      assert.equal((await world.now(post.id)).status, 'published');
      assert.equal(texts().length, 1);
    });
  }

  it('an app that is not enrolled, a used-up quota and an uninvited reply fail at once', async () => {
    for (const [settings, reason] of [
      [{ clientNotEnrolled: true }, 'client_not_enrolled'],
      [{ usageCapReached: true }, 'usage_capped'],
    ] as const) {
      const { world } = await createSimulatedWorld(settings);
      assert.equal((await world.post()).statusReason, reason);
    }
    const { world } = await createSimulatedWorld();
    assert.equal((await world.post({ replyTo: '1' })).statusReason, 'invalid_post');
  });

  it('a reply to an own post is published, and found under its parent after a lost answer', async () => {
    const { world, simulator, texts } = await createSimulatedWorld();
    const parent = await world.post({ text: 'first' });
    simulator.orderFault({ endpoint: 'tweets', fault: 'lose' });
    const reply = await world.post({ text: 'second', replyTo: parent.remoteId });
    await world.pass(6 * SECOND);
    assert.equal((await world.now(reply.id)).status, 'published');
    assert.deepEqual(texts(), ['first', 'second']);
  });

  it('the price that was said is the price that X takes', async () => {
    const { world, simulator } = await createSimulatedWorld();
    for (const text of ['plain', 'see example.com']) {
      const post = await world.post({ text });
      const [charged] = [...simulator.state.posts.values()]
        .filter((one) => one.id === post.remoteId)
        .map((one) => one.microDollars);
      assert.equal(charged, post.costMicroUsd);
    }
  });

  it('150 posts of every fate make no post twice', async () => {
    const { world, simulator, texts } = await createSimulatedWorld({ indexLagMs: 3 * SECOND, rateLimits: {} });
    const random = seededRandom('fates');
    const faults = ['lose', 'lose_request', 'cut'] as const;
    for (let index = 0; index < 150; index += 1) {
      if (random.unit() < 0.4)
        simulator.orderFault({ endpoint: 'tweets', fault: faults[Math.floor(random.unit() * 3)] ?? 'lose' });
      else if (random.unit() < 0.2)
        simulator.orderFault({
          endpoint: 'tweets',
          fault: 'status',
          status: random.unit() < 0.5 ? 503 : 429,
          handled: false,
        });
      if (random.unit() < 0.2) world.crashAt = random.unit() < 0.5 ? 'publishing.answered' : 'publishing.claimed';
      await world.post({ text: `number ${index}`, resend: random.unit() < 0.5 }).catch(() => {});
      world.restart();
      await world.pass(20 * SECOND);
    }
    await world.pass(60 * MINUTE);
    assert.equal(new Set(texts()).size, texts().length);
    const { items } = await world.posts.list({ limit: 200 });
    assert.equal(items.length, 150);
    const published = items.filter((post) => post.status === 'published');
    assert.equal(published.length, texts().length, 'every post that is out is known to be out');
    assert.ok(published.length > 75);
  });
});
