import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CliWorld } from '../cli/cli-world.ts';
import { asAdministrator } from '../support/postgres-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';

let server: PostgresServer;
before(async () => {
  server = await PostgresServer.start();
});
after(() => server.remove());

const administer = (sql: string): Promise<unknown> => asAdministrator(server.url(), (client) => client.query(sql));

/** A new database, with a schema that a name of its own is not needed for. */
async function databaseUrl(name: string, like?: string): Promise<string> {
  await administer(`create database ${name} ${like === undefined ? '' : `template ${like}`}`);
  return urlOf(name);
}

function urlOf(name: string): string {
  return server.url('').replace(/\/postgres\?$/, `/${name}`);
}

const renewalsOf = (world: CliWorld): number => world.sim.state().counts.renewals;

describe('P21: a PostgreSQL store that was copied', { timeout: 120_000 }, () => {
  it('into another database renews nothing, until somebody says which one is real', async () => {
    await using world = await CliWorld.create();
    const real = { KIPPU_DATABASE_URL: await databaseUrl('real') };
    assert.equal((await world.connect([], { env: real })).code, 0);
    // Elsewhere, with the key ring and without the answers that the real one's spool has.
    const home = join(world.directory, 'home-of-the-copy');
    mkdirSync(home, { mode: 0o700 });
    copyFileSync(join(world.homePath, 'keys'), join(home, 'keys'));
    const copy = { KIPPU_DATABASE_URL: await databaseUrl('copy', 'real'), KIPPU_HOME: home };
    const before = renewalsOf(world);
    const held = await world.run(['renew', 'x:alice'], { env: copy });
    assert.equal(held.code, 1);
    assert.match(held.stderr, /copied or moved here/);
    assert.equal(renewalsOf(world), before);
    assert.equal((await world.run(['token', 'x:alice'], { env: copy })).code, 0, 'the living token is served');
    assert.match((await world.run(['doctor'], { env: copy })).stdout, /kippu adopt/);

    assert.equal((await world.run(['renew', 'x:alice'], { env: real })).code, 0, 'the real one goes on');
    assert.equal((await world.run(['adopt', '--yes'], { env: copy })).code, 0);
    const shown = await world.run(['show', 'x:alice', '--json'], { env: copy });
    assert.match(shown.stdout, /"state": "uncertain"/);
    assert.equal(renewalsOf(world), before + 1);
  });

  it('into another schema, or whose schema was renamed, is a copy too; --moved says that it is not', async () => {
    await using world = await CliWorld.create();
    const url = await databaseUrl('renamed');
    assert.equal((await world.connect([], { env: { KIPPU_DATABASE_URL: url } })).code, 0);
    await asAdministrator(url, (client) => client.query('alter schema kippu rename to elsewhere'));
    const env = { KIPPU_DATABASE_URL: `${url}?schema=elsewhere` };
    assert.equal((await world.run(['renew', 'x:alice'], { env })).code, 1);
    assert.equal((await world.run(['adopt', '--yes', '--moved'], { env })).code, 0);
    assert.equal((await world.run(['renew', 'x:alice'], { env })).code, 0);
  });

  it('after a renamed database it is the same store', async () => {
    await using world = await CliWorld.create();
    const url = await databaseUrl('before');
    assert.equal((await world.connect([], { env: { KIPPU_DATABASE_URL: url } })).code, 0);
    await administer('alter database before rename to afterwards');
    assert.equal((await world.run(['renew', 'x:alice'], { env: { KIPPU_DATABASE_URL: urlOf('afterwards') } })).code, 0);
  });

  it('a restore over itself to an earlier time is not seen: the spent token is refused, and its user is asked', async () => {
    await using world = await CliWorld.create();
    const url = await databaseUrl('restored');
    const env = { KIPPU_DATABASE_URL: url };
    assert.equal((await world.connect([], { env })).code, 0);
    await asAdministrator(url, async (client) => {
      await client.query('create table public.earlier as select * from kippu.credentials');
    });
    assert.equal((await world.run(['renew', 'x:alice'], { env })).code, 0);
    await asAdministrator(url, async (client) => {
      await client.query(`update kippu.credentials c set version = e.version, sealed = e.sealed, generation = e.generation,
        refresh_fingerprint = e.refresh_fingerprint, access_fingerprint = e.access_fingerprint from public.earlier e`);
    });
    const renewed = await world.run(['renew', 'x:alice'], { env });
    assert.equal(renewed.code, 3, renewed.stderr);
  });
});
