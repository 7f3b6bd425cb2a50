import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CliWorld } from './cli-world.ts';

describe('kippu post', () => {
  it('publishes now and shows where', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const { code, stdout, stderr } = await world.run(['post', 'x:alice', '-'], { stdin: 'Good morning\n' });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^status +published$/m);
    assert.match(stdout, /^address +https:\/\/x\.com\/alice\/status\/\d+$/m);
    assert.deepEqual(
      world.sim.state().posts.map(({ text }) => text),
      ['Good morning'],
    );
  });

  it('saves a time by the zone that was given, says that nobody will publish it, and lets it be cancelled', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const { code, stdout, stderr } = await world.run([
      'post',
      'x:alice',
      'later',
      '--at',
      'tomorrow 09:00',
      '--tz',
      'Europe/Berlin',
      '--json',
    ]);
    assert.equal(code, 0, stderr);
    const post = JSON.parse(stdout) as Record<string, string>;
    assert.equal(post['status'], 'scheduled');
    assert.equal(post['timezone'], 'Europe/Berlin');
    assert.match(
      new Date(post['publish_at'] ?? '').toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' }),
      /^09:00/,
    );
    assert.match(stderr, /No Kippu server is running/);
    const list = await world.run(['posts', '--status', 'scheduled']);
    assert.match(list.stdout, /scheduled .* x:alice +later/);
    assert.equal((await world.run(['posts', 'approve', post['id'] ?? ''])).code, 1, 'it waits for nobody');
    world.query(`update posts set status = 'needs_approval'`);
    const approved = await world.run(['posts', 'approve', post['id'] ?? '', '--json']);
    assert.equal((JSON.parse(approved.stdout) as Record<string, string>)['status'], 'scheduled', approved.stderr);
    const cancelled = JSON.parse((await world.run(['posts', 'cancel', post['id'] ?? '', '--json'])).stdout) as Record<
      string,
      string
    >;
    assert.equal(cancelled['status'], 'cancelled');
    assert.match((await world.run(['posts', 'show', post['id'] ?? ''])).stdout, /^status +cancelled$/m);
  });

  it('with --dry-run counts, prices and reads the time, and sends and saves nothing', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const { code, stdout, stderr } = await world.run([
      'post',
      'x:alice',
      '見て https://example.com',
      '--dry-run',
      '--at',
      '2030-01-02 03:04',
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^counts +28 \/ 280$/m);
    assert.match(stdout, /^cost +0\.200 USD$/m);
    assert.match(stdout, /2030-01-02 03:04:00 Asia\/Tokyo/);
    assert.match(stderr, /Nothing was sent/);
    const json = JSON.parse((await world.run(['post', 'x:alice', 'hello', '--dry-run', '--json'])).stdout) as Record<
      string,
      unknown
    >;
    assert.equal(json['valid'], true);
    assert.deepEqual(JSON.parse((await world.run(['posts', '--json'])).stdout), { items: [], next_cursor: null });
    assert.equal(world.sim.state().posts.length, 0);
  });

  it('of unknown fate is resolved by a person', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    world.sim.faults.loseNextAnswer('tweets');
    const { stdout, stderr } = await world.run(['post', 'x:alice', 'lost', '--json']);
    const post = JSON.parse(stdout) as Record<string, string>;
    assert.equal(post['status'], 'unknown');
    assert.match(stderr, /kippu posts resolve/);
    const remoteId = world.sim.state().posts[0]?.id ?? '';
    const resolved = await world.run(['posts', 'resolve', post['id'] ?? '', '--published', remoteId]);
    assert.equal(resolved.code, 0, resolved.stderr);
    assert.match(resolved.stdout, /^status +published$/m);
  });
});
