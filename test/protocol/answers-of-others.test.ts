import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';
import { readAuthorizationAnswer } from '../../src/protocol/authorization-answer.ts';
import { identityRequest, readIdentity } from '../../src/protocol/identity.ts';
import { readRevocation } from '../../src/protocol/revocation.ts';
import { x } from '../../src/providers/index.ts';
import { answered } from './answers.ts';

const app = x({ clientId: 'c' });
const STATE = new Secret('the-state');

function authorization(query: string) {
  return readAuthorizationAnswer(app, new URLSearchParams(query), STATE);
}

test('a code is read', () => {
  const answer = authorization('state=the-state&code=a-code');
  assert.ok(answer.kind === 'code');
  assert.equal(answer.code.reveal(), 'a-code');
});

test('a user who pressed Deny is no error', () => {
  assert.deepEqual(authorization('state=the-state&error=access_denied'), { kind: 'denied' });
});

for (const [says, query] of [
  ['another state', 'state=another&code=a'],
  ['no state', 'code=a'],
  ['the state twice', 'state=the-state&state=the-state&code=a'],
  ['two codes', 'state=the-state&code=a&code=b'],
  ['two errors', 'state=the-state&error=access_denied&error=x'],
  ['neither a code nor an error', 'state=the-state'],
  ['an empty code', 'state=the-state&code='],
  ['a token in the URL', 'state=the-state&access_token=x&token_type=bearer'],
] as const) {
  test(`an authorization answer with ${says} is no answer, and its code is not read`, () => {
    assert.equal(authorization(query).kind, 'malformed');
  });
}

test('an error of the provider is its refusal', () => {
  assert.deepEqual(authorization('state=the-state&error=server_error'), { kind: 'refused', error: 'server_error' });
});

test('the right issuer is accepted', () => {
  assert.equal(authorization('state=the-state&code=a&iss=https%3A%2F%2Fapi.x.com').kind, 'code');
});

test('the identity comes from where the provider’s data say', () => {
  assert.deepEqual(readIdentity(app, answered(200, { data: { id: 42, username: 'alice' } })), {
    kind: 'known',
    subject: '42',
    handle: 'alice',
  });
  assert.deepEqual(readIdentity(app, answered(200, { data: { id: '42' } })), {
    kind: 'known',
    subject: '42',
    handle: '42',
  });
});

for (const [says, answer, kind] of [
  ['a 401', answered(401, {}), 'token_refused'],
  ['a 403', answered(403, {}), 'unknown'],
  ['a 429', answered(429, ''), 'unknown'],
  ['a 500', answered(500, ''), 'unknown'],
  ['a body without a user', answered(200, { data: {} }), 'unknown'],
  ['a list', answered(200, '[]'), 'unknown'],
  ['no JSON', answered(200, '<html>'), 'unknown'],
  ['half a body', answered(200, '{"data":{"id":"4', { complete: false }), 'unknown'],
  ['a user id that is an object', answered(200, { data: { id: {} } }), 'unknown'],
  ['no connection', { kind: 'not_sent', cause: 'dns', detail: 'ENOTFOUND' }, 'unknown'],
  ['silence', { kind: 'unanswered', cause: 'timeout', detail: '' }, 'unknown'],
] as const) {
  test(`who-am-I with ${says} is ${kind}`, () => {
    assert.equal(readIdentity(app, answer).kind, kind);
  });
}

test('who-am-I carries the access token in its header alone', () => {
  const request = identityRequest(app, new Secret('canary'));
  assert.equal(request.headers['authorization'], 'Bearer canary');
  assert.doesNotMatch(request.url, /canary/);
});

for (const [says, answer, outcome] of [
  ['200', answered(200, { revoked: true }), 'revoked'],
  ['204', answered(204, ''), 'revoked'],
  ['400', answered(400, { error: 'unsupported_token_type' }), 'failed for good'],
  ['401', answered(401, {}), 'failed for good'],
  ['429', answered(429, ''), 'failed for now'],
  ['503', answered(503, ''), 'failed for now'],
  ['no connection', { kind: 'not_sent', cause: 'connect', detail: '' }, 'failed for now'],
  ['silence', { kind: 'unanswered', cause: 'timeout', detail: '' }, 'failed for now'],
] as const) {
  test(`a revocation answered with ${says} has ${outcome}`, () => {
    const read = readRevocation(answer, x({ clientId: 'c' }));
    assert.equal(read.kind === 'revoked' ? 'revoked' : read.retryable ? 'failed for now' : 'failed for good', outcome);
  });
}
