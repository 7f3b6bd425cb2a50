import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { fileJournal, simulate } from '../../src/sim/index.ts';
import { sendTo } from './sim-world.ts';
import { Tenant } from './tenant.ts';

test('a new key signs from now on; the old one stays published until it is withdrawn', async () => {
  const tenant = new Tenant();
  const { id_token: before, refresh_token: refresh } = await tenant.connect();
  tenant.controls.rotateKeys();
  assert.equal((await tenant.keys()).keys.length, 2);
  const { id_token: after } = (await tenant.renew(refresh)).json;
  assert.notEqual(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
  assert.deepEqual([await tenant.isSigned(before), await tenant.isSigned(after)], [true, true]);
  tenant.controls.rotateKeys({ withdraw: true });
  assert.deepEqual([await tenant.isSigned(before), await tenant.isSigned(after)], [false, false]);
  assert.equal(tenant.controls.state().keys.length, 1);
});

test('no private part of a key is published or shown', async () => {
  const tenant = new Tenant();
  await tenant.connect();
  for (const text of [JSON.stringify(await tenant.keys()), JSON.stringify(tenant.controls.state())])
    for (const member of ['"d":', '"p":', '"q":', '"dp":']) assert.ok(!text.includes(member), member);
});

test('keys and grants outlive the simulator', async () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'kippu-auth0-')), 'sim');
  try {
    const journal = fileJournal(directory);
    const before = new Tenant({}, journal);
    const { id_token: id, refresh_token: refresh } = await before.connect();
    journal.close();
    const after = new Tenant({}, fileJournal(directory));
    assert.ok(await after.isSigned(id));
    assert.equal((await after.renew(refresh)).status, 200);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('over a socket it describes itself at its own address', async () => {
  await using sim = await simulate('auth0');
  const send = sendTo(sim.url);
  const { json } = await send('GET', '/.well-known/openid-configuration', {});
  assert.equal(json.issuer, `${sim.url}/`);
  for (const name of ['authorization', 'token', 'userinfo', 'revocation', 'device_authorization'])
    assert.ok(json[`${name}_endpoint`].startsWith(sim.url), name);
  assert.equal((await send('GET', new URL(json.jwks_uri).pathname, {})).json.keys.length, 1);
});
