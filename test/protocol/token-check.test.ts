import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpAnswer } from '../../src/model/http.ts';
import { Secret } from '../../src/model/secret.ts';
import { readTokenCheck, tokenCheckRequest } from '../../src/protocol/token-check.ts';
import { githubData } from '../../src/providers/data/github.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { demanding, plain } from '../support/made-up-providers.ts';
import { answered } from './answers.ts';

const token = new Secret('the-access-token');
const registration = { clientId: 'an/app', clientSecret: new Secret('a-client-secret') };
const github = providerApp(githubData, registration);
const introspecting = providerApp(demanding, registration);

test('GitHub is asked about an access token by the app itself, in a body and never in an address', () => {
  const request = tokenCheckRequest(github, token);
  assert.equal(request?.method, 'POST');
  assert.equal(request.url, 'https://api.github.com/applications/an%2Fapp/token');
  assert.equal(request.body, '{"access_token":"the-access-token"}');
  assert.match(request.headers['authorization'] ?? '', /^Basic /);
});

test('where there is no call of its own, the provider is asked by introspection', () => {
  const request = tokenCheckRequest(introspecting, token);
  assert.equal(request?.url, 'https://auth.plain.example/introspect');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(String(request.body))), {
    token: 'the-access-token',
    token_type_hint: 'access_token',
  });
});

test('nobody is asked by an app that cannot prove who it is, nor where there is nothing to ask', () => {
  assert.equal(tokenCheckRequest(providerApp(githubData, { clientId: 'an-app' }), token), undefined);
  assert.equal(tokenCheckRequest(providerApp(demanding, { clientId: 'an-app' }), token), undefined);
  assert.equal(tokenCheckRequest(providerApp(plain, registration), token), undefined);
});

const answers: readonly (readonly [string, HttpAnswer, 'active' | 'inactive' | 'unknown'])[] = [
  ['a description of the token', answered(200, { app: {}, user: {} }), 'active'],
  ['Not Found', answered(404, { message: 'Not Found' }), 'inactive'],
  ['a page of a gateway that knows no such address', answered(404, '<html>404</html>'), 'unknown'],
  ['a page of a gateway that is proud of itself', answered(200, '<html>200</html>'), 'unknown'],
  ['half a description', answered(200, '{"app":{', { complete: false }), 'unknown'],
  ['half a Not Found that happens to be JSON', answered(404, '{}', { complete: false }), 'unknown'],
  ['a list', answered(404, '[]'), 'unknown'],
  ['bad credentials of the app', answered(401, { message: 'Bad credentials' }), 'unknown'],
  ['a body that it did not understand', answered(422, { message: 'Validation Failed' }), 'unknown'],
  ['too many questions', answered(429, { message: 'Too many' }), 'unknown'],
  ['an outage', answered(503, {}), 'unknown'],
  ['no answer', { kind: 'unanswered', cause: 'timeout', detail: 'no answer within 20 s' }, 'unknown'],
  ['no connection', { kind: 'not_sent', cause: 'connect', detail: 'ECONNREFUSED' }, 'unknown'],
];

for (const [what, answer, kind] of answers) {
  test(`${what} means that the token is ${kind} at GitHub`, () => {
    assert.equal(readTokenCheck(github, answer).kind, kind);
  });
}

test('by introspection only a whole answer says anything', () => {
  assert.equal(readTokenCheck(introspecting, answered(200, { active: false })).kind, 'inactive');
  assert.equal(readTokenCheck(introspecting, answered(200, { active: true })).kind, 'active');
  assert.equal(readTokenCheck(introspecting, answered(404, { active: false })).kind, 'unknown');
});
