import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it, test } from 'node:test';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JSONWebKeySet } from 'jose';
import { Secret } from '../../src/model/secret.ts';
import { nonceOf, verifyIdToken, type IdTokenExpectation, type IdTokenVerdict } from '../../src/protocol/id-token.ts';
import { providerApp, type ProviderAppOptions } from '../../src/providers/provider-app.ts';
import type { IdTokenAlgorithm, Provider } from '../../src/providers/provider.ts';
import { plain, tenant } from '../support/made-up-providers.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 9);
const NOW_S = NOW_MS / 1000;

async function pair(algorithm: IdTokenAlgorithm, kid: string) {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } };
}

const RSA = await pair('RS256', 'rsa');
const OTHER = await pair('RS256', 'other');
const EC = await pair('ES256', 'ec');
const KEYS: JSONWebKeySet = { keys: [RSA.jwk, EC.jwk] };

const GOOD = {
  iss: 'https://tenant.eu.auth0.com/',
  sub: 'auth0|alice',
  aud: 'an-app',
  iat: NOW_S,
  exp: NOW_S + 36_000,
  nonce: 'the-nonce',
};
const EXPECTED: IdTokenExpectation = {
  nonce: 'the-nonce',
  isNonceNeeded: true,
  subject: undefined,
  mayHaveEnded: false,
  nowMs: NOW_MS,
};

type Claims = Readonly<Record<string, unknown>>;

interface Presented {
  readonly claims?: Claims;
  readonly expected?: Partial<IdTokenExpectation>;
  readonly app?: Partial<ProviderAppOptions>;
  readonly provider?: Provider;
}

function signed(claims: Claims, key = RSA, header: Record<string, string> = {}): Promise<string> {
  const protectedHeader = { alg: key.jwk.alg, kid: key.jwk.kid, ...header };
  return new SignJWT({ ...GOOD, ...claims }).setProtectedHeader(protectedHeader).sign(key.privateKey);
}

function verify(
  token: string,
  { expected, app, provider = tenant }: Presented = {},
  keys = KEYS,
): Promise<IdTokenVerdict> {
  const ours = providerApp(provider, { clientId: 'an-app', ...app });
  return verifyIdToken(ours, new Secret(token), keys, { ...EXPECTED, ...expected });
}

async function verdictOn(presented: Presented): Promise<IdTokenVerdict> {
  return verify(await signed(presented.claims ?? {}), presented);
}

test('a good ID token says whose it is, since when and until when', async () => {
  const verdict = await verdictOn({});
  assert.equal(verdict.kind, 'valid');
  assert.deepEqual(verdict.kind === 'valid' && { ...verdict.claims, all: undefined }, {
    subject: 'auth0|alice',
    issuedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 36_000_000,
    all: undefined,
  });
});

const GOOD_ONES: Readonly<Record<string, Presented>> = {
  'for several apps, if it was issued to ours': { claims: { aud: ['an-app', 'another'], azp: 'an-app' } },
  'from a clock that is a little ahead': { claims: { iat: NOW_S + 50 } },
  'that ended a moment ago by our clock': { claims: { iat: NOW_S - 100, exp: NOW_S - 50 } },
  'of a renewal, which has no nonce': { claims: { nonce: undefined }, expected: { isNonceNeeded: false } },
  'of a device, which sent no nonce': { expected: { nonce: undefined } },
  'that has ended, where that is asked elsewhere': {
    claims: { iat: NOW_S - 90_000, exp: NOW_S - 54_000 },
    expected: { mayHaveEnded: true },
  },
  'of the organization that was asked for': {
    claims: { org_id: 'org_ours' },
    app: { organization: 'org_ours' },
  },
  'of the organization that was asked for by name': {
    claims: { org_id: 'org_ours', org_name: 'ours' },
    app: { organization: 'Ours' },
  },
};

for (const [what, presented] of Object.entries(GOOD_ONES)) {
  test(`an ID token ${what} is good`, async () => {
    const verdict = await verdictOn(presented);
    assert.equal(verdict.kind, 'valid', JSON.stringify(verdict));
  });
}

const BAD_ONES: Readonly<Record<string, Presented & { readonly says: RegExp }>> = {
  'of another issuer': { claims: { iss: 'https://somebody.else.example/' }, says: /iss/ },
  'of the issuer without its slash': { claims: { iss: 'https://tenant.eu.auth0.com' }, says: /iss/ },
  'without an issuer': { claims: { iss: undefined }, says: /iss/ },
  'for another app': { claims: { aud: 'another' }, says: /aud/ },
  'for nobody': { claims: { aud: undefined }, says: /aud/ },
  'for several apps that does not say which': { claims: { aud: ['an-app', 'another'] }, says: /several apps/ },
  'for several apps that was issued to another': {
    claims: { aud: ['an-app', 'another'], azp: 'another' },
    says: /azp/,
  },
  'that was issued to another app': { claims: { azp: 'another' }, says: /azp/ },
  'that has ended': { claims: { iat: NOW_S - 200, exp: NOW_S - 100 }, says: /exp/ },
  'without an end': { claims: { exp: undefined }, says: /exp/ },
  'from the future': { claims: { iat: NOW_S + 100 }, says: /future/ },
  'that does not say when it was issued': { claims: { iat: undefined }, says: /iat/ },
  'that is not good yet': { claims: { nbf: NOW_S + 100 }, says: /nbf/ },
  'of another consent': { claims: { nonce: 'another' }, says: /nonce/ },
  'of a consent without its nonce': { claims: { nonce: undefined }, says: /nonce/ },
  'of a renewal with another nonce': {
    claims: { nonce: 'another' },
    expected: { isNonceNeeded: false },
    says: /nonce/,
  },
  'that names nobody': { claims: { sub: undefined }, says: /sub/ },
  'with an empty name': { claims: { sub: '' }, says: /no user/ },
  'of another user': { expected: { subject: 'auth0|bob' }, says: /another user/ },
  'of another organization': {
    claims: { org_id: 'org_theirs' },
    app: { organization: 'org_ours' },
    says: /organization/,
  },
  'of no organization': { app: { organization: 'org_ours' }, says: /organization/ },
  'of an organization without its name': {
    claims: { org_id: 'org_ours' },
    app: { organization: 'ours' },
    says: /org_name/,
  },
  'of a provider that says nothing about them': { provider: plain, says: /nobody has described/ },
};

for (const [what, { says, ...presented }] of Object.entries(BAD_ONES)) {
  test(`an ID token ${what} is refused`, async () => {
    const verdict = await verdictOn(presented);
    assert.equal(verdict.kind, 'invalid');
    assert.match(verdict.kind === 'invalid' ? verdict.reason : '', says);
  });
}

describe('a signature', () => {
  it('by an algorithm that the provider does not use is refused, although the key is published', async () => {
    const token = await signed({}, EC);
    assert.equal((await verify(token)).kind, 'invalid');
    const curved: Provider = { ...tenant, idToken: { algorithms: ['ES256'], lifetimeMs: 1 } };
    assert.equal((await verify(token, { provider: curved })).kind, 'valid');
    assert.equal((await verify(await signed({}), { provider: curved })).kind, 'invalid');
  });

  it('that is none is refused', async () => {
    const [, payload = ''] = (await signed({})).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'none', kid: 'rsa' })).toString('base64url');
    for (const token of [`${header}.${payload}.`, `${header}.${payload}.AAAA`])
      assert.equal((await verify(token)).kind, 'invalid');
  });

  it('with the public key as if it were a secret is refused', async () => {
    const [, payload = ''] = (await signed({})).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'rsa' })).toString('base64url');
    for (const secret of [await exportSPKI(RSA.publicKey), RSA.jwk.n ?? '']) {
      const mac = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
      assert.equal((await verify(`${header}.${payload}.${mac}`)).kind, 'invalid');
    }
  });

  it('of another key under the name of a published one is refused', async () => {
    assert.equal((await verify(await signed({}, OTHER, { kid: 'rsa' }))).kind, 'invalid');
  });

  it('over other claims is refused', async () => {
    const [header, , signature] = (await signed({})).split('.');
    const payload = Buffer.from(JSON.stringify({ ...GOOD, sub: 'auth0|mallory' })).toString('base64url');
    assert.equal((await verify(`${header}.${payload}.${signature}`)).kind, 'invalid');
  });

  it('of a key that is not published is neither good nor bad: the keys may have changed', async () => {
    assert.equal((await verify(await signed({}, OTHER))).kind, 'unknown_key');
    assert.equal((await verify(await signed({}), {}, { keys: [] })).kind, 'unknown_key');
  });

  it('with a header that nobody understands is refused', async () => {
    assert.equal((await verify(await signed({}, RSA, { b64: 'x', crit: 'b64' }).catch(() => 'a.b.c'))).kind, 'invalid');
  });
});

for (const text of [
  '',
  'no-token',
  'a.b',
  'a.b.c',
  '..',
  `${'x'.repeat(10_000)}.y.z`,
  'eyJhbGciOiJSUzI1NiJ9.bm90LWpzb24.AAAA',
]) {
  test(`what is no ID token is refused and throws nothing: ${text.slice(0, 20)}`, async () => {
    assert.notEqual((await verify(text)).kind, 'valid');
  });
}

test('a published key that is none throws nothing', async () => {
  const verdict = await verify(await signed({}), {}, { keys: [{ kty: 'RSA', kid: 'rsa', n: '!', e: '!' }] });
  assert.equal(verdict.kind, 'invalid');
});

test('the nonce follows from the verifier, and is neither it nor its challenge', () => {
  const verifier = new Secret('a-verifier');
  assert.equal(nonceOf(verifier), nonceOf(new Secret('a-verifier')));
  assert.notEqual(nonceOf(verifier), nonceOf(new Secret('another')));
  assert.match(nonceOf(verifier), /^[\w-]{43}$/);
});
