import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xData } from '../../src/providers/data/x.ts';
import { basic, CONFIDENTIAL, PUBLIC, REDIRECT, served, VERIFIER, type Answer } from './sim-world.ts';

const DEAD_TOKEN = { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' };
const BAD_CODE = {
  error: 'invalid_request',
  error_description: 'Value passed for the authorization code was invalid.',
};
const NO_HEADER = { error: 'unauthorized_client', error_description: 'Missing valid authorization header' };

test('a spent, an unknown and a revoked refresh token are all an invalid_request with one description', async () => {
  await using world = await served();
  const { app } = world;
  const { refresh_token: first } = await app.connect();
  const { json: renewed } = await app.renew(first);
  is(await app.renew(first), 400, DEAD_TOKEN);
  is(await app.renew('garbage'), 400, DEAD_TOKEN);
  await app.post('/2/oauth2/revoke', { token: renewed.refresh_token });
  is(await app.renew(renewed.refresh_token), 400, DEAD_TOKEN);
});

test('an access token is no refresh token, and another app has no use for a refresh token', async () => {
  await using world = await served();
  const { app } = world;
  const tokens = await app.connect();
  is(await app.renew(tokens.access_token), 400, DEAD_TOKEN);
  is(await app.as(PUBLIC).renew(tokens.refresh_token), 400, DEAD_TOKEN);
});

test('an expired refresh token is refused like a spent one', async () => {
  await using world = await served();
  const { refresh_token: refresh } = await world.app.connect();
  world.sim.advance(181 * 86_400_000);
  is(await world.app.renew(refresh), 400, DEAD_TOKEN);
});

test('an unknown, a reused, a late and a foreign code are refused with one description', async () => {
  await using world = await served();
  const { app } = world;
  is(await app.exchange('garbage'), 400, BAD_CODE);
  const code = app.code();
  assert.equal((await app.exchange(code)).status, 200);
  is(await app.exchange(code), 400, BAD_CODE);
  is(await app.as(PUBLIC).exchange(app.code()), 400, BAD_CODE);
  const late = app.code();
  world.sim.advance(30_000);
  is(await app.exchange(late), 400, BAD_CODE);
});

test('a redirect URI that differs by a slash is refused', async () => {
  await using world = await served();
  is(await world.app.exchange(world.app.code(), { redirect_uri: `${REDIRECT}/` }), 400, {
    error: 'invalid_request',
    error_description: 'Value passed for the redirect uri did not match the uri of the authorization code.',
  });
});

test('a wrong and a missing code_verifier are refused, and the right one still works', async () => {
  await using world = await served();
  const { app } = world;
  const code = app.code();
  const wrong = {
    error: 'invalid_request',
    error_description: 'Value passed for the code verifier did not match the code challenge.',
  };
  is(await app.exchange(code, { code_verifier: `${VERIFIER}x` }), 400, wrong);
  is(await app.token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT }), 400, wrong);
  assert.equal((await app.exchange(code)).status, 200);
});

test('a plain code challenge is the verifier itself', async () => {
  await using world = await served();
  const { app } = world;
  const plain = { code_challenge: VERIFIER, code_challenge_method: 'plain' };
  assert.equal((await app.exchange(app.code('alice', plain))).status, 200);
});

test('a confidential app without Basic, with a wrong secret, or with the secret in the body gets one and the same 401', async () => {
  await using world = await served();
  const { app } = world;
  const { refresh_token: refresh } = await app.connect();
  const form = { grant_type: 'refresh_token', refresh_token: refresh };
  const { id, secret = '' } = CONFIDENTIAL;
  is(await app.token({ ...form, client_id: id }, {}), 401, NO_HEADER);
  is(await app.token({ ...form, client_id: id, client_secret: secret }, {}), 401, NO_HEADER);
  is(await app.token(form, { authorization: basic(id, 'wrong') }), 401, NO_HEADER);
  is(await app.token(form, { authorization: 'Basic ???' }), 401, NO_HEADER);
  is(await app.token(form, {}), 401, NO_HEADER);
  assert.equal((await app.token(form)).status, 200, 'none of these spent the refresh token');
});

test('a form-encoded secret is a wrong secret', async () => {
  await using world = await served();
  const { refresh_token: refresh } = await world.app.connect();
  const encoded = new URLSearchParams({ '': CONFIDENTIAL.secret ?? '' }).toString().slice(1);
  assert.notEqual(encoded, CONFIDENTIAL.secret);
  is(
    await world.app.token(
      { grant_type: 'refresh_token', refresh_token: refresh },
      { authorization: basic(CONFIDENTIAL.id, encoded) },
    ),
    401,
    NO_HEADER,
  );
});

test('a public app names itself in the body, and is told when it does not', async () => {
  await using world = await served();
  const app = world.app.as(PUBLIC);
  const { refresh_token: refresh } = await app.connect();
  is(await app.post('/2/oauth2/token', { grant_type: 'refresh_token', refresh_token: refresh }), 400, {
    error: 'invalid_request',
    error_description: 'Missing required parameter [client_id].',
  });
  assert.equal((await app.renew(refresh)).status, 200);
});

test('an unknown client id is an invalid_client, with 401 or, by a switch, 400', async () => {
  await using world = await served();
  const unknown = world.app.as({ id: 'nobody', secret: 'x' });
  for (const status of [401, 400] as const) {
    world.sim.set({ unknownClientStatus: status });
    const answer = await unknown.renew('whatever');
    assert.equal(answer.status, status);
    assert.equal(answer.json.error, 'invalid_client');
  }
});

test('a grant type that X does not have is named so', async () => {
  await using world = await served();
  is(await world.app.token({ grant_type: 'client_credentials' }), 400, { error: 'unsupported_grant_type' });
  is(await world.app.token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code' }), 400, {
    error: 'unsupported_grant_type',
  });
});

test('a body that is not a form has no parameters', async () => {
  await using world = await served();
  const { app } = world;
  const answer = await app.send(
    'POST',
    '/2/oauth2/token',
    { ...app.ownHeaders(), 'content-type': 'application/json' },
    '{"grant_type":"refresh_token"}',
  );
  is(answer, 400, { error: 'invalid_request', error_description: 'Missing required parameter [grant_type].' });
});

test('every refusal of the simulated token endpoint is one that the provider data know', async () => {
  await using world = await served();
  const { app } = world;
  const code = app.code();
  const answers = [
    { answer: await app.renew('garbage'), means: 'rejected' },
    { answer: await app.exchange('garbage'), means: 'code_refused' },
    { answer: await app.exchange(code, { redirect_uri: 'https://elsewhere.example/' }), means: 'code_refused' },
    { answer: await app.exchange(code, { code_verifier: 'wrong' }), means: 'code_refused' },
    {
      answer: await app.token({ grant_type: 'refresh_token' }, { authorization: basic(CONFIDENTIAL.id, 'wrong') }),
      means: 'misconfigured',
    },
    { answer: await app.as({ id: 'nobody', secret: 'x' }).renew('x'), means: 'misconfigured' },
    { answer: await app.token({ grant_type: 'password' }), means: 'misconfigured' },
  ];
  for (const { answer, means } of answers) {
    const row = xData.tokenErrors.find((one) => {
      const status = 'status' in one ? one.status === answer.status : true;
      const error = 'error' in one ? one.error === answer.json.error : true;
      return status && error && ('description' in one ? one.description === answer.json.error_description : true);
    });
    assert.equal(row?.means.kind, means, answer.text);
  }
});

function is(answer: Answer, status: number, body: unknown): void {
  assert.deepEqual({ status: answer.status, body: answer.json }, { status, body });
}
