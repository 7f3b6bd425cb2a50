import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../../src/model/clock.ts';
import type { FaultPoint } from '../../src/model/fault-points.ts';
import { SiteProcesses, type Jar, type SiteProcess } from './site-processes.ts';

/** A little more than an access token of X lives. */
const LIFE_MS = 2 * HOUR_MS;

describe('cookie mode in several real processes with one ledger', { concurrency: 2, timeout: 240_000 }, () => {
  it('parallel requests to three processes with one cookie make one exchange, and all get the same cookies', async () => {
    await using site = await SiteProcesses.open();
    const processes = await Promise.all([site.start(), site.start(), site.start()]);
    const jar = await site.signIn(at(processes, 0));
    for (const round of [1, 2, 3]) {
      await site.advance(LIFE_MS);
      site.sim.faults.delayNextAnswer('token', 200);
      const asked = processes.flatMap((each) =>
        Array.from({ length: 6 }, () => jar.ask(each, '/api/token', { keeps: false })),
      );
      const answers = await Promise.all(asked);
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      assert.equal(new Set(answers.map(({ setCookies }) => setCookies.join('\n'))).size, 1);
      assert.deepEqual(site.books, { exchanges: round, presentedTwice: 0, codesReplayed: 0 });
      jar.store(answers[0]?.setCookies ?? []);
      assert.equal((await jar.ask(at(processes, round % 3), '/api/me')).status, 200);
    }
    assert.deepEqual(site.reuses, []);
  });

  it('a sign-out at one process holds at the other, while that one renews', async () => {
    await using site = await SiteProcesses.open();
    const processes = [await site.start(), await site.start()];
    const jar = await site.signIn(at(processes, 0));
    await site.advance(LIFE_MS);
    site.sim.faults.delayNextAnswer('token', 1000);
    const late = jar.ask(at(processes, 0), '/api/token', { keeps: false });
    await until('the refresh token is spent', () => site.books.exchanges === 1);
    const copy = jar.copy();
    assert.equal((await jar.ask(at(processes, 1), '/auth/logout', { method: 'POST' })).status, 303);
    assert.deepEqual([(await late).status, (await late).setCookies], [401, []]);
    for (const each of processes) assert.equal((await copy.ask(each, '/api/token')).status, 401);
    await until('the grant is revoked', () => site.sim.state().grants.every(({ end }) => end !== null));
  });
});

interface Crash {
  readonly point: FaultPoint;
  /** What the next process makes of it. */
  readonly end: 'renewed' | 'signed in again';
  readonly exchanges: number;
  readonly presentedTwice: number;
}

/**
 * Between the provider's commit and the first durable byte here, nobody can help: there the one replay says so. Before
 * and after, nothing is lost and nothing is presented twice.
 */
const CRASHES: readonly Crash[] = [
  { point: 'renewal.claimed', end: 'renewed', exchanges: 1, presentedTwice: 0 },
  { point: 'renewal.answered', end: 'signed in again', exchanges: 1, presentedTwice: 1 },
  { point: 'settlement.sealed', end: 'signed in again', exchanges: 1, presentedTwice: 1 },
  { point: 'settlement.written', end: 'signed in again', exchanges: 1, presentedTwice: 1 },
  { point: 'settlement.committed', end: 'renewed', exchanges: 1, presentedTwice: 0 },
];

describe(
  'a process of cookie mode, killed with -9 in the middle of a renewal',
  { concurrency: 2, timeout: 240_000 },
  () => {
    for (const { point, end, exchanges, presentedTwice } of CRASHES) {
      it(`${point}: another process ends it: ${end}`, async () => {
        await using site = await SiteProcesses.open();
        const processes = [await site.start(), await site.start()];
        const jar = await site.signIn(at(processes, 0));
        await site.advance(LIFE_MS);
        await crash(at(processes, 0), point, jar);
        assert.equal(await settled(site, jar, at(processes, 1)), end === 'renewed' ? 200 : 401);
        assert.deepEqual(site.books, { exchanges, presentedTwice, codesReplayed: 0 });
        if (end === 'renewed') assert.equal((await jar.ask(at(processes, 1), '/api/me')).status, 200);
      });

      it(`${point}, a while before the access token ends: the user notices nothing, and a restarted process goes on`, async () => {
        await using site = await SiteProcesses.open();
        const first = await site.start();
        const jar = await site.signIn(first);
        await site.advance(LIFE_MS - MINUTE_MS / 2);
        await crash(first, point, jar);
        const restarted = await site.start();
        const answer = await jar.ask(restarted, '/api/me');
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual([site.books.presentedTwice, site.reuses], [0, []]);
      });
    }

    it('after the request was sent, and while the provider handles it: the same as before the answer', async () => {
      await using site = await SiteProcesses.open();
      const processes = [await site.start(), await site.start()];
      const jar = await site.signIn(at(processes, 0));
      await site.advance(LIFE_MS);
      await crash(at(processes, 0), 'renewal.sent', jar);
      const status = await settled(site, jar, at(processes, 1));
      const { exchanges, presentedTwice } = site.books;
      // Whether the bytes had left when the process died is chance.
      assert.deepEqual([exchanges, presentedTwice], [1, status === 200 ? 0 : 1]);
    });
  },
);

describe(
  'a provider’s answer that comes to several real processes at once',
  { concurrency: 2, timeout: 240_000 },
  () => {
    it('is exchanged once, and every request ends with the same session', async () => {
      await using site = await SiteProcesses.open();
      const processes = await Promise.all([site.start(), site.start(), site.start()]);
      const jar = site.browser();
      const callback = await site.consent(at(processes, 0), jar);
      site.sim.faults.delayNextAnswer('token', 300);
      const asked = processes.flatMap((each) => [1, 2, 3].map(() => jar.ask(each, callback, { keeps: false })));
      const answers = await Promise.all(asked);
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([303]));
      assert.equal(new Set(answers.map(({ setCookies }) => setCookies.join('\n'))).size, 1);
      jar.store(answers[0]?.setCookies ?? []);
      assert.equal((await jar.ask(at(processes, 2), '/api/me')).status, 200);
      assert.equal((await jar.ask(at(processes, 1), callback)).status, 303);
      assert.deepEqual(site.books, { exchanges: 0, presentedTwice: 0, codesReplayed: 0 });
      assert.equal(site.sim.state().grants.length, 1);
    });

    it('and the first dies before it has the tokens: the code is not sent again, and the user is told to sign in', async () => {
      await using site = await SiteProcesses.open();
      const [first, second] = [await site.start(), await site.start()];
      const jar = site.browser();
      const callback = await site.consent(first, jar);
      await crash(first, 'consent.answered', jar, callback);
      await site.advance(2 * MINUTE_MS);
      const answer = await jar.ask(second, callback);
      assert.equal(answer.status, 400);
      assert.match(answer.text, /not done with it in time/);
      assert.equal(site.books.codesReplayed, 0);
      assert.equal((await jar.ask(second, await site.consent(second, jar))).status, 303);
      assert.equal((await jar.ask(second, '/api/me')).status, 200);
    });

    for (const point of ['consent.stored', 'consent.attached'] as const) {
      it(`and the first dies at ${point}, when it has the tokens: the other one signs the user in`, async () => {
        await using site = await SiteProcesses.open();
        const [first, second] = [await site.start(), await site.start()];
        const jar = site.browser();
        const callback = await site.consent(first, jar);
        await crash(first, point, jar, callback);
        const [one, other] = await Promise.all([1, 2].map(() => jar.ask(second, callback, { keeps: false })));
        assert.equal(one?.status, 303);
        assert.deepEqual(one?.setCookies, other?.setCookies);
        jar.store(one?.setCookies ?? []);
        assert.equal((await jar.ask(second, '/api/me')).status, 200);
        assert.equal(site.books.codesReplayed, 0);
      });
    }
  },
);

function at(processes: readonly SiteProcess[], index: number): SiteProcess {
  const found = processes[index];
  assert.ok(found !== undefined);
  return found;
}

async function crash(process: SiteProcess, point: FaultPoint, jar: Jar, path = '/api/token'): Promise<void> {
  process.arm(point);
  await assert.rejects(jar.ask(process, path));
  assert.equal(await process.ended(), 'SIGKILL');
  assert.ok(process.wasHit(point), `${point} was never reached`);
}

/** Asks until the uncertainty is resolved. */
async function settled(site: SiteProcesses, jar: Jar, process: SiteProcess): Promise<number> {
  for (let round = 0; round < 20; round += 1) {
    const { status } = await jar.ask(process, '/api/token');
    if (status !== 503) return status;
    await site.advance(10_000);
  }
  throw new Error('It stayed uncertain.');
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > untilMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
