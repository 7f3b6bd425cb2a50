import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkLiving } from '../../src/app/doctor/check-living.ts';
import type { Finding } from '../../src/app/doctor/finding.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { githubData } from '../../src/providers/data/github.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { plain, tenant } from '../support/made-up-providers.ts';
import { createWorld, type World } from '../support/world.ts';

/** By introspection alone, with a client secret; otherwise by the book. */
const introspecting: Provider = {
  ...plain,
  endpoints: { ...plain.endpoints, introspection: 'https://auth.plain.example/introspect' },
};
const CHECK_PATH = '/applications/a-client/token';

function ask(world: World): Promise<readonly Finding[]> {
  return world.until(checkLiving(world.node().look, [world.app], world.node().ports));
}

/** All that asking might have touched. */
function stored(world: World): unknown {
  const { database } = world.node();
  return ['credentials', 'connections', 'attempts', 'events', 'provider_apps'].map((table) =>
    database.all(`select * from ${table}`),
  );
}

for (const [how, provider] of [
  ['its own check', githubData],
  ['introspection', introspecting],
] as const) {
  describe(`a provider that tells whether tokens live, by ${how}`, () => {
    it('says that they live, and is asked once for each connection', async () => {
      await using world = await createWorld({ provider, workers: false });
      for (const user of ['alice', 'bob']) await world.until(world.connect(user));
      assert.deepEqual(await ask(world), [{ kind: 'tokens_living', level: 'ok', provider: provider.id, count: 2 }]);
    });

    it('names the connection whose token is dead there, and nothing changes here', async () => {
      await using world = await createWorld({ provider, workers: false });
      const alice = await world.until(world.connect('alice'));
      await world.until(world.connect('bob'));
      world.provider.removeApp('alice');
      const before = stored(world);
      const { name } = await world.connection(alice);
      assert.deepEqual(await ask(world), [
        { kind: 'tokens_dead', level: 'problem', provider: provider.id, names: [name] },
      ]);
      assert.deepEqual(stored(world), before);
      assert.equal(world.provider.presentations.length, 0);
    });

    it('that does not answer is a finding of its own, and is not asked again', async () => {
      await using world = await createWorld({ provider, workers: false });
      for (const user of ['alice', 'bob']) await world.until(world.connect(user));
      const asked = world.provider.sent.length;
      world.provider.order({ endpoint: 'any', fault: 'status', status: 503, count: 5 });
      assert.deepEqual(
        await ask(world),
        [
          {
            kind: 'tokens_not_asked',
            level: 'warning',
            provider: provider.id,
            error: 'HTTP 503 without a readable answer',
          },
        ].map((finding) => (how === 'introspection' ? { ...finding, error: 'HTTP 503' } : finding)),
      );
      assert.equal(world.provider.sent.length - asked, 1);
    });

    it('is not asked about what is over here too, or is about to be, nor about an answer that is awaited', async () => {
      await using world = await createWorld({ provider, workers: false });
      const alice = await world.until(world.connect('alice'));
      const bob = await world.until(world.connect('bob'));
      await world.until(world.node().revoke(bob));
      world.provider.loseNextAnswer();
      await world.until(world.node().renewNow(alice));
      const asked = world.provider.sent.length;
      assert.deepEqual(await ask(world), []);
      assert.equal(world.provider.sent.length, asked);
    });

    it('is not asked about a token that has half a minute left', async () => {
      await using world = await createWorld({ provider, workers: false });
      const alice = await world.until(world.connect('alice'));
      const { accessExpiresAtMs = 0 } = await world.connection(alice);
      await world.wait(accessExpiresAtMs - world.clock.nowMs() - 30_000);
      assert.deepEqual(await ask(world), []);
    });

    it('is not asked by an app without a secret', async () => {
      await using world = await createWorld({ provider, workers: false });
      await world.until(world.connect('alice'));
      const app = { ...world.app, clientSecret: undefined };
      assert.deepEqual(await checkLiving(world.node().look, [app], world.node().ports), []);
    });
  });
}

it('no more than twenty connections of an app are asked for', async () => {
  await using world = await createWorld({ provider: githubData, workers: false });
  for (let number = 1; number <= 23; number += 1) await world.until(world.connect(`user${number}`));
  assert.deepEqual(await ask(world), [{ kind: 'tokens_living', level: 'ok', provider: 'github', count: 20 }]);
  assert.equal(world.provider.sentTo(CHECK_PATH).length, 20);
});

it('a token that was renewed while the provider was asked is not called dead', async () => {
  await using world = await createWorld({ provider: githubData, workers: false });
  const alice = await world.until(world.connect('alice'));
  // Read before the renewal, asked about after it: GitHub has ended the old token by then.
  const { look } = world.node();
  const old = await look.credentials.read(alice);
  let reads = 0;
  const credentials = {
    ...look.credentials,
    read: async (id: ConnectionId) => {
      reads += 1;
      if (reads > 1) return look.credentials.read(id);
      await world.node().renewNow(alice);
      return old;
    },
  };
  const found = await world.until(checkLiving({ ...look, credentials }, [world.app], world.node().ports));
  assert.deepEqual(found, [{ kind: 'tokens_living', level: 'ok', provider: 'github', count: 1 }]);
  assert.equal(reads, 2);
});

it('a wrong client secret is a finding, and no token is called dead for it', async () => {
  await using world = await createWorld({ provider: githubData, workers: false });
  await world.until(world.connect('alice'));
  const app = { ...world.app, clientSecret: new Secret('another-secret') };
  assert.deepEqual(await world.until(checkLiving(world.node().look, [app], world.node().ports)), [
    { kind: 'tokens_not_asked', level: 'warning', provider: 'github', error: 'HTTP 401' },
  ]);
});

it('Auth0 tells nobody whether a token lives, and is not asked', async () => {
  await using world = await createWorld({ provider: tenant, workers: false });
  await world.until(world.connect('alice'));
  const asked = world.provider.sent.length;
  assert.deepEqual(await ask(world), []);
  assert.equal(world.provider.sent.length, asked);
});
