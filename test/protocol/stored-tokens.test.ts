import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import type { TokenSet } from '../../src/model/token-set.ts';
import { bindingOf, readTokens, sealTokens, writeTokens, type TokenHome } from '../../src/protocol/stored-tokens.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createFingerprinter, generateFingerprintKey } from '../../src/vault/fingerprints.ts';
import { generateKey, parseKeyRing } from '../../src/vault/key-ring.ts';
import { RingVault } from '../../src/vault/vault.ts';
import { idling, plain, withRefresh } from '../support/made-up-providers.ts';
import { seededRandom } from '../support/seeded-random.ts';

const random = seededRandom();
const vault = new RingVault(parseKeyRing(generateKey(random, 'k'), 'test'), random);
const ports = { vault, fingerprinter: createFingerprinter(generateFingerprintKey(random)), random };

const tokens: TokenSet = {
  accessToken: new Secret('access'),
  tokenType: 'bearer',
  refreshToken: new Secret('refresh'),
  idToken: undefined,
  accessExpiresAtMs: 5000,
  refreshExpiresAtMs: undefined,
  scopes: ['read'],
  raw: new Secret('{"\\"é\\ud800": 1}'),
};

function homeIn(provider: Provider, more: Partial<TokenHome> = {}): TokenHome {
  const app = providerApp(provider, { clientId: 'c' });
  return {
    connectionId: 'con_1' as ConnectionId,
    owner: 'o',
    app,
    restsOn: 'consent',
    keptRefreshToken: undefined,
    grantedAtMs: 1000,
    nowMs: 2000,
    dueAtMs: undefined,
    ...more,
  };
}

test('what is sealed opens as it was, raw answer included', () => {
  const home = homeIn(plain);
  const sealed = sealTokens(tokens, home, ports);
  const opened = readTokens(vault.open(bindingOf(home, sealed.generation), sealed.sealed));
  assert.deepEqual(JSON.parse(writeTokens(opened).reveal()), JSON.parse(writeTokens(tokens).reveal()));
});

test('a key that tokens are bound to is sealed with them, and inherited; what was stored before has none', () => {
  const proofKey = new Secret('{"kty":"EC"}');
  const home = homeIn(plain, { proofKey });
  const sealed = sealTokens(tokens, home, ports);
  const opened = readTokens(vault.open(bindingOf(home, sealed.generation), sealed.sealed));
  assert.equal(opened.proofKey?.reveal(), proofKey.reveal());
  const older = { access_token: 'a', token_type: 'bearer', refresh_token: 'r', raw: '{}' };
  const read = readTokens(new Secret(JSON.stringify(older)));
  assert.deepEqual([read.proofKey, read.refreshToken?.reveal()], [undefined, 'r']);
});

test('what is sealed for one connection, owner, app or generation does not open for another', () => {
  const home = homeIn(plain);
  const { sealed, generation } = sealTokens(tokens, home, ports);
  for (const other of [
    homeIn(plain, { connectionId: 'con_2' as ConnectionId }),
    homeIn(plain, { owner: 'p' }),
    homeIn({ ...plain, id: 'other' }),
  ]) {
    assert.throws(() => vault.open(bindingOf(other, generation), sealed), /does not open/);
  }
  assert.throws(() => vault.open(bindingOf(home, 'another'), sealed), /does not open/);
});

test('an answer without a refresh token keeps the old one on a renewal, and has none after a consent', () => {
  const without = { ...tokens, refreshToken: undefined };
  const kept = sealTokens(without, homeIn(plain, { keptRefreshToken: new Secret('refresh') }), ports);
  assert.equal(kept.refreshFingerprint, ports.fingerprinter.fingerprint(new Secret('refresh')));
  const none = sealTokens(without, homeIn(withRefresh({ absoluteMs: 100, idleMs: 100 })), ports);
  assert.deepEqual(
    [none.refreshFingerprint, none.refreshAbsoluteEndsAtMs, none.refreshIdleEndsAtMs],
    [undefined, undefined, undefined],
  );
});

for (const [says, provider, refreshExpiresAtMs, absolute, idle] of [
  [
    'the catalogue’s absolute end counts from the consent',
    withRefresh({ absoluteMs: 500 }),
    undefined,
    1500,
    undefined,
  ],
  ['the answer’s end goes before the catalogue’s', withRefresh({ absoluteMs: 500 }), 9000, 9000, undefined],
  ['the catalogue’s idle end counts from now', withRefresh({ idleMs: 500 }), undefined, undefined, 2500],
  ['the answer’s end is the idle one where the provider has one', withRefresh({ idleMs: 500 }), 9000, undefined, 9000],
  ['absolute and idle ends are kept apart', withRefresh({ absoluteMs: 500, idleMs: 300 }), undefined, 1500, 2300],
  ['an answer’s end beside both is the idle one', withRefresh({ absoluteMs: 500, idleMs: 300 }), 9000, 1500, 9000],
  ['where nobody knows an end there is none', plain, undefined, undefined, undefined],
] as const) {
  test(says, () => {
    const sealed = sealTokens({ ...tokens, refreshExpiresAtMs }, homeIn(provider), ports);
    assert.deepEqual([sealed.refreshAbsoluteEndsAtMs, sealed.refreshIdleEndsAtMs], [absolute, idle]);
  });
}

test('each seal has a generation of its own', () => {
  assert.notEqual(
    sealTokens(tokens, homeIn(idling), ports).generation,
    sealTokens(tokens, homeIn(idling), ports).generation,
  );
});
