import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PostgresServer } from '../support/postgres-server.ts';
import { CliWorld } from './cli-world.ts';

describe('kippu up', () => {
  it('suggests what works with what is configured, and shows which schema it works in', async (t) => {
    const server = await PostgresServer.start();
    t.after(() => server.remove());
    await using world = await CliWorld.create();
    const env = {
      KIPPU_X_CLIENT_ID: undefined,
      KIPPU_X_BASE_URL: undefined,
      KIPPU_GITHUB_CLIENT_ID: 'hub',
      KIPPU_GITHUB_CLIENT_SECRET: 'canary',
    };
    const up = world.start(['up'], { env: { ...env, KIPPU_DATABASE_URL: server.url('schema=mine') } });
    await up.said(/Ctrl-C/);
    const { stdout } = await up.stop();
    assert.match(stdout, /kippu connect github {3}# connect an account/);
    assert.doesNotMatch(stdout, /connect x|simulated|post x/);
    assert.match(stdout, /database +postgres:\/\/127\.0\.0\.1:\d+\/postgres\?schema=mine\n/);
  });

  it('serves all the same when the store refuses the sign-in link, says how to get one, and ends when asked', async () => {
    await using world = await CliWorld.create();
    assert.equal((await world.run(['migrate'])).code, 0);
    world.query(
      `create trigger no_links before insert on sessions begin select raise(abort, 'away for a moment'); end`,
    );

    const up = world.start(['up']);
    await up.said(/Ctrl-C/);
    world.query('drop trigger no_links');
    const again = await world.run(['up']);
    const ended = await up.stop();

    assert.match(ended.stdout, /no sign-in link/i);
    assert.match(again.stderr, /Sign in: http:\/\/127\.0\.0\.1:\d+\/sign-in\//);
    assert.equal(ended.code, 0, ended.stderr);
  });

  it('ends when asked although its entry in the data directory cannot be taken away, and says so', async () => {
    await using world = await CliWorld.create();
    const up = await world.up();
    const entry = join(world.homePath, 'server.json');
    rmSync(entry);
    mkdirSync(entry);

    const { code, stderr } = await up.stop();

    assert.equal(code, 4);
    assert.match(stderr, /data directory .* cannot be used/);
    await assert.rejects(fetch(`http://127.0.0.1:${world.port}/readyz`));
  });
});
