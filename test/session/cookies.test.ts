import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS } from '../../src/model/clock.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { baseName, cookiesOf, groupsIn, storeLines, type CookieRules } from '../../src/session/cookie-jar.ts';
import { createSession, type Session } from '../../src/session.ts';
import { KEYS, SessionWorld, SITE, type Browser } from './session-world.ts';

const RULES: CookieRules = { isSecure: true, sameSite: 'lax', lifetime: 'persistent', bytesMax: 60_000 };
const ID = 'con_0123456789abcdefghjk' as ConnectionId;
const base = baseName('x', ID, RULES);
const none = { cookies: new Map<string, string>(), endsAtMs: Date.parse('2027-01-01T00:00:00Z') };

function headerOf(lines: readonly string[]): Headers {
  return new Headers({ cookie: lines.map((line) => line.split('; ')[0]).join('; ') });
}

describe('cookies of a session', () => {
  it('P31: come back as they were stored, in lines that no browser drops, at every size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 24_000, size: 'max' }), (sealed) => {
        const lines = storeLines({ base, provider: 'x', id: ID, sealed }, none, RULES);
        assert.ok(lines.every((line) => Buffer.byteLength(line) <= 4096));
        const [group] = groupsIn(cookiesOf(headerOf(lines)), RULES);
        assert.deepEqual(Buffer.from(group?.sealed ?? []), Buffer.from(sealed));
      }),
      { numRuns: 60 },
    );
  });

  it('P31: more than the limit is an error with words, and not a cookie that is dropped without one', () => {
    const sealed = new Uint8Array(9000);
    assert.throws(() => storeLines({ base, provider: 'x', id: ID, sealed }, none, { ...RULES, bytesMax: 7168 }), {
      code: 'too_large',
      where: 'maxCookieBytes',
    });
  });

  it('a shorter session clears the longer one’s last chunks, and only those', () => {
    const long = storeLines({ base, provider: 'x', id: ID, sealed: new Uint8Array(8000) }, none, RULES);
    const cookies = cookiesOf(headerOf([...long, 'other=1', `${base.slice(0, -1)}z.2=1`]));
    const lines = storeLines({ base, provider: 'x', id: ID, sealed: new Uint8Array(10) }, { ...none, cookies }, RULES);
    const cleared = lines.filter((line) => line.includes('Expires=Thu, 01 Jan 1970')).map((line) => line.split('=')[0]);
    assert.deepEqual(
      cleared,
      long.slice(1).map((line) => line.split('=')[0]),
    );
    assert.ok(cleared.length >= 2);
  });

  it('more chunks than one digit numbers are too many, whatever the limit in bytes', () => {
    const sealed = new Uint8Array(30_000);
    assert.throws(() => storeLines({ base, provider: 'x', id: ID, sealed }, none, RULES), { code: 'too_large' });
  });

  it('of two cookies with one name the first counts, which browsers send for the longer path', () => {
    const cookies = cookiesOf(new Headers({ cookie: 'a=1; b=2; a=3; c; d=' }));
    assert.deepEqual(
      [...cookies],
      [
        ['a', '1'],
        ['b', '2'],
        ['d', ''],
      ],
    );
  });

  it('a session of which the browser dropped a chunk is none', () => {
    const lines = storeLines({ base, provider: 'x', id: ID, sealed: new Uint8Array(8000) }, none, RULES);
    for (const missing of lines.keys())
      assert.deepEqual(groupsIn(cookiesOf(headerOf(lines.filter((_, at) => at !== missing))), RULES), []);
  });
});

describe('cookies of an application', () => {
  let world: SessionWorld;
  beforeEach(() => {
    world = new SessionWorld();
  });
  afterEach(() => world.close());

  it('have the prefix, Secure, HttpOnly, SameSite, the whole path, no domain, and end with the grant', async () => {
    const response = await world.browser().signIn(world.process());
    const stored = response.headers.getSetCookie().find((line) => line.startsWith('__Host-kippu-x-')) ?? '';
    const [, ...attributes] = stored.split('; ');
    assert.deepEqual(attributes.slice(0, 4), ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Secure']);
    const endsAtMs = Date.parse(attributes[4]?.slice('Expires='.length) ?? '');
    assert.equal(Math.round((endsAtMs - world.clock.nowMs()) / DAY_MS), 180);
    assert.equal(attributes.length, 5);
  });

  it('end with the browser, and are strict, where that is chosen; the way back is a page then', async () => {
    const browser = world.browser();
    const session = world.process({ lifetime: 'browser', sameSite: 'strict' });
    const away = await browser.ask(session, '/auth/login/x');
    // The way back begins at another site.
    assert.match(away.headers.getSetCookie().join(), /^__Host-kippu-login-.*; SameSite=Lax; Secure; Expires=/);
    const response = await browser.signIn(session, 'alice', '/in');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('refresh'), `0; url=${SITE}/in`);
    const stored = response.headers.getSetCookie().find((line) => line.startsWith('__Host-kippu-x-')) ?? '';
    assert.match(stored, /; SameSite=Strict; Secure$/);
  });

  it('hold no refresh token in access-token mode: it asks for none, needs no ledger, and ends with its token', async () => {
    const browser = world.browser();
    const session = world.process({ renewal: false, ledger: undefined });
    const page = await browser.depart(session);
    assert.ok(!(new URL(page).searchParams.get('scope') ?? '').includes('offline.access'));
    await browser.comeBack(session, world.provider.controls.consent(page, { user: 'alice' }));
    const token = await browser.use(session);
    assert.ok(world.provider.knowsAsGood(token));
    const kept = browser.copy();
    await world.clock.advance(2 * HOUR_MS);
    await assert.rejects(session.getAccessToken(kept.request()), { code: 'reauth_required' });
    assert.equal(world.renewals, 0);
  });

  it('keep two providers’ and two tabs’ sign-ins apart', async () => {
    const browser = world.browser();
    const session = world.process();
    const [one, other] = [await browser.depart(session, '/one'), await browser.depart(session, '/other')];
    const first = await browser.comeBack(session, world.provider.controls.consent(one, { user: 'alice' }));
    const second = await browser.comeBack(session, world.provider.controls.consent(other, { user: 'alice' }));
    assert.deepEqual(
      [first, second].map((response) => response.headers.get('location')),
      [`${SITE}/one`, `${SITE}/other`],
    );
    assert.equal((await session.read(browser.request())).length, 1);
  });

  it('P31: a sign-in that fits into no cookies says so, gives its tokens back, and leaves the session that is there', async () => {
    const browser = world.browser();
    const session = world.process();
    await browser.signIn(session, 'alice');
    const before = browser.header;
    const small = world.process({ maxCookieBytes: 500 });
    const response = await browser.signIn(small, 'bob');
    assert.equal(response.status, 400);
    assert.match(await response.text(), /maxCookieBytes/);
    assert.deepEqual(
      ['alice', 'bob'].map((user) => world.provider.isGrantAlive(user)),
      [true, false],
    );
    assert.ok(browser.header.includes(before));
    assert.equal((await session.getAccessToken(browser.request())).handle, 'alice');
  });

  it('a configuration that cannot be right is refused with the words for it', async () => {
    const good = { publicUrl: SITE, keys: KEYS, providers: [world.app], ledger: 'memory' } as const;
    const request = new Request(SITE);
    const cases = [
      [{ publicUrl: 'http://app.example' }, { code: 'invalid', where: 'publicUrl' }],
      [{ publicUrl: 'https://app.example/path' }, { code: 'invalid', where: 'publicUrl' }],
      [{ keys: undefined }, { code: 'wrong_key_ring', where: 'keys' }],
      [{ keys: 'k1:short' }, { code: 'invalid', where: 'keys' }],
      [{ ledger: undefined }, { code: 'invalid', where: 'ledger' }],
    ] as const;
    for (const [wrong, error] of cases) {
      const session = createSession({ ...good, ...wrong });
      await assert.rejects(session.getAccessToken(request), error);
      await session.close();
    }
  });

  it('a ring that turns over keeps everybody signed in, and the ledger does not need the old key any more', async () => {
    const [old, fresh] = [KEYS, `k2:${Buffer.alloc(32, 8).toString('base64')}`];
    const browser = world.browser();
    const first = world.process({ keys: old });
    const idle = await signedIn(first, 'bob');
    await browser.signIn(first);
    await world.clock.advance(2 * HOUR_MS);
    // Its result is in the ledger, and its browser never has it.
    await world.settle(first.getAccessToken(browser.request()));
    const both = world.process({ keys: `${old},${fresh}` });
    await first.close();
    const turned = world.process({ keys: `${fresh},${old}` });
    assert.ok(world.provider.knowsAsGood(await browser.use(turned)));
    await both.close();
    await turned.close();
    const last = world.process({ keys: fresh });
    assert.ok(world.provider.knowsAsGood(await browser.use(last)));
    await world.clock.advance(2 * HOUR_MS);
    assert.ok(world.provider.knowsAsGood(await browser.use(last)));
    assert.equal(world.renewals, 2);
    assert.deepEqual(await last.read(idle.request()), [], 'whoever did not come meanwhile signs in again');
  });

  async function signedIn(session: Session, user: string): Promise<Browser> {
    const browser = world.browser();
    await browser.signIn(session, user);
    return browser;
  }
});
