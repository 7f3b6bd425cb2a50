import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';

/**
 * The whole story on one machine with nothing configured: the sandbox comes up, an account is connected, its token ends
 * and is renewed again and again, a post is planned; then Kippu is killed, then the simulator, then both, and started
 * again. The same connection is active, and the post is out once.
 */
const KIPPU = fileURLToPath(new URL('../../bin/kippu.mjs', import.meta.url));
/** A two-hour access token lives ten seconds. */
const FAST = '720';
const PATIENCE_MS = 60_000;
const TEXT = 'Planned before everything died';

describe('the story of a sandbox', { timeout: 240_000 }, () => {
  it('keeps the connection and the one post through kills of Kippu, of the simulator, and of both', async () => {
    await using story = await Story.begin();
    await story.up();
    await story.connect();
    const first = await story.goodToken();

    await story.calm();
    story.kill('kippu');
    await story.up();
    await story.goodToken();

    await story.calm();
    story.kill('simulator');
    await story.goodToken();

    // Planned for after the last kill: one that hits in the middle of the sending is what the crash tests are for.
    const post = await story.call('POST', '/v1/posts', {
      connection: 'x:alice',
      text: TEXT,
      publish_at: new Date(Date.now() + 12_000).toISOString(),
    });
    assert.equal(post['status'], 'scheduled');
    await story.calm();
    story.kill('kippu');
    story.kill('simulator');
    await story.up();
    await story.until('a token that was renewed since', async () =>
      (await story.call('GET', '/v1/connections/x:alice/token'))['access_token'] === first ? undefined : true,
    );
    await story.goodToken();

    await story.until('the post to be out', async () => {
      const seen = await story.call('GET', `/v1/posts/${String(post['id'])}`);
      story.note(JSON.stringify(seen));
      return seen['status'] === 'published' ? true : undefined;
    });
    await story.until('a third renewal', async () => {
      await story.call('GET', '/v1/connections/x:alice/token');
      const { state, renewals } = await story.call('GET', '/v1/connections/x:alice');
      assert.equal(state, 'active');
      return Number(renewals) >= 3 ? true : undefined;
    });
    const { posts, grants } = await story.simulatorState();
    assert.equal(posts.filter(({ text }) => text === TEXT).length, 1);
    assert.equal(grants.filter(({ end }) => end === null).length, 1);
  });

  it('waits for a device at GitHub through kills of Kippu and of the simulator, and connects its account', async () => {
    await using story = await Story.begin();
    await story.up();
    const device = await story.call('POST', '/v1/device-sessions', { provider: 'github' });
    story.kill('kippu');
    await story.up();
    story.kill('github');
    await story.until('the code to be typed', () => story.typeUserCode(String(device['user_code'])));
    await story.until('the device to be connected', async () => {
      const session = await story.call('GET', `/v1/device-sessions/${String(device['id'])}`);
      story.note(JSON.stringify(session));
      return session['state'] === 'attached' ? true : undefined;
    });
    assert.equal((await story.hubUser())['login'], 'alice');
  });
});

interface SimulatorState {
  readonly posts: readonly { readonly text: string }[];
  readonly grants: readonly { readonly end: unknown }[];
}

class Story implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'kippu-story-'));
  readonly #port: number;
  #child: ChildProcess | undefined;
  #output = '';
  #note = '';

  private constructor(port: number) {
    this.#port = port;
  }

  static async begin(): Promise<Story> {
    return new Story(await freePort());
  }

  async up(): Promise<void> {
    const child = spawn(process.execPath, [KIPPU, 'up', '--fast', FAST], {
      cwd: this.#directory,
      env: {
        PATH: process.env['PATH'],
        KIPPU_HOME: join(this.#directory, 'home'),
        KIPPU_PORT: String(this.#port),
        KIPPU_LATE_ANSWER: '3s',
        KIPPU_REPLAY_MARGIN: '1s',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    }
    await this.until('kippu up to be ready', async () =>
      (await fetch(`http://127.0.0.1:${this.#port}/readyz`)).ok ? true : undefined,
    );
  }

  /**
   * No renewal is under way. One that is would lose its answer with a kill: the loss that no client can prevent, and
   * that the crash tests count.
   */
  async calm(): Promise<void> {
    await this.until('a moment without a renewal', async () => {
      const before = await this.call('GET', '/v1/connections/x:alice');
      await sleep(1500);
      const after = await this.call('GET', '/v1/connections/x:alice');
      return before['renewals'] === after['renewals'] && after['state'] === 'active' ? true : undefined;
    });
  }

  /** For the report, should the story end badly. */
  note(text: string): void {
    this.#note = text;
  }

  kill(who: 'kippu' | 'simulator' | 'github'): void {
    const pid = who === 'kippu' ? this.#child?.pid : this.#simulator(who === 'github' ? 'github' : 'x').pid;
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGKILL');
  }

  /** On the simulated GitHub's page, as its user would; `undefined` while it does not answer. */
  async typeUserCode(userCode: string): Promise<true | undefined> {
    const { url } = this.#simulator('github');
    const body = new URLSearchParams({ user_code: userCode, user: 'alice', decision: 'allow' });
    return (await fetch(`${url}/login/device`, { method: 'POST', body })).ok ? true : undefined;
  }

  /** Whom GitHub knows by the connection's token. */
  hubUser(): Promise<Record<string, unknown>> {
    return this.call('GET', '/v1/connections/github:alice/proxy/user');
  }

  async connect(): Promise<void> {
    const { url } = await this.call('POST', '/v1/connect-sessions', { provider: 'x' });
    const departure = await fetch(String(url), { redirect: 'manual' });
    const cookie = (departure.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const consent = await fetch(`${this.#simulator().url}/_sim/consent`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ authorization_url: departure.headers.get('location'), user: 'alice' }),
    });
    const { redirect_url: back } = (await consent.json()) as { readonly redirect_url: string };
    const page = await fetch(back, { headers: { cookie } });
    assert.equal(page.status, 200, await page.text());
  }

  /** A token that the simulated X accepts now; whatever is in the way is waited for. */
  goodToken(): Promise<string> {
    return this.until('a token that X accepts', async () => {
      const answer = await this.call('GET', '/v1/connections/x:alice/token');
      const { access_token: token } = answer;
      if (token === undefined) this.note(JSON.stringify(answer));
      const me = await fetch(`${this.#simulator().url}/2/users/me`, {
        headers: { authorization: `Bearer ${String(token)}` },
      });
      return me.status === 200 ? String(token) : undefined;
    });
  }

  async call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const { key } = JSON.parse(readFileSync(join(this.#directory, 'home', 'server.json'), 'utf8')) as {
      readonly key: string;
    };
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      method,
      signal: AbortSignal.timeout(40_000),
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  async simulatorState(): Promise<SimulatorState> {
    return (await (await fetch(`${this.#simulator().url}/_sim/state`)).json()) as SimulatorState;
  }

  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const untilMs = Date.now() + PATIENCE_MS;
    while (Date.now() < untilMs) {
      const seen = await look().catch((error: unknown) => {
        this.#note = String(error);
        return undefined;
      });
      if (seen !== undefined) return seen;
      await sleep(200);
    }
    return assert.fail(`never happened: ${what}\n${this.#note}\n${this.#output.slice(-3000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #simulator(provider = 'x'): { readonly url: string; readonly pid: number } {
    const record = join(this.#directory, 'home', 'sandbox', `simulator-${provider}.json`);
    return JSON.parse(readFileSync(record, 'utf8')) as { url: string; pid: number };
  }
}
