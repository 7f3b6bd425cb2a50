import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliWorld } from './cli-world.ts';

// eslint-disable-next-line no-control-regex -- how colours begin
const COLOUR = /\u001b\[/;

describe('kippu token', () => {
  for (const where of ['in this process', 'through a running server'] as const) {
    it(`prints the access token, a line end, and nothing else (${where})`, async () => {
      await using world = await CliWorld.create();
      await using _server = where === 'in this process' ? undefined : await world.up();
      await world.connect();
      const { code, stdout, stderr } = await world.run(['token', 'x:alice', '--min-ttl', '60']);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, '');
      assert.match(stdout, /^[\w-]{40,}\n$/);
      const me = await fetch(`${world.sim.url}/2/users/me`, { headers: { authorization: `Bearer ${stdout.trim()}` } });
      assert.equal(me.status, 200);
      assert.equal((await world.run(['token', 'x:alice'])).stdout, stdout, 'asked again, it is the same one');
      const json = JSON.parse((await world.run(['token', 'x:alice', '--json'])).stdout) as Record<string, unknown>;
      assert.equal(json['access_token'], stdout.trim());
      assert.equal(Number.isNaN(Date.parse(String(json['expires_at']))), false);
    });
  }

  it('gives another one than the one that the provider refused', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const { stdout: first } = await world.run(['token', 'x:alice']);
    world.query('update credentials set access_issued_at_ms = access_issued_at_ms - 120000');
    const { code, stdout: second } = await world.run(['token', 'x:alice', '--refused', '-'], { stdin: first });
    assert.equal(code, 0);
    assert.notEqual(second, first);
    assert.equal(world.sim.state().counts.renewals, 1);
  });

  it('does not care for what a killed server left behind', async () => {
    await using world = await CliWorld.create();
    await using server = await world.up();
    await world.connect();
    await server.stop('SIGKILL');
    const { code, stdout, stderr } = await world.run(['token', 'x:alice']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^[\w-]{40,}\n$/);
  });
});

describe('a server of another version', () => {
  it('still answers, and the command says what to do', async () => {
    await using world = await CliWorld.create();
    await using _server = await world.up();
    await world.connect();
    assert.equal((await world.run(['token', 'x:alice'])).stderr, '');
    const record = join(world.homePath, 'server.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace(/"version": ?"[^"]+"/, '"version":"0.0.9"'));
    const { code, stdout, stderr } = await world.run(['token', 'x:alice']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^[\w-]{40,}\n$/);
    assert.match(stderr, /The server that runs is of version 0\.0\.9.*start it again/);
  });
});

describe('Ctrl-C', () => {
  it('leaves no renewal unsettled that this process has sent', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    world.sim.faults.delayNextAnswer('token', 2000);
    const renewing = world.start(['renew', 'x:alice']);
    while (world.sim.state().counts.renewals === 0) await sleep(20);
    const { code, stderr } = await renewing.stop('SIGINT');
    assert.equal(code, 130);
    assert.match(stderr, /Waiting for the renewal that is under way/);
    const { items } = JSON.parse((await world.run(['connections', '--json'])).stdout) as {
      items: { state: string; renewals: number }[];
    };
    assert.deepEqual(
      items.map(({ state, renewals }) => [state, renewals]),
      [['active', 1]],
    );
  });
});

describe('a reader that goes away', () => {
  it('is no error', async () => {
    await using world = await CliWorld.withoutProvider();
    const helping = world.start(['--help']);
    helping.child.stdout?.destroy();
    const { code, stderr } = await helping.ended;
    assert.equal(code, 0);
    assert.equal(stderr, '');
  });
});

describe('kippu import', () => {
  it('takes tokens from a file or from stdin, and prints the name', async () => {
    await using world = await CliWorld.create();
    const file = join(world.directory, 'tokens.json');
    writeFileSync(
      file,
      JSON.stringify({ access_token: 'canary-one', expires_in: 7200, subject: '1', scope: 'tweet.read users.read' }),
    );
    const fromFile = await world.run(['import', 'x', '--from', file, '--name', 'x:file']);
    assert.equal(fromFile.code, 0, fromFile.stderr);
    assert.equal(fromFile.stdout, 'x:file\n');
    assert.match(fromFile.stderr, /no refresh token/);
    const input = JSON.stringify({
      refresh_token: 'canary-two',
      access_token: 'canary-three',
      expires_in: 7200,
      subject: '2',
    });
    const fromStdin = await world.run(['import', 'x', '--from', '-', '--name', 'x:stdin', '--json'], { stdin: input });
    const connection = JSON.parse(fromStdin.stdout) as Record<string, unknown>;
    assert.equal(connection['name'], 'x:stdin');
    assert.equal(connection['subject'], '2');
    assert.equal((await world.run(['token', 'x:stdin'])).stdout, 'canary-three\n');
    const again = await world.run(['import', 'x', '--from', '-'], { stdin: input });
    assert.equal(again.code, 1, 'a refresh token that is here already has an owner');
    assert.doesNotMatch(
      fromFile.stdout + fromFile.stderr + fromStdin.stdout + fromStdin.stderr + again.stderr,
      /canary/,
    );
  });
});

describe('kippu connections', () => {
  it('shows a table without colours, and the same as the API has it with --json', async () => {
    await using world = await CliWorld.create();
    assert.match((await world.run(['connections'])).stderr, /kippu connect x/);
    await world.connect();
    const { stdout, stderr } = await world.run(['connections']);
    assert.match(stdout, /^NAME +PROVIDER +STATE/);
    assert.match(stdout, /^x:alice +x +active +in 1 h 59 min/m);
    assert.match(stderr, /Asia\/Tokyo/);
    assert.doesNotMatch(stdout, COLOUR);
    const page = JSON.parse((await world.run(['connections', '--state', 'active', '--json'])).stdout) as {
      items: Record<string, unknown>[];
      next_cursor: null;
    };
    assert.deepEqual(
      page.items.map((item) => item['name']),
      ['x:alice'],
    );
    assert.equal(page.next_cursor, null);
    assert.match(String(page.items[0]?.['access_expires_at']), /^\d{4}-\d\d-\d\dT.*Z$/);
    const none = await world.run(['connections', '--never-expires', '--json']);
    assert.deepEqual(JSON.parse(none.stdout), { items: [], next_cursor: null });
  });
});

describe('kippu show', () => {
  it('draws the timeline, lists what happened, and shows no token', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const { stdout: token } = await world.run(['token', 'x:alice']);
    await world.run(['renew', 'x:alice']);
    const { code, stdout } = await world.run(['show', 'x:alice']);
    assert.equal(code, 0);
    assert.match(stdout, /^user +alice \(\d+\)$/m);
    assert.match(stdout, /^access  R-+/m);
    assert.match(stdout, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  renewal: renewed$/m);
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      stdout,
    );
    assert.ok(!stdout.includes(token.trim()));
    assert.doesNotMatch(stdout, COLOUR);
    const json = JSON.parse((await world.run(['show', 'x:alice', '--json'])).stdout) as {
      name: string;
      timeline: { kind: string }[];
    };
    assert.equal(json.name, 'x:alice');
    assert.ok(json.timeline.some(({ kind }) => kind === 'attempt'));
  });
});

describe('kippu call', () => {
  it('gives the body of the answer as it is, and takes a whole URL of that API as well', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const byPath = await world.run(['call', 'x:alice', 'get', '/2/users/me']);
    assert.equal(byPath.code, 0, byPath.stderr);
    assert.equal((JSON.parse(byPath.stdout) as { data: { username: string } }).data.username, 'alice');
    assert.equal(byPath.stderr, '');
    const byUrl = await world.run(['call', 'x:alice', 'GET', `${world.sim.url}/2/users/me`]);
    assert.equal(byUrl.stdout, byPath.stdout);
    const posted = await world.run(['call', 'x:alice', 'POST', '/2/tweets', '--data', '-'], {
      stdin: '{"text":"called"}',
    });
    assert.equal(posted.code, 0, posted.stdout);
    assert.equal(world.sim.state().posts[0]?.text, 'called');
  });
});

describe('kippu api-keys', () => {
  for (const where of ['in this process', 'through a running server'] as const) {
    it(`prints a key once, lists it without its text, and ends it (${where})`, async () => {
      await using world = await CliWorld.create();
      await using _server = where === 'in this process' ? undefined : await world.up();
      const made = await world.run(['api-keys', 'create', '--name', 'bot', '--scope', 'tokens:read', 'posts:write']);
      assert.equal(made.code, 0, made.stderr);
      assert.match(made.stdout, /^kpu_[\w-]{43}\n$/);
      const [id = ''] = /key_\w+/.exec(made.stderr) ?? [];
      const list = await world.run(['api-keys', 'list', '--json']);
      const { items } = JSON.parse(list.stdout) as { items: { id: string; scopes: string[] }[] };
      assert.deepEqual(
        items.map((key) => [key.id, key.scopes]),
        [[id, ['tokens:read', 'posts:write']]],
      );
      assert.ok(!list.stdout.includes(made.stdout.trim()));
      assert.equal((await world.run(['api-keys', 'revoke', id])).code, 0);
      assert.match((await world.run(['api-keys', 'list'])).stdout, /bot .* revoked/);
      assert.equal((await world.run(['api-keys', 'revoke', 'key_00000000000000000000'])).code, 1);
    });
  }
});

describe('the help', () => {
  const COMMANDS = [
    'connect',
    'import',
    'connections',
    'show',
    'token',
    'renew',
    'revoke',
    'call',
    'post',
    'posts',
    'posts show',
    'posts cancel',
    'posts resolve',
    'schedule',
    'schedule add',
    'schedule list',
    'schedule show',
    'schedule preview',
    'schedule pause',
    'schedule resume',
    'schedule remove',
    'metrics',
    'api-keys',
    'api-keys create',
    'api-keys list',
    'api-keys revoke',
    'vault',
    'vault keygen',
    'vault rotate',
    'vault status',
    'migrate',
    'migrate-store',
    'doctor',
    'backup',
    'adopt',
    'up',
    'simulate',
  ];

  it('is there for each command, on stdout, in both languages', async () => {
    await using world = await CliWorld.withoutProvider();
    for (const command of COMMANDS) {
      const english = await world.run([...command.split(' '), '--help']);
      assert.equal(english.code, 0, command);
      assert.match(english.stdout, new RegExp(`^Usage: kippu ${command}`), command);
      const japanese = await world.run([...command.split(' '), '--help'], { env: { LANG: 'ja_JP.UTF-8' } });
      assert.match(japanese.stdout, /^使い方: kippu/, command);
      assert.doesNotMatch(japanese.stdout, COLOUR);
    }
  });

  it('lists every command', async () => {
    await using world = await CliWorld.withoutProvider();
    const { stdout } = await world.run(['--help']);
    for (const command of COMMANDS.filter((name) => !name.includes(' ')))
      assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
    assert.equal((await world.run(['help', 'token'])).stdout, (await world.run(['token', '--help'])).stdout);
  });
});

describe('in Japanese', () => {
  it('a misuse is said in Japanese', async () => {
    await using world = await CliWorld.withoutProvider();
    const cases: readonly (readonly [string, RegExp])[] = [
      ['tokn', /tokn というコマンドはありません\(token のことですか\?\)/],
      ['token', /引数 <connection> が必要です/],
      ['token x:alice --foo', /--foo というオプションはありません/],
      ['import x', /--from、固定キーなら --api-key の、どちらか一方を指定してください/],
      ['api-keys create --scope tokens:read', /オプション --name <name> が必要です/],
      ['call x:alice GRAB /', /method の値 GRAB は正しくありません/],
    ];
    for (const [command, said] of cases) {
      const { code, stderr } = await world.run(['--lang', 'ja', ...command.split(' ')]);
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
  });

  it('a failure has a Japanese heading and Japanese advice around its message', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    await world.run(['revoke', 'x:alice']);
    const { code, stderr } = await world.run(['token', 'x:alice'], { env: { LANG: 'ja_JP.UTF-8' } });
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^kippu: この接続は取り消されています\(revoked\)\n {2}.*was revoked here.*\n {2}もう一度使うには/,
    );
  });
});
