import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, importJWK, jwtVerify, type JWK, type JWTHeaderParameters } from 'jose';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../src/model/http.ts';
import { Secret } from '../../src/model/secret.ts';
import { classify } from '../../src/protocol/classify.ts';
import { newProofKey, thumbprintOf } from '../../src/protocol/dpop.ts';
import { introspectionRequest, readIntrospection } from '../../src/protocol/introspection.ts';
import { Nonces } from '../../src/protocol/nonces.ts';
import { readPushedAnswer } from '../../src/protocol/pushed-request.ts';
import { sendAsClient, sendWithToken } from '../../src/protocol/signed-request.ts';
import { tokenRequest } from '../../src/protocol/token-request.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { demanding } from '../support/made-up-providers.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const clientPrivateKey = new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
const app = providerApp(demanding, { clientId: 'a-client', clientPrivateKey });
const proofKey = await newProofKey({ algorithms: ['ES256'] });
const refresh = { kind: 'refresh_token', refreshToken: new Secret('the-refresh-token') } as const;
const bound = { accessToken: new Secret('the-access-token'), tokenType: 'DPoP', proofKey };

interface Line {
  readonly sent: HttpRequest[];
  readonly ports: Parameters<typeof sendAsClient>[2];
}

/** Answers what it is told to, one after the other, and the last one for ever. */
function line(...answers: readonly HttpAnswer[]): Line {
  const sent: HttpRequest[] = [];
  const http: HttpClient = {
    async send(request, watch) {
      if (watch?.mayStillSend?.() === false) return { kind: 'not_sent', cause: 'withdrawn', detail: 'too late' };
      sent.push(request);
      return answers[Math.min(sent.length, answers.length) - 1] ?? answered(500, {});
    },
  };
  return { sent, ports: { http, clock: new VirtualClock(), random: seededRandom('line'), nonces: new Nonces() } };
}

function answered(status: number, body: object, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { kind: 'answered', status, headers, body: Buffer.from(JSON.stringify(body)), complete: true };
}

const challenge = (nonce = 'n1', status = 400): HttpAnswer =>
  answered(status, { error: 'use_dpop_nonce' }, { 'dpop-nonce': nonce });
const tokens = answered(200, { access_token: 'a', refresh_token: 'r', token_type: 'DPoP' });

function renew({ ports }: Line, watch?: Parameters<typeof sendAsClient>[3]): Promise<HttpAnswer> {
  return sendAsClient(tokenRequest(app, refresh, 1000), { app, proofKey }, ports, watch);
}

for (const status of [400, 401]) {
  test(`a challenge with ${status} is answered by one repeat with the nonce, signed anew`, async () => {
    const wire = line(challenge('n1', status), tokens);
    assert.equal(await renew(wire), tokens);
    const [first, second] = wire.sent.map(({ headers }) => decodeJwt(headers['dpop'] ?? ''));
    assert.equal(first?.['nonce'], undefined);
    assert.equal(second?.['nonce'], 'n1');
    assert.notEqual(first?.jti, second?.jti);
    const [one, other] = wire.sent.map(({ body }) => new URLSearchParams(String(body)));
    assert.notEqual(one?.get('client_assertion'), other?.get('client_assertion'));
    assert.equal(other?.get('refresh_token'), 'the-refresh-token');
    assert.equal(other?.getAll('client_assertion').length, 1);
  });
}

test('a second challenge is the answer: nobody is asked a third time, and nothing is taken for a dead grant', async () => {
  const wire = line(challenge('n1'), challenge('n2'), challenge('n3'));
  const answer = await renew(wire);
  assert.equal(wire.sent.length, 2);
  assert.equal(classify(answer, demanding, 0).kind, 'unavailable');
  assert.equal(wire.ports.nonces.of(app.endpoints.token), 'n2');
});

for (const [what, answer] of [
  ['without a nonce', answered(400, { error: 'use_dpop_nonce' })],
  ['with an empty nonce', answered(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': '' })],
  ['with a nonce of 5 KB', answered(400, { error: 'use_dpop_nonce' }, { 'dpop-nonce': 'n'.repeat(5000) })],
  ['that comes with 500', challenge('n1', 500)],
  ['that comes with 200', challenge('n1', 200)],
  ['that has tokens in it', answered(400, { error: 'use_dpop_nonce', access_token: 'a' }, { 'dpop-nonce': 'n' })],
  ['of another kind', answered(400, { error: 'invalid_dpop_proof' }, { 'dpop-nonce': 'n' })],
  ['that says the token is dead', answered(400, { error: 'invalid_grant' }, { 'dpop-nonce': 'n' })],
  ['that never came', { kind: 'unanswered', cause: 'reset', detail: '' }],
] as const satisfies readonly (readonly [string, HttpAnswer])[]) {
  test(`a challenge ${what} is none: the refresh token is sent once`, async () => {
    const wire = line(answer, tokens);
    assert.equal(await renew(wire), answer);
    assert.equal(wire.sent.length, 1);
  });
}

test('the repeat asks again whether it may still be sent', async () => {
  const wire = line(challenge(), tokens);
  let asked = 0;
  const answer = await renew(wire, { mayStillSend: () => (asked += 1) < 2 });
  assert.equal(answer.kind === 'not_sent' && answer.cause, 'withdrawn');
  assert.equal(wire.sent.length, 1);
});

test('a grant without a key is not repeated, whatever the server asks', async () => {
  const wire = line(challenge(), tokens);
  const answer = await sendAsClient(tokenRequest(app, refresh, 1000), { app, proofKey: undefined }, wire.ports);
  assert.equal(wire.sent.length, 1);
  assert.equal(classify(answer, demanding, 0).kind, 'unavailable');
});

test('an assertion is made out to the issuer, or to the token endpoint where the provider’s data say so', async () => {
  const audienceOf = async (audience: 'issuer' | 'token_endpoint') => {
    const clientAuth = { confidential: 'basic', privateKeyJwt: { algorithms: ['ES256'], audience } } as const;
    const one = providerApp({ ...demanding, clientAuth }, { clientId: 'c', clientPrivateKey });
    const wire = line(tokens);
    await sendAsClient(tokenRequest(one, refresh, 1000), { app: one, proofKey: undefined }, wire.ports);
    const form = new URLSearchParams(String(wire.sent[0]?.body));
    assert.ok(!form.has('client_secret') && wire.sent[0]?.headers['authorization'] === undefined);
    const { payload } = await jwtVerify(form.get('client_assertion') ?? '', publicKey, {
      currentDate: new Date(wire.ports.clock.nowMs()),
    });
    return payload.aud;
  };
  assert.equal(await audienceOf('issuer'), 'https://auth.plain.example/tenant/');
  assert.equal(await audienceOf('token_endpoint'), 'https://auth.plain.example/token');
});

test('a proof is for its method and address alone, and shows the public key alone', async () => {
  const wire = line(answered(200, {}));
  const call = { method: 'GET', url: 'https://api.plain.example/me?a=b#c', headers: {}, ...LIMITS } as const;
  await sendWithToken(call, bound, wire.ports);
  const headers = wire.sent[0]?.headers ?? {};
  assert.equal(headers['authorization'], 'DPoP the-access-token');
  const { payload, protectedHeader } = await jwtVerify(
    headers['dpop'] ?? '',
    (header: JWTHeaderParameters) => importJWK(header.jwk as JWK, 'ES256'),
    { currentDate: new Date(wire.ports.clock.nowMs()) },
  );
  assert.deepEqual([payload['htm'], payload['htu']], ['GET', 'https://api.plain.example/me']);
  assert.deepEqual(Object.keys(protectedHeader.jwk ?? {}).sort(), ['crv', 'kty', 'x', 'y']);
  assert.equal(protectedHeader.typ, 'dpop+jwt');
  assert.match(await thumbprintOf(proofKey), /^[\w-]{43}$/);
});

test('a resource server’s challenge is answered once, and its nonce is not the authorization server’s', async () => {
  const wire = line(
    answered(401, {}, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'rs' }),
    answered(401, {}, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'rs2' }),
  );
  const call = { method: 'POST', url: 'https://api.plain.example/things', headers: {}, body: '{}', ...LIMITS } as const;
  const answer = await sendWithToken(call, bound, wire.ports);
  assert.equal(answer.kind === 'answered' && answer.status, 401);
  assert.deepEqual(
    wire.sent.map(({ headers }) => decodeJwt(headers['dpop'] ?? '')['nonce']),
    [undefined, 'rs'],
  );
  assert.equal(wire.ports.nonces.of(app.endpoints.token), undefined);
});

test('a bearer token of a provider that could bind it is sent as a bearer token', async () => {
  const wire = line(answered(200, {}));
  const call = { method: 'GET', url: 'https://api.plain.example/me', headers: {}, ...LIMITS } as const;
  await sendWithToken(call, { ...bound, tokenType: 'Bearer' }, wire.ports);
  assert.deepEqual(wire.sent[0]?.headers, { authorization: 'Bearer the-access-token' });
});

for (const [what, answer, kind] of [
  ['a request_uri', answered(201, { request_uri: 'urn:x', expires_in: 60 }), 'pushed'],
  ['none', answered(201, { expires_in: 60 }), 'unavailable'],
  ['one of 64 KB', answered(201, { request_uri: 'u'.repeat(65_536) }), 'unavailable'],
  [
    'half of one',
    { ...answered(201, { request_uri: 'urn:x' }), complete: false, body: Buffer.from('{"request_uri":"urn') },
    'unavailable',
  ],
  ['a page', { ...answered(200, {}), body: Buffer.from('<html>') }, 'unavailable'],
  ['a wrong key', answered(401, { error: 'invalid_client' }), 'misconfigured'],
  ['a wrong scope', answered(400, { error: 'invalid_request' }), 'refused'],
  ['tokens', tokens, 'unavailable'],
  ['an outage', answered(503, {}), 'unavailable'],
  ['no answer', { kind: 'unanswered', cause: 'timeout', detail: '' }, 'unavailable'],
] as const) {
  test(`a push that is answered with ${what}: ${kind}`, () => {
    assert.equal(readPushedAnswer(answer as HttpAnswer, app, 0).kind, kind);
  });
}

for (const [what, answer, kind] of [
  ['true', answered(200, { active: true }), 'active'],
  ['false', answered(200, { active: false }), 'inactive'],
  ['the text "true"', answered(200, { active: 'true' }), 'unknown'],
  ['nothing', answered(200, {}), 'unknown'],
  ['a refusal', answered(401, { error: 'invalid_client', active: true }), 'unknown'],
  ['half an answer', { ...answered(200, {}), complete: false, body: Buffer.from('{"active":true,"x":"') }, 'unknown'],
  ['no answer', { kind: 'unanswered', cause: 'timeout', detail: '' }, 'unknown'],
] as const) {
  test(`introspection that says ${what}: ${kind}`, () => {
    assert.equal(readIntrospection(answer as HttpAnswer).kind, kind);
  });
}

test('a public client asks nothing about its tokens', () => {
  const open = providerApp(demanding, { clientId: 'c' });
  assert.equal(introspectionRequest(open, new Secret('t'), 'refresh_token'), undefined);
});

const LIMITS = { connectTimeoutMs: 1, answerTimeoutMs: 1, bodyBytesMax: 1 } as const;
