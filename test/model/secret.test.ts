import assert from 'node:assert/strict';
import { format, inspect } from 'node:util';
import { test } from 'node:test';
import { Secret } from '../../src/model/secret.ts';

const CANARY = 'canary-7c1f0a';
const secret = new Secret(CANARY);

test('a secret comes out in no way but one', () => {
  const error = new Error(`failed with ${String(secret)}`, { cause: secret });
  const printed = [
    String(secret),
    `${secret.toString()}`,
    JSON.stringify({ secret, list: [secret] }),
    inspect(secret, { depth: Infinity, showHidden: true }),
    inspect({ deep: { secret } }, { depth: Infinity, showHidden: true, getters: true }),
    format('%s %o %O %j', secret, secret, secret, secret),
    inspect(error, { showHidden: true }),
    inspect(Object.entries({ ...secret })),
    JSON.stringify(structuredClone({ ...secret })),
  ].join('\n');
  assert.doesNotMatch(printed, /canary/);
  assert.equal(secret.reveal(), CANARY);
});

test('a secret has no property to be found by', () => {
  assert.deepEqual(Reflect.ownKeys(secret), []);
});
