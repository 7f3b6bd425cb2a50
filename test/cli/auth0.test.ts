import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { simulate, type SettingsPatch, type Simulation } from '../../src/sim/index.ts';
import { CliWorld } from './cli-world.ts';

const USER_CODE = /[A-Z]{4}-[A-Z]{4}/;

/** The command line with a simulated Auth0 beside the world's X. */
class TenantWorld implements AsyncDisposable {
  readonly cli: CliWorld;
  readonly tenant: Simulation;

  private constructor(cli: CliWorld, tenant: Simulation) {
    this.cli = cli;
    this.tenant = tenant;
  }

  static async create(settings: SettingsPatch = {}): Promise<TenantWorld> {
    return new TenantWorld(await CliWorld.create(), await simulate('auth0', { settings }));
  }

  run(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
    return this.start(args, env).ended;
  }

  start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
    const own = { KIPPU_AUTH0_CLIENT_ID: 'an-app', KIPPU_AUTH0_BASE_URL: this.tenant.url };
    return this.cli.start([...args], { env: { ...own, ...env } });
  }

  async connect(user: string) {
    const connecting = this.start(['connect', 'auth0', '--device']);
    const [code] = await connecting.said(USER_CODE);
    this.tenant.typeUserCode(code, { user });
    return connecting.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cli[Symbol.asyncDispose]();
    await this.tenant.close();
  }
}

describe('kippu id-token', () => {
  it('prints the ID token alone, and its claims with --json', async () => {
    await using world = await TenantWorld.create();
    assert.equal((await world.connect('alice')).stdout, 'auth0:alice\n');
    const { code, stdout, stderr } = await world.run(['id-token', 'auth0:alice']);
    assert.equal(code, 0, stderr);
    assert.equal(decodeJwt(stdout.trim())['nickname'], 'alice');
    assert.equal(stdout.trim().split('\n').length, 1);
    const json = JSON.parse((await world.run(['id-token', 'auth0:alice', '--max-age', '900', '--json'])).stdout);
    assert.deepEqual(json.claims, decodeJwt(json.id_token));
  });

  it('says why there is none, and prints nothing', async () => {
    await using world = await TenantWorld.create({ idTokens: 'missing' });
    await world.connect('alice');
    const { code, stdout, stderr } = await world.run(['id-token', 'auth0:alice']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /openid/);
    assert.equal((await world.run(['id-token', 'auth0:alice', '--max-age', 'soon'])).code, 2);
  });
});

describe('at Auth0', () => {
  it('a consent without a refresh token is explained, by connect and by the doctor, in both languages', async () => {
    await using world = await TenantWorld.create({ apiOfflineAccess: false });
    const { stderr } = await world.connect('alice');
    assert.match(stderr, /Allow Offline Access[^]*Refresh Token/);
    const doctor = await world.run(['doctor']);
    assert.match(doctor.stdout, /auth0 gave no refresh token[^]*auth0:alice[^]*Allow Offline Access/);
    assert.match((await world.run(['doctor', '--lang', 'ja'])).stdout, /auth0:alice[^]*Grant Type/);
  });

  it('an app without its domain is refused by name, and so is a lifetime that is none', async () => {
    await using world = await TenantWorld.create();
    const nowhere = await world.run(['connections'], { KIPPU_AUTH0_BASE_URL: undefined });
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /KIPPU_AUTH0_DOMAIN/);
    const soon = await world.run(['connections'], { KIPPU_AUTH0_REFRESH_LIFETIME: 'soon' });
    assert.match(soon.stderr, /KIPPU_AUTH0_REFRESH_LIFETIME: "soon" is no duration/);
    assert.equal((await world.run(['connections'], { KIPPU_AUTH0_REFRESH_LIFETIME: 'never' })).code, 0);
  });

  it('the doctor knows every variable of it, and names a misspelt one', async () => {
    await using world = await TenantWorld.create();
    const { stdout } = await world.run(['doctor'], {
      KIPPU_AUTH0_DOMAIN: 'acme.us.auth0.com',
      KIPPU_AUTH0_AUDIENCE: 'https://api.example.com',
      KIPPU_AUTH0_ORGANIZATION: 'org_acme',
      KIPPU_AUTH0_LEEWAY: '60s',
      KIPPU_AUTH0_ROTATION: 'rotating',
      KIPPU_AUTH0_AUDIENCES: 'x',
    });
    const unknown = stdout.split('\n').filter((line) => line.includes('is not a setting'));
    assert.equal(unknown.length, 1);
    assert.match(unknown[0] ?? '', /KIPPU_AUTH0_AUDIENCES/);
  });
});

function addressOf(wanted: string, stdout: string): string | undefined {
  const addresses = JSON.parse(stdout) as { readonly provider: string; readonly url: string }[];
  return addresses.find(({ provider }) => provider === wanted)?.url;
}

describe('kippu simulate', () => {
  it('plays several providers at once, each at its own address', async () => {
    await using world = await CliWorld.create();
    const simulating = world.start(['simulate', 'github', 'auth0', '--json']);
    await once(simulating.child.stdout ?? simulating.child, 'data');
    for (const provider of ['github', 'auth0']) {
      const url = addressOf(provider, simulating.stdout);
      const state = (await (await fetch(`${url}/_sim/state`)).json()) as { readonly provider: string };
      assert.equal(state.provider, provider);
    }
    simulating.child.kill('SIGTERM');
    assert.equal((await simulating.ended).code, 0);
  });

  it('starts none of them where one is unknown', async () => {
    await using world = await CliWorld.create();
    const { code, stdout, stderr } = await world.start(['simulate', 'auth0', 'nobody']).ended;
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /nobody/);
  });
});
