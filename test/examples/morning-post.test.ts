import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKippu, type Kippu, type Schedule } from '../../src/index.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/model/clock.ts';
import { x } from '../../src/providers/index.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';
import { ScriptedBrowser } from '../cli/browser.ts';
import { freePort } from '../support/free-port.ts';
import { Calendar, startExample, untilListening, untilPrinted, type RunningExample } from './example.ts';

test('morning post: by itself it starts a simulator, and says where to sign in', async (t) => {
  const example = await startExample(t, 'morning-post');
  const link = await untilPrinted(example, /http:\/\/127\.0\.0\.1:\d+\/login/);
  await untilListening(example);
  const page = await new ScriptedBrowser().consent(link, { user: 'alice' });
  assert.match(page.text, /Connected/);
  await untilPrinted(example, /x:alice posts next on .* 9:00/);
});

test('morning post, day after day', async (t) => {
  const program = await Program.at(t, '08:58');
  const { sim } = program;
  const browser = new ScriptedBrowser();

  await t.test('run by cron before anybody has signed in, it says so and ends', async () => {
    const { code, output } = await program.runOnce();
    assert.equal(code, 3);
    assert.match(output, /A login is needed: http/);
  });

  await t.test('a declined consent connects nobody', async () => {
    await program.start();
    const page = await browser.consent(`${program.url}/login`, { decision: 'deny' });
    assert.match(page.text, /declined/);
    assert.match((await browser.open(program.url)).text, /A login is needed/);
  });

  await t.test('after the login there is one schedule, at nine in the zone that it was given', async () => {
    await browser.consent(`${program.url}/login`, { user: 'alice' });
    await program.untilPrinted(/x:alice posts next on .* 9:00.AM \(Asia\/Tokyo\)/);
    assert.deepEqual(await program.schedules(), ['0 9 * * * Asia/Tokyo']);
  });

  await t.test('started again it has the same schedule, and posts at nine, once', async () => {
    const [before] = await program.all();
    await program.start();
    await program.untilPrinted(/x:alice posts next/);
    assert.deepEqual(
      (await program.all()).map(({ id }) => id),
      [before?.id],
    );
    assert.deepEqual(program.posts, []);
    program.advanceTo('09:01');
    await program.untilPosts(1);
    await program.untilPrinted(/Posted: https:\/\/x\.com\/alice\/status\/\d+/);
    await program.start();
    await program.untilPrinted(/x:alice posts next/);
    assert.match(program.posts[0] ?? '', /^Good morning! It is \w+day, and this is post number 1\.$/);
    assert.equal(program.posts.length, 1);
  });

  await t.test(
    'the next morning its token has died, is renewed once, and a lost answer does not post twice',
    async () => {
      const before = sim.state().counts.renewals;
      sim.faults.loseNextAnswer('tweets');
      program.advanceTo('09:01');
      await program.untilPosts(2);
      await program.untilPrinted(/X gave no answer/);
      program.advance(10 * SECOND_MS);
      await program.untilPrinted(/Posted: /);
      assert.equal(program.posts.length, 2);
      assert.equal(sim.state().counts.renewals, before + 1);
      assert.equal(sim.state().counts.presentedTwice, 0);
      await program.stop();
    },
  );

  await t.test('run by cron, it makes up for a morning, and the next run has nothing to do', async () => {
    program.advanceTo('09:01');
    assert.equal((await program.runOnce()).code, 0);
    assert.equal(program.posts.length, 3);
    assert.equal((await program.runOnce()).code, 0);
    assert.equal(program.posts.length, 3);
  });

  await t.test('a morning that is long over is not posted', async () => {
    program.advance(DAY_MS);
    program.advanceTo('13:00');
    const { code, output } = await program.runOnce();
    assert.equal(code, 0);
    assert.match(output, /Nothing ran when it was time to post/);
    assert.equal(program.posts.length, 3);
  });

  await t.test('where the app was removed it asks for a new login, and goes on after it', async () => {
    program.advanceTo('09:01');
    sim.removeApp('alice');
    const { code, output } = await program.runOnce();
    assert.equal(code, 3);
    assert.match(output, /A login is needed/);
    await program.start();
    await program.untilPrinted(/A login is needed/);
    await browser.consent(`${program.url}/login`, { user: 'alice' });
    await program.untilPrinted(/x:alice posts next/);
    assert.equal(program.posts.length, 3);
    // A post that waits for a login is looked at every minute.
    program.advance(2 * MINUTE_MS);
    await program.untilPosts(4);
    assert.deepEqual(await program.schedules(), ['0 9 * * * Asia/Tokyo']);
  });

  await t.test('another zone replaces the schedule', async () => {
    await program.start({ TIMEZONE: 'Europe/Berlin' });
    await program.untilPrinted(/Europe\/Berlin/);
    assert.deepEqual(await program.schedules(), ['0 9 * * * Europe/Berlin']);
  });

  await t.test('no secret was printed', () => {
    for (const secret of ['canary-secret', 'code=', 'state=']) assert.ok(!program.output.includes(secret), secret);
  });
});

const ENV = { KIPPU_X_CLIENT_ID: 'app', KIPPU_X_CLIENT_SECRET: 'canary-secret' };
/** Tokyo's clocks never change. */
const TOKYO_AHEAD_MS = 9 * HOUR_MS;
const PATIENCE_MS = 20_000;

/** The example, at a simulator of X that the test has in its hands, with a calendar that both of them share. */
class Program {
  readonly sim: Simulation;
  readonly home = mkdtempSync(path.join(tmpdir(), 'kippu-morning-post-'));
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

  /** In Tokyo, tomorrow at that time. */
  static async at(t: TestContext, time: string): Promise<Program> {
    const sim = await simulate('x', { clients: [{ id: 'app', secret: 'canary-secret' }] });
    const program = new Program(t, sim, String(await freePort()));
    t.after(async () => {
      await program.stop();
      await sim.close();
      rmSync(program.home, { recursive: true });
    });
    program.advanceTo(time);
    return program;
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

  /** To when Tokyo's clocks show it next. */
  advanceTo(time: string): void {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    const sinceMidnightMs = (this.#calendar.nowMs + TOKYO_AHEAD_MS) % DAY_MS;
    this.advance((hours * HOUR_MS + minutes * MINUTE_MS - sinceMidnightMs + DAY_MS) % DAY_MS);
  }

  /** Starts it; instead of the one that runs. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.stop();
    this.#example = await this.#run(env, []);
    await untilListening(this.#example);
  }

  async stop(): Promise<void> {
    this.#printed = this.output;
    await this.#example?.stop();
    this.#example = undefined;
  }

  async runOnce(): Promise<{ readonly code: number | null; readonly output: string }> {
    const example = await this.#run({}, ['--once']);
    const code = await example.ended;
    this.#printed += example.output();
    return { code, output: example.output() };
  }

  #run(env: Readonly<Record<string, string>>, args: readonly string[]): Promise<RunningExample> {
    const own = { KIPPU_HOME: this.home, PORT: this.#port, TIMEZONE: 'Asia/Tokyo', KIPPU_X_BASE_URL: this.sim.url };
    return startExample(this.#t, 'morning-post', { ...this.#calendar.env, ...ENV, ...own, ...env }, args);
  }

  /** By the program that runs now. */
  async untilPrinted(pattern: RegExp): Promise<void> {
    assert.ok(this.#example);
    await untilPrinted(this.#example, pattern, PATIENCE_MS);
  }

  async untilPosts(count: number): Promise<void> {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS && this.posts.length < count; waitedMs += 100) await sleep(100);
    assert.equal(this.posts.length, count, this.output);
  }

  /** The schedules in its store. */
  async all(): Promise<Schedule[]> {
    const kippu: Kippu = createKippu({
      publicUrl: this.url,
      home: this.home,
      store: sqlite(path.join(this.home, 'kippu.db')),
      providers: [x({ clientId: 'app', clientSecret: 'canary-secret', baseUrl: this.sim.url })],
      worker: false,
    });
    try {
      const schedules: Schedule[] = [];
      for await (const schedule of kippu.schedules()) schedules.push(schedule);
      return schedules;
    } finally {
      await kippu.close();
    }
  }

  async schedules(): Promise<string[]> {
    return (await this.all()).map(({ cron, timezone }) => `${cron} ${timezone}`);
  }
}
