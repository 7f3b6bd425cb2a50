import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, exportJWK, SignJWT } from 'jose';
import type { Provider } from '../../src/providers/index.ts';
import type { FEATURES } from '../../src/sim/features.ts';
import type { SimClient } from '../../src/sim/index.ts';
import { demanding, plain } from '../support/made-up-providers.ts';
import { basic, challengeOf, direct, VERIFIER, type Answer, type App, type Direct } from './sim-world.ts';

const SECRET: SimClient = { id: 'app', secret: 'secret' };
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SIGNING: SimClient = { id: 'signing', publicKey: publicKey.export({ format: 'jwk' }) };
const HERE = 'http://127.0.0.1:4180/callback/plain';
const REQUEST = {
  response_type: 'code',
  client_id: 'app',
  redirect_uri: HERE,
  scope: 'read offline_access',
  state: 's',
  code_challenge: challengeOf(VERIFIER),
  code_challenge_method: 'S256',
};

function world(provider: Provider): Direct {
  return direct({ provider, clients: [SECRET, SIGNING] });
}

const own = { authorization: basic('app', 'secret') };

/** Pushes where that can be done, allows, and gives where the browser goes. */
async function consent({ app }: Direct, provider: Provider, more: Record<string, string> = {}): Promise<URL> {
  const { origin, pathname } = new URL(provider.endpoints.authorization);
  const push = provider.endpoints.pushedAuthorization;
  const asked = push === undefined ? { ...REQUEST, ...more } : await pushed(app, more);
  const address = `${origin}${pathname}?${new URLSearchParams(asked).toString()}`;
  return new URL(app.controls.consent(address, { user: 'alice' }));
}

async function pushed(app: App, more: Record<string, string> = {}): Promise<Record<string, string>> {
  const { json } = await app.post('/push', { ...REQUEST, ...more }, own);
  return { client_id: 'app', request_uri: String(json.request_uri) };
}

async function exchange(one: Direct, provider: Provider, headers: Record<string, string> = {}): Promise<Answer> {
  const code = (await consent(one, provider)).searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri: HERE, code_verifier: VERIFIER };
  return one.app.post('/token', form, { ...own, ...headers });
}

interface ProofParts {
  readonly method?: string;
  readonly path?: string;
  readonly claims?: Record<string, unknown>;
  readonly iatShiftS?: number;
}

async function proof(
  { clock }: Direct,
  { method = 'POST', path = '/token', claims = {}, iatShiftS = 0 }: ProofParts = {},
) {
  return new SignJWT({ jti: String(Math.random()), htm: method, htu: `https://auth.plain.example${path}`, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .setIssuedAt(Math.floor(clock.nowMs() / 1000) + iatShiftS)
    .sign(privateKey);
}

async function assertion({ clock }: Direct, changed: Record<string, unknown> = {}, key = privateKey): Promise<string> {
  const expS = Math.floor(clock.nowMs() / 1000) + 60;
  const aud = 'https://auth.plain.example/tenant/';
  return new SignJWT({ jti: 'j', iss: 'signing', sub: 'signing', aud, exp: expS, ...changed })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(key);
}

function signed(one: Direct, jwt: string): Promise<Answer> {
  const form = {
    token: 'unknown',
    client_id: 'signing',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt,
  };
  return one.app.post('/revoke', form, {});
}

/** What shows on the wire that a feature is there; the table is over all of them, as the simulator's own is. */
const SHOWN: Record<keyof typeof FEATURES, (provider: Provider) => Promise<boolean>> = {
  privateKeyJwt: async (provider) => {
    const one = world(provider);
    return (await signed(one, await assertion(one))).status === 200;
  },
  pushedAuthorization: async (provider) => (await world(provider).app.post('/push', REQUEST, own)).status === 201,
  requirePushed: async (provider) => {
    const { app } = world(provider);
    const page = await app.send('GET', `/authorize?${new URLSearchParams(REQUEST).toString()}`, {});
    return page.status === 400;
  },
  authorizationResponseIssuer: async (provider) => (await consent(world(provider), provider)).searchParams.has('iss'),
  dpop: async (provider) => {
    const one = world(provider);
    return (await exchange(one, provider, { dpop: await proof(one) })).json.token_type === 'DPoP';
  },
  introspection: async (provider) => {
    const one = world(provider);
    const { json } = await exchange(one, provider);
    const answer = await one.app.post('/introspect', { token: json.refresh_token }, own);
    return answer.json.active === true;
  },
};

for (const name of Object.keys(SHOWN) as (keyof typeof SHOWN)[]) {
  test(`${name} is played where the provider has it, and is not there where it has not`, async () => {
    assert.equal(await SHOWN[name](demanding), true);
    assert.equal(await SHOWN[name](plain), false);
  });
}

for (const [what, changed, key] of [
  ['of another client', { iss: 'app' }],
  ['for another subject', { sub: 'app' }],
  ['for another server', { aud: 'https://evil.example' }],
  ['of yesterday', { exp: 1 }],
  ['without a name', { jti: undefined }],
  ['by another key', {}, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
] as const) {
  test(`an assertion ${what} proves nothing`, async () => {
    const one = world(demanding);
    assert.equal((await signed(one, await assertion(one, changed, key))).status, 401);
  });
}

test('an assertion is taken once, also after a restart', async () => {
  const one = world(demanding);
  const jwt = await assertion(one);
  assert.equal((await signed(one, jwt)).status, 200);
  assert.equal((await signed(one, jwt)).status, 401);
});

test('a client with a key has no other way, and one with a secret has none with a key', async () => {
  const one = world(demanding);
  assert.equal((await one.app.post('/revoke', { token: 't', client_id: 'signing' }, {})).status, 401);
  assert.equal((await one.app.post('/revoke', { token: 't' }, { authorization: basic('signing', 's') })).status, 401);
  assert.equal((await signed(one, await assertion(one, { iss: 'app', sub: 'app' }))).status, 401);
});

for (const [what, parts] of [
  ['for another method', { method: 'GET' }],
  ['for another address', { path: '/revoke' }],
  ['of an hour ago', { iatShiftS: -3600 }],
  ['without a name', { claims: { jti: undefined } }],
] as const satisfies readonly (readonly [string, ProofParts])[]) {
  test(`a proof ${what} is refused, and the code is not spent`, async () => {
    const one = world(demanding);
    const code = (await consent(one, demanding)).searchParams.get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, redirect_uri: HERE, code_verifier: VERIFIER };
    const refused = await one.app.post('/token', form, { ...own, dpop: await proof(one, parts) });
    assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_dpop_proof']);
    assert.equal((await one.app.post('/token', form, { ...own, dpop: await proof(one) })).status, 200);
  });
}

test('a proof is taken once', async () => {
  const one = world(demanding);
  const dpop = await proof(one);
  assert.equal((await exchange(one, demanding, { dpop })).status, 200);
  assert.equal((await exchange(one, demanding, { dpop })).json.error, 'invalid_dpop_proof');
});

test('a bound token needs its scheme, its key and a proof for itself', async () => {
  const one = world(demanding);
  const { json } = await exchange(one, demanding, { dpop: await proof(one) });
  const ath = createHash('sha256').update(json.access_token).digest('base64url');
  const me = async (scheme: string, claims?: Record<string, unknown>): Promise<number> => {
    const dpop = claims === undefined ? {} : { dpop: await proof(one, { method: 'GET', path: '/me', claims }) };
    return (await one.app.send('GET', '/me', { authorization: `${scheme} ${json.access_token}`, ...dpop })).status;
  };
  assert.equal(await me('DPoP', { ath }), 200);
  assert.equal(await me('DPoP', { ath: 'another' }), 401);
  assert.equal(await me('DPoP'), 401);
  assert.equal(await me('Bearer', { ath }), 401);
});

test('with the switch on, a nonce is asked for, and for ever with the other', async () => {
  const one = world(demanding);
  one.app.controls.set({ dpopNonces: 'required' });
  const asked = await exchange(one, demanding, { dpop: await proof(one) });
  assert.deepEqual([asked.status, asked.json.error], [400, 'use_dpop_nonce']);
  const nonce = asked.headers['dpop-nonce'];
  assert.equal((await exchange(one, demanding, { dpop: await proof(one, { claims: { nonce } }) })).status, 200);
  one.app.controls.set({ dpopNonces: 'never_satisfied' });
  const again = await exchange(one, demanding, { dpop: await proof(one, { claims: { nonce } }) });
  assert.equal(again.json.error, 'use_dpop_nonce');
});

test('a pushed request is for its app alone, and for a minute', async () => {
  const one = world(demanding);
  const { request_uri: uri = '' } = await pushed(one.app);
  const open = (client: string): Promise<Answer> =>
    one.app.send('GET', `/authorize?${new URLSearchParams({ client_id: client, request_uri: uri }).toString()}`, {});
  assert.equal((await open('signing')).status, 400);
  assert.equal((await open('app')).status, 200);
  await one.clock.advance(61_000);
  assert.equal((await open('app')).status, 400);
});

test('what an app may not ask is refused when it is pushed', async () => {
  const { app } = world(demanding);
  const answer = await app.post('/push', { ...REQUEST, scope: 'everything' }, own);
  assert.deepEqual([answer.status, answer.json.error], [400, 'invalid_scope']);
  assert.equal((await app.post('/push', REQUEST, { authorization: basic('app', 'wrong') })).status, 401);
});

test('nobody is told what another app’s token is good for', async () => {
  const one = direct({ provider: demanding, clients: [SECRET, { id: 'other', secret: 's' }] });
  const { json } = await exchange(one, demanding);
  const theirs = await one.app.post(
    '/introspect',
    { token: json.refresh_token },
    { authorization: basic('other', 's') },
  );
  assert.deepEqual(theirs.json, { active: false });
});

test('a set of tokens may be bound to a key and have an ID token, and a renewal without the key spends nothing', async () => {
  const both: Provider = {
    ...demanding,
    scopes: { ...demanding.scopes, isOpen: true },
    idToken: { algorithms: ['RS256'], lifetimeMs: 3_600_000 },
  };
  const one = world(both);
  const back = await consent(one, both, { scope: 'read offline_access openid', nonce: 'n-1' });
  const form = {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: HERE,
    code_verifier: VERIFIER,
  };
  const first = await one.app.post('/token', form, { ...own, dpop: await proof(one) });
  assert.equal(first.json.token_type, 'DPoP');
  const { iss, nonce } = decodeJwt(String(first.json.id_token));
  assert.deepEqual({ iss, nonce }, { iss: back.searchParams.get('iss'), nonce: 'n-1' });

  const renewal = { grant_type: 'refresh_token', refresh_token: String(first.json.refresh_token) };
  assert.equal((await one.app.post('/token', renewal, own)).status, 400);
  const second = await one.app.post('/token', renewal, { ...own, dpop: await proof(one) });
  assert.equal(second.json.token_type, 'DPoP');
  assert.equal(typeof second.json.id_token, 'string');
});
