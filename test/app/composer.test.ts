import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { askCommand } from '../../src/app/ports/ask-command.ts';
import { systemComposer } from '../../src/app/ports/composer.ts';
import { nodeHttp } from '../../src/app/ports/node-http.ts';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import type { Composed, ComposeFacts } from '../../src/model/composer.ts';

const FACTS: ComposeFacts = {
  schedule: 'sch_1',
  connection: 'x:alice',
  occurrenceAtMs: Date.parse('2026-11-22T00:00:00Z'),
  localTime: '2026-11-22T09:00',
  timezone: 'Asia/Tokyo',
  n: 3,
  recentTexts: ['one "quoted"', 'two\nlines'],
};
const GO_ON = new AbortController().signal;

const run = (command: string, timeoutMs = 10_000, stop = GO_ON): Promise<Composed> =>
  askCommand(command, FACTS, stop, { timeoutMs });

const node = (program: string): string => `"${process.execPath}" -e '${program}'`;

function detailOf(composed: Composed): string {
  assert.equal(composed.kind, 'failed');
  return composed.kind === 'failed' ? composed.detail : '';
}

async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(20);
  }
  return false;
}

describe('a program that writes a text', { skip: process.platform === 'win32' }, () => {
  it('is told what the post is for, and what it prints is the text', async () => {
    const program =
      'process.stdout.write([process.env.SCHEDULE_N, process.env.SCHEDULE_LOCAL_TIME, JSON.parse(process.env.SCHEDULE_RECENT_TEXTS)[1]].join("|") + "\\n\\n")';
    assert.deepEqual(await run(node(program)), {
      kind: 'composed',
      text: '3|2026-11-22T09:00|two\nlines',
      madeWithAi: undefined,
    });
  });

  it('sees nothing of our own environment but what it needs to run', async () => {
    process.env['KIPPU_KEYS'] = 'a-canary';
    process.env['KIPPU_X_CLIENT_SECRET'] = 'a-canary';
    try {
      const composed = await run(node('console.log(JSON.stringify(process.env))'));
      assert.ok(composed.kind === 'composed');
      assert.ok(!composed.text.includes('canary'));
      const names = Object.keys(JSON.parse(composed.text) as object).filter((name) => !name.startsWith('SCHEDULE_'));
      // The shell adds the ones before the last, and Node the last where coverage is measured.
      assert.deepEqual(
        names.filter((name) => !['PATH', 'HOME', 'LANG', 'PWD', 'OLDPWD', 'SHLVL', '_', 'NODE_V8_COVERAGE'].includes(name)),
        [],
      );
    } finally {
      delete process.env['KIPPU_KEYS'];
      delete process.env['KIPPU_X_CLIENT_SECRET'];
    }
  });

  it('has nothing to read, and does not wait for it', async () => {
    assert.deepEqual(await run('cat; echo done'), { kind: 'composed', text: 'done', madeWithAi: undefined });
  });

  it('that fails says why in one printable line, and no longer than a bound', async () => {
    const complaint = 'process.stderr.write("no \\u001b[31mkey\\n\\u0007here" + "x".repeat(9000)); process.exit(3)';
    const detail = detailOf(await run(node(complaint)));
    assert.match(detail, /^it ended with 3: no \[31mkey herex+$/u);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(detail, /[\u0000-\u001f\u007f]/);
    assert.ok(detail.length < 2100);
  });

  it('that is not there is said to be so', async () => {
    assert.match(detailOf(await run('surely-no-such-program')), /127.*not found/);
  });

  it('that prints without end is stopped', async () => {
    assert.match(detailOf(await run('yes')), /more than 64 kB/);
  });

  it('is killed at the time limit, with everything that it has started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kippu-composer-'));
    const pidFile = join(folder, 'pid');
    const startedMs = performance.now();
    const detail = detailOf(await run(`sh -c 'echo $$ > "${pidFile}"; exec sleep 300' & wait`, 500));
    assert.match(detail, /no answer within 0.5 s/);
    assert.ok(performance.now() - startedMs < 5000);
    assert.ok(existsSync(pidFile));
    assert.ok(await isGone(Number(readFileSync(pidFile, 'utf8'))), 'its child is gone as well');
    rmSync(folder, { recursive: true });
  });

  it('that ignores being asked to end is killed all the same', async () => {
    const startedMs = performance.now();
    await run(`trap '' TERM INT HUP; while :; do sleep 0.1; done`, 300);
    assert.ok(performance.now() - startedMs < 5000);
  });

  it('that leaves something running in the background is not waited for, and leaves nothing', async () => {
    const startedMs = performance.now();
    const composed = await run('sleep 300 & echo $!');
    assert.ok(composed.kind === 'composed');
    assert.ok(performance.now() - startedMs < 5000);
    assert.ok(await isGone(Number(composed.text)));
  });

  it('is let go at once when the worker stops', async () => {
    const stop = new AbortController();
    const running = run('sleep 300', 60_000, stop.signal);
    await sleep(100);
    stop.abort();
    assert.deepEqual(await running, { kind: 'stopped' });
    assert.deepEqual(await run('echo too late', 60_000, stop.signal), { kind: 'stopped' });
  });

  it('is one of eight at most; whoever waits too long for his turn comes again later', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kippu-composer-'));
    const composer = systemComposer({ http: nodeHttp, clock: systemClock });
    const gate = join(folder, 'go');
    const stop = new AbortController();
    const source = { kind: 'command', command: `while [ ! -e "${gate}" ]; do sleep 0.05; done; echo ok` } as const;
    const all = Array.from({ length: 9 }, () => composer.compose(source, FACTS, stop.signal));
    await sleep(300);
    const first = await Promise.race([...all, sleep(200, 'nobody')]);
    assert.equal(first, 'nobody');
    writeFileSync(gate, '');
    assert.deepEqual(
      (await Promise.all(all)).map(({ kind }) => kind),
      Array.from({ length: 9 }, () => 'composed'),
    );
    rmSync(folder, { recursive: true });
  });
});

describe('a URL that is asked for a text', () => {
  async function ask(listener: RequestListener): Promise<Composed> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/text`;
    try {
      return await systemComposer({ http: nodeHttp, clock: systemClock }).compose({ kind: 'url', url }, FACTS, GO_ON);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  const answering =
    (status: number, type: string, body: string): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };

  it('is told what the post is for, with a POST, and no secret', async () => {
    let told = '';
    let method: string | undefined;
    await ask((request, response) => {
      method = request.method;
      request.on('data', (chunk: Buffer) => {
        told += chunk.toString();
      });
      request.on('end', () => response.writeHead(200, { 'content-type': 'text/plain' }).end('x'));
    });
    assert.equal(method, 'POST');
    assert.deepEqual(JSON.parse(told), {
      schedule: 'sch_1',
      connection: 'x:alice',
      time: '2026-11-22T00:00:00.000Z',
      local_time: '2026-11-22T09:00',
      timezone: 'Asia/Tokyo',
      n: 3,
      recent_texts: FACTS.recentTexts,
    });
  });

  const good: readonly (readonly [string, string, string, boolean | undefined])[] = [
    ['plain text', 'text/plain; charset=utf-8', ' おはよう \n', undefined],
    ['JSON', 'application/json', '{"text":"おはよう"}', undefined],
    ['JSON that says a machine wrote it', 'application/json', '{"text":" おはよう","made_with_ai":true}', true],
    ['JSON that says none did', 'Application/JSON;charset=utf-8', '{"text":"おはよう","made_with_ai":false}', false],
  ];
  for (const [says, type, body, madeWithAi] of good) {
    it(`may answer with ${says}`, async () => {
      assert.deepEqual(await ask(answering(200, type, body)), { kind: 'composed', text: 'おはよう', madeWithAi });
    });
  }

  const bad: readonly (readonly [string, RequestListener, RegExp])[] = [
    ['a page', answering(200, 'text/html', '<p>hello</p>'), /text\/html/],
    ['broken JSON', answering(200, 'application/json', '{"text":'), /not the JSON/],
    ['JSON without a text', answering(200, 'application/json', '{"txt":"a"}'), /no "text"/],
    ['JSON that is no object', answering(200, 'application/json', 'null'), /no "text"/],
    ['a text that is none', answering(200, 'application/json', '{"text":5}'), /no "text"/],
    ['an error', answering(500, 'text/plain', 'out\nof \u0007ideas'), /^HTTP 500 out of ideas$/],
    ['a redirect, which is not followed', answering(302, 'text/plain', ''), /^HTTP 302$/],
    ['too much', answering(200, 'text/plain', 'x'.repeat(70_000)), /longer than 64 kB/],
    ['nothing', (request) => request.socket.destroy(), /./],
  ];
  for (const [says, listener, detail] of bad) {
    it(`that answers with ${says} has failed`, async () => {
      assert.match(detailOf(await ask(listener)), detail);
    });
  }

  it('that cannot be reached has failed', async () => {
    const composer = systemComposer({ http: nodeHttp, clock: systemClock });
    assert.match(detailOf(await composer.compose({ kind: 'url', url: 'http://127.0.0.1:9/' }, FACTS, GO_ON)), /ECONN/);
  });

  it('is not waited for when the worker stops', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const stop = new AbortController();
    const asked = systemComposer({ http: nodeHttp, clock: systemClock }).compose(
      { kind: 'url', url },
      FACTS,
      stop.signal,
    );
    await sleep(50);
    stop.abort();
    assert.deepEqual(await asked, { kind: 'stopped' });
    server.closeAllConnections();
    server.close();
  });
});
