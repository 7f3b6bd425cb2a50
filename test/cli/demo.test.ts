import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLog, openConfigured, SYSTEM } from '../../src/app/system.ts';
import type { Ingredients } from '../../src/cli/demo/ingredients.ts';
import { JsonStage, LiveStage, PlainStage } from '../../src/cli/demo/stages.ts';
import type { Happening } from '../../src/cli/demo/teller.ts';
import { sentenceOf } from '../../src/cli/demo/wording.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import { en } from '../../src/cli/texts/en.ts';
import { ja } from '../../src/cli/texts/ja.ts';
import type { HttpClient } from '../../src/model/http.ts';
import { COLUMNS, play, screenAfter, SecretsSeen } from './demo-stage.ts';

const KIPPU = fileURLToPath(new URL('../../bin/kippu.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BROKEN = fileURLToPath(new URL('broken-demo-process.ts', import.meta.url));
/** It takes three seconds on a quiet machine. */
const ENDS_WITHIN_MS = 60_000;
const ESCAPE = '\u001b';
const SCENES = ['consent', 'renewal', 'spent', 'unanswered', 'crash', 'theft', 'warnings', 'end', 'post'];

describe('kippu demo', { timeout: 4 * ENDS_WITHIN_MS }, () => {
  it('plays every scene, finds everything as told, and leaves nothing behind', async () => {
    const run = await runDemo(KIPPU, ['--fast', '--json']);
    assert.equal(run.code, 0, run.stderr);
    const happenings = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Happening);
    assert.deepEqual(scenesOf(happenings), SCENES);
    assert.deepEqual(untrueFacts(happenings), []);
    const seen = new Map(
      happenings.flatMap((one) => (one.kind === 'fact' ? [[`${one.scene} ${one.id}`, one.seen]] : [])),
    );
    assert.deepEqual(seen.get('renewal exchanges'), { count: 1 });
    assert.deepEqual(seen.get('spent refused'), { status: 400, error: 'invalid_request' });
    assert.deepEqual(seen.get('unanswered exchangesOfTwo'), { count: 1 });
    assert.deepEqual(seen.get('crash killed'), { signal: 'SIGKILL' });
    assert.deepEqual(seen.get('crash spooled'), { count: 1 });
    assert.deepEqual(seen.get('theft reuseEvents'), { count: 1 });
    assert.deepEqual(seen.get('theft thiefLockedOut'), { refresh: 400, access: 401 });
    assert.deepEqual(seen.get('warnings warnedOn'), { days: '150, 173, 179' });
    assert.deepEqual(seen.get('end sameConnection'), { same: true });
    assert.deepEqual(seen.get('post postStatus'), { status: 'published', how: 'timeline' });
    assert.deepEqual(seen.get('post postsAtX'), { count: 1 });
    assert.deepEqual(happenings.at(-1)?.kind, 'end');
    assert.deepEqual(run.left, []);
  });

  it('fits 80 columns without colour, in both languages, and every sentence is there in Japanese', async () => {
    const [english, japanese] = [await play({ stage: PlainStage }), await play({ stage: PlainStage, language: 'ja' })];
    for (const { printed } of [english, japanese]) {
      assert.deepEqual(
        printed.split('\n').filter((line) => textWidth(line) > COLUMNS),
        [],
      );
      assert.ok(!printed.includes(ESCAPE));
    }
    for (const happening of japanese.happenings) {
      if (happening.kind === 'line' && ['answers', 'kill'].includes(happening.id)) continue;
      const said = sentenceOf(happening, ja.demo);
      assert.match(said, /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u);
      assert.notEqual(said, sentenceOf(happening, en.demo));
    }
    assert.deepEqual(japanese.happenings.map(nameOf), english.happenings.map(nameOf));
  });

  it('prints what the READMEs show of it', async () => {
    for (const [language, page] of [
      ['en', 'README.md'],
      ['ja', 'README.ja.md'],
    ] as const) {
      const text = readFileSync(join(ROOT, page), 'utf8');
      const excerpt = /```text\n(-- [^]*?)```/.exec(text)?.[1] ?? '';
      const { printed } = await play({ stage: PlainStage, language });
      const withoutPid = (shown: string): string => shown.replace(/kill -9 \d+/, 'kill -9 PID');
      assert.ok(excerpt.split('\n').length > 10, page);
      assert.ok(withoutPid(printed).includes(withoutPid(excerpt)), `${page} shows something else:\n${printed}`);
    }
  });

  it('prints no token, code or verifier, on no stage', async () => {
    for (const stage of [PlainStage, JsonStage, LiveStage]) {
      const http = new SecretsSeen(SYSTEM.http);
      const { isTrue, printed } = await play({ stage, outside: { ...SYSTEM, http } });
      assert.equal(isTrue, true);
      assert.ok(http.secrets.size > 20, `only ${http.secrets.size} secrets were seen`);
      for (const secret of http.secrets) assert.ok(!printed.includes(secret.slice(0, 12)), stage.name);
    }
  });

  it('never lets the moving picture eat a line of the story', async () => {
    const { happenings, printed } = await play({ stage: LiveStage });
    const screen = screenAfter(printed);
    const story = screen.join(' ').replaceAll(/\s+/g, ' ');
    for (const happening of happenings) {
      const said = sentenceOf(happening, en.demo).replaceAll(/\s+/g, ' ');
      assert.ok(story.includes(said), `${said} is not on the screen:\n${screen.join('\n')}`);
    }
    const pictures = screen.filter((row) => row.startsWith(en.drawing.lanes.access));
    assert.equal(pictures.length, 3, 'as many pictures stay as scenes end with one');
    assert.ok(printed.split(ESCAPE).length > 2 * (happenings.length + 50), 'the picture did not move as time passed');
  });

  it('ends at Ctrl-C with nothing left: no folder, no process', { skip: process.platform === 'win32' }, async () => {
    for (const moment of ['"id":"tenAsk"', '"id":"diskRefuses"']) {
      const run = await runDemo(KIPPU, ['--fast', '--json'], { interruptAt: moment });
      assert.equal(run.code, 130, `${moment}: ${run.stdout.slice(-500)}${run.stderr}`);
      assert.doesNotMatch(run.stdout, /"kind":"end"/);
      assert.deepEqual(run.left, [], moment);
      assert.deepEqual(run.processesLeft, [], moment);
    }
  });
});

describe('a demo with something broken in it', { timeout: 6 * ENDS_WITHIN_MS }, () => {
  it('says so, and ends with exit code 1', async () => {
    const run = await runDemo(BROKEN, ['--fast']);
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stdout, /NOT TRUE\. The story says: X saw a spent token 0 times/);
    assert.match(run.stdout, /In\s+truth: X saw a spent token 1 time/);
    assert.doesNotMatch(run.stdout, /all are as told|Your turn/);
    assert.deepEqual(run.left, []);
  });

  const cases: readonly { readonly what: string; readonly broken: Partial<Ingredients>; readonly noticed: string }[] = [
    { what: 'a spool that forgets', broken: { open: openingAfter(forgetSpool) }, noticed: 'crash spooled' },
    { what: 'a database that forgets, too', broken: { open: openingAfter(forgetDatabase) }, noticed: 'crash spooled' },
    { what: 'an alarm that is not raised', broken: { open: openingWithoutAlarms() }, noticed: 'theft reuseEvents' },
    {
      what: 'a network that loses every answer',
      broken: { outside: { ...SYSTEM, http: loseAll() } },
      noticed: 'consent broke',
    },
    { what: 'a post sent twice', broken: { outside: { ...SYSTEM, http: postTwice() } }, noticed: 'post postsAtX' },
  ];
  for (const { what, broken, noticed } of cases) {
    it(`notices ${what}`, async () => {
      const { isTrue, happenings, directory } = await play({ stage: PlainStage, ...broken });
      assert.equal(isTrue, false);
      assert.deepEqual(untrueFacts(happenings), [noticed]);
      assert.deepEqual(happenings.at(-1), { kind: 'end', checked: checkedIn(happenings), isTrue: false });
      assert.equal(existsSync(directory), false);
    });
  }
});

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** In the temporary folder and in the current one. */
  readonly left: readonly string[];
  readonly processesLeft: readonly string[];
}

/** The real command, in an empty folder with a temporary folder of its own. */
async function runDemo(
  entry: string,
  args: readonly string[],
  { interruptAt }: { readonly interruptAt?: string } = {},
): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), 'demo-test-'));
  try {
    const child = spawn(process.execPath, [entry, 'demo', ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], TMPDIR: directory, TEMP: directory, TMP: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let isInterrupted = false;
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
      if (interruptAt === undefined || isInterrupted || !stdout.includes(interruptAt)) return;
      isInterrupted = true;
      child.kill('SIGINT');
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    return { code, stdout, stderr, left: readdirSync(directory), processesLeft: processesOf(directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Processes whose environment names this folder. Where the system does not tell, none. */
function processesOf(directory: string): readonly string[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory);
    } catch {
      // Somebody else's, or gone since the folder was read.
      return false;
    }
  });
}

function scenesOf(happenings: readonly Happening[]): readonly string[] {
  return happenings.flatMap((happening) => (happening.kind === 'scene' ? [happening.scene] : []));
}

/** What was not as told, and where the story broke. */
function untrueFacts(happenings: readonly Happening[]): readonly string[] {
  return happenings.flatMap((happening) => {
    if (happening.kind === 'broke') return [`${happening.scene} broke`];
    return happening.kind === 'fact' && !happening.isTrue ? [`${happening.scene} ${happening.id}`] : [];
  });
}

function checkedIn(happenings: readonly Happening[]): number {
  return happenings.filter(({ kind }) => kind === 'fact').length;
}

function nameOf(happening: Happening): string {
  return 'id' in happening ? happening.id : happening.kind;
}

const log = createLog({ logLevel: 'silent', logFormat: 'json' });

/** Does something to the data directory whenever Kippu is started a second time. */
function openingAfter(harm: (directory: string) => void): Ingredients['open'] {
  let starts = 0;
  return (config, outside) => {
    starts += 1;
    if (starts > 1) harm(join(config.home, '..'));
    return openConfigured(config, { log, outside });
  };
}

function forgetSpool(directory: string): void {
  rmSync(join(directory, 'home', 'spool'), { recursive: true });
}

function forgetDatabase(directory: string): void {
  for (const name of readdirSync(directory)) if (name.startsWith('kippu.db')) rmSync(join(directory, name));
}

function openingWithoutAlarms(): Ingredients['open'] {
  return async (config, outside) => {
    const app = await openConfigured(config, { log, outside });
    const { events } = app.store;
    const list: typeof events.list = async (query) =>
      (await events.list(query)).filter(({ type }) => type !== 'connection.reuse_detected');
    return { ...app, store: { ...app.store, events: { ...events, list }, changes: () => app.store.changes() } };
  };
}

function loseAll(): HttpClient {
  return { send: () => Promise.resolve({ kind: 'unanswered', cause: 'reset', detail: 'a broken network' }) };
}

/** As a proxy does that repeats what got no answer, with a text that is not quite the same. */
function postTwice(): HttpClient {
  return {
    async send(request, watch) {
      const answer = await SYSTEM.http.send(request, watch);
      if (answer.kind === 'unanswered' && request.url.endsWith('/2/tweets')) {
        await SYSTEM.http.send({ ...request, body: String(request.body).replace('morning', 'morning ') });
      }
      return answer;
    },
  };
}
