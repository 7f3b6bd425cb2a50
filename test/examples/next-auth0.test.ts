import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { noBrowser, openBrowser } from '../browser/chromium.ts';
import { ScriptedBrowser, type Choice, type Page } from '../cli/browser.ts';
import { Calendar, startExample, untilListening, type RunningExample } from './example.ts';
import { typeErrors } from './type-check.ts';

/** One start for everything: Next.js builds the application first. */
test('next-auth0', async (t) => {
  const app = await Application.start(t);
  const { sim } = app;
  const renewals = (): number => sim.state().counts.renewals;

  await t.test('its types are right', async () => {
    assert.equal(await typeErrors('next-auth0'), '');
  });

  await t.test('a protected page that nobody may see says so, with a link that leads back to it', async () => {
    const page = await new Visitor(app.url).open('/profile');
    assert.match(page.text, /Sign in to see this/);
    assert.match(page.text, /href="\/auth\/login\/auth0\?return_to=%2Fprofile"/);
    assert.equal((await fetch(`${app.url}/api/me`)).status, 401);
  });

  await t.test('in a browser: sign in, see the page, confirm who you are, sign out', { skip: noBrowser }, async (t) => {
    const { page, complaints } = await openBrowser(t);
    await page.goto(app.url);
    await page.waitForLoadState('networkidle');
    assert.equal(app.consentsBegun, 0, 'no link has begun a sign-in by being looked at');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByText('@alice').click();
    await page.getByRole('button', { name: 'Authorize app' }).click();
    await page.waitForURL(`${app.url}/profile`);
    await page.getByText('alice@example.com').waitFor();
    const before = renewals();
    const old = await page.context().cookies();
    app.advance(2 * MINUTE_MS);
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByRole('status').getByText('Auth0 confirmed who you are').waitFor();
    assert.equal(renewals() - before, 1, 'the ID token was older than a minute');
    const fresh = await page.context().cookies();
    const facts = (all: typeof old): unknown[] =>
      all.map(({ name, httpOnly, sameSite, path: at }) => [name, httpOnly, sameSite, at]);
    assert.deepEqual(facts(fresh), facts(old), 'the server action has set the same cookies');
    assert.notDeepEqual(values(fresh), values(old), 'to what they are now');
    app.advance(25 * HOUR_MS);
    await page.reload();
    await page.getByText('alice@example.com').waitFor();
    assert.equal(renewals() - before, 2);
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Next.js and Auth0' }).waitFor();
    await page.getByRole('link', { name: 'Your profile' }).click();
    await page.getByText('Sign in to see this').waitFor();
    assert.equal(sim.state().counts.presentedTwice, 0);
    // The router calls off what it fetches ahead as soon as somebody goes elsewhere.
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.endsWith('net::ERR_ABORTED')),
      [],
    );
  });

  await t.test('who declines is told so, and is not signed in', async () => {
    const mallory = new Visitor(app.url);
    assert.match((await mallory.signIn({ user: 'mallory', decision: 'deny' })).text, /You declined at the provider/);
    assert.match((await mallory.open('/profile')).text, /Sign in to see this/);
  });

  await t.test(
    'the proxy renews once, however many requests bring the cookie, and the pages behind have it',
    async () => {
      const bob = await app.signedIn('bob');
      const before = renewals();
      app.advance(25 * HOUR_MS);
      const old = bob.copy();
      const pages = await Promise.all(
        [bob, ...Array.from({ length: 5 }, () => bob.copy())].map((tab) => tab.open('/profile')),
      );
      for (const { text } of pages) assert.match(text, /bob@example.com/);
      assert.equal(renewals() - before, 1);
      assert.match((await bob.open('/profile')).text, /bob@example.com/);
      assert.notEqual(bob.cookies, old.cookies, 'the browser has the new cookie');
      assert.match(
        (await old.open('/api/me')).text,
        /bob@example.com/,
        'and one that was spent a moment ago gets it too',
      );
      assert.equal(renewals() - before, 1);
      assert.equal(sim.state().counts.presentedTwice, 0);
    },
  );

  await t.test('a route handler renews, and its answer carries the cookie', async () => {
    const carol = await app.signedIn('carol');
    const before = renewals();
    const old = carol.cookies;
    app.advance(25 * HOUR_MS);
    const answers = await Promise.all(Array.from({ length: 3 }, () => carol.open('/api/me')));
    for (const { text } of answers) assert.match(text, /carol@example.com/);
    assert.notEqual(carol.cookies, old);
    app.advance(25 * HOUR_MS);
    assert.match((await carol.open('/api/me')).text, /carol@example.com/);
    assert.equal(renewals() - before, 2);
    assert.equal(sim.state().counts.presentedTwice, 0);
  });

  await t.test('an Auth0 that is down signs nobody out', async () => {
    const erin = await app.signedIn('erin');
    app.advance(25 * HOUR_MS);
    sim.faults.failNext('token', 429);
    assert.match((await erin.open('/profile')).text, /does not answer now\. You are still signed in/);
    app.advance(HOUR_MS);
    assert.match((await erin.open('/profile')).text, /erin@example.com/);
  });

  await t.test('who has removed the app must sign in again, and can', async () => {
    const frank = await app.signedIn('frank');
    sim.removeApp('frank');
    app.advance(25 * HOUR_MS);
    assert.match((await frank.open('/profile')).text, /Your sign-in is over/);
    assert.match((await frank.signIn({ user: 'frank' })).text, /frank@example.com/);
  });

  await t.test('a session that nobody has used for a month is over', async () => {
    const grace = await app.signedIn('grace');
    app.advance(31 * DAY_MS);
    assert.match((await grace.open('/profile')).text, /Your sign-in is over|Sign in to see this/);
  });

  await t.test('what a page of another site sends is refused before anything is renewed', async () => {
    const heidi = await app.signedIn('heidi');
    const before = renewals();
    app.advance(25 * HOUR_MS);
    const page = await heidi.send('/profile', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
    assert.match(page.text, /Another site has sent you here/);
    assert.equal(renewals(), before);
  });

  // The last but one: from here on what Auth0 signs is from the future.
  await t.test(
    'a page that meets a refused token cannot renew it, and sends the browser to where that is possible',
    async () => {
      const dave = await app.signedIn('dave');
      const before = renewals();
      app.advance(2 * MINUTE_MS);
      // Auth0's own clock alone: by the cookie the token is good, and neither proxy nor page would renew it.
      sim.advance(25 * HOUR_MS);
      const sent = await dave.open('/profile', { stopAt: '/renew' });
      assert.equal(new URL(sent.url).pathname, '/renew');
      assert.equal(renewals() - before, 0);
      const page = await dave.open('/renew');
      assert.equal(page.url, `${app.url}/profile`);
      assert.match(page.text, /dave@example.com/);
      assert.equal(renewals() - before, 1);
    },
  );

  await t.test('no secret is in its log', () => {
    const keys = readFileSync(path.join(app.home, 'example-keys'), 'utf8');
    for (const secret of ['canary-secret', keys, 'code=', 'eyJ']) assert.ok(!app.output.includes(secret), secret);
  });
});

function values(cookies: readonly { readonly value: string }[]): string[] {
  return cookies.map(({ value }) => value);
}

/** The example, with an Auth0 and a calendar that the test has in its hands. */
class Application {
  readonly sim: Simulation;
  readonly #calendar: Calendar;
  readonly #example: RunningExample;
  readonly #consentPages: () => number;

  private constructor(sim: Simulation, calendar: Calendar, example: RunningExample, consentPages: () => number) {
    this.sim = sim;
    this.#calendar = calendar;
    this.#example = example;
    this.#consentPages = consentPages;
  }

  static async start(t: TestContext): Promise<Application> {
    let consentPages = 0;
    const sim = await simulate('auth0', {
      clients: [{ id: 'app', secret: 'canary-secret' }],
      onRequest: ({ path: asked }) => (consentPages += asked === '/authorize' ? 1 : 0),
    });
    t.after(() => sim.close());
    const calendar = new Calendar(t);
    const example = await startExample(t, 'next-auth0', {
      ...calendar.env,
      KIPPU_AUTH0_CLIENT_ID: 'app',
      KIPPU_AUTH0_CLIENT_SECRET: 'canary-secret',
      KIPPU_AUTH0_BASE_URL: sim.url,
    });
    await untilListening(example);
    return new Application(sim, calendar, example, () => consentPages);
  }

  get url(): string {
    return this.#example.url;
  }

  get home(): string {
    return this.#example.home;
  }

  get output(): string {
    return this.#example.output();
  }

  get consentsBegun(): number {
    return this.#consentPages();
  }

  advance(ms: number): void {
    this.#calendar.advance(ms);
    this.sim.advance(ms);
  }

  async signedIn(user: string): Promise<Visitor> {
    const visitor = new Visitor(this.url);
    assert.match((await visitor.signIn({ user })).text, new RegExp(`${user}@example.com`));
    return visitor;
  }
}

/** Somebody in front of a browser without JavaScript. */
class Visitor {
  readonly #url: string;
  readonly #browser: ScriptedBrowser;

  constructor(url: string, browser = new ScriptedBrowser()) {
    this.#url = url;
    this.#browser = browser;
  }

  signIn(choice: Choice): Promise<Page> {
    return this.#browser.consent(`${this.#url}/auth/login/auth0?return_to=/profile`, choice);
  }

  open(target: string, { stopAt }: Choice = {}): Promise<Page> {
    return this.#browser.open(this.#url + target, undefined, {}, stopAt);
  }

  send(target: string, headers: Readonly<Record<string, string>>): Promise<Page> {
    return this.#browser.open(this.#url + target, new URLSearchParams(), headers);
  }

  get cookies(): string {
    return this.#browser.cookiesFor(this.#url);
  }

  /** Another browser with the same cookies, as they are now. */
  copy(): Visitor {
    return new Visitor(this.#url, this.#browser.copy());
  }
}
