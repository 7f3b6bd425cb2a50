import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asAdministrator } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { until } from '../store/postgres-nodes.ts';
import { CliWorld, type Ended } from './cli-world.ts';

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

describe('kippu migrate-store', { timeout: 120_000 }, () => {
  it('moves a store that a server is running on, which renews nothing any more; and back', async () => {
    await using world = await CliWorld.create();
    const url = server.url();
    const up = await world.up();
    assert.equal((await world.connect()).code, 0);
    const before = renewalsOf(world);
    const moved = await world.run(['migrate-store', '--to', url]);
    assert.equal(moved.code, 0, moved.stderr);
    assert.match(
      moved.stdout,
      /^Moved one connection and all else to postgres:\/\/127\.0\.0\.1:\d+\/postgres\?schema=\w+\.$/m,
    );
    assert.match(moved.stderr, /KIPPU_DATABASE_URL/);
    doesNotShowPassword(moved);

    const atOld = await world.run(['renew', 'x:alice']);
    assert.equal(atOld.code, 1);
    assert.match(atOld.stderr, /was moved to postgres:\/\/127\.0\.0\.1/);
    assert.equal(renewalsOf(world), before, 'nothing has reached the provider');
    assert.equal((await world.run(['token', 'x:alice'])).code, 0, 'the living token is served meanwhile');
    const ready = await fetch(`http://127.0.0.1:${world.port}/readyz`);
    const readiness = (await ready.json()) as Readonly<Record<string, unknown>>;
    assert.deepEqual([ready.status, readiness['worker'], readiness['held_because']], [503, 'held', 'moved']);
    up.child.kill('SIGTERM');
    assert.equal((await up.ended).code, 0);
    const again = await world.run(['renew', 'x:alice']);
    assert.notEqual(again.code, 0, 'nor does one that is started afterwards renew');
    assert.equal(renewalsOf(world), before);

    await saysWhereItWent(world);

    const atNew = await world.run(['renew', 'x:alice'], { env: { KIPPU_DATABASE_URL: url } });
    assert.equal(atNew.code, 0, atNew.stderr);
    assert.equal(renewalsOf(world), before + 1);

    const back = `sqlite:${join(world.directory, 'back.db')}`;
    const returned = await world.run(['migrate-store', '--from', url, '--to', back, '--json'], {
      env: { LANG: 'ja_JP.UTF-8' },
    });
    assert.deepEqual(JSON.parse(returned.stdout), { to: back, connections: 1, unsettled: 0, before: false });
    assert.match(returned.stderr, /起動し直してください/);
    doesNotShowPassword(returned);
    const home = await world.run(['renew', 'x:alice'], { env: { KIPPU_DATABASE_URL: back } });
    assert.equal(home.code, 0, home.stderr);
    assert.equal(renewalsOf(world), before + 2);
    assert.equal(reusesOf(world), 0);
    const shown = await world.run(['show', 'x:alice', '--json'], { env: { KIPPU_DATABASE_URL: back } });
    assert.match(shown.stdout, /"renewals": 2/);
  });

  it('killed between the two stores, goes on when it is given again, and renews once', async () => {
    await using world = await CliWorld.create();
    const url = server.url();
    const env = { KIPPU_DATABASE_URL: url };
    assert.equal((await world.connect()).code, 0);
    assert.equal((await world.run(['migrate'], { env })).code, 0);
    const schema = new URL(url).searchParams.get('schema');
    await asAdministrator(url, async (client) => {
      await client.query(`begin; lock table ${schema}.credentials in share row exclusive mode`);
      const moving = world.start(['migrate-store', '--to', url]);
      await until('the old store to be left', async () =>
        stampOf(world)?.startsWith('was moved to') ? true : undefined,
      );
      moving.child.kill('SIGKILL');
      await moving.ended;
      await client.query('rollback');
    });
    const atOld = await world.run(['renew', 'x:alice']);
    assert.notEqual(atOld.code, 0);
    const atNew = await world.run(['renew', 'x:alice'], { env });
    assert.notEqual(atNew.code, 0, 'there is nothing there yet');
    const before = renewalsOf(world);
    // The empty store was founded by that question: it is thrown away, as its user would.
    await asAdministrator(url, (client) => client.query(`drop schema ${schema} cascade`));
    const moved = await world.run(['migrate-store', '--to', url]);
    assert.equal(moved.code, 0, moved.stderr);
    const renewed = await world.run(['renew', 'x:alice'], { env });
    assert.equal(renewed.code, 0, renewed.stderr);
    assert.equal(renewalsOf(world), before + 1);
    assert.equal(reusesOf(world), 0);
    const once = await world.run(['migrate-store', '--to', url]);
    assert.match(once.stdout, /^This was moved to .* before/);
  });

  it('says what is wrong with what it was given, and changes nothing', async () => {
    await using world = await CliWorld.create();
    assert.equal((await world.connect()).code, 0);
    const without = await world.run(['migrate-store']);
    assert.equal(without.code, 2);
    const nowhere = await world.run(['migrate-store', '--to', 'postgres://kippu:canary@127.0.0.1:1/app']);
    assert.notEqual(nowhere.code, 0);
    assert.doesNotMatch(nowhere.stderr, /canary/);
    const weak = await world.run(['migrate-store', '--to', 'postgres://kippu:canary@db.example/app?sslmode=prefer']);
    assert.equal(weak.code, 2);
    assert.doesNotMatch(weak.stderr, /canary/);
    assert.equal(stampOf(world), undefined);
    assert.equal((await world.run(['renew', 'x:alice'])).code, 0);
  });
});

/** Adopting the old store doubts every grant: whoever asks there is sent to the new one first. */
async function saysWhereItWent(world: CliWorld): Promise<void> {
  const there = /Set KIPPU_DATABASE_URL to postgres:\/\/127\.0\.0\.1:\d+\/postgres\?schema=\w+ \(with its password/;
  const doctor = await world.run(['doctor', '--json']);
  const { findings } = JSON.parse(doctor.stdout) as { findings: { check: string; level: string; advice?: string }[] };
  const finding = findings.find(({ check }) => check === 'store_copied');
  assert.equal(finding?.level, 'problem');
  assert.match(finding.advice ?? '', there);
  assert.match(finding.advice ?? '', /last resort/);
  doesNotShowPassword(doctor);
  const inJapanese = await world.run(['doctor'], { env: { LANG: 'ja_JP.UTF-8' } });
  assert.match(inJapanese.stdout, /KIPPU_DATABASE_URL を postgres:/);
  const adopt = await world.run(['adopt', '--moved']);
  assert.notEqual(adopt.code, 0);
  assert.match(adopt.stderr, /postgres:\S+ took over from this database/);
  assert.match(adopt.stderr, /treated as an unanswered renewal/, 'it is behind, whatever was said');
  const token = await world.run(['renew', 'x:alice']);
  assert.match(token.stderr, /Start Kippu with the other one/);
  assert.doesNotMatch(token.stderr, /adopt/);
}

function renewalsOf(world: CliWorld): number {
  return world.sim.state().counts.renewals;
}

/** Refresh tokens that the provider was shown more than once. */
function reusesOf(world: CliWorld): number {
  return world.sim.state().tokens.filter(({ kind, reuses }) => kind === 'refresh' && reuses > 0).length;
}

function stampOf(world: CliWorld): string | undefined {
  const db = new DatabaseSync(world.databasePath, { readOnly: true });
  try {
    const row = db.prepare('select stamp from home').get();
    return typeof row?.['stamp'] === 'string' ? row['stamp'] : undefined;
  } finally {
    db.close();
  }
}

function doesNotShowPassword({ stdout, stderr }: Ended): void {
  assert.doesNotMatch(stdout + stderr, /p(@|%40)ss/);
}
