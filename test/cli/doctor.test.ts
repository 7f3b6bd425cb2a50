import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CliWorld, type RunOptions } from './cli-world.ts';

interface Diagnosis {
  readonly healthy: boolean;
  readonly findings: readonly {
    readonly check: string;
    readonly level: string;
    readonly message: string;
    readonly advice?: string;
  }[];
  readonly settings: readonly { readonly name: string; readonly value: string; readonly source: string }[];
}

async function diagnose(
  world: CliWorld,
  options: RunOptions = {},
): Promise<{ readonly code: number | null; readonly diagnosis: Diagnosis }> {
  const { code, stdout } = await world.run(['doctor', '--json'], options);
  return { code, diagnosis: JSON.parse(stdout) as Diagnosis };
}

function levelOf({ findings }: Diagnosis, check: string): string | undefined {
  return findings.find((finding) => finding.check === check)?.level;
}

describe('kippu doctor', () => {
  it('finds nothing wrong before the first start, and makes nothing', async () => {
    await using world = await CliWorld.create();
    const { code, diagnosis } = await diagnose(world);
    assert.equal(code, 0);
    assert.equal(diagnosis.healthy, true);
    assert.equal(levelOf(diagnosis, 'store_new'), 'ok');
    assert.equal(levelOf(diagnosis, 'ring_not_made'), 'ok');
    assert.equal(levelOf(diagnosis, 'clock_good'), 'ok');
    assert.equal(levelOf(diagnosis, 'port_free'), 'ok');
    const again = await diagnose(world);
    assert.equal(levelOf(again.diagnosis, 'store_new'), 'ok');
    assert.equal(levelOf(again.diagnosis, 'directory_missing'), 'ok');
  });

  it('says the callback address to the letter, the type of the app, and what is in force from where', async () => {
    await using world = await CliWorld.create();
    const { stdout } = await world.run(['doctor'], { env: { KIPPU_X_CLIENT_SECRET: 'canary-client-secret' } });
    assert.match(stdout, new RegExp(`http://127\\.0\\.0\\.1:${world.port}/callback/x$`, 'm'));
    assert.match(stdout, /confidential client/);
    assert.match(stdout, /KIPPU_X_CLIENT_SECRET +\[secret\] +environment/);
    assert.match(stdout, /KIPPU_HOST +127\.0\.0\.1 +default/);
    assert.doesNotMatch(stdout, /canary/);
  });

  it('finds localhost where X wants 127.0.0.1, and a port that nobody listens on', async () => {
    await using world = await CliWorld.create();
    const { code, diagnosis } = await diagnose(world, { env: { KIPPU_PUBLIC_URL: 'http://localhost:9999' } });
    assert.equal(code, 1);
    assert.equal(levelOf(diagnosis, 'callback_host'), 'problem');
    assert.equal(levelOf(diagnosis, 'callback_port'), 'problem');
  });

  it('finds an unencrypted public address', async () => {
    await using world = await CliWorld.create();
    const { code, diagnosis } = await diagnose(world, { env: { KIPPU_PUBLIC_URL: 'http://kippu.example.com' } });
    assert.equal(code, 1);
    assert.match(diagnosis.findings.find(({ check }) => check === 'config_invalid')?.message ?? '', /KIPPU_PUBLIC_URL/);
  });

  it('finds misspelt settings without showing what was given for them', async () => {
    await using world = await CliWorld.create();
    const env = {
      KIPPU_X_CLIENTSECRET: 'canary-misspelt',
      KIPPU_X_CLIENT_ID: '"quoted"',
      KIPPU_X_SCOPES: 'tweet.raed users.read',
    };
    const { stdout } = await world.run(['doctor', '--json'], { env });
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    assert.equal(levelOf(diagnosis, 'setting_unknown'), 'warning');
    assert.match(
      diagnosis.findings.find(({ check }) => check === 'setting_unknown')?.advice ?? '',
      /KIPPU_X_CLIENT_SECRET\?/,
    );
    assert.equal(levelOf(diagnosis, 'setting_untidy'), 'warning');
    assert.equal(diagnosis.findings.filter(({ check }) => check === 'scope_unknown').length, 1);
    assert.doesNotMatch(stdout, /canary/);
  });

  it('finds a port that another program has', async () => {
    await using world = await CliWorld.create();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(world.port, '127.0.0.1', resolve));
    try {
      const { code, diagnosis } = await diagnose(world);
      assert.equal(code, 1);
      assert.equal(levelOf(diagnosis, 'port_taken'), 'problem');
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('says why the clock could not be compared', async () => {
    await using world = await CliWorld.create();
    const { diagnosis } = await diagnose(world, { env: { KIPPU_X_BASE_URL: 'http://127.0.0.1:9' } });
    assert.equal(levelOf(diagnosis, 'clock_not_compared'), 'skipped');
    assert.equal(levelOf(diagnosis, 'base_url'), 'warning');
  });

  it('finds a key ring that others can read, and one that is of another store', async () => {
    await using world = await CliWorld.create();
    assert.equal((await world.run(['connections'])).code, 0);
    assert.equal(levelOf((await diagnose(world)).diagnosis, 'ring_good'), 'ok');
    const keys = join(world.homePath, 'keys');
    chmodSync(keys, 0o644);
    const readable = await diagnose(world);
    assert.equal(readable.code, 1);
    assert.match(readable.diagnosis.findings.find(({ check }) => check === 'ring_bad')?.message ?? '', /chmod 600/);
    rmSync(keys);
    assert.match(
      (await diagnose(world)).diagnosis.findings.find(({ check }) => check === 'ring_bad')?.message ?? '',
      /missing/,
    );
    const other = (await world.run(['vault', 'keygen', '--id', 'k1'])).stdout;
    writeFileSync(keys, other, { mode: 0o600 });
    const wrong = await diagnose(world);
    assert.equal(levelOf(wrong.diagnosis, 'ring_bad'), 'problem');
    assert.ok(!JSON.stringify(wrong.diagnosis).includes(other.trim().slice(4)));
  });

  it('finds a data directory that others can look into', { skip: process.platform === 'win32' }, async () => {
    await using world = await CliWorld.create();
    mkdirSync(world.homePath);
    chmodSync(world.homePath, 0o755);
    const { code, diagnosis } = await diagnose(world);
    assert.equal(code, 0);
    assert.equal(levelOf(diagnosis, 'directory_open_to_others'), 'warning');
  });

  it('finds a copied database', async () => {
    await using world = await CliWorld.create();
    await world.run(['connections']);
    const copy = join(world.directory, 'copy.db');
    copyFileSync(world.databasePath, copy);
    const { code, diagnosis } = await diagnose(world, { env: { KIPPU_DATABASE_URL: `sqlite:${copy}` } });
    assert.equal(code, 1);
    assert.equal(levelOf(diagnosis, 'store_copied'), 'problem');
  });

  it('finds connections of an app that is configured no more', async () => {
    await using world = await CliWorld.create();
    await world.run(['import', 'x', '--from', '-', '--name', 'x:old'], {
      stdin: JSON.stringify({ access_token: 'a', subject: '1' }),
    });
    const { code, diagnosis } = await diagnose(world, { env: { KIPPU_X_CLIENT_ID: 'another-app' } });
    assert.equal(code, 1);
    assert.equal(levelOf(diagnosis, 'app_elsewhere'), 'problem');
  });

  it('is said in Japanese as well', async () => {
    await using world = await CliWorld.create();
    const { stdout } = await world.run(['doctor', '--lang', 'ja']);
    assert.match(stdout, /コールバック URL はこの通りに登録してください/);
    assert.match(stdout, /有効な設定/);
  });
});

describe('kippu doctor, of renewals', () => {
  it('finds a provider app that is held, and lets it go on', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    world.query(`update provider_apps set held_for_operator = 1, error = 'many rejections'`);
    assert.equal((await world.run(['renew', 'x:alice'])).code, 1);
    const held = await diagnose(world);
    assert.equal(held.code, 1);
    assert.equal(levelOf(held.diagnosis, 'app_held'), 'problem');
    assert.match(held.diagnosis.findings.find(({ check }) => check === 'app_held')?.advice ?? '', /--release x/);

    const released = await world.run(['doctor', '--release', 'x']);
    assert.equal(released.code, 0);
    assert.match(released.stderr, /go on/);
    assert.equal((await diagnose(world)).code, 0);
    assert.equal((await world.run(['renew', 'x:alice'])).code, 0);
    assert.match((await world.run(['doctor', '--release', 'x'])).stderr, /Nothing was changed/);
    assert.equal((await world.run(['doctor', '--release', 'nothing'])).code, 1);
  });

  it('finds a provider that refuses the app, and says since when', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const body = JSON.stringify({
      error: 'unauthorized_client',
      error_description: 'Missing valid authorization header',
    });
    world.sim.faults.order({ endpoint: 'token', fault: 'status', status: 401, body });
    await world.run(['renew', 'x:alice']);
    const { code, diagnosis } = await diagnose(world);
    assert.equal(code, 1);
    assert.match(
      diagnosis.findings.find(({ check }) => check === 'app_refused')?.message ?? '',
      /since \d{4}-\d\d-\d\d/,
    );
  });

  it('finds who must consent again, and whose end is near', async () => {
    await using world = await CliWorld.create();
    await world.connect(['--no-offline']);
    const soon = await diagnose(world);
    assert.equal(soon.code, 0);
    assert.equal(levelOf(soon.diagnosis, 'consent_needed_soon'), 'warning');
    world.query(`update connections set state = 'reauth_required', state_reason = 'no_refresh_token'`);
    const over = await diagnose(world);
    assert.equal(over.code, 0, 'a user who must consent again is no fault of the installation');
    assert.match(
      over.diagnosis.findings.find(({ check }) => check === 'consent_needed')?.advice ?? '',
      /--connection x:alice/,
    );
  });

  it('finds a consent that will be over when its next post is due', async () => {
    await using world = await CliWorld.create();
    await world.connect(['--no-offline']);
    await world.run(['post', 'x:alice', 'in time', '--at', '+1h']);
    assert.equal(levelOf((await diagnose(world)).diagnosis, 'consent_ends_before_post'), undefined);
    world.query(`update posts set status = 'cancelled', due_at_ms = null`);
    await world.run(['post', 'x:alice', 'too late', '--at', '+1d']);
    const { diagnosis, code } = await diagnose(world);
    assert.equal(code, 0);
    assert.equal(levelOf(diagnosis, 'consent_ends_before_post'), 'warning');
    const finding = diagnosis.findings.find(({ check }) => check === 'consent_ends_before_post');
    assert.match(finding?.message ?? '', /x:alice ends at .* before its next post at /);
  });

  it('finds damaged answers in the spool', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    const spool = join(world.homePath, 'spool');
    mkdirSync(spool, { recursive: true });
    writeFileSync(join(spool, `1-0.${'A'.repeat(22)}.spool`), 'not an entry');
    const { code, diagnosis } = await diagnose(world);
    assert.equal(code, 1);
    assert.equal(levelOf(diagnosis, 'spool_damaged'), 'problem');
  });

  it('says how much history there is and how long it is kept, and what is wrong with another wish', async () => {
    await using world = await CliWorld.create();
    await world.connect();
    await world.run(['renew', 'x:alice']);
    const messageOf = async (days: string, check = 'history'): Promise<string> => {
      const { diagnosis } = await diagnose(world, { env: { KIPPU_HISTORY_DAYS: days } });
      return diagnosis.findings.find((finding) => finding.check === check)?.message ?? '';
    };
    assert.match(await messageOf(''), /1 attempts, 1 fingerprints of spent tokens, 2 events.* 90 days, nothing/);
    assert.match(await messageOf('7'), /kept for 7 days/);
    assert.match(await messageOf('0'), /all of it is kept for good/);
    assert.match(await messageOf('5', 'config_invalid'), /KIPPU_HISTORY_DAYS: "5".*from 7 to 36500, as in 90, or 0/);
    const { diagnosis } = await diagnose(world);
    assert.deepEqual(
      diagnosis.settings
        .filter(({ name }) => name === 'KIPPU_HISTORY_DAYS')
        .map(({ value, source }) => [value, source]),
      [['90', 'default']],
    );
  });
});
