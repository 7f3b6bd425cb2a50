import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyState } from '../../src/sim/state.ts';
import { defaultSettings } from '../../src/sim/settings.ts';
import { restore, snapshotOf } from '../../src/sim/snapshot.ts';
import { xData } from '../../src/providers/data/x.ts';
import { direct, served, type App } from './sim-world.ts';

const DAY = 86_400_000;
const METRICS = '/2/users/me?user.fields=public_metrics';

async function followers(app: App, access: string): Promise<number> {
  return (await app.call('GET', METRICS, access)).json.data.public_metrics.followers_count as number;
}

test('followers that were set grow evenly with the days, and can become fewer, though never fewer than none', async () => {
  const { app, clock } = direct();
  const alice = (await app.connect('alice')).access_token;
  app.controls.setFollowers('Alice', { count: 1200, perDay: 36 });
  assert.equal(await followers(app, alice), 1200);
  await clock.advance(DAY / 24);
  assert.equal(await followers(app, alice), 1201);
  const again = (await app.connect('alice')).access_token;
  app.controls.setFollowers('alice', { count: 10, perDay: -600 });
  await clock.advance(DAY / 24);
  assert.equal(await followers(app, again), 0);
});

test('setting the followers of one changes nobody else, and not the list of followers', async () => {
  const { app } = direct();
  app.controls.setFollowers('alice', { count: 5000 });
  const bob = (await app.connect('bob')).access_token;
  assert.equal(await followers(app, bob), 2);
  const me = (await app.call('GET', '/2/users/me', bob)).json.data.id as string;
  assert.equal((await app.call('GET', `/2/users/${me}/followers`, bob)).json.meta.result_count, 2);
});

test('asking for the count is billed as one user read, once a UTC day', async () => {
  const { app, clock, simulator } = direct();
  const spent = (): number => simulator.state.money.spentMicroDollars;
  let { access_token: access } = await app.connect('alice');
  await followers(app, access);
  await followers(app, access);
  assert.equal(spent(), 10_000);
  await clock.advance(DAY);
  ({ access_token: access } = await app.connect('alice'));
  await followers(app, access);
  assert.equal(spent(), 20_000);
  assert.equal((await app.call('GET', METRICS, 'no-such-token')).status, 401);
  assert.equal(spent(), 20_000);
});

test('a handle, a count or a growth that cannot be is refused by name, and nothing changes', async () => {
  const { app, simulator } = direct();
  const refused = (input: unknown): string => {
    const body = JSON.stringify(input);
    const headers = { 'content-type': 'application/json' };
    const answer = simulator.handle({ method: 'POST', url: '/_sim/followers', headers, body });
    assert.equal(answer.status, 400, body);
    return (JSON.parse(answer.body) as { where: string }).where;
  };
  assert.equal(refused({ user: 'not a handle', count: 1 }), 'user');
  assert.equal(refused({ count: 1 }), 'user');
  for (const count of [-1, 1.5, '7', undefined, 1e12]) assert.equal(refused({ user: 'alice', count }), 'count');
  for (const perDay of ['1', null, 1e12])
    assert.equal(refused({ user: 'alice', count: 1, per_day: perDay }), 'per_day');
  assert.throws(() => app.controls.setFollowers('alice', { count: 0.5 }), /whole number/);
  assert.equal(simulator.state.followers.size, 0);
});

test('the count outlives a restart, and a snapshot of before there were any', async () => {
  const home = mkdtempSync(join(tmpdir(), 'kippu-sim-'));
  try {
    {
      await using first = await served({ directory: home });
      first.sim.setFollowers('alice', { count: 321, perDay: 0 });
    }
    await using second = await served({ directory: home });
    assert.equal(await followers(second.app, (await second.app.connect('alice')).access_token), 321);
  } finally {
    rmSync(home, { recursive: true });
  }
  const settings = defaultSettings(xData);
  const state = emptyState(settings);
  const set = { count: 5, perDay: 1, sinceMs: 2 };
  state.followers.set('42', set);
  assert.deepEqual(restore(JSON.parse(JSON.stringify(snapshotOf(state, 0))), settings).followers.get('42'), set);
  const { followers: _, ...older } = snapshotOf(emptyState(settings), 0);
  assert.equal(restore(JSON.parse(JSON.stringify(older)), settings).followers.size, 0);
});
