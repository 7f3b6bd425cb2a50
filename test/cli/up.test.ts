import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { freePort } from '../support/free-port.ts';
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

  it('refuses to start neither server nor worker: nothing would be left to run', async () => {
    await using world = await CliWorld.create();
    const { code, stdout, stderr } = await world.run(['up', '--no-worker', '--no-server']);
    assert.equal(code, 2);
    assert.match(stderr, /nothing is left to run/);
    assert.equal(stdout, '');
    assert.equal(existsSync(world.databasePath), false);
  });
});

describe('kippu up --no-server', () => {
  it('with --port is watched there, by the rules of every server, and answers nothing else', async () => {
    await using world = await CliWorld.create();
    const port = await freePort();
    const up = world.start(['up', '--no-server', '--port', String(port)]);
    await up.said(/Ctrl-C/);
    const at = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers });

    const { status, worker } = (await (await at('/readyz')).json()) as { readonly [name: string]: unknown };
    const metrics = await at('/metrics');

    assert.match(up.stdout, new RegExp(`http://127.0.0.1:${port}/healthz, /readyz and /metrics`));
    assert.deepEqual([status, worker], ['ready', 'running']);
    assert.equal((await at('/healthz')).status, 200);
    assert.equal(metrics.status, 200);
    assert.match(await metrics.text(), /^kippu_spool_waiting 0$/m);
    assert.equal((await at('/metrics', { 'x-forwarded-for': '192.0.2.1' })).status, 401, 'not from this machine');
    for (const path of ['/', '/sign-in', '/v1/connections', '/v1/openapi.json', '/connect/cns_1', '/callback/x'])
      assert.equal((await at(path)).status, 404, path);
    assert.equal(existsSync(join(world.homePath, 'server.json')), false, 'no server for the command line');
    assert.equal((await up.stop()).code, 0);
    await assert.rejects(at('/healthz'));
  });

  it('without --port listens to nothing, whatever KIPPU_PORT says', async () => {
    await using world = await CliWorld.create();
    const up = world.start(['up', '--no-server']);
    await up.said(/Ctrl-C/);
    await assert.rejects(fetch(`http://127.0.0.1:${world.port}/healthz`));
    assert.doesNotMatch(up.stdout, /readyz/);
    assert.equal((await up.stop()).code, 0);
  });

  it('sends users to the address of the server, not to the one where it is watched', async () => {
    await using world = await CliWorld.withoutProvider();
    const port = String(await freePort());
    const up = world.start(['up', '--no-server', '--port', port], { env: { KIPPU_SANDBOX_PROVIDERS: 'x' } });
    const [address] = await up.said(/http:\/\/127\.0\.0\.1:\d+\/callback\/x/);
    assert.equal(address, `http://127.0.0.1:${world.port}/callback/x`);
    assert.equal((await up.stop()).code, 0);
  });

  it('says what is wrong with its port: no number, taken, or reached by others without https', async () => {
    await using world = await CliWorld.create();
    const none = await world.run(['up', '--no-server', '--port', 'metrics']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /--port metrics is no port/);
    const first = await world.up();
    const taken = await world.run(['up', '--no-server', '--port', String(world.port)]);
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, /is taken/);
    const open = await world.run(['up', '--no-server', '--port', '0', '--host', '0.0.0.0']);
    assert.notEqual(open.code, 0);
    assert.match(open.stderr, /does not listen on 0\.0\.0\.0/);
    await first.stop();
  });
});
