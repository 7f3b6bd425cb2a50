import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { HttpAnswer, HttpClient } from '../../src/model/http.ts';
import { Secret } from '../../src/model/secret.ts';
import { SigningKeys } from '../../src/protocol/signing-keys.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { plain, tenant } from '../support/made-up-providers.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { answered } from './answers.ts';

const KEY_NAMES = ['one', 'two'] as const;
type KeyName = (typeof KEY_NAMES)[number];
const PAIRS = new Map(
  await Promise.all(
    KEY_NAMES.map(async (kid) => [kid, await generateKeyPair('RS256', { extractable: true })] as const),
  ),
);

function pairOf(name: KeyName) {
  const pair = PAIRS.get(name);
  if (pair === undefined) throw new TypeError(`There is no key ${name}.`);
  return pair;
}

/** A provider that publishes keys, and whoever checks what it signs. */
class Publisher implements HttpClient {
  readonly clock = new VirtualClock();
  readonly app = providerApp(tenant, { clientId: 'an-app' });
  readonly keys = new SigningKeys({ http: this, clock: this.clock });
  readonly asked: string[] = [];
  published: readonly KeyName[] = ['one'];
  instead: HttpAnswer | undefined;

  async send({ url }: { readonly url: string }): Promise<HttpAnswer> {
    this.asked.push(url);
    if (this.instead !== undefined) return this.instead;
    const keys = this.published.map(async (kid) => ({
      ...(await exportJWK(pairOf(kid).publicKey)),
      kid,
      alg: 'RS256',
    }));
    return answered(200, { keys: await Promise.all(keys) });
  }

  async check(kid: KeyName): Promise<string> {
    const nowS = Math.floor(this.clock.nowMs() / 1000);
    const token = await new SignJWT({ iss: 'https://tenant.eu.auth0.com/', sub: 'alice', aud: 'an-app' })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + 600)
      .sign(pairOf(kid).privateKey);
    const expected = { nonce: undefined, isNonceNeeded: false, subject: undefined, mayHaveEnded: false };
    return (await this.keys.check(this.app, new Secret(token), expected)).kind;
  }
}

const unreachable: HttpAnswer = { kind: 'not_sent', cause: 'connect', detail: 'refused' };

test('keys are asked for once, however many tokens come, and again after an hour', async () => {
  const provider = new Publisher();
  const kinds = await Promise.all(Array.from({ length: 20 }, () => provider.check('one')));
  assert.deepEqual(new Set(kinds), new Set(['valid']));
  assert.deepEqual(provider.asked, ['https://tenant.eu.auth0.com/.well-known/jwks.json']);
  await provider.clock.advance(3_599_000);
  await provider.check('one');
  assert.equal(provider.asked.length, 1);
  await provider.clock.advance(2000);
  await provider.check('one');
  assert.equal(provider.asked.length, 2);
});

test('a token with a new key asks for the keys once more, and is good then', async () => {
  const provider = new Publisher();
  await provider.check('one');
  await provider.clock.advance(60_000);
  provider.published = ['one', 'two'];
  assert.equal(await provider.check('two'), 'valid');
  assert.equal(provider.asked.length, 2);
});

test('a key that is changed a moment after the keys were asked for makes no token bad: it is checked later', async () => {
  const provider = new Publisher();
  await provider.check('one');
  provider.published = ['two'];
  await provider.clock.advance(10_000);
  assert.equal(await provider.check('two'), 'unchecked');
  assert.equal(provider.asked.length, 1);
  await provider.clock.advance(21_000);
  assert.equal(await provider.check('two'), 'valid');
});

test('a new key while the provider cannot be asked makes no token bad either', async () => {
  const provider = new Publisher();
  await provider.check('one');
  provider.instead = unreachable;
  await provider.clock.advance(60_000);
  assert.equal(await provider.check('two'), 'unchecked');
});

test('tokens with keys that nobody publishes are refused, and are no stream of requests', async () => {
  const provider = new Publisher();
  await provider.check('one');
  await provider.clock.advance(60_000);
  for (let tries = 0; tries < 50; tries += 1) assert.equal(await provider.check('two'), 'invalid');
  assert.equal(provider.asked.length, 2, 'one more question in half a minute');
  await provider.clock.advance(31_000);
  await provider.check('two');
  assert.equal(provider.asked.length, 3);
});

test('a key that was withdrawn is trusted for an hour at most', async () => {
  const provider = new Publisher();
  await provider.check('one');
  provider.published = ['two'];
  await provider.clock.advance(3_601_000);
  assert.equal(await provider.check('one'), 'invalid');
});

test('without keys a token is neither good nor bad', async () => {
  const provider = new Publisher();
  for (const instead of [
    unreachable,
    answered(503, ''),
    answered(200, 'no json'),
    answered(200, '{"keys":[]}', { complete: false }),
  ]) {
    provider.instead = instead;
    assert.equal(await provider.check('one'), 'unchecked');
    await provider.clock.advance(31_000);
  }
  provider.instead = undefined;
  assert.equal(await provider.check('one'), 'valid', 'and it is asked again');
});

test('while the provider cannot be asked, it is not asked all the time, and what it published before is believed', async () => {
  const provider = new Publisher();
  provider.instead = unreachable;
  for (let tries = 0; tries < 10; tries += 1) await provider.check('one');
  assert.equal(provider.asked.length, 1);
  provider.instead = undefined;
  await provider.clock.advance(31_000);
  await provider.check('one');
  provider.instead = answered(500, '');
  await provider.clock.advance(2 * 3_600_000);
  assert.equal(await provider.check('one'), 'valid');
});

test('published nonsense makes no token good, and a symmetric key is no key', async () => {
  const provider = new Publisher();
  for (const body of [
    'null',
    '[]',
    '{}',
    '{"keys":7}',
    '{"keys":[null,1,"x",{}]}',
    '{"keys":[{"kty":"oct","k":"AAAA","kid":"one"}]}',
  ]) {
    provider.instead = answered(200, body);
    assert.equal(await provider.check('one'), 'invalid', body);
    await provider.clock.advance(3_601_000);
  }
});

test('a provider that publishes no keys has no good tokens, and is not asked', async () => {
  const provider = new Publisher();
  const app = providerApp({ ...plain, idToken: { algorithms: ['RS256'], lifetimeMs: 1 } }, { clientId: 'an-app' });
  const expected = { nonce: undefined, isNonceNeeded: false, subject: undefined, mayHaveEnded: false };
  assert.equal((await provider.keys.check(app, new Secret('a.b.c'), expected)).kind, 'invalid');
  assert.equal(provider.asked.length, 0);
});
