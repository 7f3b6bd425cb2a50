import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importStaticKey, type StaticKey } from '../../src/connect/static-key.ts';
import { DAY_MS, HOUR_MS } from '../../src/model/clock.ts';
import type { Connection } from '../../src/model/connection.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { plain } from '../support/made-up-providers.ts';
import { createWorld, isCode, type World } from '../support/world.ts';

const KEY = 'sk-a-static-key';

function take(world: World, key: Partial<StaticKey> = {}): Promise<Connection> {
  const nothing = { owner: '', name: undefined, carrier: undefined, expiresAtMs: undefined, connectionId: undefined };
  return importStaticKey({ app: world.app, key: new Secret(KEY), ...nothing, ...key }, world.node().connect);
}

function worldOf(provider: Provider = plain): Promise<World> {
  return createWorld({ provider });
}

test('a static key is handed out as it was given, and the provider is asked nothing', async () => {
  await using world = await worldOf();
  const { id, name, restsOn, accessExpiresAtMs, refreshExpiresAtMs } = await take(world);
  assert.deepEqual(
    { name, restsOn, accessExpiresAtMs, refreshExpiresAtMs },
    { name: 'plain:key', restsOn: 'key', accessExpiresAtMs: undefined, refreshExpiresAtMs: undefined },
  );
  await world.advance('400d');
  assert.equal(await world.node().accessToken(id, { minTtl: '2h' }), KEY);
  assert.equal(await world.state(id), 'active');
  assert.equal(world.provider.sent.length, 0);
});

test('it is carried as the provider’s data say, unless the import says otherwise', async () => {
  await using world = await worldOf({ ...plain, apiKey: { header: 'X-Api-Key', scheme: '' } });
  const carrierOf = async ({ id }: Connection): Promise<unknown> => {
    const renewal = await world.node().getToken(id);
    return renewal.kind === 'served' ? [renewal.tokens.tokenType, renewal.tokens.carrier] : renewal;
  };
  assert.deepEqual(await carrierOf(await take(world)), ['ApiKey', { header: 'X-Api-Key', scheme: '' }]);
  const carrier = { header: 'Authorization', scheme: 'Token' };
  assert.deepEqual(await carrierOf(await take(world, { carrier })), ['Token', carrier]);
  const usual = await take(world, { carrier: { header: 'authorization', scheme: 'Bearer' } });
  assert.deepEqual(await carrierOf(usual), ['Bearer', undefined]);
});

test('whoever was refused is told that nothing renews it; it is handed out to everybody else', async () => {
  await using world = await worldOf();
  const { id } = await take(world);
  await world.advance('1h');
  assert.deepEqual(await world.node().getToken(id, { refused: KEY }), { kind: 'refused', because: 'nothing_renews' });
  assert.equal(await world.node().accessToken(id), KEY);
  assert.equal(await world.state(id), 'active');
});

test('asked to renew it now, nothing is sent and its user is not blamed', async () => {
  await using world = await worldOf();
  const { id } = await take(world);
  const renewal = await world.node().renewNow(id);
  assert.deepEqual(renewal, { kind: 'reauth_required', reason: 'key_over' });
  assert.equal(await world.state(id), 'active');
  assert.equal(world.provider.sent.length, 0);
});

test('with a date it is warned of in time, then over, and handed out no more', async () => {
  await using world = await worldOf();
  const { id } = await take(world, { expiresAtMs: world.clock.nowMs() + 90 * DAY_MS });
  await world.advance('89d');
  await world.advance('23h');
  const warned = (await world.events('connection.reauth_soon')).map(({ data }) => data['days_before']);
  assert.deepEqual(warned, [30, 7, 1]);
  assert.equal(await world.node().accessToken(id), KEY);
  await world.advance('2h');
  assert.equal(await world.state(id), 'reauth_required: key_over');
  assert.deepEqual(await world.node().getToken(id), { kind: 'reauth_required', reason: 'key_over' });
  assert.equal((await world.events('connection.reauth_required')).length, 1);
});

test('another key takes its place, and a connection that was over is active again', async () => {
  await using world = await worldOf();
  const { id, name } = await take(world, { expiresAtMs: world.clock.nowMs() + HOUR_MS });
  await world.advance('2h');
  const again = await take(world, { key: new Secret('sk-another'), connectionId: id });
  assert.deepEqual([again.id, again.name, again.state], [id, name, 'active']);
  assert.equal(await world.node().accessToken(id), 'sk-another');
  assert.equal(await world.node().accessToken(id, { refused: KEY }), 'sk-another');
});

test('only the provider’s own pages revoke it: here it is forgotten, and no longer handed out', async () => {
  await using world = await worldOf();
  const { id } = await take(world);
  await assert.rejects(world.node().revoke(id), isCode('conflict'));
  assert.equal(await world.node().accessToken(id), KEY);
  await world.node().revoke(id, { atProvider: false });
  assert.deepEqual(await world.node().getToken(id), { kind: 'revoked' });
  assert.equal(world.provider.sent.length, 0);
});

test('what no header could carry is refused, and no error quotes it', async () => {
  await using world = await worldOf();
  for (const key of ['', 'two words', 'line\r\nx-injected: 1', 'ключ']) {
    await assert.rejects(take(world, { key: new Secret(key) }), (error) => {
      assert.ok(isCode('invalid')(error) && error instanceof Error);
      return key === '' || !error.message.includes(key);
    });
  }
  for (const carrier of [
    { header: 'X Api Key', scheme: '' },
    { header: 'x-key\r\nhost', scheme: '' },
    { header: 'Host', scheme: '' },
    { header: 'Content-Length', scheme: '' },
    { header: '', scheme: '' },
    { header: 'Authorization', scheme: 'two words' },
  ]) {
    await assert.rejects(take(world, { carrier }), isCode('invalid'), JSON.stringify(carrier));
  }
});

test('a date that is past, and a name that is taken, are refused', async () => {
  await using world = await worldOf();
  await assert.rejects(take(world, { expiresAtMs: world.clock.nowMs() }), isCode('invalid'));
  await take(world, { name: 'mine' });
  await assert.rejects(take(world, { name: 'mine' }), isCode('conflict'));
  assert.equal((await world.node().look.connections.list({ limit: 10 })).items.length, 1);
});

test('the store holds it sealed', async () => {
  await using world = await worldOf();
  await take(world);
  const [row] = world.node().database.all('select sealed from credentials');
  const sealed = Buffer.from(row?.['sealed'] as Uint8Array);
  assert.ok(sealed.length > KEY.length && !sealed.includes(KEY));
});
