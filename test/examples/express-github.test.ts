import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { noBrowser, openBrowser } from '../browser/chromium.ts';
import { ScriptedBrowser, type Choice, type Page } from '../cli/browser.ts';
import { Calendar, startExample, untilListening, untilPrinted, type RunningExample } from './example.ts';
import { typeErrors } from './type-check.ts';

test('express-github, in a browser: both ways to connect lead to the repositories', async (t) => {
  if (noBrowser !== false) return t.skip(noBrowser);
  const example = await startExample(t, 'express-github');
  await untilListening(example);
  const github = await untilPrinted(example, /(?<=simulated github runs at )\S+/);
  const { page, complaints } = await openBrowser(t);
  await page.goto(example.url);
  await page.getByRole('button', { name: 'In this browser' }).click();
  await page.getByText('@alice').click();
  await page.getByRole('button', { name: 'Authorize app' }).click();
  await page.waitForURL(`${example.url}/`);
  await page.getByText('alice/dotfiles (private)').waitFor();

  await page.getByRole('button', { name: 'On another device' }).click();
  const code = await page.locator('.code').textContent();
  const phone = await page.context().newPage();
  await phone.goto(`${github}/login/device`);
  await phone.getByRole('textbox', { name: 'The code' }).fill(code ?? '');
  await phone.getByText('@bob').click();
  await phone.getByRole('button', { name: 'Authorize' }).click();
  await phone.getByText('Your device is connected').waitFor();
  await page.waitForURL(`${example.url}/`);
  await page.getByText('bob/hello-world').waitFor();
  assert.deepEqual(complaints, []);
});

test('express-github, whatever happens to it', async (t) => {
  const app = await Application.start(t);
  const { sim } = app;

  await t.test('its types are right', async () => {
    assert.equal(await typeErrors('express-github'), '');
  });

  await t.test('who declines is told so, and nothing is connected', async () => {
    const mallory = new Visitor(app.url);
    const page = await mallory.connect({ user: 'mallory', decision: 'deny' });
    assert.match(page.text, /You declined at the provider/);
    assert.doesNotMatch((await mallory.home()).text, /mallory/);
    assert.equal(sim.state().grants.length, 0);
  });

  await t.test('a token that GitHub refuses as soon as it has given it is no loop of renewals', async () => {
    const olga = await app.connected('olga');
    sim.removeApp('olga');
    assert.match((await olga.home()).text, /renewing will not help/);
    assert.equal(sim.state().counts.renewals, 0);
  });

  await t.test('what a consent brought is of no use in the browser of somebody else', async () => {
    const alice = new Visitor(app.url);
    const { url: way } = await alice.connect({ user: 'alice', stopAt: '/connected' });
    const mallory = new Visitor(app.url);
    await mallory.home();
    const refused = await mallory.open(way);
    assert.equal(refused.status, 400);
    assert.match(refused.text, /begun for somebody else; nothing was connected/);
    assert.doesNotMatch((await mallory.home()).text, /alice/);
    assert.match((await alice.open(way)).text, /alice\/hello-world/);
  });

  await t.test('a token that has ended is renewed once, however many pages want it', async () => {
    const bob = await app.connected('bob');
    const before = sim.state().counts.renewals;
    app.advance(2 * MINUTE_MS);
    // GitHub's own clock alone: nothing here knows that the token is dead, until GitHub says so.
    sim.advance(9 * HOUR_MS);
    const pages = await Promise.all(Array.from({ length: 5 }, () => bob.home()));
    for (const { text } of pages) assert.match(text, /bob\/dotfiles/);
    assert.equal(sim.state().counts.renewals - before, 1);
    assert.equal(sim.state().counts.presentedTwice, 0);
  });

  await t.test('an API that is down takes nothing from the page but its list', async () => {
    const carol = await app.connected('carol');
    sim.faults.failNext('repos', 503);
    const page = await carol.home();
    assert.equal(page.status, 200);
    assert.match(page.text, /carol[^]*does not answer properly now[^]*On another device/);
    assert.match((await carol.home()).text, /carol\/dotfiles/);
  });

  await t.test('who has removed the app is offered to connect again, and is the same connection then', async () => {
    const dave = await app.connected('dave');
    app.advance(2 * MINUTE_MS);
    sim.removeApp('dave');
    const page = await dave.home();
    assert.match(page.text, /no longer lets this application in[^]*Connect again/);
    const id = connectionIn(page);
    const again = await dave.connect({ user: 'dave', connection: id });
    assert.match(again.text, /dave\/dotfiles/);
    assert.equal(connectionIn(again), id);
    assert.doesNotMatch(again.text, /no longer/);
  });

  await t.test('a connection of somebody else is neither connected again nor ended', async () => {
    const erin = await app.connected('erin');
    const connection = connectionIn(await erin.home());
    const mallory = new Visitor(app.url);
    const refused = await mallory.send('/connect', { connection });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /belongs to another owner/);
    await mallory.send('/disconnect', { connection });
    assert.match((await erin.home()).text, /erin\/dotfiles/);
  });

  await t.test('who disconnects is gone here, and at GitHub', async () => {
    const frank = await app.connected('frank');
    const page = await frank.send('/disconnect', { connection: connectionIn(await frank.home()) });
    assert.doesNotMatch(page.text, /frank/);
    assert.deepEqual(
      sim.state().grants.filter(({ user, end }) => user === 'frank' && end === null),
      [],
    );
  });

  await t.test(
    'a code that is typed on another device connects the one who was shown it, and nobody else',
    async () => {
      const grace = new Visitor(app.url);
      const waiting = await grace.send('/device', {});
      sim.typeUserCode(codeIn(waiting), { user: 'grace' });
      assert.doesNotMatch((await new Visitor(app.url).open(waiting.url)).text, new RegExp(codeIn(waiting)));
      assert.match(await app.comesTo(grace, waiting.url), /grace\/dotfiles/);
    },
  );

  await t.test('a code that is declined says so once', async () => {
    const heidi = new Visitor(app.url);
    const waiting = await heidi.send('/device', {});
    sim.typeUserCode(codeIn(waiting), { user: 'heidi', decision: 'deny' });
    assert.match(await app.comesTo(heidi, waiting.url), /Nothing was connected/);
    assert.match((await heidi.open(waiting.url)).text, /In this browser/);
  });

  await t.test('a code that nobody types in time is over', async () => {
    const ivan = new Visitor(app.url);
    const waiting = await ivan.send('/device', {});
    app.advance(16 * MINUTE_MS);
    assert.match(await app.comesTo(ivan, waiting.url), /Nothing was connected/);
  });

  await t.test('GitHub that is down when somebody wants to connect is no error of his', async () => {
    sim.faults.failNext('device', 503);
    const page = await new Visitor(app.url).send('/device', {});
    assert.match(page.text, /does not answer properly now/);
  });

  await t.test('what it cannot read is answered without a word of what it is made of', async () => {
    const page = await new Visitor(app.url).send('/connect', { connection: 'x'.repeat(200_000) });
    assert.equal(page.status, 500);
    assert.match(page.text, /Something went wrong here/);
    assert.doesNotMatch(page.text, /node_modules|[.][tj]s:/);
  });

  await t.test('no secret is in its log', () => {
    assert.match(app.output, /forbidden: /);
    for (const secret of ['canary-secret', 'ghu_', 'ghr_', 'kippu_code', readKeys(app)])
      assert.ok(!app.output.includes(secret), secret);
  });
});

function readKeys({ home }: Application): string {
  return readFileSync(path.join(home, 'example-keys'), 'utf8');
}

function connectionIn({ text }: Page): string {
  return /name="connection" value="(con_[0-9a-z]+)"/.exec(text)?.[1] ?? assert.fail(text);
}

function codeIn({ text }: Page): string {
  return /class="code">([^<]+)</.exec(text)?.[1] ?? assert.fail(text);
}

/** The example, with a GitHub and a calendar that the test has in its hands. */
class Application {
  readonly sim: Simulation;
  readonly #calendar: Calendar;
  readonly #example: RunningExample;

  private constructor(sim: Simulation, calendar: Calendar, example: RunningExample) {
    this.sim = sim;
    this.#calendar = calendar;
    this.#example = example;
  }

  static async start(t: TestContext): Promise<Application> {
    const sim = await simulate('github', { clients: [{ id: 'app', secret: 'canary-secret' }] });
    t.after(() => sim.close());
    const calendar = new Calendar(t);
    const example = await startExample(t, 'express-github', {
      ...calendar.env,
      KIPPU_GITHUB_CLIENT_ID: 'app',
      KIPPU_GITHUB_CLIENT_SECRET: 'canary-secret',
      KIPPU_GITHUB_BASE_URL: sim.url,
    });
    await untilListening(example);
    return new Application(sim, calendar, example);
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

  advance(ms: number): void {
    this.#calendar.advance(ms);
    this.sim.advance(ms);
  }

  async connected(user: string): Promise<Visitor> {
    const visitor = new Visitor(this.url);
    assert.match((await visitor.connect({ user })).text, new RegExp(`${user}/hello-world`));
    return visitor;
  }

  /** The page reloads itself until it is no longer the one that waits. */
  async comesTo(visitor: Visitor, waitingUrl: string): Promise<string> {
    for (let looks = 0; looks < 60; looks += 1) {
      const { text } = await visitor.open(waitingUrl);
      if (!text.includes('class="code"')) return text;
      this.advance(5_000);
      await sleep(250);
    }
    return assert.fail(`The page at ${waitingUrl} still waits.`);
  }
}

/** Somebody in front of a browser. */
class Visitor {
  readonly #browser = new ScriptedBrowser();
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  home(): Promise<Page> {
    return this.#browser.open(this.#url);
  }

  open(url: string): Promise<Page> {
    return this.#browser.open(url);
  }

  send(target: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return this.#browser.open(this.#url + target, new URLSearchParams(fields));
  }

  async connect({ connection, ...choice }: Choice & { readonly connection?: string }): Promise<Page> {
    const page = await this.send('/connect', connection === undefined ? {} : { connection });
    return this.#browser.decide(page, choice);
  }
}
