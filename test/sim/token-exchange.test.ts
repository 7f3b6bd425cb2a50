import assert from 'node:assert/strict';
import { test } from 'node:test';
import { threadsData } from '../../src/providers/data/threads.ts';
import { facebookData } from '../../src/providers/data/facebook.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { controlsOf, Simulator } from '../../src/sim/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { seededRandom, sendInto, type Json } from './sim-world.ts';

/** The simulated exchange of access tokens, asked by a client that does what it likes. */

const HOUR_MS = 3_600_000;
const CLIENT = { id: '12345', secret: 'a-secret' };
const REDIRECT = 'https://app.example/callback';

function meta(provider: Provider, fast = 1) {
  const clock = new VirtualClock();
  const simulator = new Simulator({ provider, clock, random: seededRandom(), clients: [CLIENT], fast });
  const send = sendInto(simulator);
  const get = async (path: string, query: Record<string, string>): Promise<Json> =>
    (await send('GET', `${path}?${new URLSearchParams(query).toString()}`, {})).json;
  return {
    clock,
    controls: controlsOf(simulator),
    get,
    async consent(): Promise<string> {
      const { pathname, origin } = new URL(provider.endpoints.authorization);
      const query = {
        response_type: 'code',
        client_id: CLIENT.id,
        redirect_uri: REDIRECT,
        scope: provider.scopes.presets.default[0] ?? '',
        state: 's',
      };
      const back = controlsOf(simulator).consent(`${origin}${pathname}?${new URLSearchParams(query).toString()}`, {
        user: 'alice',
      });
      const form = {
        grant_type: 'authorization_code',
        code: new URL(back).searchParams.get('code') ?? '',
        redirect_uri: REDIRECT,
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
      };
      const answer = await send(
        'POST',
        new URL(provider.endpoints.token).pathname,
        { 'content-type': 'application/x-www-form-urlencoded' },
        new URLSearchParams(form).toString(),
      );
      assert.equal(answer.json.expires_in, Math.floor(3600 / fast), answer.text);
      assert.equal(answer.json.refresh_token, undefined);
      return answer.json.access_token;
    },
  };
}

const upgrade = (token: string) => ({
  grant_type: 'th_exchange_token',
  client_secret: CLIENT.secret,
  access_token: token,
});
const renewal = (token: string) => ({ grant_type: 'th_refresh_token', access_token: token });

test('the token of a consent is exchanged with the secret, and with no other', async () => {
  const sim = meta(threadsData);
  const token = await sim.consent();
  for (const secret of ['', 'another-secret'])
    assert.equal(
      (await sim.get('/access_token', { ...upgrade(token), client_secret: secret })).error.type,
      'OAuthException',
    );
  const { access_token: lasting, expires_in: expiresIn } = await sim.get('/access_token', upgrade(token));
  assert.notEqual(lasting, token);
  assert.equal(expiresIn, 60 * 24 * 3600);
});

test('a lasting token is renewed from a day on, without the secret, and only while it lives', async () => {
  const sim = meta(threadsData);
  const { access_token: lasting } = await sim.get('/access_token', upgrade(await sim.consent()));
  assert.ok((await sim.get('/refresh_access_token', renewal(lasting))).error, 'too young');
  await sim.clock.advance(24 * HOUR_MS);
  assert.ok((await sim.get('/refresh_access_token', renewal(lasting))).access_token);
  await sim.clock.advance(60 * 24 * HOUR_MS);
  const { error } = await sim.get('/refresh_access_token', renewal(lasting));
  assert.deepEqual([error.code, error.error_subcode], [190, 463]);
});

test('the age can be switched off, and shrinks where time is faster', async () => {
  const sim = meta(threadsData);
  sim.controls.set({ minAge: false });
  const { access_token: lasting } = await sim.get('/access_token', upgrade(await sim.consent()));
  assert.ok((await sim.get('/refresh_access_token', renewal(lasting))).access_token);
  const quick = meta(threadsData, 60);
  const { access_token: short } = await quick.get('/access_token', upgrade(await quick.consent()));
  await quick.clock.advance(24 * 60_000);
  assert.ok((await quick.get('/refresh_access_token', renewal(short))).access_token, 'a day lasts 24 minutes');
});

test('Facebook extends with id and secret, in the query of its token endpoint', async () => {
  const sim = meta(facebookData);
  const token = await sim.consent();
  const path = '/v25.0/oauth/access_token';
  const query = {
    grant_type: 'fb_exchange_token',
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    fb_exchange_token: token,
  };
  assert.ok((await sim.get(path, { ...query, client_id: 'another' })).error);
  assert.ok((await sim.get(path, { ...query, grant_type: 'th_refresh_token' })).error);
  assert.ok((await sim.get(path, query)).access_token);
});

test('what was removed by its user is exchanged no more', async () => {
  const sim = meta(threadsData);
  const token = await sim.consent();
  sim.controls.removeApp('alice');
  assert.equal((await sim.get('/access_token', upgrade(token))).error.code, 190);
});
