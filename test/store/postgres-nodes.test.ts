import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliWorld } from '../cli/cli-world.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { Nodes, until, type Answer, type KippuProcess } from './postgres-nodes.ts';

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

const MIGRATIONS = ['0001_foundation.sql', '0002_ledger.sql', '0003_history.sql', '0004_survey.sql'];

const TOKEN = '/v1/connections/x:alice/token';

describe('two kippu up at one PostgreSQL', { concurrency: 3, timeout: 240_000 }, () => {
  it('serve the same token, and renew it once for fifty requests to both', async () => {
    await using nodes = await Nodes.at(server.url());
    const [one, two] = [await nodes.start('one'), await nodes.start('two')];
    await nodes.connect(one, 'alice');
    const first = await goodToken(one);
    assert.equal(await goodToken(two), first);
    await until('the token to be over', async () => (isOver(nodes.sim.state()) ? true : undefined));
    const before = nodes.sim.state().counts.renewals;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? one : two).call('GET', TOKEN)),
    );
    assert.deepEqual(
      answers.filter(({ status }) => status !== 200),
      [],
    );
    assert.equal(new Set(answers.map(tokenOf)).size, 1);
    assert.equal(nodes.sim.state().counts.renewals - before, 1);
    assert.equal(nodes.presentedTwice(), 0);
  });

  it('go on with one when the other is killed in the middle of an exchange', async () => {
    await using nodes = await Nodes.at(server.url());
    const [one, two] = [await nodes.start('one'), await nodes.start('two')];
    await nodes.connect(one, 'alice');
    one.arm('renewal.claimed');
    await one.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
    await one.killed();
    const doubted = await two.call('GET', '/v1/connections/x:alice');
    assert.equal(doubted.body['renewals'], 0);
    // Whoever asks meets the doubt, and what becomes of it: the request was never sent, and is sent now.
    const answer = await until(
      'the renewal that was doubted',
      async () => {
        const renewed = await two.call('POST', '/v1/connections/x:alice/renew');
        return renewed.status === 200 ? renewed : undefined;
      },
      () => two.log,
    );
    assert.equal(answer.status, 200);
    const { body } = await two.call('GET', '/v1/connections/x:alice');
    assert.deepEqual([body['state'], body['renewals']], ['active', 1]);
    assert.match(await goodToken(two), /./);
    assert.equal(nodes.presentedTwice(), 0);
  });

  it('serve what the other has settled with its last breath', async () => {
    await using nodes = await Nodes.at(server.url());
    const [one, two] = [await nodes.start('one'), await nodes.start('two')];
    await nodes.connect(two, 'alice');
    const first = await goodToken(two);
    one.arm('settlement.committed');
    await one.call('POST', '/v1/connections/x:alice/renew').catch(() => undefined);
    await one.killed();
    const second = await until('the new token', async () => {
      const answer = await two.call('GET', TOKEN);
      return answer.status === 200 && tokenOf(answer) !== first ? tokenOf(answer) : undefined;
    });
    assert.notEqual(second, first);
    assert.equal(nodes.presentedTwice(), 0);
    const again = await nodes.start('one');
    assert.equal(typeof (await goodToken(again)), 'string');
  });
});

describe('the command line at a PostgreSQL', () => {
  it('migrates and examines it, and never shows its password', async () => {
    await using world = await CliWorld.create();
    const env = { KIPPU_DATABASE_URL: server.url() };
    const missing = await world.run(['migrate', '--check', '--json'], { env });
    assert.equal(missing.code, 1, missing.stderr);
    assert.deepEqual(JSON.parse(missing.stdout), { pending: MIGRATIONS });
    const fresh = await world.run(['doctor'], { env });
    assert.match(fresh.stdout, new RegExp(`postgres://127\\.0\\.0\\.1:${server.port}/postgres`));
    const migrated = await world.run(['migrate', '--json'], { env });
    assert.deepEqual(JSON.parse(migrated.stdout), { applied: MIGRATIONS });
    assert.deepEqual(JSON.parse((await world.run(['migrate', '--check', '--json'], { env })).stdout), { pending: [] });
    const backup = await world.run(['backup', 'copy.db'], { env });
    assert.equal(backup.code, 2);
    assert.match(backup.stderr, /pg_dump/);
    assert.equal(existsSync(join(world.directory, 'copy.db')), false);
    for (const { stdout, stderr } of [missing, fresh, migrated, backup])
      assert.doesNotMatch(stdout + stderr, /p(@|%40)ss/);
  });

  it('splits in two: one serves and publishes nothing, the other publishes and serves nothing', async () => {
    await using world = await CliWorld.create();
    const env = { KIPPU_DATABASE_URL: server.url() };
    const web = world.start(['up', '--no-worker'], { env });
    await web.said(/Ctrl-C/);
    assert.equal((await world.connect([], { env })).code, 0);
    const soon = new Date(Date.now() + 3000).toISOString();
    const posted = await world.run(['post', 'x:alice', 'from elsewhere', '--at', soon], { env });
    assert.equal(posted.code, 0, posted.stderr);
    await sleep(5000);
    assert.equal(await statusOfPost(world, env), 'scheduled', 'nobody works here');

    const keys = readFileSync(join(world.homePath, 'keys'), 'utf8').trim();
    const elsewhere = { ...env, KIPPU_HOME: join(world.directory, 'elsewhere'), KIPPU_KEYS: keys };
    const worker = world.start(['up', '--no-server'], { env: elsewhere });
    await until(
      'the post to be published',
      async () => ((await statusOfPost(world, env)) === 'published' ? true : undefined),
      () => worker.stderr,
    );
    assert.equal(existsSync(join(world.directory, 'elsewhere', 'server.json')), false);
    for (const one of [web, worker]) {
      one.child.kill('SIGTERM');
      assert.equal((await one.ended).code, 0, one.stderr);
    }
  });

  it('says so when nobody answers there', async () => {
    await using world = await CliWorld.create();
    const env = { KIPPU_DATABASE_URL: 'postgres://kippu:canary@127.0.0.1:1/app' };
    const asked = await world.run(['token', 'x:alice'], { env });
    assert.notEqual(asked.code, 0);
    assert.match(asked.stderr, /127\.0\.0\.1:1/);
    const examined = await world.run(['doctor'], { env });
    assert.equal(examined.code, 1);
    assert.doesNotMatch(asked.stderr + examined.stdout + examined.stderr, /canary/);
  });
});

async function statusOfPost(world: CliWorld, env: Readonly<Record<string, string>>): Promise<unknown> {
  const { stdout } = await world.run(['posts', '--json'], { env });
  const { items } = JSON.parse(stdout) as { readonly items: readonly { readonly status: string }[] };
  return items[0]?.status;
}

async function goodToken(node: KippuProcess): Promise<string> {
  const answer = await until(
    'a token',
    async () => {
      const asked = await node.call('GET', TOKEN);
      return asked.status === 200 ? asked : undefined;
    },
    () => node.log,
  );
  return tokenOf(answer);
}

function tokenOf({ body }: Answer): string {
  return String(body['access_token']);
}

function isOver({ nowMs, tokens }: ReturnType<Nodes['sim']['state']>): boolean {
  return tokens.filter(({ kind }) => kind === 'access').every(({ expiresAtMs }) => (expiresAtMs ?? Infinity) <= nowMs);
}
