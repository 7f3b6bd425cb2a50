import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { KippuError } from '../../src/model/errors.ts';
import { controlsOf, fileJournal, type Journal, memoryJournal, startSimulator } from '../../src/sim/index.ts';
import { xData } from '../../src/providers/data/x.ts';
import {
  App,
  CONFIDENTIAL,
  direct,
  seededRandom,
  sendTo,
  served,
  type Answer,
  type Direct,
  type Json,
} from './sim-world.ts';

test('what a killed simulator answered is there after the next start', async (t) => {
  const directory = freshDirectory(t);
  const posts: string[] = [];
  let tokens: Json;
  for (let round = 0; round < 6; round += 1) {
    const { app, kill } = await startChild(t, directory);
    if (tokens === undefined) tokens = await connect(app);
    else {
      const checked = await app.call('GET', '/2/users/me', tokens.access_token);
      assert.equal(checked.status, 200, `round ${round}: an answered access token is unknown`);
    }
    for (let step = 0; step < 3; step += 1) {
      const renewed = await app.renew(tokens.refresh_token);
      assert.equal(renewed.status, 200, `round ${round}: an answered refresh token is unknown`);
      tokens = renewed.json;
      const post = await app.tweet(tokens.access_token, `post ${round}.${step}`);
      assert.equal(post.status, 201);
      posts.push(post.json.data.id);
    }

    // Killed in the middle of an exchange and a post: each may have happened or not, and what was answered did.
    const inFlight = [app.renew(tokens.refresh_token), app.tweet(tokens.access_token, `last of ${round}`)].map(
      (pending) => pending.catch(() => undefined),
    );
    if (round % 2 === 1) await new Promise((resolve) => setImmediate(resolve));
    await kill();
    const [renewed, post] = (await Promise.all(inFlight)) as [Answer | undefined, Answer | undefined];
    if (post?.status === 201) posts.push(post.json.data.id);
    tokens = renewed === undefined ? undefined : renewed.json;
  }
  const { app, kill } = await startChild(t, directory);
  const state = (await app.send('GET', '/_sim/state', {})).json;
  const kept = new Set(state.posts.map((post: Json) => post.id));
  assert.deepEqual(
    posts.filter((id) => !kept.has(id)),
    [],
  );
  assert.equal(kept.size, new Set(state.posts.map((post: Json) => post.text)).size, 'no post came twice');
  await kill();
});

test('a torn last line is cut off, and what comes after it is whole', async (t) => {
  const directory = freshDirectory(t);
  const first = await withJournal(directory, (world) => world.app.connect());
  appendFileSync(journalIn(directory), '{"seq":99,"events":[{"kind":"grant_en');
  const second = await withJournal(directory, async ({ app }) => {
    assert.equal((await app.call('GET', '/2/users/me', first.access_token)).status, 200);
    return (await app.renew(first.refresh_token)).json;
  });
  await withJournal(directory, async ({ app }) => assert.equal((await app.renew(second.refresh_token)).status, 200));
});

test('a last line that a power cut left full of zeros is cut off too', async (t) => {
  const directory = freshDirectory(t);
  const tokens = await withJournal(directory, (world) => world.app.connect());
  appendFileSync(journalIn(directory), `${'\0'.repeat(60)}\n`);
  await withJournal(directory, async ({ app }) => assert.equal((await app.renew(tokens.refresh_token)).status, 200));
});

test('damage in the middle is a refusal that names the file', async (t) => {
  const directory = freshDirectory(t);
  await withJournal(directory, (world) => world.app.connect());
  const path = journalIn(directory);
  writeFileSync(path, readFileSync(path, 'utf8').replace('{', '}'));
  await assert.rejects(async () => withJournal(directory, async () => undefined), {
    code: 'unreadable',
    message: /journal\.jsonl is damaged/,
  });
});

test('a long journal becomes a snapshot at the next start, and a crash between the two changes nothing', async (t) => {
  const directory = freshDirectory(t);
  const tokens = await withJournal(directory, async ({ app }) => {
    const connected = await app.connect();
    await app.tweet(connected.access_token, 'kept');
    app.controls.faults.failNext('delete', 500);
    app.controls.set({ indexLagMs: 7 });
    return connected;
  });
  padJournal(directory, 2_100);
  copyFileSync(journalIn(directory), join(directory, 'copy'));
  const before = await withJournal(directory, async ({ app }) => app.controls.state());
  assert.equal(statSync(journalIn(directory)).size, 0);
  assert.ok(existsSync(join(directory, 'snapshot.json')));

  copyFileSync(join(directory, 'copy'), journalIn(directory));
  await withJournal(directory, async ({ app }) => {
    assert.deepEqual(app.controls.state(), before, 'lines that the snapshot contains are not applied again');
    assert.equal((await app.renew(tokens.refresh_token)).status, 200);
    assert.equal((await app.tweet(tokens.access_token, 'kept')).status, 403);
  });
});

test('the journal holds no token, no code and no secret', async (t) => {
  const directory = freshDirectory(t);
  const { code, tokens } = await withJournal(directory, async ({ app }) => {
    const text = app.code();
    return { code: text, tokens: (await app.exchange(text)).json };
  });
  const kept = readFileSync(journalIn(directory), 'utf8');
  for (const secret of [code, tokens.access_token, tokens.refresh_token, CONFIDENTIAL.secret])
    assert.ok(!kept.includes(secret));
  assert.equal(statSync(journalIn(directory)).mode & 0o077, 0, 'and nobody else may read it');
});

test('a fault that was ordered survives a restart until it struck', async (t) => {
  const directory = freshDirectory(t);
  const tokens = await withJournal(directory, async ({ app }) => {
    app.controls.faults.order({ endpoint: 'me', fault: 'status', status: 500, count: 2 });
    const connected = await app.connect();
    await app.call('GET', '/2/users/me', connected.access_token);
    return connected;
  });
  await withJournal(directory, async ({ app }) => {
    assert.equal((await app.call('GET', '/2/users/me', tokens.access_token)).status, 500);
    assert.equal((await app.call('GET', '/2/users/me', tokens.access_token)).status, 200);
  });
});

test('switches survive a restart, and what the start asks for wins', async (t) => {
  const directory = freshDirectory(t);
  await withJournal(directory, async ({ app }) => app.controls.set({ familyKill: true, indexLagMs: 5 }));
  const journal = fileJournal(directory);
  const { app } = direct({ journal, settings: { indexLagMs: 9 } });
  const { familyKill, indexLagMs } = app.controls.state().settings;
  journal.close();
  assert.deepEqual({ familyKill, indexLagMs }, { familyKill: true, indexLagMs: 9 });
});

test('a clock that was put forward stays forward', async (t) => {
  const directory = freshDirectory(t);
  const first = await startSimulator({ provider: xData, directory });
  controlsOf(first.simulator).advance(86_400_000);
  await first.close();
  const second = await startSimulator({ provider: xData, directory });
  const { nowMs } = second.simulator.view();
  await second.close();
  assert.ok(nowMs > Date.now() + 86_000_000);
});

test('two simulators on one directory: the second to write is refused, nothing is mixed', async (t) => {
  const directory = freshDirectory(t);
  const [one, two] = [fileJournal(directory), fileJournal(directory)];
  const first = direct({ journal: one });
  const second = direct({ journal: two });
  const tokens = await first.app.connect();
  assert.throws(() => second.app.controls.faults.failNext('me', 500), {
    code: 'store_unavailable',
    message: /another simulator writes/,
  });
  assert.equal((await first.app.renew(tokens.refresh_token)).status, 200);
  one.close();
  two.close();
});

test('a request whose events cannot be kept did not happen', async () => {
  let isFull = false;
  const journal: Journal = {
    ...memoryJournal(),
    append: () => {
      if (isFull) throw new KippuError('store_unavailable', 'The disk is full.');
    },
  };
  const { app } = direct({ journal });
  const tokens = await app.connect();
  isFull = true;
  await assert.rejects(app.renew(tokens.refresh_token), { code: 'store_unavailable' });
  isFull = false;
  assert.equal((await app.renew(tokens.refresh_token)).status, 200);
});

test('over HTTP, a journal that cannot be written is a 503', async (t) => {
  const directory = freshDirectory(t);
  await using world = await served({ directory });
  const tokens = await world.app.connect();
  appendFileSync(journalIn(directory), 'somebody else was here\n');
  const answer = await world.app.renew(tokens.refresh_token);
  assert.equal(answer.status, 503);
  assert.match(answer.json.error, /another simulator writes/);
});

function freshDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'kippu-sim-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function journalIn(directory: string): string {
  return join(directory, 'journal.jsonl');
}

let lives = 0;

/** One life of a simulator on this directory; it ends without a goodbye. */
async function withJournal<T>(directory: string, act: (world: Direct) => Promise<T>): Promise<T> {
  const journal = fileJournal(directory);
  try {
    lives += 1;
    return await act(direct({ journal, random: seededRandom(`life ${lives}`) }));
  } finally {
    journal.close();
  }
}

/** As many more lines as a long life would have written. */
function padJournal(directory: string, count: number): void {
  const lines = readFileSync(journalIn(directory), 'utf8').split('\n').slice(0, -1);
  const last = JSON.parse(lines.at(-1) ?? '{"seq":0}').seq as number;
  const more = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ seq: last + 1 + index, events: [{ kind: 'clock_advanced', ms: 0 }] }),
  );
  appendFileSync(journalIn(directory), `${more.join('\n')}\n`);
}

async function startChild(
  t: TestContext,
  directory: string,
): Promise<{ readonly app: App; readonly kill: () => Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'child-simulator.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  assert.ok(child.stdout !== null);
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  const controls = undefined as never; // Another process has them: everything goes over HTTP.
  const kill = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return { app: new App(sendTo(url), CONFIDENTIAL, controls), kill };
}

async function connect(app: App): Promise<Json> {
  const input = { authorization_url: `https://x.com${app.authorizationPath()}`, user: 'alice' };
  const consent = await app.send(
    'POST',
    '/_sim/consent',
    { 'content-type': 'application/json' },
    JSON.stringify(input),
  );
  return (await app.exchange(new URL(consent.json.redirect_url).searchParams.get('code') ?? '')).json;
}
