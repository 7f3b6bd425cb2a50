import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CliWorld, type Running } from './cli-world.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';

const USER_CODE = /[A-Z]{4}-[A-Z]{4}/;

/** The command line with a simulated GitHub beside the world's X. */
class HubWorld implements AsyncDisposable {
  readonly cli: CliWorld;
  readonly hub: Simulation;

  private constructor(cli: CliWorld, hub: Simulation) {
    this.cli = cli;
    this.hub = hub;
  }

  static async create(): Promise<HubWorld> {
    return new HubWorld(await CliWorld.create(), await simulate('github'));
  }

  get env(): Record<string, string> {
    return {
      KIPPU_GITHUB_CLIENT_ID: 'a-hub-app',
      KIPPU_GITHUB_CLIENT_SECRET: 'a-hub-secret',
      KIPPU_GITHUB_BASE_URL: this.hub.url,
    };
  }

  start(...args: string[]): Running {
    return this.cli.start(args, { env: this.env });
  }

  run(...args: string[]) {
    return this.start(...args).ended;
  }

  async connect(user: string, ...args: string[]) {
    const connecting = this.start('connect', 'github', '--device', ...args);
    const [code] = await connecting.said(USER_CODE);
    this.hub.typeUserCode(code, { user });
    return connecting.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cli[Symbol.asyncDispose]();
    await this.hub.close();
  }
}

for (const where of ['where no server runs', 'through a running server'] as const) {
  describe(`kippu connect --device, ${where}`, () => {
    it('shows the page and the code, and prints the connection’s name alone', async () => {
      await using world = await HubWorld.create();
      if (where === 'through a running server') await world.cli.up({ env: world.env });
      const { code, stdout, stderr } = await world.connect('alice');
      assert.equal(code, 0, stderr);
      assert.equal(stdout, 'github:alice\n');
      assert.match(stderr, new RegExp(`${world.hub.url}/login/device`));
      assert.ok(!stderr.includes('\u001b'), 'nothing is drawn where nobody can see it');
      assert.ok(world.hub.state().counts.presentedTwice === 0);
    });
  });
}

describe('kippu connect --device', () => {
  it('ends with the reason when the user says no, and asks no more', async () => {
    await using world = await HubWorld.create();
    const connecting = world.start('connect', 'github', '--device');
    const [code] = await connecting.said(USER_CODE);
    world.hub.typeUserCode(code, { user: '', decision: 'deny' });
    const ended = await connecting.ended;
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /declined/);
    assert.equal(ended.stdout, '');
  });

  it('says in Japanese, too, what to do', async () => {
    await using world = await HubWorld.create();
    const connecting = world.start('--lang', 'ja', 'connect', 'github', '--device');
    await connecting.said(/このコードを入力してください/);
    await connecting.stop('SIGINT');
  });

  it('is refused for a provider that has none, and for an app that has it switched off', async () => {
    await using world = await HubWorld.create();
    const x = await world.run('connect', 'x', '--device');
    assert.equal(x.code, 2, x.stderr);
    assert.match(x.stderr, /no device flow/);
    world.hub.set({ deviceFlow: false });
    const off = await world.run('connect', 'github', '--device');
    assert.equal(off.code, 1);
    assert.match(off.stderr, /device_flow_disabled/);
  });
});

describe('tokens that never end', () => {
  it('are told apart in the list and the form, and when they are made', async () => {
    await using world = await HubWorld.create();
    world.hub.set({ tokensExpire: false });
    const { stderr } = await world.connect('alice');
    assert.match(stderr, /never expires/);
    world.hub.set({ tokensExpire: true });
    await world.connect('bob');
    const list = await world.run('connections');
    assert.match(list.stdout, /github:alice .* never /);
    assert.doesNotMatch(list.stdout, /github:bob .* never /);
    assert.match((await world.run('show', 'github:alice')).stdout, /until somebody revokes it/);
    const endless = await world.run('connections', '--never-expires', '--json');
    assert.deepEqual(
      (JSON.parse(endless.stdout) as { items: { name: string }[] }).items.map(({ name }) => name),
      ['github:alice'],
    );
  });

  it('are revoked by one command, which asks or is told --yes, and touches no others', async () => {
    await using world = await HubWorld.create();
    world.hub.set({ tokensExpire: false });
    await world.connect('alice');
    await world.connect('carol');
    world.hub.set({ tokensExpire: true });
    await world.connect('bob');
    const asked = await world.run('revoke', '--never-expires');
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /2 connections[^]*github:alice[^]*--yes/);
    assert.equal((await world.run('revoke', '--never-expires', 'github:alice')).code, 2);
    assert.equal((await world.run('revoke')).code, 2);
    assert.ok(
      world.hub.state().grants.every(({ end }) => end === null),
      'nothing was revoked so far',
    );

    world.hub.faults.failNext('revoke', 503);
    const first = await world.run('revoke', '--never-expires', '--yes');
    assert.equal(first.code, 1);
    assert.match(first.stderr, /Revoked: 1\. Not revoked: 1\./);
    const second = await world.run('revoke', '--never-expires', '--yes');
    assert.equal(second.code, 0, second.stderr);
    assert.match((await world.run('revoke', '--never-expires', '--yes')).stderr, /Nothing to do/);
    const ended = world.hub.state().grants.map(({ user, end }) => [user, end?.reason ?? 'lives']);
    assert.deepEqual(Object.fromEntries(ended), {
      alice: 'revoked_by_client',
      carol: 'revoked_by_client',
      bob: 'lives',
    });
  });
});

describe('the configuration of GitHub', () => {
  it('knows an App ID from a client id, and says which variable is wrong', async () => {
    await using world = await HubWorld.create();
    const { code, stderr } = await world.cli.run(['connections'], {
      env: { ...world.env, KIPPU_GITHUB_CLIENT_ID: '123456' },
    });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /KIPPU_GITHUB_CLIENT_ID.*App ID.*client id/s);
    const host = { ...world.env, KIPPU_GITHUB_HOST: 'https://github.example.com/' };
    delete (host as Record<string, string | undefined>)['KIPPU_GITHUB_BASE_URL'];
    assert.match((await world.cli.run(['connections'], { env: host })).stderr, /KIPPU_GITHUB_HOST.*without https/s);
  });

  it('is looked at by doctor, which tells of tokens without an end', async () => {
    await using world = await HubWorld.create();
    world.hub.set({ tokensExpire: false });
    await world.connect('alice');
    const { stdout } = await world.run('doctor');
    assert.match(stdout, /never end: github:alice[^]*revoke --never-expires/);
  });
});
