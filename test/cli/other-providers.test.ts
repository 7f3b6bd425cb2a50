import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { ScriptedBrowser } from './browser.ts';
import { CliWorld, CONNECT_LINK, type Ended } from './cli-world.ts';

/** Consents on the command line, where no server runs, at a simulated provider on a port of its own. */
async function connect(
  world: CliWorld,
  provider: string,
  { sim, args = [] }: { readonly sim: Simulation; readonly args?: readonly string[] },
): Promise<Ended> {
  const connecting = world.start(['connect', provider, '--no-open', ...args], { env: environment(provider, sim) });
  const [link] = await connecting.said(CONNECT_LINK);
  await new ScriptedBrowser().consent(link);
  return connecting.ended;
}

function environment(provider: string, sim: Simulation): Record<string, string> {
  const prefix = `KIPPU_${provider.toUpperCase()}`;
  return {
    [`${prefix}_CLIENT_ID`]: 'an-app',
    [`${prefix}_CLIENT_SECRET`]: 'a-secret-of-the-app',
    [`${prefix}_BASE_URL`]: sim.url,
  };
}

describe('kippu connect at other providers, over real sockets', () => {
  it('makes the hour’s token of Threads lasting before the command has ended, and tells no secret', async () => {
    await using world = await CliWorld.withoutProvider();
    await using sim = await simulate('threads');
    const { code, stdout, stderr } = await connect(world, 'threads', { sim, args: ['--explain'] });
    assert.equal(code, 0, stderr);
    const living = sim.state().tokens.filter(({ kind }) => kind === 'access');
    assert.equal(living.length, 2, 'the one of the consent, and the lasting one');
    const shown = await world.run(['token', 'threads:alice'], { env: environment('threads', sim) });
    const token = shown.stdout.trim();
    assert.ok(token.length > 40, shown.stderr);
    for (const secret of ['a-secret-of-the-app', token]) assert.ok(!(stdout + stderr).includes(secret), stderr);
  });

  it('says why Google gave no refresh token, and what to do', async () => {
    await using world = await CliWorld.withoutProvider();
    await using sim = await simulate('google', { settings: { withholdRefresh: true } });
    const { code, stderr } = await connect(world, 'google', { sim });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /first consent to the app/);
    assert.match(stderr, /myaccount\.google\.com\/permissions/);
  });

  it('connects a tenant of Entra at its own addresses', async () => {
    await using world = await CliWorld.withoutProvider();
    await using sim = await simulate('entra');
    const env = { ...environment('entra', sim), KIPPU_ENTRA_TENANT: 'contoso.onmicrosoft.com' };
    const connecting = world.start(['connect', 'entra', '--no-open'], { env });
    const [link] = await connecting.said(CONNECT_LINK);
    const page = await new ScriptedBrowser().consent(link);
    assert.equal(page.status, 200, page.text);
    const { code, stdout, stderr } = await connecting.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'entra:alice\n');
  });
});
