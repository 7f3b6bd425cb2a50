import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CliWorld, type RunOptions } from './cli-world.ts';

const STALLED = fileURLToPath(new URL('stalled-process.ts', import.meta.url));

interface Case {
  readonly name: string;
  readonly code: 0 | 1 | 2 | 3 | 4;
  readonly args: readonly string[];
  readonly said?: RegExp;
  readonly before?: (world: CliWorld) => void | Promise<unknown>;
  readonly options?: (world: CliWorld) => RunOptions;
  /** `false`: nobody has connected yet. */
  readonly connected?: false;
}

const UNAUTHORIZED_CLIENT = JSON.stringify({
  error: 'unauthorized_client',
  error_description: 'Missing valid authorization header',
});

const CASES: readonly Case[] = [
  { name: 'a good token', code: 0, args: ['token', 'x:alice'] },
  { name: 'a renewal', code: 0, args: ['renew', 'x:alice'] },
  { name: 'help', code: 0, args: ['--help'], connected: false },
  { name: 'the version', code: 0, args: ['--version'], connected: false },

  {
    name: 'a connection that is not there',
    code: 1,
    args: ['token', 'x:nobody'],
    said: /no connection x:nobody/,
    connected: false,
  },
  { name: 'a post that is not there', code: 1, args: ['posts', 'show', 'pst_00000000000000000000'], connected: false },
  { name: 'a provider that is not configured', code: 1, args: ['connect', 'nothing', '--no-open'], connected: false },
  {
    name: 'a provider that refuses the app (misconfigured)',
    code: 1,
    args: ['renew', 'x:alice'],
    said: /not the user of x:alice.*doctor/,
    before: ({ sim }) =>
      sim.faults.order({ endpoint: 'token', fault: 'status', status: 401, body: UNAUTHORIZED_CLIENT }),
  },
  {
    name: 'a refused token that is too young to be refused for its age (refused)',
    code: 1,
    args: ['token', 'x:alice', '--refused', '-'],
    options: () => ({ stdin: 'replaced below' }),
  },
  { name: "an API's own refusal", code: 1, args: ['call', 'x:alice', 'GET', '/2/nothing'], said: /404/ },
  {
    name: 'a post that the network refuses',
    code: 1,
    args: ['post', 'x:alice', 'twice'],
    said: /duplicate_content/,
    before: (world) => world.run(['post', 'x:alice', 'twice']),
  },
  {
    name: 'a missing key ring',
    code: 1,
    args: ['connections'],
    said: /key ring/,
    options: ({ directory }) => ({ env: { KIPPU_HOME: join(directory, 'other-home') } }),
  },

  { name: 'no command', code: 2, args: [], connected: false },
  { name: 'an unknown command', code: 2, args: ['tokn'], said: /Did you mean token/, connected: false },
  { name: 'an unknown flag', code: 2, args: ['token', 'x:alice', '--colour'], said: /--colour/, connected: false },
  { name: 'a missing argument', code: 2, args: ['token'], said: /connection/, connected: false },
  { name: 'an argument too many', code: 2, args: ['token', 'x:alice', 'x:bob'], connected: false },
  { name: 'a number that is none', code: 2, args: ['token', 'x:alice', '--min-ttl', 'soon'], connected: false },
  { name: 'a choice that is none', code: 2, args: ['connections', '--state', 'happy'], connected: false },
  { name: 'a required flag that is missing', code: 2, args: ['import', 'x'], connected: false },
  {
    name: 'an import that is no JSON',
    code: 2,
    args: ['import', 'x', '--from', '-'],
    options: () => ({ stdin: 'canary-not-json' }),
    connected: false,
  },
  {
    name: 'an import without a token',
    code: 2,
    args: ['import', 'x', '--from', '-'],
    options: () => ({ stdin: '{}' }),
    connected: false,
  },
  {
    name: 'an import from a file that is not there',
    code: 2,
    args: ['import', 'x', '--from', 'nowhere.json'],
    connected: false,
  },
  {
    name: 'a setting that cannot be',
    code: 2,
    args: ['connections'],
    said: /KIPPU_PORT/,
    options: () => ({ env: { KIPPU_PORT: 'many' } }),
    connected: false,
  },
  { name: 'a text that is too long', code: 2, args: ['post', 'x:alice', 'x'.repeat(281)], said: /shorten/ },
  { name: 'a time that is none', code: 2, args: ['post', 'x:alice', 'hello', '--at', 'soon'] },
  { name: 'a time that is over', code: 2, args: ['post', 'x:alice', 'hello', '--at', '2020-01-01 09:00'] },
  {
    name: 'a zone that is none',
    code: 2,
    args: ['post', 'x:alice', 'hello', '--at', 'tomorrow 09:00', '--tz', 'Mars/Base'],
  },
  {
    name: "a URL that is not that provider's API",
    code: 2,
    args: ['call', 'x:alice', 'GET', 'https://evil.example/2/users/me'],
    said: /evil\.example is not this provider's API/,
  },
  {
    name: 'a header that HTTP cannot carry',
    code: 2,
    args: ['call', 'x:alice', 'GET', '/2/users/me', '-H', 'X-Note: 日本'],
    said: /header/,
    connected: false,
  },
  { name: 'a method that is none', code: 2, args: ['call', 'x:alice', 'GRAB', '/2/users/me'], connected: false },
  {
    name: 'a resolution without a verdict',
    code: 2,
    args: ['posts', 'resolve', 'pst_00000000000000000000'],
    connected: false,
  },
  {
    name: 'a scope of API keys that is none',
    code: 2,
    args: ['api-keys', 'create', '--name', 'n', '--scope', 'everything'],
    connected: false,
  },

  {
    name: 'a user who has removed the app (reauth_required)',
    code: 3,
    args: ['renew', 'x:alice'],
    said: /consent/,
    before: ({ sim }) => sim.removeApp('alice'),
  },
  {
    name: 'a connection that was revoked',
    code: 3,
    args: ['token', 'x:alice'],
    said: /revoked/,
    before: (world) => world.run(['revoke', 'x:alice']),
  },

  {
    name: 'a provider that asks to wait (unavailable)',
    code: 4,
    args: ['renew', 'x:alice'],
    before: ({ sim }) => sim.faults.failNext('token', 429),
  },
  {
    name: 'a renewal whose answer was lost (uncertain)',
    code: 4,
    args: ['renew', 'x:alice'],
    before: ({ sim }) => sim.faults.loseNextAnswer('token'),
  },
  { name: 'a provider that cannot be reached', code: 4, args: ['renew', 'x:alice'], before: ({ sim }) => sim.close() },
  {
    name: 'a post whose answer was lost',
    code: 4,
    args: ['post', 'x:alice', 'hello'],
    before: ({ sim }) => sim.faults.loseNextAnswer('tweets'),
  },
  {
    name: 'a database at a port that there is not',
    code: 2,
    args: ['connections'],
    said: /port of "127\.0\.0\.1:99999"/,
    options: () => ({ env: { KIPPU_DATABASE_URL: 'postgres://u:canary@127.0.0.1:99999/db' } }),
    connected: false,
  },
  {
    name: 'a database that cannot be opened',
    code: 4,
    args: ['connections'],
    said: /cannot be opened/,
    options: ({ directory }) => ({
      env: { KIPPU_DATABASE_URL: `sqlite:${join(directory, 'no', 'such', 'folder.db')}` },
    }),
    connected: false,
  },
];

describe('the exit code', { concurrency: 2 }, () => {
  for (const { name, code, args, said, before, options, connected } of CASES) {
    it(`is ${code} for ${name}`, async () => {
      await using world = await CliWorld.create();
      if (connected !== false) assert.equal((await world.connect()).code, 0);
      await before?.(world);
      const given = options?.(world);
      const ended = await world.run(
        args,
        given?.stdin === 'replaced below' ? { stdin: (await world.run(['token', 'x:alice'])).stdout } : given,
      );
      assert.equal(ended.code, code, ended.stderr + ended.stdout);
      if (code !== 0) assert.notEqual(ended.stderr, '', 'a failure says why');
      if (said !== undefined) assert.match(ended.stderr, said);
      assert.doesNotMatch(ended.stderr, /canary|\.ts:\d+/);
    });
  }

  it('is 1, with a reason, when nothing is under way any more and the command has not ended', async () => {
    const env = { PATH: process.env['PATH'], KIPPU_DATABASE_URL: 'postgres://u:canary@127.0.0.1:1/db' };
    const directory = mkdtempSync(join(tmpdir(), 'kippu-stalled-'));
    const child = spawn(process.execPath, [STALLED, 'connections'], { cwd: directory, env, timeout: 30_000 });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 1);
    assert.match(said, /has not come to an end/);
    assert.doesNotMatch(said, /top-level await|canary/);
    rmSync(directory, { recursive: true });
  });
});
