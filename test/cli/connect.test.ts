import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ScriptedBrowser } from './browser.ts';
import { CliWorld, CONNECT_LINK } from './cli-world.ts';

describe('kippu connect, where no server runs', () => {
  it('prints the link, takes the browser back, and prints the name of the connection and nothing else', async () => {
    await using world = await CliWorld.create();
    const connecting = world.start(['connect', 'x', '--no-open']);
    const [link] = await connecting.said(CONNECT_LINK);
    const page = await new ScriptedBrowser().consent(link);
    assert.equal(page.status, 200);
    const { code, stdout, stderr } = await connecting.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'x:alice\n');
    await assert.rejects(fetch(`http://127.0.0.1:${world.port}/healthz`), 'it listens no longer than it must');
  });

  it(
    'opens the browser where there is one, and prints the link all the same',
    { skip: process.platform !== 'linux' },
    async () => {
      await using world = await CliWorld.create();
      const bin = join(world.directory, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'xdg-open'), '#!/bin/sh\nprintf %s "$1" > opened\n', { mode: 0o755 });
      const connecting = world.start(['connect', 'x'], {
        env: { PATH: `${bin}:${process.env['PATH']}`, DISPLAY: ':0' },
      });
      const [link] = await connecting.said(CONNECT_LINK);
      assert.match(connecting.stderr, /Opening your browser/);
      await new ScriptedBrowser().consent(link);
      assert.equal((await connecting.ended).code, 0);
      assert.equal(readFileSync(join(world.directory, 'opened'), 'utf8'), link);
    },
  );

  it('says what to do when another program has the port', async () => {
    await using world = await CliWorld.create();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(world.port, '127.0.0.1', resolve));
    try {
      const { code, stderr } = await world.run(['connect', 'x', '--no-open']);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`Port ${world.port} .*KIPPU_PORT`));
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('ends cleanly with Ctrl-C', async () => {
    await using world = await CliWorld.create();
    const connecting = world.start(['connect', 'x', '--no-open']);
    await connecting.said(CONNECT_LINK);
    const { code, stdout, stderr } = await connecting.stop('SIGINT');
    assert.equal(code, 130);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /at .*\.ts|Error/);
    assert.equal((await world.run(['connections', '--json'])).code, 0);
  });

  it('asks again whose account it is until the provider says so', async () => {
    await using world = await CliWorld.create();
    world.sim.faults.failNext('me', 503);
    const { code, stdout, stderr } = await world.connect();
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'x:alice\n');
    assert.match(stderr, /could not say yet whose account/);
  });

  it('sends nobody to a provider without a configuration, and says what to do', async () => {
    await using world = await CliWorld.withoutProvider();
    const { code, stderr } = await world.run(['connect', 'x', '--no-open']);
    assert.equal(code, 1);
    assert.match(stderr, /kippu up/);
    assert.match(stderr, /KIPPU_X_CLIENT_ID/);
  });

  for (const [lang, words] of [
    ['C', /Under "Authorized redirect URIs" enter exactly this/],
    ['ja_JP.UTF-8', /"Authorized redirect URIs" に、このとおり入力する/],
  ] as const) {
    it(`says what to make where, with the callback to the letter (${lang})`, async () => {
      await using world = await CliWorld.withoutProvider();
      const { code, stderr, stdout } = await world.run(['connect', 'google', '--no-open'], { env: { LANG: lang } });
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, words);
      assert.ok(stderr.includes('https://console.cloud.google.com/apis/credentials'), stderr);
      assert.ok(stderr.includes(`http://127.0.0.1:${world.port}/callback/google`), stderr);
      assert.match(stderr, /KIPPU_GOOGLE_CLIENT_ID=<Client ID>/);
      assert.match(stderr, /KIPPU_GOOGLE_TESTING/);
    });
  }

  it('says that a provider wants https where the callback has none', async () => {
    await using world = await CliWorld.withoutProvider();
    assert.match((await world.run(['connect', 'threads', '--no-open'])).stderr, /KIPPU_PUBLIC_URL/);
    assert.doesNotMatch((await world.run(['connect', 'spotify', '--no-open'])).stderr, /KIPPU_PUBLIC_URL/);
  });

  it('names the providers that there are', async () => {
    await using world = await CliWorld.withoutProvider();
    assert.match((await world.run(['connect', 'nothing', '--no-open'])).stderr, /There are: .*\bgoogle\b/);
  });
});

for (const where of ['in this process', 'through a running server'] as const) {
  describe(`kippu connect, ${where}`, () => {
    async function worldOf(): Promise<{ readonly world: CliWorld } & AsyncDisposable> {
      const world = await CliWorld.create();
      const server = where === 'in this process' ? undefined : await world.up();
      return {
        world,
        async [Symbol.asyncDispose]() {
          await server?.stop();
          await world[Symbol.asyncDispose]();
        },
      };
    }

    it('gives the whole connection with --json, under the name that was wished', async () => {
      await using place = await worldOf();
      const { code, stdout } = await place.world.connect(['--name', 'x:press', '--json']);
      assert.equal(code, 0);
      const connection = JSON.parse(stdout) as Record<string, unknown>;
      assert.equal(connection['name'], 'x:press');
      assert.equal(connection['handle'], 'alice');
      assert.equal(connection['state'], 'active');
    });

    it('asks for the scopes that were named, and says aloud when there is no refresh token', async () => {
      await using place = await worldOf();
      const { code, stderr } = await place.world.connect(['--no-offline', '--scope', 'users.read,tweet.read']);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /no refresh token/);
      const { items } = JSON.parse((await place.world.run(['connections', '--json'])).stdout) as {
        items: { scopes: string[] }[];
      };
      assert.deepEqual(items[0]?.scopes.toSorted(), ['tweet.read', 'users.read']);
    });

    it('fails in words when the user declines', async () => {
      await using place = await worldOf();
      const connecting = place.world.start(['connect', 'x', '--no-open']);
      const [link] = await connecting.said(CONNECT_LINK);
      await new ScriptedBrowser().consent(link, { decision: 'deny' });
      const { code, stdout, stderr } = await connecting.ended;
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /You declined at the provider/);
    });

    it('refuses the consent of another user for a connection, with both names', async () => {
      await using place = await worldOf();
      await place.world.connect();
      const { code, stderr } = await place.world.connect(['--connection', 'x:alice'], { user: 'bob' });
      assert.equal(code, 1);
      assert.match(stderr, /x:alice is alice's/);
      assert.match(stderr, /bob/);
      const again = await place.world.connect(['--connection', 'x:alice']);
      assert.equal(again.code, 0, again.stderr);
      assert.equal(again.stdout, 'x:alice\n');
    });
  });
}
