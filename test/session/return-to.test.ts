import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Consent } from '../../src/model/consent-store.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Session } from '../../src/session.ts';
import { dropSignIn, keepSignIn, signInsIn } from '../../src/session/consent-cookies.ts';
import { cookiesOf, storedValue, type CookieRules } from '../../src/session/cookie-jar.ts';
import { parseKeyRing } from '../../src/vault/key-ring.ts';
import { RingVault } from '../../src/vault/vault.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { KEYS, SessionWorld, SITE, type Browser } from './session-world.ts';

/** What a browser keeps of a cookie's name and value (RFC 6265bis, section 5.6). */
const COOKIE_BYTES_MAX = 4096;
const RETURN_BYTES_MAX = 3000;

const RULES: CookieRules = { isSecure: true, sameSite: 'lax', lifetime: 'persistent', bytesMax: 7168 };
const vault = new RingVault(parseKeyRing(new Secret(KEYS), 'keys'), seededRandom('return-to'));
const NOBODY: ReadonlyMap<string, string> = new Map();

function consentOf(returnUrl: string, id = 'cns_0123456789abcdefghjk'): Consent {
  return {
    id,
    state: 'sent',
    returnUrl,
    stateHash: 's'.repeat(43),
    expiresAtMs: 4e12,
    sealed: new Uint8Array(90),
  } as Consent;
}

function lines(consent: Consent, cookies = NOBODY): string[] {
  return keepSignIn({ consent, browserSecret: new Secret('b') }, cookies, { vault, rules: RULES });
}

/** As a browser has them that drops what is too long. */
function cookiesAfter(setCookies: readonly string[]): ReadonlyMap<string, string> {
  const pairs = setCookies.map((line) => line.split('; ')[0] ?? '');
  return cookiesOf(new Headers({ cookie: pairs.filter((pair) => pair.length <= COOKIE_BYTES_MAX).join('; ') }));
}

describe('where a sign-in comes back to', () => {
  it('P31: is kept whole at every size, in lines that browsers keep', () => {
    let most = 0;
    for (let size = 1; size <= 4000; size += 1) {
      const stored = lines(consentOf('a'.repeat(size)));
      for (const line of stored) assert.ok(Buffer.byteLength(line) <= COOKIE_BYTES_MAX, `a line at ${size}`);
      const [kept] = signInsIn(cookiesAfter(stored), { vault, rules: RULES });
      assert.equal(kept?.consent.returnUrl?.length, size);
      most = Math.max(most, stored.length);
    }
    assert.equal(most, 2);
  });

  it('a sign-in of which the browser has lost a part is none, and what there is of it is dropped', () => {
    const consent = consentOf('a'.repeat(3000));
    const [first = '', second = ''] = lines(consent);
    for (const half of [first, second]) assert.deepEqual(signInsIn(cookiesAfter([half]), { vault, rules: RULES }), []);
    const name = first.split('=')[0] ?? '';
    assert.deepEqual(
      [[first], [second], []].map((left) => storedValue(name, cookiesAfter(left))),
      [undefined, undefined, undefined],
    );
    const cleared = dropSignIn(consent, cookiesAfter([first, second, 'other.1=1', 'other=1']), RULES);
    assert.deepEqual(
      cleared.map((line) => line.split('=')[0]),
      [first, second].map((line) => line.split('=')[0]),
    );
    assert.ok(cleared.every((line) => line.includes('Expires=Thu, 01 Jan 1970')));
  });

  it('parts of two sign-ins are not put together', () => {
    const [one, other] = ['0', '1'].map((end) => lines(consentOf('a'.repeat(3000), `cns_0123456789abcdefghj${end}`)));
    const [first = '', second = ''] = [one?.[0], other?.[1]?.replace('j1.1=', 'j0.1=')];
    assert.deepEqual(signInsIn(cookiesAfter([first, second]), { vault, rules: RULES }), []);
  });

  it('more than servers take as a header is refused before anything is set', () => {
    assert.throws(() => lines(consentOf('a'.repeat(6000))), { code: 'too_large', message: /needs \d+ bytes .* 7168/ });
  });
});

describe('an application’s return_to', () => {
  let world: SessionWorld;
  let session: Session;
  let alice: Browser;
  beforeEach(() => {
    world = new SessionWorld();
    session = world.process();
    alice = world.browser();
  });
  afterEach(() => world.close());

  const signInTo = async (path: string): Promise<string | null> => {
    const response = await alice.signIn(session, 'alice', path);
    assert.equal(response.status, 303, `${path.length} characters: ${await response.text()}`);
    return response.headers.get('location');
  };

  it('P31: of any size up to its limit is where the user comes back to', async () => {
    const border = Array.from({ length: 60 }, (_, at) => 2080 + at * 8);
    for (const size of [1, 500, 2000, ...border, 2600, RETURN_BYTES_MAX - 1, RETURN_BYTES_MAX]) {
      const path = `/${'a'.repeat(size - 1)}`;
      assert.equal(await signInTo(path), SITE + path);
      assert.deepEqual(
        [...alice.cookies.keys()].map((name) => name.replace(/[0-9a-z]{8}\.0$/, 'ID.0')),
        ['__Host-kippu-x-ID.0'],
        'nothing of the sign-in is left',
      );
    }
  });

  it('P31: counts as it is sent, percent-encoded', async () => {
    const path = `/search?q=${'あ'.repeat(300)}`;
    assert.equal(await signInTo(path), new URL(path, SITE).href);
    const longer = `/search?q=${'あ'.repeat(Math.ceil(RETURN_BYTES_MAX / 9))}`;
    assert.equal((await alice.ask(session, `/auth/login/x?return_to=${longer}`)).status, 400);
  });

  it('P31: that is longer is refused before the user consents, with its size and the limit, and sets nothing', async () => {
    for (const size of [RETURN_BYTES_MAX + 1, 4000, 8000]) {
      const response = await alice.ask(session, `/auth/login/x?return_to=/${'a'.repeat(size - 1)}`);
      assert.equal(response.status, 400);
      assert.deepEqual(response.headers.getSetCookie(), []);
      assert.match(await response.text(), new RegExp(`return_to is too long: it has ${size} bytes .* keeps 3000`));
    }
    assert.deepEqual(world.sent, []);
  });

  it('of sign-ins that are left never fills the header: the earlier ones are given up', async () => {
    for (let left = 0; left < 12; left += 1) {
      const path = `/${'a'.repeat([2999, 100, 2200][left % 3] ?? 0)}`;
      const page = await alice.depart(session, path);
      assert.ok(alice.header.length <= 7168 + 2, `${alice.header.length} bytes after ${left + 1}`);
      const answer = world.provider.controls.consent(page, { user: 'alice' });
      const response = await alice.copy().comeBack(session, answer);
      assert.equal(response.headers.get('location'), SITE + path, 'the last one goes on');
    }
  });

  it('at the end of a strict site’s sign-in is kept as well', async () => {
    const strict = world.process({ sameSite: 'strict' });
    const response = await alice.signIn(strict, 'alice', `/${'a'.repeat(2900)}`);
    assert.equal(response.headers.get('refresh'), `0; url=${SITE}/${'a'.repeat(2900)}`);
  });
});
