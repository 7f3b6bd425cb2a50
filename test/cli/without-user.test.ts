import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defineProvider, type ProviderDefinition } from '../../src/providers/index.ts';
import { simulate } from '../../src/sim/index.ts';
import { CliWorld, type Ended } from './cli-world.ts';

const acme = {
  id: 'acme',
  name: 'Acme',
  endpoints: { authorization: 'https://acme.example/authorize', token: 'https://acme.example/token' },
  apiKey: { header: 'X-Api-Key', scheme: '' },
} satisfies ProviderDefinition;

const ENV = { KIPPU_ACME_CLIENT_ID: 'a-client', KIPPU_ACME_CLIENT_SECRET: 'a-secret' };

/** A folder whose configuration file describes Acme. */
async function acmeWorld(): Promise<CliWorld> {
  const world = await CliWorld.withoutProvider();
  writeFileSync(join(world.directory, 'kippu.config.json'), JSON.stringify({ ownProviders: [acme] }));
  return world;
}

function assertEnded(ended: Ended, code: number, stderr: RegExp): void {
  assert.equal(ended.code, code, ended.stderr);
  assert.match(ended.stderr, stderr);
}

test('a provider of one’s own, an app-only connection and its token, from the command line alone', async () => {
  await using world = await acmeWorld();
  await using sim = await simulate(defineProvider(acme), { clients: [{ id: 'a-client', secret: 'a-secret' }] });
  const env = { ...ENV, KIPPU_ACME_BASE_URL: sim.url };
  const made = await world.run(['connect', 'acme', '--app-only', '--scope', 'read write'], { env });
  assert.deepEqual([made.code, made.stdout], [0, 'acme:app\n'], made.stderr);
  const token = await world.run(['token', 'acme:app'], { env });
  assert.equal(token.code, 0, token.stderr);
  const shown = JSON.parse((await world.run(['show', 'acme:app', '--json'], { env })).stdout);
  assert.deepEqual([shown.rests_on, shown.renewable, shown.scopes], ['app', true, ['read', 'write']]);
  assert.match((await world.run(['show', 'acme:app'], { env })).stdout, /none: the app itself/);
  const wrong = { ...env, KIPPU_ACME_CLIENT_SECRET: 'another' };
  assertEnded(await world.run(['connect', 'acme', '--app-only'], { env: wrong }), 1, /invalid_client/);
  assertEnded(await world.run(['connect', 'acme', '--app-only', '--device'], { env }), 2, /no browser and no device/);
  assertEnded(await world.run(['revoke', 'acme:app'], { env }), 1, /no revocation endpoint/);
});

test('a static key from standard input: handed out, listed, replaced, and never shown', async () => {
  await using world = await acmeWorld();
  const made = await world.run(['import', 'acme', '--api-key', '-'], { env: ENV, stdin: 'sk-first\n' });
  assert.deepEqual([made.code, made.stdout], [0, 'acme:key\n'], made.stderr);
  assert.match(made.stderr, /Nothing renews an API key/);
  assert.equal((await world.run(['token', 'acme:key'], { env: ENV })).stdout, 'sk-first\n');
  const json = JSON.parse((await world.run(['token', 'acme:key', '--json'], { env: ENV })).stdout);
  assert.deepEqual([json.header, json.token_type], ['X-Api-Key', 'ApiKey']);
  for (const args of [['connections'], ['show', 'acme:key'], ['show', 'acme:key', '--json']]) {
    const { stdout, stderr } = await world.run(args, { env: ENV });
    assert.ok(!(stdout + stderr).includes('sk-first'), args.join(' '));
  }
  const again = [
    'import',
    'acme',
    '--api-key',
    '-',
    '--connection',
    'acme:key',
    '--expires-at',
    '2099-01-01T00:00:00Z',
  ];
  assertEnded(await world.run(again, { env: ENV, stdin: 'sk-second' }), 0, /you are warned before that/);
  assert.equal((await world.run(['token', 'acme:key'], { env: ENV })).stdout, 'sk-second\n');
  const refused = await world.run(['token', 'acme:key', '--refused', '-'], { env: ENV, stdin: 'sk-second' });
  assertEnded(refused, 1, /nothing can renew it/);
  assert.equal(refused.stdout, '');
});

test('mistakes are said before anything is done', async () => {
  await using world = await acmeWorld();
  const run = (...args: string[]): Promise<Ended> => world.run(['import', 'acme', ...args], { env: ENV, stdin: 'k' });
  assertEnded(await run(), 2, /--from with tokens, or --api-key/);
  assertEnded(await run('--from', '-', '--api-key', '-'), 2, /--from with tokens, or --api-key/);
  assertEnded(await run('--from', '-', '--header', 'X-Api-Key'), 2, /--header belongs to --api-key/);
  assertEnded(await run('--from', '-', '--expires-at', '2099-01-01'), 2, /--expires-at belongs to --api-key/);
  assertEnded(await run('--api-key', '-', '--header', 'Host'), 2, /no header for an API key/);
  const { stdout } = await world.run(['connections', '--json'], { env: ENV });
  assert.deepEqual(JSON.parse(stdout).items, []);
});

test('a mistake in the configuration file is said with its name, and nothing runs', async () => {
  await using world = await CliWorld.withoutProvider();
  const bad = { ownProviders: [{ ...acme, endpoints: { token: 'http://acme.example/token' } }] };
  writeFileSync(join(world.directory, 'kippu.config.json'), JSON.stringify(bad));
  assertEnded(
    await world.run(['connections']),
    2,
    /kippu\.config\.json cannot be read: defineProvider\(acme\): endpoints\.token/,
  );
});

test('the sandbox simulates it beside the others, and the doctor knows its variables', async () => {
  await using world = await acmeWorld();
  const env = { ...ENV, KIPPU_SANDBOX: '1' };
  await using _server = await world.up({ env });
  const made = await world.run(['connect', 'acme', '--app-only'], { env });
  assert.deepEqual([made.code, made.stdout], [0, 'acme:app\n'], made.stderr);
  const diagnosis = JSON.parse((await world.run(['doctor', '--json'], { env })).stdout);
  const kinds = diagnosis.findings.map(({ kind }: { readonly kind: string }) => kind);
  assert.ok(!kinds.includes('setting_unknown'), JSON.stringify(diagnosis.findings));
});

test('while an issuer does not answer, its provider says so, and the others work', async () => {
  await using world = await acmeWorld();
  const env = { ...ENV, KIPPU_CORP_ISSUER: 'http://127.0.0.1:1', KIPPU_CORP_CLIENT_ID: 'c' };
  assertEnded(
    await world.run(['connect', 'corp', '--app-only'], { env }),
    4,
    /corp cannot be used yet: .*127\.0\.0\.1:1/,
  );
  const made = await world.run(['import', 'acme', '--api-key', '-'], { env, stdin: 'k' });
  assert.equal(made.code, 0, made.stderr);
  const diagnosis = await world.run(['doctor'], { env });
  assert.match(diagnosis.stdout + diagnosis.stderr, /corp: .*127\.0\.0\.1:1/);
});
