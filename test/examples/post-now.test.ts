import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Page as BrowserPage } from 'playwright-core';
import { HOUR_MS } from '../../src/model/clock.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { noBrowser, openBrowser } from '../browser/chromium.ts';
import { ScriptedBrowser, type Page } from '../cli/browser.ts';
import { freePort } from '../support/free-port.ts';
import { Calendar, startExample, untilListening, untilPrinted, type RunningExample } from './example.ts';

test('post now, in a browser: a press of the button is one post at X, twice pressed or not', async (t) => {
  if (noBrowser !== false) return t.skip(noBrowser);
  const example = await startExample(t, 'post-now');
  await untilListening(example);
  const x = await untilPrinted(example, /(?<=simulated x runs at )\S+/);
  const { page, complaints } = await openBrowser(t);
  await page.goto(example.url);
  await page.getByRole('link', { name: 'Sign in with X' }).click();
  await page.getByText('@alice').click();
  await page.getByRole('button', { name: 'Authorize app' }).click();
  await page.waitForURL(`${example.url}/`);

  await page.getByLabel('What is happening?').fill('おはよう');
  await page.getByText('8 / 280').waitFor();
  await page.getByRole('button', { name: 'Post' }).dblclick({ noWaitAfter: true });
  await page.getByRole('status').getByText('Posted.').waitFor();
  const address = await page.getByRole('link', { name: 'See it on X' }).getAttribute('href');
  await page.reload();
  await page.getByRole('status').getByText('Posted.').waitFor();
  const { posts } = (await (await fetch(`${x}/_sim/state`)).json()) as ReturnType<Simulation['state']>;
  assert.deepEqual(
    posts.map(({ user, text, id }) => [user, text, `${x}/alice/status/${id}`]),
    [['alice', 'おはよう', address]],
  );
  await page.getByRole('link', { name: 'See it on X' }).click();
  await page.getByText('おはよう').waitFor();
  await page.goto(example.url);
  assert.deepEqual(complaints, []);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in with X' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('post now, in a browser: a page of another site posts nothing', async (t) => {
  if (noBrowser !== false) return t.skip(noBrowser);
  const app = await Application.start(t);
  const { page } = await openBrowser(t);
  await page.goto(`${app.url}/auth/login/x`);
  await page.getByRole('button', { name: 'Authorize app' }).click();
  await page.waitForURL(`${app.url}/`);
  await openForeignPage(t, page, `${app.url}/post`);
  await page.getByRole('alert').getByText('A page of another site sent this').waitFor();
  assert.deepEqual(app.posts, []);
});

test('post now, whatever happens to it', async (t) => {
  const app = await Application.start(t);
  const { sim } = app;

  await t.test('nobody posts who is not signed in, and the text is not lost', async () => {
    const page = await new ScriptedBrowser().open(`${app.url}/post`, new URLSearchParams({ text: 'a & b' }));
    assert.equal(page.status, 401);
    assert.match(page.text, /signed out: nothing was posted[^]*href="\/auth\/login\/x"[^]*a &#38; b</);
  });

  await t.test('a declined consent says so, and signs nobody in', async () => {
    const browser = new ScriptedBrowser();
    const page = await browser.consent(`${app.url}/auth/login/x`, { decision: 'deny' });
    assert.match(page.text, /You declined at the provider/);
    assert.match((await browser.open(app.url)).text, /Sign in with X/);
  });

  await t.test('a text that is too long is not sent, and stays in the box', async () => {
    const alice = await app.signIn('alice');
    const text = 'あ'.repeat(141);
    const page = await alice.press(text);
    assert.equal(page.status, 400);
    assert.match(page.text, /counts 282 and may count 280/);
    assert.ok(page.text.includes(`>${text}</textarea>`));
    assert.deepEqual(app.posts, []);
  });

  await t.test('a token that has ended is renewed once, and one press that comes five times is one post', async () => {
    const alice = await app.signIn('alice');
    const form = await alice.form('Good\r\nmorning');
    app.advance(3 * HOUR_MS);
    const pages = await Promise.all(Array.from({ length: 5 }, () => alice.send(form)));
    for (const { status } of pages) assert.equal(status, 200);
    const page = await alice.send(form);
    assert.match(page.text, /Posted\. <a href="http:\/\/127\.0\.0\.1:\d+\/alice\/status\/\d+">/);
    assert.equal(sim.state().counts.renewals, 1);
    assert.equal(sim.state().counts.presentedTwice, 0);
    assert.deepEqual(app.posts, ['Good\nmorning']);
  });

  await t.test('what X refuses is told in its words', async () => {
    const alice = await app.signIn('alice');
    assert.match((await alice.press('Good\nmorning')).text, /X did not take it: .*duplicate content/);
    assert.deepEqual(app.posts, ['Good\nmorning']);
  });

  await t.test(
    'where X is silent the page says that the post may be out, and the press sends nothing more',
    async () => {
      const bob = await app.signIn('bob');
      const form = await bob.form('Is it out?');
      sim.faults.loseNextAnswer('tweets');
      assert.match((await bob.send(form)).text, /the post may be out/);
      assert.match((await bob.send(form)).text, /the post may be out/);
      sim.faults.failNext('tweets', 503);
      assert.match((await bob.press('Or not?')).text, /the post may be out/);
      assert.deepEqual(app.posts, ['Good\nmorning', 'Is it out?']);
    },
  );

  await t.test('nobody sees what somebody else has pressed', async () => {
    const bob = await app.signIn('bob');
    const form = await bob.form('Mine');
    await bob.send(form);
    const mallory = await app.signIn('mallory');
    const page = await mallory.open(`/?press=${form.get('press')}`);
    assert.match(page.text, /Signed in as @mallory/);
    assert.doesNotMatch(page.text, /Posted/);
  });

  await t.test('a provider that is down when a token must be renewed signs nobody out', async () => {
    const carol = await app.signIn('carol');
    app.advance(3 * HOUR_MS);
    sim.faults.failNext('token', 429);
    const page = await carol.press('Hello');
    assert.equal(page.status, 503);
    assert.match(page.text, /cannot be reached now: nothing was posted/);
    app.advance(HOUR_MS);
    assert.match((await carol.press('Hello')).text, /Posted\./);
  });

  await t.test('a user who has removed the app is asked to sign in, and can', async () => {
    const dave = await app.signIn('dave');
    sim.removeApp('dave');
    app.advance(3 * HOUR_MS);
    const page = await dave.press('Still here?');
    assert.equal(page.status, 401);
    assert.match(page.text, /Your sign-in at X has ended[^]*href="\/auth\/login\/x"[^]*Still here\?</);
    await dave.signIn();
    assert.match((await dave.press('Still here?')).text, /Posted\./);
  });

  await t.test('a form that another site or a sibling domain has sent is refused, its cookies or not', async () => {
    const erin = await app.signIn('erin');
    const form = await erin.form('Not mine');
    const foreign = [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'same-site' }];
    for (const headers of foreign) assert.equal((await erin.send(form, headers)).status, 403);
    assert.ok(!app.posts.includes('Not mine'));
  });

  await t.test('what it cannot read is refused without a stack trace', async () => {
    const page = await fetch(`${app.url}/post`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'text/json' },
    });
    assert.equal(page.status, 415);
    assert.doesNotMatch(await page.text(), /node_modules|\.ts|\.js:/);
    const long = await fetch(`${app.url}/count`, { method: 'POST', body: 'x'.repeat(2_000_000) });
    assert.equal(long.status, 413);
    assert.equal((await fetch(`${app.url}/nowhere`)).status, 404);
  });

  await t.test('a press that was made before a restart is not made again after it', async () => {
    const frank = await app.signIn('frank');
    const form = await frank.form('Once');
    await frank.send(form);
    await app.restart();
    assert.match((await frank.send(form)).text, /Posted\./);
    assert.equal(app.posts.filter((text) => text === 'Once').length, 1);
  });

  await t.test('no secret is in its log', () => {
    const keys = readFileSync(path.join(app.home, 'example-keys'), 'utf8');
    for (const secret of ['canary-secret', keys, 'code=', 'state=']) assert.ok(!app.output.includes(secret), secret);
  });
});

/** The example, at a simulator of X that the test has in its hands, with a calendar that both of them share. */
class Application {
  readonly sim: Simulation;
  readonly home = mkdtempSync(path.join(tmpdir(), 'kippu-post-now-'));
  readonly #t: TestContext;
  readonly #calendar: Calendar;
  readonly #port: string;
  #example: RunningExample | undefined;
  #printed = '';

  private constructor(t: TestContext, sim: Simulation, port: string) {
    this.#t = t;
    this.sim = sim;
    this.#port = port;
    this.#calendar = new Calendar(t);
  }

  static async start(t: TestContext): Promise<Application> {
    const sim = await simulate('x', { clients: [{ id: 'app', secret: 'canary-secret' }] });
    const app = new Application(t, sim, String(await freePort()));
    t.after(async () => {
      await app.#example?.stop();
      await sim.close();
      rmSync(app.home, { recursive: true });
    });
    await app.restart();
    return app;
  }

  async restart(): Promise<void> {
    this.#printed = this.output;
    await this.#example?.stop();
    this.#example = await startExample(this.#t, 'post-now', {
      ...this.#calendar.env,
      KIPPU_HOME: this.home,
      PORT: this.#port,
      KIPPU_X_CLIENT_ID: 'app',
      KIPPU_X_CLIENT_SECRET: 'canary-secret',
      KIPPU_X_BASE_URL: this.sim.url,
    });
    await untilListening(this.#example);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get output(): string {
    return this.#printed + (this.#example?.output() ?? '');
  }

  /** What is out at X, the first first. */
  get posts(): string[] {
    return this.sim.state().posts.map(({ text }) => text);
  }

  advance(ms: number): void {
    this.#calendar.advance(ms);
    this.sim.advance(ms);
  }

  async signIn(user: string): Promise<SignedIn> {
    const browser = new SignedIn(this.url, user);
    await browser.signIn();
    return browser;
  }
}

/** Somebody's browser without JavaScript. */
class SignedIn {
  readonly #browser = new ScriptedBrowser();
  readonly #url: string;
  readonly #user: string;

  constructor(url: string, user: string) {
    this.#url = url;
    this.#user = user;
  }

  async signIn(): Promise<void> {
    const page = await this.#browser.consent(`${this.#url}/auth/login/x`, { user: this.#user });
    assert.match(page.text, new RegExp(`Signed in as @${this.#user}`));
  }

  open(target: string): Promise<Page> {
    return this.#browser.open(this.#url + target);
  }

  /** The form as the page gives it, filled in. */
  async form(text: string): Promise<URLSearchParams> {
    const [, press = ''] = /name="press" value="([^"]+)"/.exec((await this.open('/')).text) ?? [];
    assert.notEqual(press, '');
    return new URLSearchParams({ text, press });
  }

  send(form: URLSearchParams, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#browser.open(`${this.#url}/post`, form, headers);
  }

  async press(text: string): Promise<Page> {
    return this.send(await this.form(text));
  }
}

/** A page at another site, which sends a form to ours as soon as it is looked at. */
async function openForeignPage(t: TestContext, page: BrowserPage, action: string): Promise<void> {
  const form = `<form method="post" action="${action}"><input name="text" value="Buy now"></form>`;
  const server = createServer((_, res) => {
    res.setHeader('content-type', 'text/html').end(`${form}<script>document.forms[0].submit()</script>`);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}`);
}
