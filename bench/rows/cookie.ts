import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Bench } from '../measure/bench.ts';
import { rateFigure, ratioFigure, takeTurns } from '../measure/rounds.ts';
import type { Row } from '../measure/row.ts';
import { peer } from '../world/peers.ts';
import { moduleOf } from '../world/installed.ts';

const BYTES = 2048;
const DAY_MS = 86_400_000;

export const cookie: Row = {
  id: 'cookie',
  work: 'cookie seal + open, 2 kB',
  wants: [{ figure: 'to raw AES-256-GCM', unit: 'ratio', target: { kind: 'at_least', value: 0.5 } }],
  costs: 'about 20 s',
  async measure(bench) {
    const rates = await takeTurns([
      { name: 'Kippu', work: await kippuWork(bench, { hasLedger: true }) },
      { name: 'baseline: raw AES-256-GCM by node:crypto', work: rawWork() },
      { name: 'Kippu, without renewals', work: await kippuWork(bench, { hasLedger: false }) },
      { name: 'iron-session', work: await ironWork() },
      { name: 'jose, dir with A256GCM', work: await joseWork() },
    ]);
    const [ours, baseline] = rates;
    return { figures: [ratioFigure('to raw AES-256-GCM', [ours, baseline]), ...rates.map(rateFigure)] };
  },
};

/** From a session to the lines that set its cookies, and from the browser's header back to the session. */
async function kippuWork(
  bench: Bench,
  { hasLedger }: { readonly hasLedger: boolean },
): Promise<(count: number) => number> {
  const { CookieSeal, sameNonce } = await moduleOf(bench.installed, 'signedIn');
  const { cookiesOf, baseName, groupsIn, storeLines } = await moduleOf(bench.installed, 'cookieJar');
  const { RingVault } = await moduleOf(bench.installed, 'vault');
  const { generateKey, parseKeyRing } = await moduleOf(bench.installed, 'keyRing');
  const { newId } = await moduleOf(bench.installed, 'ids');
  const { Secret } = await moduleOf(bench.installed, 'secret');
  const { SYSTEM } = await moduleOf(bench.installed, 'world');
  const { createFingerprinter, generateFingerprintKey } = await moduleOf(bench.installed, 'fingerprints');
  const ring = parseKeyRing(generateKey(SYSTEM.random, 'k1'), 'the bench');
  const vault = new RingVault(ring, SYSTEM.random);
  const fingerprinter = createFingerprinter(generateFingerprintKey(SYSTEM.random));
  // As a session is opened: with a ledger, the same session is sealed to the same bytes.
  const seal = new CookieSeal(vault, (content) =>
    hasLedger ? new RingVault(ring, sameNonce(fingerprinter, content)) : vault,
  );
  const rules = { isSecure: true, sameSite: 'lax', lifetime: 'persistent', bytesMax: 7168 } as const;
  const id = newId('con', SYSTEM.random);
  const base = baseName('auth0', id, rules);
  const session = {
    ...{ id, provider: 'auth0', appId: 'app' as never, subject: 'auth0|1', handle: 'alice', scopes: ['openid'] },
    ...{ signedInAtMs: 0, version: 1, accessIssuedAtMs: Date.now(), accessExpiresAtMs: Date.now() + DAY_MS },
    ...{ refreshAbsoluteEndsAtMs: undefined, refreshIdleEndsAtMs: undefined },
    tokens: {
      accessToken: new Secret(randomText(BYTES * 0.7)),
      refreshToken: new Secret(randomText(BYTES * 0.1)),
      ...{ tokenType: 'bearer', idToken: undefined, accessExpiresAtMs: Date.now() + DAY_MS },
      ...{ refreshExpiresAtMs: undefined, scopes: ['openid'], raw: new Secret('') },
    },
  };
  const empty = new Map<string, string>();
  return (count) => {
    for (let done = 0; done < count; done += 1) {
      const group = seal.seal(base, session);
      const lines = storeLines(group, { cookies: empty, endsAtMs: Date.now() + DAY_MS }, rules);
      const header = lines.map((line) => line.slice(0, line.indexOf(';'))).join('; ');
      const [found] = groupsIn(cookiesOf(new Headers({ cookie: header })), rules);
      if (found === undefined || seal.open(found).session.handle !== 'alice') throw new Error('It does not open.');
    }
    return count;
  };
}

/** As many bytes as a cookie of this size holds, with a nonce for each, and nothing around it. */
function rawWork(): (count: number) => number {
  const key = randomBytes(32);
  const content = randomText(BYTES);
  return (count) => {
    for (let done = 0; done < count; done += 1) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([nonce, cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
      decipher.setAuthTag(sealed.subarray(-16));
      const text = decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
      if (text.length !== content.length) throw new Error('It does not open.');
    }
    return count;
  };
}

interface Iron {
  sealData: (data: object, options: object) => Promise<string>;
  unsealData: (seal: string, options: object) => Promise<{ readonly tokens?: string }>;
}

/** As its documentation has it: a password of 32 characters, from which it derives the keys of every seal. */
async function ironWork(): Promise<(count: number) => Promise<number>> {
  const { sealData, unsealData } = await peer<Iron>('iron-session');
  const options = { password: randomText(32), ttl: 86_400 };
  const data = { tokens: randomText(BYTES) };
  return async (count) => {
    for (let done = 0; done < count; done += 1) {
      const opened = await unsealData(await sealData(data, options), options);
      if (opened.tokens !== data.tokens) throw new Error('It does not open.');
    }
    return count;
  };
}

interface Jose {
  EncryptJWT: new (payload: object) => EncryptJwt;
  jwtDecrypt: (jwt: string, key: unknown) => Promise<{ readonly payload: { readonly tokens?: unknown } }>;
}
interface EncryptJwt {
  setProtectedHeader(header: object): EncryptJwt;
  setExpirationTime(time: string): EncryptJwt;
  encrypt(key: unknown): Promise<string>;
}

/** A JWT with the key given directly, which is the quickest of its ways. */
async function joseWork(): Promise<(count: number) => Promise<number>> {
  const { EncryptJWT, jwtDecrypt } = await peer<Jose>('jose');
  const key = await crypto.subtle.importKey('raw', randomBytes(32), 'AES-GCM', false, ['encrypt', 'decrypt']);
  const data = { tokens: randomText(BYTES) };
  return async (count) => {
    for (let done = 0; done < count; done += 1) {
      const jwt = new EncryptJWT(data).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).setExpirationTime('1d');
      const { payload } = await jwtDecrypt(await jwt.encrypt(key), key);
      if (payload.tokens !== data.tokens) throw new Error('It does not open.');
    }
    return count;
  };
}

function randomText(chars: number): string {
  return randomBytes(chars).toString('base64url').slice(0, Math.round(chars));
}
