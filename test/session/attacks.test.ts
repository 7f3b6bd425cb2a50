import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import type { Session } from '../../src/app/session/session.ts';
import { Secret } from '../../src/model/secret.ts';
import { KEYS, SessionWorld, SITE, type Browser } from './session-world.ts';

describe('cookie mode under attack', () => {
  let world: SessionWorld;
  let session: Session;
  let alice: Browser;
  let mallory: Browser;
  beforeEach(() => {
    world = new SessionWorld();
    session = world.process();
    alice = world.browser();
    mallory = world.browser();
  });
  afterEach(() => world.close());

  const allow = (page: string, user: string): string => world.provider.controls.consent(page, { user });
  const who = async (browser: Browser): Promise<(string | undefined)[]> =>
    (await session.read(browser.request())).map(({ handle }) => handle);

  it('login CSRF: an answer that an attacker obtained signs nobody else in', async () => {
    const answer = allow(await mallory.depart(session), 'mallory');
    const response = await alice.comeBack(session, answer);
    assert.equal(response.status, 400);
    assert.deepEqual(await who(alice), []);
    assert.equal((await mallory.comeBack(session, answer)).status, 303);
  });

  it('login CSRF over a session that there is: the victim stays who she was', async () => {
    await alice.signIn(session, 'alice');
    await alice.depart(session);
    const answer = allow(await mallory.depart(session), 'mallory');
    assert.equal((await alice.comeBack(session, answer)).status, 400);
    assert.deepEqual(await who(alice), ['alice']);
  });

  it('code injection: a code of another sign-in, brought with one’s own state, is refused', async () => {
    const stolen = new URL(allow(await alice.depart(session), 'alice')).searchParams.get('code') ?? '';
    const own = new URL(allow(await mallory.depart(session), 'mallory'));
    own.searchParams.set('code', stolen);
    const response = await mallory.comeBack(session, own.href);
    assert.equal(response.status, 400);
    assert.deepEqual(await who(mallory), []);
  });

  it('replay of state: the same answer a second time changes nothing', async () => {
    const answer = allow(await alice.depart(session), 'alice');
    await alice.comeBack(session, answer);
    const before = alice.header;
    assert.equal((await alice.comeBack(session, answer)).status, 400);
    assert.equal(alice.header, before);
  });

  it('an answer without state, with an unknown one, or at another provider’s door is refused', async () => {
    const answer = new URL(allow(await alice.depart(session), 'alice'));
    for (const state of [null, '', 'made-up']) {
      const altered = new URL(answer);
      if (state === null) altered.searchParams.delete('state');
      else altered.searchParams.set('state', state);
      assert.equal((await alice.comeBack(session, altered.href)).status, 400);
    }
    const elsewhere = await alice.ask(session, `/auth/callback/github${answer.search}`);
    assert.equal(elsewhere.status, 400);
    assert.deepEqual(await who(alice), []);
  });

  it('an expired sign-in is refused', async () => {
    const answer = allow(await alice.depart(session), 'alice');
    const kept = alice.copy();
    await world.clock.advance(16 * MINUTE_MS);
    assert.equal((await kept.comeBack(session, answer)).status, 400);
  });

  it('a denied consent says so, and leaves who is signed in alone', async () => {
    await alice.signIn(session, 'alice');
    const page = await alice.depart(session);
    const denied = world.provider.controls.consent(page, { user: '', decision: 'deny' });
    const response = await alice.comeBack(session, denied);
    assert.match(await response.text(), /You declined/);
    assert.deepEqual(await who(alice), ['alice']);
  });

  it('session fixation: every sign-in is a new session, and the planted one is over', async () => {
    await mallory.signIn(session, 'mallory');
    const victim = mallory.copy();
    const planted = new Set(mallory.cookies.keys());
    await victim.signIn(session, 'alice');
    assert.deepEqual(await who(victim), ['alice']);
    assert.ok([...victim.cookies.keys()].every((name) => !planted.has(name)));
    await assert.rejects(session.getAccessToken(mallory.request()), { code: 'unauthenticated' });
  });

  it('cookie tossing: what a sibling domain can set (no prefix, another name, another session’s value) is no session', async () => {
    await mallory.signIn(session, 'mallory');
    await alice.signIn(session, 'alice');
    const tossed = alice.copy();
    for (const [name, value] of mallory.cookies) {
      tossed.cookies.set(name.replace('__Host-', ''), value);
      const [ownName = ''] = [...alice.cookies.keys()];
      const forged = mallory.copy();
      forged.cookies.clear();
      forged.cookies.set(ownName, value);
      assert.deepEqual(await who(forged), []);
    }
    assert.deepEqual(await who(tossed), ['alice']);
  });

  it('an altered cookie is no session, at every byte of it', async () => {
    await alice.signIn(session, 'alice');
    const [name, value] = [...alice.cookies][0] ?? ['', ''];
    assert.ok(value.length > 100);
    for (let at = 0; at < value.length; at += 7) {
      const forged = alice.copy();
      const other = value[at] === 'A' ? 'B' : 'A';
      forged.cookies.set(name, value.slice(0, at) + other + value.slice(at + 1));
      assert.deepEqual(await who(forged), [], `byte ${at}`);
    }
  });

  it('open redirects: return_to takes this site’s paths and nothing else', async () => {
    const evil = 'https://evil.example';
    for (const path of [
      evil,
      '//evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      'javascript:alert(1)',
      'evil',
      '\\/evil',
    ])
      assert.equal((await alice.ask(session, `/auth/login/x?return_to=${encodeURIComponent(path)}`)).status, 400, path);
    const response = await alice.signIn(session, 'alice', '/account?tab=1#top');
    assert.equal(response.headers.get('location'), `${SITE}/account?tab=1#top`);
  });

  it('CSRF: another site’s page, and a sibling domain’s, can neither sign out nor use the token', async () => {
    await alice.signIn(session, 'alice');
    const attacks = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: SITE, 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of attacks) {
      const response = await alice.ask(session, '/auth/logout', { method: 'POST', headers });
      assert.equal(response.status, 403);
      const post = alice.request('/post', { method: 'POST', headers });
      await assert.rejects(session.getAccessToken(post), { code: 'forbidden' });
    }
    assert.equal((await alice.ask(session, '/auth/logout')).status, 405);
    assert.deepEqual(await who(alice), ['alice']);
    const own = { origin: SITE, 'sec-fetch-site': 'same-origin' };
    assert.ok((await session.getAccessToken(alice.request('/post', { method: 'POST', headers: own }))).accessToken);
    assert.equal((await alice.ask(session, '/auth/logout', { method: 'POST', headers: own })).status, 303);
    assert.deepEqual([...alice.cookies], []);
  });

  it('a signed-out session is over everywhere: a copy of its cookie gets nothing', async () => {
    await alice.signIn(session, 'alice');
    const copy = alice.copy();
    await alice.ask(session, '/auth/logout', { method: 'POST' });
    await assert.rejects(session.getAccessToken(copy.request()), { code: 'unauthenticated' });
  });

  it('sign-out and another user’s sign-in while a renewal is in flight: the late answer brings nobody back', async () => {
    await alice.signIn(session, 'alice');
    await world.clock.advance(2 * HOUR_MS);
    world.provider.delayNextAnswer('10s');
    const late = session.getAccessToken(alice.request());
    late.catch(() => undefined);
    await world.clock.advance(1000);
    await alice.ask(session, '/auth/logout', { method: 'POST' });
    await alice.signIn(session, 'bob');
    await assert.rejects(world.settle(late), { code: 'unauthenticated' });
    assert.deepEqual(await who(alice), ['bob']);
    await world.clock.advance(MINUTE_MS);
    assert.equal(world.provider.isGrantAlive('alice'), false);
    assert.ok(world.provider.knowsAsGood(await alice.use(session)));
  });

  it('a response that was made before the sign-out and arrives after another’s sign-in takes nothing from him', async () => {
    await alice.signIn(session, 'alice');
    await world.clock.advance(2 * HOUR_MS);
    const { setCookies } = await world.settle(session.getAccessToken(alice.request()));
    await alice.ask(session, '/auth/logout', { method: 'POST' });
    await alice.signIn(session, 'bob');
    alice.store(setCookies);
    const { handle } = await session.getAccessToken(alice.request());
    assert.equal(handle, 'bob');
  });

  it('the token never goes to another host, and the API’s cookies never to the browser', async () => {
    await alice.signIn(session, 'alice');
    await assert.rejects(session.fetch(alice.request(), 'https://evil.example/2/users/me'), { code: 'invalid' });
    const me = await session.fetch(alice.request(), '/2/users/me');
    assert.equal(me.status, 200);
    assert.deepEqual(me.headers.getSetCookie(), []);
  });

  it('a cookie of another application, with another key ring or another provider app, is no session', async () => {
    await alice.signIn(session, 'alice');
    const strangers = world.process({ keys: `k1:${Buffer.alloc(32, 9).toString('base64')}`, ledger: 'memory' });
    assert.deepEqual(await strangers.read(alice.request()), []);
    const rotated = world.process({ keys: `k2:${Buffer.alloc(32, 9).toString('base64')},${KEYS}` });
    const { setCookies } = await rotated.getAccessToken(alice.request());
    alice.store(setCookies);
    const onlyNew = world.process({ keys: `k2:${Buffer.alloc(32, 9).toString('base64')}`, ledger: 'memory' });
    assert.deepEqual(
      (await onlyNew.read(alice.request())).map(({ handle }) => handle),
      ['alice'],
    );
  });

  it('no page, no header and no JSON shows a token or the client secret', async () => {
    await alice.signIn(session, 'alice');
    const token = await alice.use(session);
    const response = await alice.ask(session, '/auth/session');
    const text = await response.text();
    assert.match(text, /"handle":"alice"/);
    assert.ok(!text.includes(token));
    assert.ok(!alice.header.includes(token));
    const wrong = await alice.ask(session, '/auth/callback/x?code=canary-code&state=canary-state');
    assert.ok(!/canary/.test(await wrong.text()));
    assert.equal(String(new Secret(token)), '[secret]');
  });
});
