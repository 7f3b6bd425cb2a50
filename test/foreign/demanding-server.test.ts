import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { revokeConnection } from '../../src/app/connections.ts';
import { beginDevice, pollDevices } from '../../src/connect/device.ts';
import { Secret } from '../../src/model/secret.ts';
import { introspectionRequest, readIntrospection } from '../../src/protocol/introspection.ts';
import { sendAsClient } from '../../src/protocol/signed-request.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { assertFails, foreign, World, type WorldOptions } from './foreign-world.ts';

const KEYS = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;
type Algorithm = keyof typeof KEYS;

/** The same server with everything switched on that it can ask of a client. */
const demanding: Provider = {
  ...foreign,
  endpoints: {
    ...foreign.endpoints,
    pushedAuthorization: 'https://foreign.example/request',
    introspection: 'https://foreign.example/token/introspection',
    deviceCode: 'https://foreign.example/device/auth',
  },
  clientAuth: { confidential: 'basic', privateKeyJwt: { algorithms: ['ES256', 'EdDSA', 'RS256'], audience: 'issuer' } },
  requirePushed: true,
  authorizationResponseIssuer: true,
  dpop: { algorithms: ['ES256'] },
};

const FEATURES = {
  pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
  dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 3), requireNonce: () => true },
  introspection: { enabled: true },
  deviceFlow: { enabled: true },
};

function demandingWorld(algorithm: Algorithm = 'ES256'): WorldOptions {
  const { publicKey, privateKey } = KEYS[algorithm];
  return {
    provider: demanding,
    server: {
      features: FEATURES,
      client: {
        client_secret: undefined,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: algorithm,
        jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'the-key', use: 'sig' }] },
        dpop_bound_access_tokens: true,
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
    },
    credentials: { clientPrivateKey: pemOf(privateKey), clientPrivateKeyId: 'the-key' },
  };
}

function pemOf(key: KeyObject): Secret {
  return new Secret(key.export({ format: 'pem', type: 'pkcs8' }).toString());
}

describe('a foreign server that wants pushed requests, signed assertions, DPoP with nonces, and sends iss', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    it(`connects and renews again and again, with an assertion by ${algorithm}`, async () => {
      await using world = await World.open(demandingWorld(algorithm));
      const id = await world.connect('alice');
      for (let version = 1; version <= 3; version += 1) {
        assert.equal(await world.whoIs(id), 'alice');
        assert.equal((await world.app.tokens.renewNow(id, version)).version, version + 1);
      }
      assert.equal(world.server.exchanges, 3);
    });
  }

  it('takes a JWK as well as a PEM', async () => {
    const options = demandingWorld();
    const jwk = { ...KEYS.ES256.privateKey.export({ format: 'jwk' }), kid: 'the-key' };
    const credentials = { clientPrivateKey: new Secret(JSON.stringify(jwk)) };
    await using world = await World.open({ ...options, credentials });
    assert.equal(await world.whoIs(await world.connect('alice')), 'alice');
  });

  it('is asked for a nonce once, and given the latest one from then on', async () => {
    await using world = await World.open(demandingWorld());
    const id = await world.connect('alice');
    assert.deepEqual(world.road.statusesAt('/token'), [400, 200]);
    await world.app.tokens.renewNow(id, 1);
    assert.deepEqual(world.road.statusesAt('/token'), [400, 200, 200]);
    assert.deepEqual(world.road.statusesAt('/me'), [200]);
  });

  it('renews across a nonce challenge with one attempt, and its refresh token is not taken for a reused one', async () => {
    await using world = await World.open(demandingWorld());
    const id = await world.connect('alice');
    // A process that has just started knows no nonce.
    await using restarted = await world.reopenedWith(demandingWorld().credentials ?? {});
    assert.equal((await restarted.app.tokens.renewNow(id, 1)).version, 2);
    assert.deepEqual(world.road.statusesAt('/token').slice(2), [400, 200]);
    assert.equal(await restarted.whoIs(id), 'alice');
    assert.equal((await restarted.app.tokens.renewNow(id, 2)).version, 3);
    const events = await world.app.store.events.list({ limit: 50 });
    assert.ok(!events.some(({ type }) => type === 'connection.reuse_detected'));
  });

  it('gets a new assertion and a new proof with every request, the repeat included', async () => {
    await using world = await World.open(demandingWorld());
    const id = await world.connect('alice');
    await world.app.tokens.renewNow(id, 1);
    const forms = world.road.sent.flatMap(({ request }) => new URLSearchParams(String(request.body ?? '')));
    const assertions = forms.map((form) => form.get('client_assertion') ?? '').filter((jwt) => jwt !== '');
    assert.equal(assertions.length, 4);
    assert.equal(new Set(assertions.map((jwt) => decodeJwt(jwt).jti)).size, 4);
    const [first = ''] = assertions;
    const { iss, sub, aud, exp = 0, iat = 0 } = decodeJwt(first);
    assert.deepEqual([iss, sub, aud, exp - iat], ['kippu:foreign/1', 'kippu:foreign/1', world.server.url, 60]);
    assert.equal(decodeProtectedHeader(first).kid, 'the-key');
    const proofs = world.road.sent.flatMap(({ request }) => request.headers['dpop'] ?? []);
    assert.equal(new Set(proofs.map((jwt) => decodeJwt(jwt).jti)).size, proofs.length);
    assert.ok(proofs.every((jwt) => !('d' in (decodeProtectedHeader(jwt).jwk ?? {}))));
  });

  it('hands out a bound token as what it is, and nobody can use it without its key', async () => {
    await using world = await World.open(demandingWorld());
    const id = await world.connect('alice');
    const { accessToken, tokenType } = await world.app.tokens.get(id);
    assert.equal(tokenType, 'DPoP');
    for (const scheme of ['Bearer', 'DPoP']) {
      const me = await fetch(`${world.server.url}/me`, {
        headers: { authorization: `${scheme} ${accessToken.reveal()}` },
      });
      assert.notEqual(me.status, 200);
    }
  });

  it('keeps one key for a grant as long as it lives, and another for every other grant', async () => {
    await using world = await World.open(demandingWorld());
    const [alice, bob] = [await world.connect('alice'), await world.connect('bob')];
    const key = (await world.tokens(alice)).proofKey?.reveal();
    assert.ok(key !== undefined);
    await world.app.tokens.renewNow(alice, 1);
    assert.equal((await world.tokens(alice)).proofKey?.reveal(), key);
    assert.notEqual((await world.tokens(bob)).proofKey?.reveal(), key);
  });

  it('sends nothing of the request through the browser but the name of it', async () => {
    await using world = await World.open(demandingWorld());
    const { departure } = await world.depart();
    const address = new URL(departure?.headers.get('location') ?? '');
    assert.deepEqual([...address.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  });

  it('connects a device', async () => {
    await using world = await World.open(demandingWorld());
    const [app] = world.app.apps.values();
    assert.ok(app !== undefined);
    const wish = { app, owner: '', scopes: { chosen: [], offline: true }, name: undefined, connectionId: undefined };
    const { code } = await beginDevice(wish, world.app.connect);
    await world.server.consentDevice(code.verificationUriComplete ?? '', 'alice');
    world.clock.shiftMs += code.intervalMs + 1000;
    assert.equal(await pollDevices(world.app.connect, (_, error) => assert.fail(String(error))), 1);
    const id = (await world.app.store.connections.find('foreign:alice'))?.id;
    assert.ok(id !== undefined);
    assert.equal((await world.app.tokens.renewNow(id, 1)).version, 2);
    assert.equal(await world.whoIs(id), 'alice');
  });

  it('says what its tokens are good for, and is told of a revocation', async () => {
    await using world = await World.open(demandingWorld());
    const id = await world.connect('alice');
    const [app] = world.app.apps.values();
    assert.ok(app !== undefined);
    const standing = async (token: Secret): Promise<string> => {
      const request = introspectionRequest(app, token, 'refresh_token');
      assert.ok(request !== undefined);
      return readIntrospection(await sendAsClient(request, { app, proofKey: undefined }, world.app.renewal)).kind;
    };
    const first = await world.refreshToken(id);
    assert.equal(await standing(first), 'active');
    await world.app.tokens.renewNow(id, 1);
    assert.equal(await standing(first), 'inactive');
    const second = await world.refreshToken(id);
    await revokeConnection(id, { localOnly: false }, world.app);
    assert.equal(await standing(second), 'inactive');
  });

  it('does not know another key: nobody is connected, nobody is logged out', async () => {
    await using world = await World.open(demandingWorld());
    const id = await world.connect('alice');
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await using misled = await world.reopenedWith({ clientPrivateKey: pemOf(stranger), clientPrivateKeyId: 'the-key' });
    await assertFails(misled.app.tokens.renewNow(id, 1), 'misconfigured', /invalid_client/);
    assert.equal(await misled.stateOf(id), 'active');
    const { departure } = await misled.depart();
    assert.equal(departure?.status, 400);
    assert.match((await departure?.text()) ?? '', /did not take the authorization request.*invalid_client/s);
  });

  it('refuses a push, and no consent is left waiting', async () => {
    await using world = await World.open({
      ...demandingWorld(),
      provider: { ...demanding, authorizationParams: { prompt: 'nonsense' } },
    });
    const { departure } = await world.depart();
    assert.equal(departure?.status, 400);
    assert.match((await departure?.text()) ?? '', /invalid_request/);
    const [push] = world.road.sent;
    assert.equal(push?.status, 400);
    assert.deepEqual(await world.app.store.consents.pending(10), []);
  });

  it('is not there when the request is pushed, and the terminal hears of it', async () => {
    await using world = await World.open(demandingWorld());
    world.road.loses = 'the request';
    const { departure } = await world.depart();
    assert.equal(departure?.status, 400);
    assert.match((await departure?.text()) ?? '', /Connect again in a while/);
  });

  for (const [what, change] of [
    ['another server’s', (iss: string) => iss.replace('127.0.0.1', 'localhost')],
    ['one with a slash more', (iss: string) => `${iss}/`],
    ['none', () => undefined],
  ] as const) {
    it(`mixed up: an answer whose issuer is ${what} is refused, and its code is never sent`, async () => {
      await using world = await World.open(demandingWorld());
      const arrival = await world.arrive((back) => {
        const url = new URL(back);
        const iss = change(url.searchParams.get('iss') ?? '');
        if (iss === undefined) url.searchParams.delete('iss');
        else url.searchParams.set('iss', iss);
        return url.href;
      });
      assert.equal(arrival?.status, 400);
      assert.match((await arrival?.text()) ?? '', /authorization server/);
      assert.deepEqual(world.road.statusesAt('/token'), []);
      assert.equal((await world.app.store.connections.list({ limit: 10 })).items.length, 0);
    });
  }

  it('kills the family when a refresh token is presented twice, and the user is told to consent again', async () => {
    await using world = await World.open(withSecret());
    const id = await world.connect('alice');
    const stolen = await world.refreshToken(id);
    await world.app.tokens.renewNow(id, 1);
    assert.equal(await world.presentAsThief(stolen), 'invalid_grant');
    await assertFails(world.app.tokens.renewNow(id, 2), 'reauth_required', /consent again/);
    const events = await world.app.store.events.list({ limit: 50 });
    assert.ok(events.some(({ type }) => type === 'connection.reuse_detected'));
  });

  it('never heard of a renewal whose request was lost: it is asked, and the renewal goes on before the access token ends', async () => {
    await using world = await World.open(withSecret());
    const id = await world.connect('alice');
    world.road.loses = 'the request';
    await assertFails(world.app.tokens.renewNow(id, 1), 'uncertain');
    assert.equal(await world.stateOf(id), 'uncertain');
    world.clock.shiftMs += 5 * 60_000;
    assert.equal((await world.app.tokens.renewNow(id, 1)).version, 2);
    assert.equal(await world.stateOf(id), 'active');
    assert.deepEqual(world.road.statusesAt('/token/introspection'), [200]);
  });

  it('handled a renewal whose answer was lost: it is asked, nothing is presented again, and the living token is served', async () => {
    await using world = await World.open(withSecret());
    const id = await world.connect('alice');
    world.road.loses = 'the answer';
    await assertFails(world.app.tokens.renewNow(id, 1), 'uncertain');
    world.clock.shiftMs += 5 * 60_000;
    const before = world.road.statusesAt('/token').length;
    await assertFails(world.app.tokens.renewNow(id, 1), 'uncertain');
    assert.equal((await world.app.tokens.get(id)).version, 1);
    assert.deepEqual(world.road.statusesAt('/token/introspection'), [200]);
    assert.equal(world.road.statusesAt('/token').length, before);
  });
});

/** The same with a secret, whose requests do not go stale when the clock is put forward. */
function withSecret(): WorldOptions {
  const { dpop: _, ...bearer } = demanding;
  return {
    provider: bearer,
    server: { features: { ...FEATURES, dPoP: { enabled: false } } },
  };
}
