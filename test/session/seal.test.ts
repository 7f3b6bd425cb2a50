import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newId, type ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import type { TokenSet } from '../../src/model/token-set.ts';
import { CookieSeal, sameNonce, writeSession, type SignedIn } from '../../src/session/signed-in.ts';
import { readEnvelope } from '../../src/vault/envelope.ts';
import { createFingerprinter, generateFingerprintKey } from '../../src/vault/fingerprints.ts';
import { parseKeyRing } from '../../src/vault/key-ring.ts';
import { RingVault } from '../../src/vault/vault.ts';
import { seededRandom } from '../support/seeded-random.ts';

const random = seededRandom('seals');
const KEY = Buffer.alloc(32, 3).toString('base64');
const fingerprinter = createFingerprinter(generateFingerprintKey(random));

/** As another process with this ring and the same ledger makes it. */
function sealer(ring = `k1:${KEY}`): CookieSeal {
  const keys = parseKeyRing(new Secret(ring), 'keys');
  const vaultFor = (content: Secret): RingVault => new RingVault(keys, sameNonce(fingerprinter, content));
  return new CookieSeal(new RingVault(keys, random), vaultFor);
}

const id = newId('con', random);
const BASE = '__Host-kippu-x-01234567';

const TOKENS: TokenSet = {
  accessToken: new Secret('access'),
  tokenType: 'bearer',
  refreshToken: new Secret('refresh'),
  idToken: undefined,
  accessExpiresAtMs: 2,
  refreshExpiresAtMs: undefined,
  scopes: undefined,
  raw: new Secret('{}'),
};

function session(more: Partial<SignedIn> = {}): SignedIn {
  return {
    id,
    provider: 'x',
    appId: 'app' as SignedIn['appId'],
    subject: '1',
    handle: 'alice',
    scopes: [],
    signedInAtMs: 1,
    version: 1,
    accessIssuedAtMs: 1,
    accessExpiresAtMs: 2,
    refreshAbsoluteEndsAtMs: undefined,
    refreshIdleEndsAtMs: undefined,
    tokens: TOKENS,
    ...more,
  };
}

describe('the seal of a cookie', () => {
  it('makes the same bytes of the same session, in every process', () => {
    assert.deepEqual(sealer().seal(BASE, session()), sealer().seal(BASE, session()));
  });

  it('never uses a nonce for two contents, places or keys', () => {
    const other = newId('con', random);
    const seals = [
      sealer().seal(BASE, session()),
      sealer().seal(BASE, session({ version: 2 })),
      sealer().seal(BASE, session({ tokens: { ...TOKENS, accessToken: new Secret('another') } })),
      sealer().seal(BASE, session({ id: other })),
      sealer().seal(`${BASE}x`, session()),
      // The same key by another name: what is authenticated differs, and so must the nonce.
      sealer(`k2:${KEY}`).seal(BASE, session()),
    ];
    const nonces = seals.map(({ sealed }) => {
      const reading = readEnvelope(sealed);
      assert.ok(reading.kind === 'envelope');
      return Buffer.from(reading.envelope.nonce).toString('hex');
    });
    assert.equal(new Set(nonces).size, seals.length);
  });

  it('opens for its own session, name and place alone', () => {
    const group = sealer().seal(BASE, session());
    assert.equal(sealer().open(group).session.handle, 'alice');
    const moved = [
      { ...group, id: newId('con', random) },
      { ...group, id: `${id.slice(0, -1)}z` as ConnectionId },
      { ...group, base: `${BASE}x` },
    ];
    for (const each of moved) assert.throws(() => sealer().open(each), { code: 'unreadable' });
    const vault = new RingVault(parseKeyRing(new Secret(`k1:${KEY}`), 'keys'), random);
    const elsewhere = { table: 'consents', rowId: id, providerAppId: '', owner: BASE, generation: id } as const;
    const sealed = vault.seal(elsewhere, writeSession(session()));
    assert.throws(() => sealer().open({ ...group, sealed }), { code: 'unreadable' });
  });
});
