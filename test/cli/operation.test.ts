import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CliWorld } from './cli-world.ts';

const IMPORTED = JSON.stringify({
  access_token: 'canary-access',
  refresh_token: 'canary-refresh',
  subject: '1',
  expires_in: 7200,
});

async function imported(world: CliWorld): Promise<void> {
  const { code, stderr } = await world.run(['import', 'x', '--from', '-', '--name', 'x:alice'], { stdin: IMPORTED });
  assert.equal(code, 0, stderr);
}

describe('kippu vault', () => {
  it('makes an entry for a key ring on stdout and nothing else', async () => {
    await using world = await CliWorld.withoutProvider();
    const { code, stdout } = await world.run(['vault', 'keygen', '--id', '2026b']);
    assert.equal(code, 0);
    assert.match(stdout, /^2026b:[A-Za-z0-9+/]{43}=\n$/);
    assert.equal((await world.run(['vault', 'keygen', '--id', 'no:id'])).code, 2);
  });

  it('seals everything anew with the first key, says when the old one is free, and then does without it', async () => {
    await using world = await CliWorld.create();
    await imported(world);
    const keys = join(world.homePath, 'keys');
    const old = readFileSync(keys, 'utf8').trim();
    const fresh = (await world.run(['vault', 'keygen', '--id', 'new'])).stdout.trim();
    const env = { KIPPU_KEYS: `${fresh},${old}` };

    const before = JSON.parse((await world.run(['vault', 'status', '--json'], { env })).stdout) as {
      sealing_key: string;
      keys: { id: string }[];
    };
    assert.equal(before.sealing_key, 'new');
    assert.deepEqual(
      before.keys.map(({ id }) => id),
      ['k1'],
    );

    const rotated = await world.run(['vault', 'rotate'], { env });
    assert.equal(rotated.code, 0, rotated.stderr);
    assert.match(rotated.stdout, /3 values were sealed anew with new/);
    assert.match(rotated.stdout, /Only the key new is needed/);
    assert.match(rotated.stderr, /sealed anew: 1/);
    assert.doesNotMatch(rotated.stdout + rotated.stderr, /canary/);

    const { code, stdout } = await world.run(['token', 'x:alice'], { env: { KIPPU_KEYS: fresh } });
    assert.equal(code, 0);
    assert.equal(stdout, 'canary-access\n');
    const withOld = await world.run(['token', 'x:alice'], { env: { KIPPU_KEYS: old } });
    assert.equal(withOld.code, 1);
    assert.match(withOld.stderr, /key new/);
  });

  it('fails where something does not open', async () => {
    await using world = await CliWorld.create();
    await imported(world);
    world.query('update credentials set sealed = zeroblob(64)');
    for (const command of ['status', 'rotate']) {
      const { code, stdout } = await world.run(['vault', command]);
      assert.equal(code, 1, command);
      assert.match(stdout, /1 values do not open/);
    }
  });

  it('does not rotate under a server that cannot have the new key', async () => {
    await using world = await CliWorld.create();
    await using server = await world.up();
    await imported(world);
    const keys = join(world.homePath, 'keys');
    const fresh = (await world.run(['vault', 'keygen', '--id', 'new'])).stdout.trim();
    writeFileSync(keys, `${fresh},${readFileSync(keys, 'utf8')}`);
    const { code, stderr } = await world.run(['vault', 'rotate']);
    assert.equal(code, 1);
    assert.match(stderr, /Restart it, then rotate/);
    assert.ok(server.isRunning);
  });
});

describe('kippu migrate', () => {
  it('fails with --check while something is pending, and not afterwards', async () => {
    await using world = await CliWorld.create();
    const pending = await world.run(['migrate', '--check']);
    assert.equal(pending.code, 1);
    assert.match(pending.stdout, /0001_/);
    assert.throws(() => statSync(world.databasePath), 'the check made a database');
    const applied = JSON.parse((await world.run(['migrate', '--json'])).stdout) as { applied: string[] };
    assert.ok(applied.applied.length > 0);
    const { code, stdout } = await world.run(['migrate', '--check', '--json']);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { pending: [] });
  });

  it('says of each step once that it was applied, however many migrate at once', async () => {
    await using world = await CliWorld.create();
    const runs = await Promise.all([1, 2, 3].map(() => world.run(['migrate', '--json'])));
    const applied = runs.flatMap(({ stdout }) => (JSON.parse(stdout) as { applied: string[] }).applied);
    assert.ok(applied.length > 0);
    assert.deepEqual(applied, [...new Set(applied)]);
  });
});

describe('kippu backup and kippu adopt', () => {
  it('make a copy that renews and posts nothing until it is adopted', async () => {
    await using world = await CliWorld.create();
    await imported(world);
    const copy = join(world.directory, 'copy.db');
    const backedUp = await world.run(['backup', 'copy.db']);
    assert.equal(backedUp.code, 0, backedUp.stderr);
    assert.equal(backedUp.stdout, `${copy}\n`);
    if (process.platform !== 'win32') assert.equal(statSync(copy).mode & 0o777, 0o600);

    const env = { KIPPU_DATABASE_URL: `sqlite:${copy}` };
    const living = await world.run(['token', 'x:alice'], { env });
    assert.equal(living.stdout, 'canary-access\n', 'a living access token is served from a copy as well');
    const held = await world.run(['renew', 'x:alice'], { env });
    assert.equal(held.code, 1);
    assert.match(held.stderr, /kippu adopt/);
    assert.equal(world.sim.state().counts.renewals, 0);

    const unposted = await world.run(['post', 'x:alice', 'good morning'], { env });
    assert.equal(unposted.code, 4);
    assert.match(unposted.stdout, /renewed or posted.*kippu adopt/s, 'also a living token posts nothing from a copy');

    const unanswered = await world.run(['adopt'], { env });
    assert.equal(unanswered.code, 2, 'nobody was there to answer');
    assert.equal((await world.run(['renew', 'x:alice'], { env })).code, 1);

    const adopted = await world.run(['adopt', '--yes'], { env });
    assert.equal(adopted.code, 0, adopted.stderr);
    assert.match(adopted.stderr, /the real one from now on/);
    const after = await world.run(['renew', 'x:alice'], { env });
    assert.equal(
      after.code,
      4,
      'the refresh token may have been spent since the copy was made: it is found out, not guessed',
    );
    assert.doesNotMatch(after.stderr, /kippu adopt/);
    assert.equal((await world.run(['adopt', '--yes'], { env })).code, 0, 'a second time there is nothing to do');
  });

  it('renew at once after a mere move', async () => {
    await using world = await CliWorld.create();
    await imported(world);
    await world.run(['backup', 'moved.db']);
    const env = { KIPPU_DATABASE_URL: `sqlite:${join(world.directory, 'moved.db')}` };
    const moved = await world.run(['adopt', '--yes', '--moved'], { env });
    assert.equal(moved.code, 0);
    assert.match(moved.stderr, /nothing is doubted/);
    assert.doesNotMatch(moved.stderr, /unanswered renewal|not sent/, 'that is what becomes of a copy');
    const renewed = await world.run(['renew', 'x:alice'], { env });
    assert.equal(renewed.code, 3, 'the simulator does not know the imported token and says so');
    assert.equal(world.sim.state().counts.renewals, 0);
  });

  for (const [flags, status] of [
    [[], 'unknown'],
    [['--moved'], 'scheduled'],
  ] as const) {
    it(`make a post that had come due meanwhile ${status} (${['adopt', ...flags].join(' ')})`, async () => {
      await using world = await CliWorld.create();
      await imported(world);
      await world.run(['post', 'x:alice', 'good morning', '--at', '+1h']);
      world.query('update posts set publish_at_ms = publish_at_ms - 7200000');
      await world.run(['backup', 'copy.db']);
      const env = { KIPPU_DATABASE_URL: `sqlite:${join(world.directory, 'copy.db')}` };
      assert.equal((await world.run(['adopt', '--yes', ...flags], { env })).code, 0);
      const listed = JSON.parse((await world.run(['posts', '--json'], { env })).stdout) as {
        items: { status: string }[];
      };
      assert.deepEqual(
        listed.items.map((post) => post.status),
        [status],
      );
    });
  }

  it('overwrite nothing', async () => {
    await using world = await CliWorld.create();
    await imported(world);
    const file = join(world.directory, 'precious');
    writeFileSync(file, 'precious');
    const { code, stderr } = await world.run(['backup', file]);
    assert.equal(code, 1);
    assert.match(stderr, /overwrites nothing/);
    assert.equal(readFileSync(file, 'utf8'), 'precious');
  });

  it('back up nothing where there is nothing', async () => {
    await using world = await CliWorld.create();
    assert.equal((await world.run(['backup', 'copy.db'])).code, 1);
    assert.throws(() => statSync(join(world.directory, 'copy.db')));
  });
});
