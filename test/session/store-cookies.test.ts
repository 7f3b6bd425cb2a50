import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeCookies, type CookieAttributes } from '../../src/app/session/store-cookies.ts';
import { HOUR_MS } from '../../src/model/clock.ts';
import { SessionWorld } from './session-world.ts';

type Stored = readonly [name: string, value: string, attributes: CookieAttributes];

function stored(setCookies: readonly string[]): Stored[] {
  const all: Stored[] = [];
  storeCookies({ set: (...cookie) => all.push(cookie) }, setCookies);
  return all;
}

test('the cookies of a renewal are set with every attribute that they have', async () => {
  const world = new SessionWorld();
  const session = world.process({ sameSite: 'strict' });
  const alice = world.browser();
  await alice.signIn(session);
  await world.clock.advance(3 * HOUR_MS);
  const { setCookies } = await world.settle(session.getAccessToken(alice.request()));
  const cookies = stored(setCookies);
  assert.ok(cookies.length > 0);
  for (const [index, [name, value, { expires, ...attributes }]] of cookies.entries()) {
    assert.ok(setCookies[index]?.startsWith(`${name}=${value}; `));
    assert.ok(name.startsWith('__Host-kippu-x-'));
    assert.deepEqual(attributes, { path: '/', httpOnly: true, secure: true, sameSite: 'strict' });
    assert.ok(setCookies[index]?.endsWith(`Expires=${expires?.toUTCString()}`));
  }
  await world.close();
});

test('a cookie that ends with the browser has no end, one over http is not secure, and a cleared one is over', () => {
  const [session, cleared] = stored([
    'kippu-x-abcdefgh.0=1.con_1.a-_b; Path=/; HttpOnly; SameSite=Lax',
    'kippu-x-abcdefgh.1=; Path=/; HttpOnly; SameSite=Lax; Secure; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  ]);
  const attributes = { path: '/', httpOnly: true, secure: false, sameSite: 'lax' };
  assert.deepEqual(session, ['kippu-x-abcdefgh.0', '1.con_1.a-_b', attributes]);
  assert.deepEqual(cleared, [
    'kippu-x-abcdefgh.1',
    '',
    { ...attributes, secure: true, expires: new Date('1970-01-01T00:00:00Z') },
  ]);
});
