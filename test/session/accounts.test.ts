import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Session } from '../../src/app/session/session.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { Secret } from '../../src/model/secret.ts';
import { githubData } from '../../src/providers/data/github.ts';
import { xData } from '../../src/providers/data/x.ts';
import { providerApp } from '../../src/providers/provider-app.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { SessionWorld, type Browser } from './session-world.ts';

describe('a browser with accounts at two providers', () => {
  let world: SessionWorld;
  let session: Session;
  let alice: Browser;
  beforeEach(async () => {
    world = new SessionWorld();
    const other = providerApp({ ...xData, id: 'y', name: 'Y' }, { clientId: 'other', clientSecret: new Secret('s') });
    session = world.process({ providers: [world.app, other] });
    alice = world.browser();
    await signIn('x', 'alice');
    await world.clock.advance(MINUTE_MS);
    await signIn('y', 'ally');
  });
  afterEach(() => world.close());

  async function signIn(provider: string, user: string): Promise<void> {
    const { headers } = await alice.ask(session, `/auth/login/${provider}`);
    await alice.comeBack(session, world.provider.controls.consent(headers.get('location') ?? '', { user }));
  }
  const handles = async (): Promise<(string | undefined)[]> =>
    (await session.read(alice.request())).map(({ handle }) => handle);
  const handleAt = async (provider?: string): Promise<string | undefined> =>
    (await world.settle(session.getAccessToken(alice.request(), { provider }))).handle;

  it('is signed in at both, and at the later one where none is named', async () => {
    assert.deepEqual(await handles(), ['ally', 'alice']);
    assert.deepEqual([await handleAt(), await handleAt('x'), await handleAt('y')], ['ally', 'alice', 'ally']);
    const me = await session.fetch(alice.request(), '/2/users/me', {}, { provider: 'x' });
    assert.match(await me.text(), /"username":"alice"/);
    await signIn('x', 'bob');
    assert.deepEqual([await handles(), await handleAt()], [['bob', 'ally'], 'bob']);
  });

  it('renews each on its own', async () => {
    await world.clock.advance(2 * HOUR_MS);
    for (const provider of ['x', 'y']) await alice.use(session, { provider });
    assert.deepEqual([world.renewals, world.presentedTwice], [2, 0]);
    assert.deepEqual(await handles(), ['ally', 'alice']);
  });

  it('signs out of one, or of all', async () => {
    await alice.ask(session, '/auth/logout/y', { method: 'POST' });
    assert.deepEqual(await handles(), ['alice']);
    await assert.rejects(session.getAccessToken(alice.request(), { provider: 'y' }), { code: 'unauthenticated' });
    await signIn('y', 'ally');
    await alice.ask(session, '/auth/logout', { method: 'POST' });
    assert.deepEqual([await handles(), alice.header], [[], '']);
  });

  it('is not signed in with the cookie of an app that is not configured any more', async () => {
    const moved = providerApp(xData, { clientId: 'another', clientSecret: new Secret('s') });
    const elsewhere = world.process({ providers: [moved] });
    assert.deepEqual(await elsewhere.read(alice.request()), []);
    await assert.rejects(elsewhere.getAccessToken(alice.request()), { code: 'unauthenticated' });
  });

  it('brings a sign-in’s answer to the right door: another one’s is refused, also when it was taken before', async () => {
    const { headers } = await alice.ask(session, '/auth/login/x');
    const answer = new URL(world.provider.controls.consent(headers.get('location') ?? '', { user: 'bob' }));
    const atOther = `/auth/callback/y${answer.search}`;
    assert.equal((await alice.copy().ask(session, atOther)).status, 400);
    await alice.comeBack(session, answer.href);
    assert.equal((await alice.ask(session, atOther)).status, 400);
  });
});

describe('what an application asks of a session', () => {
  let world: SessionWorld;
  let session: Session;
  let alice: Browser;
  beforeEach(async () => {
    world = new SessionWorld();
    session = world.process();
    alice = world.browser();
    await alice.signIn(session);
  });
  afterEach(() => world.close());

  it('minTtl is in seconds, and a token that lives as long is not renewed', async () => {
    await world.clock.advance(HOUR_MS);
    await alice.use(session, { minTtl: 30 * 60 });
    assert.equal(world.renewals, 0);
    await world.clock.advance(45 * MINUTE_MS);
    await alice.use(session, { minTtl: 30 * 60 });
    assert.equal(world.renewals, 1);
  });

  it('who comes with the cookie before gets the newer token, also while his own still lives', async () => {
    await world.clock.advance(10 * MINUTE_MS);
    const refused = await alice.use(session);
    const renewed = await world.settle(session.getAccessToken(alice.request(), { refused }));
    const other = await world.settle(session.getAccessToken(alice.request()));
    assert.deepEqual([other.accessToken, other.setCookies], [renewed.accessToken, renewed.setCookies]);
    assert.notEqual(other.accessToken, refused);
  });

  it('fetch: a 401 is answered with another token, once, and the response brings its cookies', async () => {
    await world.clock.advance(10 * MINUTE_MS);
    const before = await alice.use(session);
    world.provider.order({ endpoint: 'me', fault: 'status', status: 401 });
    const me = await world.settle(session.fetch(alice.request(), '/2/users/me'));
    assert.equal(me.status, 200);
    assert.equal(world.renewals, 1);
    assert.ok(me.headers.getSetCookie().length > 0);
    alice.store(me.headers.getSetCookie());
    assert.notEqual(await alice.use(session), before);
    assert.equal(world.renewals, 1);
  });

  it('read renews nothing, whatever is over', async () => {
    await world.clock.advance(3 * HOUR_MS);
    const [user] = await session.read(alice.request());
    assert.equal(user?.handle, 'alice');
    assert.ok((user.accessExpiresAt ?? 0) < world.clock.nowMs());
    const response = await alice.ask(session, '/auth/session');
    assert.equal(response.status, 200);
    assert.equal(world.renewals, 0);
  });

  it('whoever gives up waiting is let go, and the renewal goes on without him', async () => {
    await world.clock.advance(2 * HOUR_MS);
    world.provider.delayNextAnswer('20s');
    const leaving = new AbortController();
    const given = session.getAccessToken(alice.request(), { signal: leaving.signal });
    given.catch(() => undefined);
    await world.clock.advance(SECOND_MS);
    const atMs = world.clock.nowMs();
    leaving.abort();
    await assert.rejects(world.settle(given), { code: 'uncertain' });
    assert.ok(world.clock.nowMs() - atMs < 2 * SECOND_MS);
    assert.ok(world.provider.knowsAsGood(await alice.use(session)));
    assert.deepEqual([world.renewals, world.presentedTwice], [1, 0]);
  });

  it('an onReuse that throws harms nobody', async () => {
    const loud = world.process({
      onReuse: () => {
        throw new Error('The application’s own.');
      },
    });
    const thief = alice.copy();
    await world.clock.advance(2 * HOUR_MS);
    await alice.use(session);
    await alice.use(session);
    await world.clock.advance(31 * SECOND_MS);
    await assert.rejects(loud.getAccessToken(thief.request()), { code: 'reauth_required' });
  });

  it('a closed session says so, and one whose ledger could not be opened tries again', async () => {
    let isBroken = true;
    const working = world.process();
    const flaky = world.process({
      ledger: (outside) => {
        if (isBroken) throw new Error('no disk');
        return sqlite(join(world.directory, 'flaky.db'))(outside);
      },
    });
    await assert.rejects(flaky.getAccessToken(alice.request()), /no disk/);
    isBroken = false;
    assert.equal((await flaky.getAccessToken(alice.request())).handle, 'alice');
    await working.close();
    await assert.rejects(working.getAccessToken(alice.request()), { code: 'store_unavailable' });
  });

  it('routes are those that there are, by their own methods, and nothing is kept by caches', async () => {
    for (const path of ['/auth', '/auth/', '/auth/toString', '/auth/login/x/more', '/elsewhere'])
      assert.equal((await alice.ask(session, path)).status, 404, path);
    for (const [method, path] of [
      ['HEAD', '/auth/login/x'],
      ['POST', '/auth/callback/x'],
      ['GET', '/auth/logout'],
      ['DELETE', '/auth/session'],
    ] as const)
      assert.equal((await alice.ask(session, path, { method })).status, 405, path);
    const unknown = await alice.ask(session, '/auth/login/nobody');
    assert.equal(unknown.status, 404);
    for (const path of ['/auth/session', '/auth/login/x', '/auth/callback/x', '/auth/login/nobody'])
      assert.match((await alice.ask(session, path)).headers.get('cache-control') ?? '', /no-store/, path);
    assert.deepEqual(await (await world.browser().ask(session, '/auth/session')).json(), { signed_in: [] });
  });

  it('a page of a failed sign-in shows nothing that the address brought', async () => {
    const response = await alice.ask(session, '/auth/callback/x?error=<script>&error_description=<b>&state=<i>');
    const text = await response.text();
    assert.equal(response.status, 400);
    assert.ok(!/<script>|<b>|<i>/.test(text));
  });
});

it('without renewals a session holds no refresh token, though the provider gave one', async () => {
  const world = new SessionWorld({ provider: githubData });
  try {
    const closed = world.process({ renewal: false, ledger: undefined });
    const alice = world.browser();
    await alice.signIn(closed);
    const [user] = await closed.read(alice.request());
    assert.equal(user?.refreshExpiresAt, undefined);
    // A process with renewals finds nothing in it to renew with.
    await world.clock.advance(9 * HOUR_MS);
    await assert.rejects(world.settle(world.process().getAccessToken(alice.request())), { code: 'reauth_required' });
    assert.equal(world.renewals, 0);
  } finally {
    await world.close();
  }
});
