import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { HOUR_MS } from '../../src/model/clock.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { baseName, cookiesOf, groupsIn, storeLines } from '../../src/session/cookie-jar.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../notify/test-certificate.ts';
import { Site } from '../session/site.ts';
import { noBrowser, openBrowser } from './chromium.ts';

const skip = noBrowser;

/** A little more than an access token of X lives. */
const LIFE_MS = 2 * HOUR_MS;

async function signIn(page: Page, site: Site, user = 'alice'): Promise<void> {
  await page.goto(`${site.origin}/auth/login/x?return_to=/`);
  await page.getByText(`@${user}`).click();
  await page.getByRole('button', { name: 'Authorize app' }).click();
  await page.waitForURL(`${site.origin}/`);
  assert.equal(await heading(page), `Signed in as @${user}`);
}

async function open(t: TestContext, site: Site): Promise<{ readonly one: Page; readonly other: Page }> {
  const { page: one } = await openBrowser(t, { ignoreHTTPSErrors: true });
  await signIn(one, site);
  return { one, other: await one.context().newPage() };
}

async function heading(page: Page): Promise<string | null> {
  return page.locator('h1').textContent();
}

async function visit(page: Page, site: Site): Promise<string | null> {
  await page.goto(`${site.origin}/`);
  return heading(page);
}

/** What a tab comes to show after navigations were given up, and what the same browser's next one does. */
async function afterStorm(tab: Page, site: Site): Promise<readonly (string | null)[]> {
  // To go on in the storm's own tab would be one more navigation of the storm.
  await tab.getByRole('heading', { name: /^(Signed in|Nobody)/ }).waitFor();
  const next = await tab.context().newPage();
  const seen = [await heading(tab), await visit(next, site)];
  await next.close();
  return seen;
}

/** What the page's own script gets of the application. */
function call(page: Page, path: string): Promise<number> {
  return page.evaluate(async (target) => (await fetch(target)).status, path);
}

test(
  'in a browser, two tabs that both need a renewal at once make one exchange, and both stay signed in',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { one, other } = await open(t, site);
    assert.equal(await visit(other, site), 'Signed in as @alice');
    for (const round of [1, 2, 3]) {
      site.clock.advance(LIFE_MS);
      site.sim.faults.delayNextAnswer('token', 300);
      const tabs = [one, other];
      const answers = await Promise.all([
        ...tabs.flatMap((tab) => [1, 2, 3].map(() => call(tab, '/api/me'))),
        ...tabs.flatMap((tab) => [1, 2].map(() => call(tab, '/api/token'))),
      ]);
      assert.deepEqual(new Set(answers), new Set([200]));
      assert.deepEqual(await Promise.all(tabs.map((tab) => visit(tab, site))), [
        'Signed in as @alice',
        'Signed in as @alice',
      ]);
      assert.deepEqual(site.books, { exchanges: round, presentedTwice: 0, childrenMax: 1 });
    }
    assert.deepEqual(site.reuses, []);
  },
);

test(
  'in a browser, a storm of reloads and given-up navigations over three expiries logs nobody out',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { one, other } = await open(t, site);
    let givenUp = 0;
    for (const round of [1, 2, 3]) {
      site.sim.faults.delayNextAnswer('token', 250);
      const storm: Promise<unknown>[] = [];
      for (let at = 0; at < 24; at += 1) {
        // The token ends while the storm is on.
        if (at === 6) site.clock.advance(LIFE_MS);
        const tab = at % 2 === 0 ? one : other;
        storm.push(tab.goto(`${site.origin}/`, { waitUntil: 'commit' }).catch(() => (givenUp += 1)));
        const before = site.asked.length;
        if (at % 3 !== 0) await site.until('the navigation has come', () => site.asked.length > before);
      }
      await Promise.all(storm);
      await site.idle();
      for (const tab of [one, other])
        assert.deepEqual(await afterStorm(tab, site), ['Signed in as @alice', 'Signed in as @alice']);
      assert.deepEqual(site.books, { exchanges: round, presentedTwice: 0, childrenMax: 1 });
    }
    assert.ok(givenUp >= 20, `only ${givenUp} navigations were given up`);
    assert.deepEqual(site.reuses, []);
  },
);

test(
  'in a browser, the back button after a renewal finds the user signed in, and after a sign-out nobody',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { one, other } = await open(t, site);
    await one.goto(`${site.origin}/?second`);
    site.clock.advance(LIFE_MS);
    assert.equal(await visit(other, site), 'Signed in as @alice');
    await one.goBack();
    assert.equal(await heading(one), 'Signed in as @alice');
    assert.equal(await call(one, '/api/me'), 200);
    await one.getByRole('button', { name: 'Sign out' }).click();
    await one.getByText('Nobody is signed in').waitFor();
    await one.goBack();
    assert.equal(await heading(one), 'Nobody is signed in: unauthenticated');
    assert.equal(await call(one, '/api/me'), 401);
    assert.equal(await call(other, '/api/me'), 401);
    assert.deepEqual(await one.context().cookies(site.origin), []);
    assert.deepEqual(site.books, { exchanges: 1, presentedTwice: 0, childrenMax: 1 });
  },
);

test(
  'in a browser, a held-back response that brings the cookie before the latest logs nobody out',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { one, other } = await open(t, site);
    await visit(other, site);
    site.clock.advance(LIFE_MS);
    const held = site.holdNext('/api/token');
    const late = call(one, '/api/token');
    await site.until('the renewal’s response is made', held.isMade);
    assert.equal(await call(other, '/api/me'), 200);
    const kept = await other.context().cookies(site.origin);
    assert.equal(await call(other, '/api/me'), 200);
    site.clock.advance(LIFE_MS);
    assert.equal(await call(other, '/api/me'), 200);
    assert.equal(await call(other, '/api/me'), 200);
    assert.equal(site.books.exchanges, 2);
    held.send();
    assert.equal(await late, 200);
    // Now the browser has the older cookie again.
    assert.deepEqual(values(await one.context().cookies(site.origin)), values(kept));
    assert.equal(await visit(one, site), 'Signed in as @alice');
    assert.notDeepEqual(values(await one.context().cookies(site.origin)), values(kept));
    assert.equal(await visit(other, site), 'Signed in as @alice');
    assert.deepEqual(site.books, { exchanges: 2, presentedTwice: 0, childrenMax: 1 });
    assert.deepEqual(site.reuses, []);
  },
);

test(
  'in a browser, a sign-out while a renewal is under way holds, and the late answer is revoked',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { one, other } = await open(t, site);
    await visit(other, site);
    site.clock.advance(LIFE_MS);
    site.sim.faults.delayNextAnswer('token', 1500);
    const late = call(one, '/api/me');
    await site.until('the refresh token is spent', () => site.books.exchanges === 1);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByText('Nobody is signed in').waitFor();
    await signIn(other, site, 'bob');
    assert.equal(await late, 401);
    await site.idle();
    assert.equal(await visit(one, site), 'Signed in as @bob');
    await site.until('alice’s grant is revoked', () =>
      site.sim.state().grants.every(({ user, end }) => user !== 'alice' || end !== null),
    );
    assert.deepEqual(site.books, { exchanges: 1, presentedTwice: 0, childrenMax: 1 });
  },
);

test(
  'in a browser, a response of before the sign-out that arrives after the next user’s sign-in takes nothing from him',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { one, other } = await open(t, site);
    await visit(other, site);
    site.clock.advance(LIFE_MS);
    const held = site.holdNext('/api/token');
    const late = call(one, '/api/token');
    await site.until('the renewal’s response is made', held.isMade);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByText('Nobody is signed in').waitFor();
    await signIn(other, site, 'bob');
    held.send();
    assert.equal(await late, 200);
    assert.equal(await visit(one, site), 'Signed in as @bob');
    assert.equal(await visit(other, site), 'Signed in as @bob');
    assert.deepEqual(site.books, { exchanges: 1, presentedTwice: 0, childrenMax: 1 });
  },
);

test(
  'in a browser over https, the cookies are __Host-, Secure, HttpOnly, of this host alone, and no script sees them',
  { skip },
  async (t) => {
    await using site = await Site.open({ tls: true });
    const { one } = await open(t, site);
    const cookies = await one.context().cookies(site.origin);
    assert.equal(cookies.length, 1);
    for (const { name, domain, path, httpOnly, secure, sameSite } of cookies) {
      assert.match(name, /^__Host-kippu-x-[0-9a-z]{8}\.0$/);
      // A domain that begins with a dot would be one that was set by an attribute.
      assert.deepEqual([domain, path, httpOnly, secure, sameSite], ['127.0.0.1', '/', true, true, 'Lax']);
    }
    assert.equal(await one.evaluate('document.cookie'), '');
    // Nor can a script put one in its place.
    const [{ name } = { name: '' }] = cookies;
    await one.evaluate(`document.cookie = '${name}=planted; Path=/; Secure'`);
    assert.deepEqual(values(await one.context().cookies(site.origin)), values(cookies));
    site.clock.advance(LIFE_MS);
    assert.equal(await visit(one, site), 'Signed in as @alice');
    assert.equal(await one.evaluate('document.cookie'), '');
    await one.getByRole('button', { name: 'Sign out' }).click();
    await one.getByText('Nobody is signed in').waitFor();
    assert.deepEqual(await one.context().cookies(site.origin), []);
    assert.deepEqual(site.books, { exchanges: 1, presentedTwice: 0, childrenMax: 1 });
  },
);

test(
  'in a browser over http on loopback, the cookies have no prefix and are HttpOnly all the same',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { one } = await open(t, site);
    const cookies = await one.context().cookies(site.origin);
    assert.deepEqual(
      cookies.map(({ name, httpOnly, secure, sameSite }) => [
        name.replace(/-[0-9a-z]{8}\./, '-ID.'),
        httpOnly,
        secure,
        sameSite,
      ]),
      [['kippu-x-ID.0', true, false, 'Lax']],
    );
    assert.equal(await one.evaluate('document.cookie'), '');
  },
);

test(
  'in a browser, SameSite=Strict cookies are there after the way back from another site, and not for its links',
  { skip },
  async (t) => {
    // To a browser, localhost and 127.0.0.1, where the simulator is, are two sites.
    await using site = await Site.open({ host: 'localhost', sameSite: 'strict' });
    const { one } = await open(t, site);
    assert.equal(await call(one, '/api/me'), 200);
    await one.goto(site.sim.url);
    const gone = one.waitForURL(`${site.origin}/`);
    await one.evaluate(`location.href = '${site.origin}/'`);
    await gone;
    assert.equal(await heading(one), 'Nobody is signed in: unauthenticated');
    assert.equal(await visit(one, site), 'Signed in as @alice');
  },
);

test(
  'in a browser, a callback that two tabs open before either has its response signs in once, in both',
  { skip },
  async (t) => {
    await using site = await Site.open();
    const { page: one } = await openBrowser(t);
    const other = await one.context().newPage();
    await one.goto(`${site.origin}/auth/login/x?return_to=/`);
    await one.getByText('@alice').click();
    const held = site.holdNext('/auth/callback/x');
    const [callback] = await Promise.all([
      one.waitForRequest(/\/auth\/callback\/x/),
      one.getByRole('button', { name: 'Authorize app' }).click({ noWaitAfter: true }),
    ]);
    await site.until('the first response is made', held.isMade);
    // Chromium would let a second request for one address wait for the first.
    await other.goto(`${callback.url()}&twice`);
    assert.equal(await heading(other), 'Signed in as @alice');
    held.send();
    await one.waitForURL(`${site.origin}/`);
    assert.equal(await heading(one), 'Signed in as @alice');
    // Once more, when the cookie of the sign-in is gone.
    await other.goto(callback.url());
    assert.equal(await heading(other), 'Signed in as @alice');
    const { counts, grants } = site.sim.state();
    assert.deepEqual([counts.codesReplayed, grants.length], [0, 1]);
  },
);

test('P31: in a browser, a sign-in comes back to an address that no single cookie could keep', { skip }, async (t) => {
  await using site = await Site.open({ tls: true });
  const { page } = await openBrowser(t, { ignoreHTTPSErrors: true });
  for (const path of [`/search?q=${'あ'.repeat(300)}`, `/${'a'.repeat(2600)}`, `/${'a'.repeat(2999)}`, '/short']) {
    await page.goto(`${site.origin}/auth/login/x?return_to=${encodeURIComponent(path)}`);
    const kept = await page.context().cookies(site.origin);
    const parts = kept.filter(({ name }) => name.startsWith('__Host-kippu-login-'));
    assert.equal(parts.length, path === '/short' ? 1 : 2);
    await page.getByText('@alice').click();
    await page.getByRole('button', { name: 'Authorize app' }).click();
    await page.waitForURL(new URL(path, site.origin).href);
    assert.equal(await heading(page), 'Signed in as @alice');
    const left = await page.context().cookies(site.origin);
    assert.deepEqual(
      left.map(({ name }) => name.replace(/[0-9a-z]{8}\.0$/, 'ID.0')),
      ['__Host-kippu-x-ID.0'],
    );
  }
  const refused = await page.goto(`${site.origin}/auth/login/x?return_to=/${'a'.repeat(3000)}`);
  assert.equal(refused?.status(), 400);
  assert.match((await page.locator('main').textContent()) ?? '', /return_to is too long/);
});

test('P32: in a browser, what cannot set cookies renews nothing, and is served after what can', { skip }, async (t) => {
  await using site = await Site.open();
  const { one } = await open(t, site);
  const component = async (): Promise<string | null> => {
    await one.goto(`${site.origin}/component`);
    return heading(one);
  };
  assert.equal(await component(), 'Rendered for @alice');
  site.clock.advance(LIFE_MS);
  assert.equal(await component(), 'Nobody is signed in: cannot_rotate');
  assert.equal(site.books.exchanges, 0);
  assert.equal(await call(one, '/api/me'), 200);
  assert.equal(await component(), 'Rendered for @alice');
  assert.deepEqual(site.books, { exchanges: 1, presentedTwice: 0, childrenMax: 1 });
});

test(
  'P31: a browser keeps every chunk of a session whole, up to the limit, and clears those of a longer one',
  { skip },
  async (t) => {
    const id = 'con_0123456789abcdefghjk' as ConnectionId;
    const rules = { isSecure: true, sameSite: 'lax', lifetime: 'persistent', bytesMax: 7168 } as const;
    const group = { base: baseName('x', id, rules), provider: 'x', id };
    /** What each request brings: how many sealed bytes, in how many cookies. */
    const seen: unknown[] = [];
    const server = createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, (request, response) => {
      const cookies = cookiesOf(new Headers({ cookie: request.headers.cookie ?? '' }));
      const [found] = groupsIn(cookies, rules);
      seen.push([found?.sealed.length, cookies.size]);
      if (request.url !== '/') {
        const sealed = Buffer.alloc(Number(request.url?.slice(1)), 0xfe);
        const endsAtMs = Date.now() + HOUR_MS;
        response.setHeader('set-cookie', storeLines({ ...group, sealed }, { cookies, endsAtMs }, rules));
        response.writeHead(303, { location: '/' });
      }
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { page } = await openBrowser(t, { ignoreHTTPSErrors: true });
    for (const size of [5300, 2900, 10, 5250])
      await page.goto(`https://127.0.0.1:${(server.address() as AddressInfo).port}/${size}`);
    server.closeAllConnections();
    assert.deepEqual(seen, [
      [undefined, 0],
      [5300, 2],
      [5300, 2],
      [2900, 1],
      [2900, 1],
      [10, 1],
      [10, 1],
      [5250, 2],
    ]);
  },
);

function values(cookies: readonly { readonly name: string; readonly value: string }[]): string[] {
  return cookies.map(({ name, value }) => `${name}=${value}`).sort();
}
