import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKippu, type Kippu } from '../../src/index.ts';
import { x } from '../../src/providers/index.ts';
import { sqlite } from '../../src/store/sqlite/index.ts';

const CONNECTIONS = 10_000;
const AHEAD_AT_ONCE = 16;
const READERS = 20;
const LONGEST_MS = 540_000;
const RETRY_AFTER_MS = 2000;

/** A token endpoint that counts: how often each token came, how many were under way at once, and when. */
class CountingProvider implements AsyncDisposable {
  readonly presentedAtMs = new Map<string, number[]>();
  atOnceMax = 0;
  renewed = 0;
  /** Says 429 to the next one, and notes when. */
  isToLimit = false;
  limitedAtMs: number | undefined;
  #underWay = 0;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#underWay += 1;
    this.atOnceMax = Math.max(this.atOnceMax, this.#underWay);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const token = new URLSearchParams(body).get('refresh_token') ?? '';
    this.presentedAtMs.set(token, [...(this.presentedAtMs.get(token) ?? []), performance.now()]);
    await sleep(5);
    this.#underWay -= 1;
    if (this.isToLimit) {
      this.isToLimit = false;
      this.limitedAtMs = performance.now();
      response.writeHead(429, { 'retry-after': String(RETRY_AFTER_MS / 1000) }).end();
      return;
    }
    this.renewed += 1;
    const tokens = { access_token: `a-${token}`, refresh_token: `next of ${token}`, expires_in: 7200 };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ token_type: 'bearer', scope: 'users.read offline.access', ...tokens }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Ten thousand users whose tokens ended in the night, all of them due. */
async function fill(kippu: Kippu, database: string): Promise<void> {
  const expiresAt = Date.now() - 3_600_000;
  const scopes = ['users.read', 'offline.access'];
  for (let first = 0; first < CONNECTIONS; first += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, at) => {
        const user = `user${first + at}`;
        const tokens = { accessToken: `over-of-${user}`, refreshToken: `token-of-${user}`, expiresAt, scopes };
        return kippu.importTokens({ provider: 'x', name: `x:${user}`, subject: user, owner: user, ...tokens });
      }),
    );
  const file = new DatabaseSync(database);
  file.prepare(`update connections set policy = 'always'`).run();
  file.prepare('update credentials set due_at_ms = ?').run(Date.now() - 60_000);
  file.close();
}

async function until(isTrue: () => boolean, deadlineMs: number): Promise<void> {
  while (!isTrue()) {
    assert.ok(performance.now() < deadlineMs, 'it takes too long');
    await sleep(20);
  }
}

test('ten thousand connections that ended in the night are caught up with in a row, readers first, each token once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kippu-night-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  await using provider = new CountingProvider();
  const database = join(folder, 'kippu.db');
  const app = x({ clientId: 'c', clientSecret: 's', baseUrl: await provider.listen() });
  const options = { publicUrl: 'http://127.0.0.1:1', providers: [app], home: join(folder, 'home') };
  const evening = createKippu({ ...options, store: sqlite(database), worker: false });
  await fill(evening, database);
  await evening.close();
  assert.equal(provider.presentedAtMs.size, 0);

  const morning = createKippu({ ...options, store: sqlite(database), worker: true });
  t.after(() => morning.close());
  const deadlineMs = performance.now() + LONGEST_MS;
  await morning.connection('x:user0');
  await until(() => provider.renewed >= 1000, deadlineMs);
  assert.ok(provider.atOnceMax <= AHEAD_AT_ONCE, `${provider.atOnceMax} at once`);

  const readers = Array.from({ length: READERS }, (_, at) => `x:user${CONNECTIONS - 1 - at}`);
  const served = await Promise.all(readers.map((name) => morning.getAccessToken(name)));
  assert.deepEqual(
    served.map(({ accessToken }) => accessToken),
    readers.map((name) => `a-token-of-${name.slice('x:'.length)}`),
  );
  assert.ok(provider.renewed < CONNECTIONS / 2, `who waits is served after ${provider.renewed} others`);

  provider.isToLimit = true;
  await until(() => provider.limitedAtMs !== undefined, deadlineMs);
  const limitedAtMs = provider.limitedAtMs!;
  await until(() => performance.now() > limitedAtMs + RETRY_AFTER_MS + 500, deadlineMs);
  await until(() => provider.renewed >= CONNECTIONS, deadlineMs);

  const presentations = [...provider.presentedAtMs.values()];
  const during = presentations.flat().filter((at) => at > limitedAtMs && at < limitedAtMs + RETRY_AFTER_MS);
  assert.ok(during.length <= AHEAD_AT_ONCE, `${during.length} came although they were to come later`);
  assert.ok(provider.atOnceMax <= AHEAD_AT_ONCE + READERS, `${provider.atOnceMax} at once`);
  assert.equal(presentations.length, CONNECTIONS);
  // One was told to come later before its token was taken.
  assert.deepEqual(
    presentations.filter((times) => times.length > 1).map((times) => times.length),
    [2],
  );
});
