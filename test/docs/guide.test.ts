import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';

/**
 * The commands of the guide are run as a reader runs them: those of the fences that are marked `sandbox`, one after the
 * other, in an empty folder. In place of his browser, the simulated X is told that he consents.
 */
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const KIPPU = path.join(root, 'bin', 'kippu.mjs');
const SCHEDULES = path.join(root, 'src', 'cli', 'commands', 'schedule.ts');
const PATIENCE_MS = 150_000;

const skip = !existsSync(SCHEDULES)
  ? 'kippu schedule, which the guide uses, is not in this tree'
  : process.platform === 'win32' && 'the guide is written for a POSIX shell';

// Each waits for the next full minute: together.
describe('the guide', { skip, timeout: 2 * PATIENCE_MS, concurrency: true }, () => {
  for (const page of ['docs/guides/every-morning-at-nine.md', 'docs/guides/every-morning-at-nine.ja.md']) {
    it(`leads from an empty folder to a post: ${page}`, async () => {
      await using reader = await Reader.begin();
      const commands = commandsOf(page);
      assert.ok(commands.length >= 8, `${page} has only ${commands.length} commands for the sandbox`);
      for (const command of commands) await reader.follow(command);

      const texts = readFileSync(path.join(reader.folder, 'texts.txt'), 'utf8').trimEnd().split('\n');
      const { items: schedules } = await reader.list('schedule list');
      const morning = schedules.find(({ cron }) => cron === '0 9 * * *');
      assert.equal(morning?.['paused'], false);
      // Nine in Tokyo, which has no summer time.
      assert.match(String(morning['next_run_at']), /T00:00:00\.000Z$/);
      assert.equal(schedules.find(({ cron }) => cron === '* * * * *')?.['paused'], true);
      const published = reader.published.map(({ text }) => String(text));
      assert.ok(published.length > 0 && published.every((text) => texts.includes(text)), published.join());
    });
  }
});

/** The lines of the fences for the sandbox, in their order. */
function commandsOf(page: string): string[] {
  const fences = readFileSync(path.join(root, page), 'utf8').matchAll(/^```sh sandbox\n([\s\S]*?)^```$/gm);
  return [...fences].flatMap(([, text = '']) => text.split('\n')).filter((line) => line !== '');
}

type Item = Readonly<Record<string, unknown>>;

/** Somebody who follows the guide in a folder of his own. */
class Reader implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'kippu-guide-'));
  readonly #port: number;
  #server: ChildProcess | undefined;
  published: readonly Item[] = [];

  private constructor(port: number) {
    this.#port = port;
  }

  static async begin(): Promise<Reader> {
    return new Reader(await freePort());
  }

  async follow(line: string): Promise<void> {
    if (line === 'npm start') return this.#start();
    if (line.endsWith(' connect x')) return this.#connect(line);
    if (line.includes('<id>')) {
      await this.#seePost();
      const { items } = await this.list('schedule list');
      line = line.replace('<id>', String(items.find(({ cron }) => cron === '* * * * *')?.['id']));
    }
    await this.#run(line);
  }

  /** What a command lists, with `--json`. */
  async list(command: string): Promise<{ readonly items: readonly Item[] }> {
    return JSON.parse(await this.#run(`npm run -s kippu -- ${command} --json`)) as { readonly items: readonly Item[] };
  }

  /** A reader looks until he sees one. */
  async #seePost(): Promise<void> {
    const untilMs = Date.now() + PATIENCE_MS;
    while (this.published.length === 0) {
      assert.ok(Date.now() < untilMs, 'no post went out');
      await sleep(1000);
      const { items } = await this.list('posts');
      this.published = items.filter(({ status }) => status === 'published');
    }
  }

  async #start(): Promise<void> {
    const server = this.#spawn('npm run -s kippu -- up');
    this.#server = server;
    await said(server, /Ctrl-C/);
  }

  async #connect(line: string): Promise<void> {
    const connecting = this.#spawn(line);
    const [link] = await said(connecting, /http:\/\/127\.0\.0\.1:\d+\/connect\/cns_\w+/);
    const departure = await fetch(link, { redirect: 'manual' });
    const cookie = (departure.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const authorization = new URL(departure.headers.get('location') ?? '');
    const consent = await fetch(`${authorization.origin}/_sim/consent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ authorization_url: authorization.href, user: 'alice' }),
    });
    const { redirect_url: back } = (await consent.json()) as { readonly redirect_url: string };
    await (await fetch(back, { headers: { cookie } })).arrayBuffer();
    if (connecting.exitCode === null) await once(connecting, 'close');
    assert.equal(connecting.exitCode, 0, line);
  }

  async #run(line: string): Promise<string> {
    const child = this.#spawn(line);
    const heard = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => (heard.stdout += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (heard.stderr += chunk.toString('utf8')));
    await once(child, 'close');
    assert.equal(child.exitCode, 0, `${line}\n${heard.stderr}${heard.stdout}`);
    return heard.stdout;
  }

  /** In a shell, with the clone's command in place of `npm run -s kippu --`, which would leave the folder. */
  #spawn(line: string): ChildProcess {
    const command = line.replace('npm run -s kippu --', `exec '${process.execPath}' '${KIPPU}'`);
    return spawn('/bin/sh', ['-c', command], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], HOME: this.folder, TZ: 'UTC', KIPPU_PORT: String(this.#port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server?.exitCode === null) {
      this.#server.kill('SIGTERM');
      await once(this.#server, 'close');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a pattern finds in what a child says, as soon as it is there. */
async function said(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  let heard = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      heard += chunk.toString('utf8');
      const match = pattern.exec(heard);
      if (match !== null) resolve(match);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('close', () => reject(new Error(`ended without saying ${pattern}:\n${heard}`)));
  });
}
