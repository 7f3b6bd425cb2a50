import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/app/config.ts';
import { connectableProviders } from '../../src/app/providers.ts';
import { Settings } from '../../src/app/settings.ts';
import { CATALOGUE } from '../../src/providers/index.ts';
import { CliWorld, CONNECT_LINK } from './cli-world.ts';

/** As the steps print them: `NAME=<what to put there>`. */
function printedVariables(text: string): string[] {
  return [...text.matchAll(/^ +(KIPPU_[A-Z0-9_]+)=</gm)].map(([, name = '']) => name);
}

function configOf(values: Record<string, string>) {
  const settings = new Settings([{ source: 'environment', values }]);
  return readConfig(settings, {
    directory: '/nowhere',
    isTerminal: false,
    isProduction: false,
    simulatorUrl: () => 'http://127.0.0.1:1',
  });
}

describe('kippu connect where nothing is configured', () => {
  for (const [id, console] of [
    ['x', 'https://console.x.com'],
    ['github', 'https://github.com/settings/apps'],
    ['auth0', 'https://manage.auth0.com'],
    ['mastodon', '/callback/mastodon'],
  ] as const) {
    it(`says what to make where for ${id}, and makes nothing here`, async () => {
      await using world = await CliWorld.withoutProvider();
      const { code, stdout, stderr } = await world.run(['connect', id, '--no-open']);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.ok(stderr.includes(console), stderr);
      assert.ok(stderr.includes(`http://127.0.0.1:${world.port}/callback/${id}`), stderr);
      assert.ok(printedVariables(stderr).includes(`KIPPU_${id.toUpperCase()}_CLIENT_ID`), stderr);
      assert.match(stderr, /kippu up/);
      assert.ok(!existsSync(world.homePath), 'no data directory');
      assert.ok(!existsSync(world.databasePath), 'no database');
    });
  }

  it('names the providers that there are, for one that is none', async () => {
    await using world = await CliWorld.withoutProvider();
    const { code, stderr } = await world.run(['connect', 'nothing', '--device']);
    assert.equal(code, 1);
    assert.match(stderr, /no provider "nothing".* github.* auth0/);
  });

  it('does not call a provider unconfigured whose sandbox was asked for in its place', async () => {
    await using world = await CliWorld.withoutProvider();
    const env = { KIPPU_X_CLIENT_ID: 'real', KIPPU_SANDBOX: '1' };
    const { code, stderr } = await world.run(['connect', 'x', '--no-open'], { env });
    assert.equal(code, 1);
    assert.match(stderr, /KIPPU_SANDBOX.*kippu up/);
    assert.doesNotMatch(stderr, /not configured/);
  });

  it('prints for Auth0 all that it takes: with that, and nothing besides, the consent begins', async () => {
    await using world = await CliWorld.withoutProvider();
    const { stderr } = await world.run(['connect', 'auth0', '--no-open']);
    const values: Record<string, string> = { domain: 'tenant.eu.auth0.com' };
    const named = [...stderr.matchAll(/^ +(KIPPU_[A-Z0-9_]+)=<(.*)>$/gm)];
    const env = Object.fromEntries(named.map(([, name = '', what = '']) => [name, values[what] ?? 'v']));
    const connecting = world.start(['connect', 'auth0', '--no-open'], { env });
    await connecting.said(CONNECT_LINK);
    assert.equal((await connecting.stop('SIGINT')).code, 130);
    assert.doesNotMatch(stderr, /Optional:.*KIPPU_AUTH0_DOMAIN/);
  });
});

describe('the variables that a provider is said to need', () => {
  for (const { id } of CATALOGUE) {
    it(`are enough for an app of ${id}, and none of them can be left out`, () => {
      const facts = connectableProviders(configOf({})).find((one) => one.id === id);
      const [idVariable = '', secretVariable = ''] = facts?.variables ?? [];
      const needed = Object.fromEntries((facts?.neededVariables ?? []).map((name) => [name, 'host.example']));
      const all = { [idVariable]: 'c', [secretVariable]: 's', ...needed };
      assert.deepEqual(
        configOf(all).apps.map(({ provider }) => provider.id),
        [id],
      );
      for (const name of Object.keys(needed)) assert.throws(() => configOf({ ...all, [name]: '' }), new RegExp(name));
    });
  }
});

type Answer = (response: ServerResponse, origin: string) => void;

const metadata =
  (change: (origin: string) => Record<string, unknown>): Answer =>
  (response, origin) => {
    const whole = { issuer: origin, authorization_endpoint: `${origin}/a`, token_endpoint: `${origin}/t` };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...whole, ...change(origin) }));
  };

const BAD_DESCRIPTIONS: readonly (readonly [says: string, answer: Answer, words: RegExp])[] = [
  ['names another issuer', metadata(() => ({ issuer: 'https://evil.example' })), /issuer/],
  [
    'has an endpoint in plain http',
    metadata(() => ({ token_endpoint: 'http://elsewhere.example/t' })),
    /token_endpoint/,
  ],
  ['has no token endpoint', metadata(() => ({ token_endpoint: undefined })), /token_endpoint/],
  ['is a megabyte long', metadata(() => ({ long: 'x'.repeat(1_000_000) })), /long|bytes|KiB/i],
  ['is a page', (response) => response.end('<html>'), /JSON/],
  [
    'is elsewhere',
    (response) => response.writeHead(302, { location: 'https://elsewhere.example/' }).end(),
    /elsewhere\.example/,
  ],
];

/** A server whose description is as given, for as long as `use` lasts. */
async function describedBy(answer: Answer, use: (issuer: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => answer(response, `http://${request.headers.host}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe('kippu connect at a provider that is configured by its issuer', () => {
  for (const [says, answer, words] of BAD_DESCRIPTIONS) {
    it(`says what is the matter where its description ${says}`, async () => {
      await describedBy(answer, async (issuer) => {
        await using world = await CliWorld.withoutProvider();
        const env = { KIPPU_CORP_ISSUER: issuer, KIPPU_CORP_CLIENT_ID: 'c' };
        const { code, stderr } = await world.run(['connect', 'corp', '--no-open'], { env });
        assert.equal(code, 4, stderr);
        assert.match(stderr, words);
        assert.doesNotMatch(stderr, /There is no provider/);
      });
    });
  }

  it('says it through a running server too, and still knows none that nobody has configured', async () => {
    await describedBy(
      metadata(() => ({ issuer: 'https://evil.example' })),
      async (issuer) => {
        await using world = await CliWorld.withoutProvider();
        const server = await world.up({ env: { KIPPU_CORP_ISSUER: issuer, KIPPU_CORP_CLIENT_ID: 'c' } });
        const { code, stderr } = await world.run(['connect', 'corp', '--no-open']);
        assert.equal(code, 4, stderr);
        assert.match(stderr, /issuer/);
        const other = await world.run(['connect', 'corporation', '--no-open']);
        assert.match(other.stderr, /There is no provider "corporation"/);
        await server.stop();
      },
    );
  });
});
